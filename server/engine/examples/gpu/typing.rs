//! Types text as a user does: each key makes a prompt that is a little longer, some keys come while
//! the last one is still computed, and candidates are scored.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use engine::{Cancel, GenerateOptions, GpuOptions, GpuStatus, RunError, Session};
use serde_json::{Value, json};

use crate::{Agreement, Engines, Failure};

/// Tokens before the first key of a file, and most tokens of a prompt.
const PROMPT: [usize; 2] = [120, 400];
/// Tokens of an answer.
const ANSWER: usize = 8;
/// Of so many keys, one comes too early, one is compared with the CPU, and one is the last before
/// the GPU is given back in the middle of an answer.
const EARLY: usize = 3;
const COMPARED: usize = 10;
const LOST: usize = 97;
/// How long after a key the next one comes, if it is early; in milliseconds.
const EARLY_AFTER: [u64; 4] = [0, 3, 10, 25];

/// What happened.
#[derive(Default)]
struct Typed {
    keys: usize,
    answers: Vec<Duration>,
    /// From a cancel to the end of the request.
    cancels: Vec<Duration>,
    agreements: Vec<Agreement>,
    losses: usize,
}

pub fn run(engines: &Engines, time: Duration, files: &[&str]) -> Result<Value, Failure> {
    let (begin, mut typed) = (Instant::now(), Typed::default());
    let [mut gpu, mut cpu] = [&engines.gpu, &engines.cpu].map(|one| Session::new(Arc::clone(one)));
    let timer = timer();
    'typing: loop {
        let before = typed.keys;
        for file in files {
            let tokenizer = engines.cpu.tokenizer();
            let tokens = tokenizer.encode(&std::fs::read_to_string(file)?);
            for end in PROMPT[0]..PROMPT[1].min(tokens.len()) {
                if begin.elapsed() > time {
                    break 'typing;
                }
                key(
                    engines,
                    [&mut gpu, &mut cpu],
                    &tokens[..end],
                    &timer,
                    &mut typed,
                )?;
            }
        }
        if typed.keys == before {
            return Err("the files are too short".into());
        }
    }
    let counted = |kind| typed.agreements.iter().filter(|one| **one == kind).count();
    let is_there = matches!(engines.gpu.gpu(), GpuStatus::InUse { .. });
    Ok(json!({
        "device": engines.adapter.name,
        "keys": typed.keys,
        "answer_ms": percentiles(&mut typed.answers),
        "cancel_ms": percentiles(&mut typed.cancels),
        "losses": typed.losses,
        "compared": typed.agreements.len(),
        "near_ties": counted(Agreement::NearTie),
        "different": counted(Agreement::Different),
        "gpu_in_use_at_the_end": is_there,
    }))
}

/// Answers one key.
fn key(
    engines: &Engines,
    [gpu, cpu]: [&mut Session; 2],
    prompt: &[u32],
    timer: &Sender<Alarm>,
    typed: &mut Typed,
) -> Result<(), Failure> {
    typed.keys += 1;
    let cancel = Cancel::new();
    let is_early = typed.keys.is_multiple_of(EARLY);
    let after = Duration::from_millis(EARLY_AFTER[typed.keys / EARLY % EARLY_AFTER.len()]);
    let begin = Instant::now();
    if is_early {
        timer.send((begin + after, cancel.clone()))?;
    }
    let is_lost = !is_early && typed.keys % LOST < 2;
    let answer = generate(gpu, prompt, &cancel, &mut || {
        if is_lost {
            engines.gpu.rest_gpu();
        }
    });
    let answer = match answer {
        Err(RunError::Cancelled) => None,
        answer => Some(answer?),
    };
    if is_early {
        typed.cancels.push(begin.elapsed().saturating_sub(after));
        return Ok(());
    }
    typed.answers.push(begin.elapsed());
    let Some(answer) = answer else {
        return Err("an answer was cancelled by no one".into());
    };
    if is_lost || typed.keys.is_multiple_of(COMPARED) {
        let want = generate(cpu, prompt, &Cancel::new(), &mut || ())?;
        typed
            .agreements
            .push(engines.agree(prompt, &want, &answer)?);
    }
    if is_lost {
        typed.losses += 1;
        engines
            .gpu
            .use_gpu(&engines.adapter, &GpuOptions::default())?;
    }
    let candidates = [vec![10, 11, 12], [&answer[..], &[13]].concat(), answer];
    let scores = gpu.score(prompt, &candidates, &Cancel::new())?;
    match scores.iter().flatten().all(|score| score.is_finite()) {
        true => Ok(()),
        false => Err("a score is not a number".into()),
    }
}

fn generate(
    session: &mut Session,
    prompt: &[u32],
    cancel: &Cancel,
    after_first: &mut dyn FnMut(),
) -> Result<Vec<u32>, RunError> {
    let options = GenerateOptions {
        max_tokens: ANSWER,
        ..GenerateOptions::default()
    };
    let mut texts = 0;
    let mut on_text = |_: &str| {
        texts += 1;
        if texts == 1 {
            after_first();
        }
        ControlFlow::Continue(())
    };
    let answer = session.generate(prompt, &options, cancel, &mut on_text)?;
    Ok(answer.tokens)
}

/// When to cancel what.
type Alarm = (Instant, Cancel);

/// A thread that cancels requests at their time.
fn timer() -> Sender<Alarm> {
    let (sender, alarms) = channel::<Alarm>();
    std::thread::spawn(move || {
        for (at, cancel) in alarms {
            std::thread::sleep(at.saturating_duration_since(Instant::now()));
            cancel.cancel();
        }
    });
    sender
}

/// The median and the 95th percentile, in milliseconds.
fn percentiles(times: &mut [Duration]) -> Value {
    times.sort();
    let at = |share: f64| {
        let last = times.len().saturating_sub(1);
        let time = times.get((last as f64 * share).round() as usize);
        time.map(|time| (time.as_secs_f64() * 1e5).round() / 100.0)
    };
    json!({ "p50": at(0.5), "p95": at(0.95) })
}
