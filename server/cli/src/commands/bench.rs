//! `nigh bench`: how long a model takes on this machine, next to what the machine gives at most.
//!
//! Each round makes every measurement once, so that a neighbour's load falls on each; the
//! median of the rounds is printed, as time on the clock and, in brackets, of the processor.

use super::{print, progress};
use crate::model_choice::ModelChoice;
use anyhow::Context;
use assistant::device::DeviceChoice;
use engine::{Cancel, Engine, MachineLimits, Session};
use serde_json::{Map, Value, json};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Tokens of the prompts that are read.
const PROMPTS: [usize; 4] = [32, 128, 512, 768];
/// Tokens before the next one.
const CONTEXT_LENGTHS: [usize; 3] = [0, 512, 768];
/// Tokens that are computed in one pass, as drafts are checked.
const AT_ONCE: [usize; 2] = [4, 8];
/// Tokens generated for one measurement of a token.
const GENERATED: usize = 12;
/// Tokens of the prompt whose reading is cancelled, and how often.
const CANCELLED: usize = 512;
const CANCELS: u32 = 8;

/// Arguments of `nigh bench`.
#[derive(clap::Args)]
pub struct Bench {
    #[command(flatten)]
    model: ModelChoice,
    /// Number of times to measure everything
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=1000))]
    rounds: u64,
    /// Number of busy threads to run at the same time
    #[arg(long, default_value_t = 0)]
    busy: usize,
    /// Print one JSON object, with times in seconds
    #[arg(long)]
    json: bool,
}

/// Time on the clock and of the processor.
#[derive(Clone, Copy)]
struct Timings {
    clock: Duration,
    cpu: Duration,
}

/// A name, a number of tokens, and how long they took.
type Measurement = (String, usize, Timings);

impl Bench {
    /// Measures and prints.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let _busy = Busy::start(self.busy);
        let threads = engine::threads(self.model.threads);
        // Threads of the CPU do not matter on a GPU.
        let columns = match self.model.device {
            DeviceChoice::Named(_) => vec![threads],
            _ if threads == 1 => vec![1],
            _ => vec![1, threads],
        };
        let mut text = match &self.model.device {
            DeviceChoice::Named(name) => format!("on the GPU `{name}`; the limits are the CPU's\n"),
            _ => String::new(),
        };
        let mut report = Map::new();
        let mut rows: Vec<(String, Vec<String>)> = Vec::new();
        for &threads in &columns {
            let machine = MachineLimits::measure(threads)?;
            let measured = self.measure(threads)?;
            text.push_str(&format!(
                "{threads} thread{}: memory reads at {:.1} GB/s; products reach {:.0} G operations/s per thread ({})\n",
                if threads == 1 { "" } else { "s" },
                machine.bytes_per_second / 1e9,
                machine.int8_ops_per_second / 1e9,
                machine.isa,
            ));
            let mut column = Map::new();
            column.insert("read_bytes_per_s".into(), json!(machine.bytes_per_second));
            column.insert(
                "int8_operations_per_s".into(),
                json!(machine.int8_ops_per_second),
            );
            for (at, (name, tokens, spent)) in measured.into_iter().enumerate() {
                column.insert(
                    name.clone(),
                    json!({"s": spent.clock.as_secs_f64(), "cpu_s": spent.cpu.as_secs_f64()}),
                );
                if rows.len() <= at {
                    rows.push((name, Vec::new()));
                }
                rows[at].1.push(cell(tokens, spent));
            }
            report.insert(format!("threads_{threads}"), Value::Object(column));
        }
        if self.json {
            print(&format!("{}\n", Value::Object(report)))?;
            return Ok(ExitCode::SUCCESS);
        }
        for (name, cells) in rows {
            text.push_str(&format!("{name:<37}"));
            cells
                .iter()
                .for_each(|cell| text.push_str(&format!(" {cell:>34}")));
            text.push('\n');
        }
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Name, tokens and the median of the rounds, of everything there is to measure.
    fn measure(&self, threads: usize) -> anyhow::Result<Vec<Measurement>> {
        let mut rounds: Vec<Vec<Measurement>> = Vec::new();
        for number in 1..=self.rounds {
            progress::line(&format!(
                "threads: {threads}, round {number} of {}",
                self.rounds
            ));
            let mut round = Vec::new();
            let mut engine = None;
            let load = spent(|| {
                engine = Some(self.model.open(threads)?);
                Ok(())
            })?;
            keep(&mut round, "load".into(), 0, load);
            let engine = engine.context("a model was opened")?;
            measure_round(&engine, &mut round)?;
            rounds.push(round);
        }
        let medians = (0..rounds[0].len()).map(|at| {
            let mut all: Vec<_> = rounds.iter().map(|round| round[at].clone()).collect();
            all.sort_by_key(|(_, _, spent)| spent.clock);
            all.swap_remove(all.len() / 2)
        });
        Ok(medians.collect())
    }
}

/// Keeps a measurement, and shows it to someone who waits.
fn keep(round: &mut Vec<Measurement>, name: String, tokens: usize, spent: Timings) {
    progress::line(&format!("  {name}: {}", cell(tokens, spent)));
    round.push((name, tokens, spent));
}

/// One measurement of each kind that fits into the model's context.
fn measure_round(engine: &Arc<Engine>, round: &mut Vec<Measurement>) -> anyhow::Result<()> {
    let tokens = arbitrary_tokens(engine);
    let most = tokens.len();
    for length in PROMPTS.into_iter().filter(|length| *length < most) {
        measure_prefill(engine, &tokens[..length], round)?;
    }
    for before in CONTEXT_LENGTHS
        .into_iter()
        .filter(|before| before + GENERATED < most)
    {
        let mut session = Session::new(engine.clone());
        measure_decode(&mut session, &tokens, before, round)?;
        for count in AT_ONCE.into_iter().filter(|_| before == 512) {
            measure_drafted(&mut session, &tokens[..before + count], count, round)?;
        }
    }
    Ok(())
}

/// As many tokens as the longest measurement takes, fewer where the model's context is shorter.
fn arbitrary_tokens(engine: &Engine) -> Vec<u32> {
    let (context, vocabulary) = (
        engine.info().context_length,
        engine.info().vocab_size as u32,
    );
    let most = context.min(PROMPTS[PROMPTS.len() - 1] + 2 * GENERATED);
    // Neither which tokens they are nor that none often follows another matters for the time.
    (0..most as u32)
        .map(|i| i.wrapping_mul(2_654_435_761) % vocabulary)
        .collect()
}

/// How long reading a prompt takes, and for one length how long it goes on after a cancel.
fn measure_prefill(
    engine: &Arc<Engine>,
    tokens: &[u32],
    round: &mut Vec<Measurement>,
) -> anyhow::Result<()> {
    let (length, cancel) = (tokens.len(), Cancel::default());
    let mut session = Session::new(engine.clone());
    let read = spent(|| Ok(session.logits(tokens, length - 1, &cancel).map(|_| ())?))?;
    keep(round, format!("prompt of {length} tokens"), length, read);
    if length == CANCELLED {
        let freed = freed(engine, tokens, read.clock)?;
        keep(
            round,
            format!("freed after a cancel, slowest of {CANCELS}"),
            0,
            freed,
        );
    }
    Ok(())
}

/// How long the next token takes after the first `before` ones.
fn measure_decode(
    session: &mut Session,
    tokens: &[u32],
    before: usize,
    round: &mut Vec<Measurement>,
) -> anyhow::Result<()> {
    let cancel = Cancel::default();
    session.logits(&tokens[..before + 1], before, &cancel)?;
    let all = spent(|| {
        for length in before + 2..before + 2 + GENERATED {
            session.logits(&tokens[..length], length - 1, &cancel)?;
        }
        Ok(())
    })?;
    let count = GENERATED as u32;
    let one = Timings {
        clock: all.clock / count,
        cpu: all.cpu / count,
    };
    keep(round, format!("a token behind {before}"), 1, one);
    Ok(())
}

/// How long the last `count` tokens take in one pass.
fn measure_drafted(
    session: &mut Session,
    tokens: &[u32],
    count: usize,
    round: &mut Vec<Measurement>,
) -> anyhow::Result<()> {
    let (before, cancel) = (tokens.len() - count, Cancel::default());
    session.logits(&tokens[..before], before - 1, &cancel)?;
    let all = spent(|| Ok(session.logits(tokens, before, &cancel).map(|_| ())?))?;
    keep(
        round,
        format!("{count} tokens at once behind {before}"),
        count,
        all,
    );
    Ok(())
}

/// How long the reading of a prompt, which takes `whole`, goes on after it is cancelled: the
/// slowest of several, cancelled at moments spread over it.
fn freed(engine: &Arc<Engine>, tokens: &[u32], whole: Duration) -> anyhow::Result<Timings> {
    let mut slowest = Duration::ZERO;
    for moment in 1..=CANCELS {
        let (cancel, mut session) = (Cancel::default(), Session::new(engine.clone()));
        let flag = cancel.clone();
        let timer = std::thread::spawn(move || {
            std::thread::sleep(whole * moment / (CANCELS + 1));
            let set = Instant::now();
            flag.cancel();
            set
        });
        let read = session.logits(tokens, tokens.len() - 1, &cancel);
        let ended = Instant::now();
        let set = timer
            .join()
            .map_err(|_| anyhow::anyhow!("the clock stopped"))?;
        if read.is_err() {
            slowest = slowest.max(ended.saturating_duration_since(set));
        }
    }
    Ok(Timings {
        clock: slowest,
        cpu: Duration::ZERO,
    })
}

fn cell(tokens: usize, spent: Timings) -> String {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let times = format!(
        "{:.1} ms ({:.1})",
        milliseconds(spent.clock),
        milliseconds(spent.cpu)
    );
    match tokens {
        0 => times,
        tokens => format!(
            "{times} {:>6.0} tokens/s",
            tokens as f64 / spent.clock.as_secs_f64()
        ),
    }
}

fn spent(work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Timings> {
    let (clock, cpu) = (Instant::now(), processor());
    work()?;
    Ok(Timings {
        clock: clock.elapsed(),
        cpu: processor().saturating_sub(cpu),
    })
}

/// What this process has computed, where the system reports it.
#[cfg(unix)]
fn processor() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the clock writes to a value of the right type and nothing else.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

#[cfg(not(unix))]
fn processor() -> Duration {
    Duration::ZERO
}

/// Threads that compute until this is dropped. Their time counts as this process's too.
struct Busy(Arc<AtomicBool>);

impl Busy {
    fn start(count: usize) -> Busy {
        let go_on = Arc::new(AtomicBool::new(true));
        for _ in 0..count {
            let go_on = go_on.clone();
            std::thread::spawn(move || while go_on.load(Ordering::Relaxed) {});
        }
        Busy(go_on)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
