//! Compares a GPU with the CPU on the beginnings of real files: whether greedy answers are the same,
//! and how long prompts and answers take.
//!
//! `cargo run --release -p engine --example compare_gpu -- MODEL GPU COUNT FILE...`
//!
//! GPU is a part of the device's name. `COUNT` prompts of 200 tokens are taken from the files in
//! turn; each gets an answer of 16 tokens. Where answers differ, it shows by how much the CPU
//! preferred its own token, and the GPU its own; both are small where rounding decides. The last
//! lines are one JSON object with all numbers.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{
    Cancel, Engine, GenerateOptions, GpuAdapter, GpuOptions, LoadOptions, Session, gpu_adapters,
};
use serde_json::json;

const PROMPT: usize = 200;
const ANSWER: usize = 16;

type Failure = Box<dyn std::error::Error>;

/// What a device took for all prompts, and what it answered.
#[derive(Default)]
struct Measured {
    answers: Vec<Vec<u32>>,
    prefill: Duration,
    decode: Duration,
    tokens: usize,
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what| arguments.next().ok_or(format!("the {what} is missing"));
    let (model, name) = (next("model")?, next("GPU")?);
    let count: usize = next("number of prompts")?.parse()?;
    let files: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    let adapter = find(&name)?;
    let options = LoadOptions::default();
    let cpu = Arc::new(Engine::open(Path::new(&model), &options)?);
    let gpu = Arc::new(Engine::open(Path::new(&model), &options)?);
    let begin = Instant::now();
    gpu.use_gpu(&adapter, &GpuOptions::default())?;
    let load = begin.elapsed();
    let prompts = prompts(&cpu, &files, count)?;
    let (on_cpu, on_gpu) = (measure(&cpu, &prompts)?, measure(&gpu, &prompts)?);
    let mut same = 0;
    for ((prompt, want), got) in prompts.iter().zip(&on_cpu.answers).zip(&on_gpu.answers) {
        match want.iter().zip(got).position(|(want, got)| want != got) {
            None => same += 1,
            Some(at) => {
                let tokens = [&prompt[..], &want[..at]].concat();
                let margins = [&cpu, &gpu].map(|engine| margin(engine, &tokens, want[at], got[at]));
                println!(
                    "token {at}: the CPU by {:?}, the GPU by {:?}",
                    margins[0], margins[1]
                );
            }
        }
    }
    gpu.forget_gpu();
    let rates = |measured: &Measured| {
        let prefill = prompts.len() * PROMPT;
        json!({
            "prefill_tokens_per_s": prefill as f64 / measured.prefill.as_secs_f64(),
            "decode_tokens_per_s": measured.tokens as f64 / measured.decode.as_secs_f64(),
        })
    };
    let report = json!({
        "model": model, "gpu": adapter.name, "driver": adapter.driver, "prompts": prompts.len(),
        "same_answers": same, "load_s": load.as_secs_f64(), "cpu": rates(&on_cpu), "on_gpu": rates(&on_gpu),
    });
    println!("{report:#}");
    Ok(())
}

fn find(name: &str) -> Result<GpuAdapter, Failure> {
    let found = gpu_adapters(true).into_iter();
    let names: Vec<String> = found.clone().map(|adapter| adapter.name).collect();
    let wanted = name.to_lowercase();
    let mut matching = found.filter(|adapter| adapter.name.to_lowercase().contains(&wanted));
    matching
        .next()
        .ok_or(format!("no GPU is called {name}; there are {names:?}").into())
}

/// Pieces of the files, each of [`PROMPT`] tokens.
fn prompts(engine: &Engine, files: &[PathBuf], count: usize) -> Result<Vec<Vec<u32>>, Failure> {
    let mut prompts = Vec::new();
    for file in files {
        let tokens = engine.tokenizer().encode(&std::fs::read_to_string(file)?)?;
        prompts.extend(tokens.chunks_exact(PROMPT).map(<[u32]>::to_vec));
    }
    if prompts.is_empty() {
        return Err("the files are too short".into());
    }
    // As many from each part of each file.
    let step = (prompts.len() / count).max(1);
    Ok(prompts.into_iter().step_by(step).take(count).collect())
}

fn measure(engine: &Arc<Engine>, prompts: &[Vec<u32>]) -> Result<Measured, Failure> {
    let options = GenerateOptions {
        max_tokens: ANSWER,
        drafts: None,
        ..GenerateOptions::default()
    };
    let mut session = Session::new(Arc::clone(engine));
    let mut measured = Measured::default();
    for prompt in prompts {
        let mut go_on = |_: &str| ControlFlow::Continue(());
        let answer = session.generate(prompt, &options, &Cancel::new(), &mut go_on)?;
        measured.prefill += answer.prefill;
        measured.decode += answer.decode;
        measured.tokens += answer.tokens.len();
        measured.answers.push(answer.tokens);
    }
    Ok(measured)
}

/// By how much a device prefers one token to another.
fn margin(engine: &Arc<Engine>, tokens: &[u32], one: u32, other: u32) -> Option<f32> {
    let mut session = Session::new(Arc::clone(engine));
    let rows = session
        .logits(tokens, tokens.len() - 1, &Cancel::new())
        .ok()?;
    let row = rows.first()?;
    Some(row[one as usize] - row[other as usize])
}
