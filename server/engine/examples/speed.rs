//! Measures a model on this machine: load time, prefill and decode speed, memory.
//!
//! `cargo run --release -p engine --example speed -- MODEL [THREADS ..]` (1 and 2 threads where none are named).
//! Each figure is the best of several rounds, by the wall clock and per second of processor time (which other work on
//! the machine hardly disturbs). The names pp128, pp512 and tg64 are llama-bench's.

#![allow(clippy::print_stdout)]

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{Cancel, Engine, GenerateOptions, LoadOptions, RunError, Session};

const ROUNDS: usize = 7;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: speed MODEL [THREADS ..]")?;
    let mut threads = arguments.map(|n| n.parse()).collect::<Result<Vec<usize>, _>>()?;
    if threads.is_empty() {
        threads = vec![1, 2];
    }
    for threads in threads {
        measure(Path::new(&path), threads)?;
    }
    Ok(())
}

fn measure(path: &Path, threads: usize) -> Result<(), Box<dyn std::error::Error>> {
    let options = LoadOptions { threads, ..Default::default() };
    report("load", 1, || {
        let (begin, cpu) = (Instant::now(), cpu_time());
        Engine::open(path, &options).map(|_| (begin.elapsed(), cpu_time().saturating_sub(cpu)))
    })?;
    let engine = Arc::new(Engine::open(path, &options)?);
    let info = engine.info();
    println!(
        "{} ({}), {:.1} M parameters, {:.1} MB of weights, {}, {:.0} MB resident",
        info.name,
        info.architecture,
        info.parameters as f64 / 1e6,
        info.weight_bytes as f64 / 1e6,
        info.device,
        resident_mb()
    );
    let text = include_str!("speed.rs");
    report(&format!("encode {} bytes 20 times", text.len()), 20 * engine.tokenizer().encode(text).len(), || {
        let (begin, cpu) = (Instant::now(), cpu_time());
        for _ in 0..20 {
            std::hint::black_box(engine.tokenizer().encode(text));
        }
        Ok::<_, RunError>((begin.elapsed(), cpu_time().saturating_sub(cpu)))
    })?;
    for prompt in [128, 512, 700] {
        if prompt < info.context_length {
            report(&format!("pp{prompt}"), prompt, || prefill(&engine, prompt))?;
        }
    }
    for prompt in [1, 512] {
        report(&format!("tg64 after {prompt}"), 64, || decode(&engine, prompt, 64))?;
    }
    println!("  {:.0} MB resident at the end", resident_mb());
    Ok(())
}

/// Wall and processor time of a round.
type Times = (Duration, Duration);

fn report<E>(name: &str, tokens: usize, mut round: impl FnMut() -> Result<Times, E>) -> Result<(), E> {
    let rounds = (0..ROUNDS).map(|_| round()).collect::<Result<Vec<_>, _>>()?;
    let wall = rounds.iter().map(|r| r.0).min().unwrap_or_default().as_secs_f64();
    let cpu = rounds.iter().map(|r| r.1).min().unwrap_or_default().as_secs_f64();
    let (by_wall, by_cpu) = (tokens as f64 / wall, tokens as f64 / cpu);
    println!("  {name}: {:.2} ms, {by_wall:.0}/s; {:.2} CPU ms, {by_cpu:.0} per CPU second", wall * 1e3, cpu * 1e3);
    Ok(())
}

/// Some token ids, always the same.
fn tokens(engine: &Engine, count: usize) -> Vec<u32> {
    let vocab = engine.info().vocab_size as u64;
    (1..=count as u64).map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) % vocab).map(|id| id as u32).collect()
}

fn prefill(engine: &Arc<Engine>, prompt: usize) -> Result<Times, RunError> {
    let options = GenerateOptions { max_tokens: 0, ..Default::default() };
    let mut session = Session::new(engine.clone());
    let (tokens, begin) = (tokens(engine, prompt), cpu_time());
    let answer = session.generate(&tokens, &options, &Cancel::new(), &mut |_| ControlFlow::Continue(()))?;
    Ok((answer.prefill, cpu_time().saturating_sub(begin)))
}

/// The time of `new` tokens. An end of text would end the round early, so it is scaled to what was generated.
fn decode(engine: &Arc<Engine>, prompt: usize, new: usize) -> Result<Times, RunError> {
    let options = GenerateOptions { max_tokens: new, ..Default::default() };
    let mut session = Session::new(engine.clone());
    let mut begin = None;
    let mut first = |_: &str| {
        begin.get_or_insert_with(|| (Instant::now(), cpu_time()));
        ControlFlow::Continue(())
    };
    let answer = session.generate(&tokens(engine, prompt), &options, &Cancel::new(), &mut first)?;
    let (wall, cpu) = begin.unwrap_or_else(|| (Instant::now(), cpu_time()));
    let steps = answer.tokens.len().saturating_sub(1).max(1) as u32;
    Ok((wall.elapsed() * new as u32 / steps, cpu_time().saturating_sub(cpu) * new as u32 / steps))
}

/// Processor time of all threads of this process, where Linux tells.
fn cpu_time() -> Duration {
    let nanoseconds = |task: std::io::Result<std::fs::DirEntry>| -> Option<u64> {
        std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?.split(' ').next()?.parse().ok()
    };
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    Duration::from_nanos(tasks.filter_map(nanoseconds).sum())
}

/// Resident memory of this process, where Linux tells.
fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|kb| kb.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(0.0) / 1e3
}
