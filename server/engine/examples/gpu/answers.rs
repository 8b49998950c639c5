//! Greedy answers on both devices, and their times.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use engine::{Cancel, Engine, GenerateOptions, Session};
use serde_json::{Value, json};

use crate::{Agreement, Engines, Failure};

/// Tokens of an answer.
const ANSWER: usize = 16;

/// What a device answered, and the time it took.
#[derive(Default)]
struct Measured {
    answers: Vec<Vec<u32>>,
    prefill: Duration,
    decode: Duration,
    tokens: usize,
}

pub fn run(
    engines: &Engines,
    count: usize,
    length: usize,
    files: &[&str],
) -> Result<Value, Failure> {
    let prompts = prompts(&engines.cpu, files, count, length)?;
    let cpu = measure(&engines.cpu, &prompts)?;
    let gpu = measure(&engines.gpu, &prompts)?;
    let mut agreements = Vec::new();
    for ((prompt, on_cpu), on_gpu) in prompts.iter().zip(&cpu.answers).zip(&gpu.answers) {
        agreements.push(engines.agree(prompt, on_cpu, on_gpu)?);
    }
    let counted = |kind| agreements.iter().filter(|one| **one == kind).count();
    let rates = |measured: &Measured| {
        let prefilled = (prompts.len() * length) as f64;
        json!({
            "prefill_tokens_per_second": prefilled / measured.prefill.as_secs_f64(),
            "decode_tokens_per_second": measured.tokens as f64 / measured.decode.as_secs_f64(),
        })
    };
    Ok(json!({
        "device": engines.adapter.name,
        "driver": engines.adapter.driver,
        "upload_seconds": engines.upload.as_secs_f64(),
        "prompts": prompts.len(),
        "same": counted(Agreement::Same),
        "near_ties": counted(Agreement::NearTie),
        "different": counted(Agreement::Different),
        "cpu": rates(&cpu),
        "gpu": rates(&gpu),
    }))
}

/// Pieces of `length` tokens from everywhere in the files.
fn prompts(
    engine: &Engine,
    files: &[&str],
    count: usize,
    length: usize,
) -> Result<Vec<Vec<u32>>, Failure> {
    let mut all = Vec::new();
    for file in files {
        let tokens = engine.tokenizer().encode(&std::fs::read_to_string(file)?);
        all.extend(tokens.chunks_exact(length.max(1)).map(<[u32]>::to_vec));
    }
    if all.len() < count || count == 0 {
        return Err(format!("the files have {} prompts of this length", all.len()).into());
    }
    let step = all.len() / count;
    Ok(all.into_iter().step_by(step).take(count).collect())
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
