//! Compares a GPU with the CPU on real text.
//!
//! ```text
//! cargo run --release -p engine --example gpu -- answers MODEL GPU COUNT LENGTH FILE...
//! cargo run --release -p engine --example gpu -- exact MODEL GPU COUNT LENGTH FILE...
//! cargo run --release -p engine --example gpu -- typing MODEL GPU SECONDS FILE...
//! ```
//!
//! `answers` asks for greedy answers after `COUNT` prompts of `LENGTH` tokens and measures the time
//! that they take. Both devices round activations to int8, each in its own order, so answers differ
//! now and then. `exact` does the same without rounding: f32 on both. `typing` types the files' text, as a user would, for some seconds. `GPU` is a
//! part of the device's name; drivers in software count, too. Both end with a JSON object.

#![allow(clippy::print_stdout)]

mod answers;
mod typing;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{Cancel, Engine, GpuAdapter, GpuOptions, LoadOptions, Session, Weights, gpu_adapters};

/// Logits that are nearer than this are a near tie: rounding decides between them.
const NEAR_TIE: f32 = 0.1;

type Failure = Box<dyn std::error::Error>;

/// The same model on the CPU and on a GPU.
struct Engines {
    /// Its logits do not depend on how many tokens are computed at once.
    cpu: Arc<Engine>,
    gpu: Arc<Engine>,
    adapter: GpuAdapter,
    /// Time that it took to bring the weights to the GPU.
    upload: Duration,
}

impl Engines {
    fn open(model: &Path, gpu_name: &str, is_exact: bool) -> Result<Engines, Failure> {
        let adapter = find(gpu_name)?;
        let options = LoadOptions {
            repeatable: true,
            weights: match is_exact {
                true => Weights::Exact,
                false => Weights::Packed,
            },
            ..LoadOptions::default()
        };
        let cpu = Arc::new(Engine::open(model, &options)?);
        let gpu = Arc::new(Engine::open(model, &options)?);
        let begin = Instant::now();
        let gpu_options = match is_exact {
            true => GpuOptions {
                int8: false,
                ..GpuOptions::default()
            },
            false => GpuOptions::default(),
        };
        gpu.use_gpu(&adapter, &gpu_options)?;
        Ok(Engines {
            cpu,
            gpu,
            adapter,
            upload: begin.elapsed(),
        })
    }

    /// Whether two answers after a prompt are the same, or differ first where both devices hardly
    /// prefer either token. Shows where they differ.
    fn agree(&self, prompt: &[u32], on_cpu: &[u32], on_gpu: &[u32]) -> Result<Agreement, Failure> {
        let mut pairs = on_cpu.iter().zip(on_gpu);
        let Some(at) = pairs.position(|(one, other)| one != other) else {
            return Ok(Agreement::Same);
        };
        let tokens = [prompt, &on_cpu[..at]].concat();
        let margin = |engine: &Arc<Engine>| -> Result<f32, Failure> {
            let mut session = Session::new(Arc::clone(engine));
            let rows = session.logits(&tokens, tokens.len() - 1, &Cancel::new())?;
            Ok(rows[0][on_cpu[at] as usize] - rows[0][on_gpu[at] as usize])
        };
        let margins = [margin(&self.cpu)?, margin(&self.gpu)?];
        println!(
            "token {at} differs: the CPU prefers its own by {:.4}, the GPU by {:.4}",
            margins[0], -margins[1]
        );
        let is_near = margins.iter().all(|margin| margin.abs() < NEAR_TIE);
        Ok(if is_near {
            Agreement::NearTie
        } else {
            Agreement::Different
        })
    }
}

/// How alike two answers are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Agreement {
    Same,
    NearTie,
    Different,
}

fn find(name: &str) -> Result<GpuAdapter, Failure> {
    let found = gpu_adapters(true);
    let wanted = name.to_lowercase();
    let mut matching = found.iter();
    let matching = matching.find(|adapter| adapter.name.to_lowercase().contains(&wanted));
    let names = found.iter().map(|adapter| adapter.name.as_str());
    let names = names.collect::<Vec<_>>().join(", ");
    matching
        .cloned()
        .ok_or_else(|| format!("no GPU is called {name}; there are: {names}").into())
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [what, model, gpu, arguments @ ..] = &arguments[..] else {
        return Err("name what to do, a model and a GPU".into());
    };
    let engines = Engines::open(Path::new(model), gpu, *what == "exact")?;
    let report = match (*what, arguments) {
        ("answers" | "exact", [count, length, files @ ..]) => {
            answers::run(&engines, count.parse()?, length.parse()?, files)?
        }
        ("typing", [seconds, files @ ..]) => {
            typing::run(&engines, Duration::from_secs(seconds.parse()?), files)?
        }
        _ => return Err("the first lines of this file show how to call it".into()),
    };
    println!("{report:#}");
    // Drivers want their devices back before the program ends.
    engines.gpu.forget_gpu();
    Ok(())
}
