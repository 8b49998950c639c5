//! The work of a probe, in the child process: opens a GPU, checks its answers against the CPU's and
//! times both.

use super::open::{OpenError, open};
use super::typical::{Answers, answers, compare, prompt, seconds};
use super::{FoundGpu, GpuVerdict, ProbeFault, ProbeModel};
use crate::model;
use engine::{Engine, GpuError, GpuStatus, LoadError, RunError};
use std::sync::Arc;

/// What goes wrong on purpose, in tests of a debug build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PlantedFault {
    Crash,
    Hang,
    Lie,
}

impl PlantedFault {
    /// What the environment asks for.
    fn of_environment() -> Option<Self> {
        if !cfg!(debug_assertions) {
            return None;
        }
        match std::env::var("NIGH_PROBE_FAULT").ok()?.as_str() {
            "crash" => Some(Self::Crash),
            "hang" => Some(Self::Hang),
            "lie" => Some(Self::Lie),
            _ => None,
        }
    }
}

/// Measures a GPU with a model. Only a child process calls this: a driver may take it down.
pub fn measure(gpu: &FoundGpu, model: &ProbeModel, threads: usize) -> GpuVerdict {
    let planted = PlantedFault::of_environment();
    match planted {
        Some(PlantedFault::Crash) => std::process::abort(),
        Some(PlantedFault::Hang) => loop {
            std::thread::park();
        },
        _ => {}
    }
    let engine = match opened(model, threads) {
        Ok(engine) => engine,
        Err(why) => return GpuVerdict::unusable(ProbeFault::NotMade, why),
    };
    measured(&engine, gpu, planted).unwrap_or_else(|verdict| verdict)
}

fn opened(model: &ProbeModel, threads: usize) -> Result<Arc<Engine>, String> {
    match &model.chosen {
        Some(chosen) => chosen.open(threads, None),
        None => model::open(None, threads),
    }
}

fn measured(
    engine: &Arc<Engine>,
    gpu: &FoundGpu,
    planted: Option<PlantedFault>,
) -> Result<GpuVerdict, GpuVerdict> {
    let not_made = |error: RunError| GpuVerdict::unusable(ProbeFault::NotMade, error.to_string());
    let tokens = prompt(engine).map_err(|why| GpuVerdict::unusable(ProbeFault::NotMade, why))?;
    // The GPU first: a model that it cannot compute costs nothing more.
    open(engine, gpu).map_err(|error| refused(&error))?;
    let own = answers_and_seconds(engine, &tokens);
    // The engine goes on with the CPU when a GPU fails, and these would be the CPU's answers.
    let (mut own, gpu_seconds) = match (own, engine.gpu()) {
        (_, GpuStatus::Failed(why)) => return Err(GpuVerdict::unusable(ProbeFault::Crashed, why)),
        (own, _) => own.map_err(not_made)?,
    };
    engine.forget_gpu();
    let (cpu, cpu_seconds) = answers_and_seconds(engine, &tokens).map_err(not_made)?;
    if planted == Some(PlantedFault::Lie) {
        own.scores.iter_mut().for_each(|score| *score -= 5.0);
    }
    match compare(&cpu, &own) {
        Ok(()) => Ok(GpuVerdict::Right {
            cpu_seconds,
            gpu_seconds,
        }),
        Err(how) => {
            let why = format!("its answers are wrong: {how}");
            Err(GpuVerdict::unusable(ProbeFault::Wrong, why))
        }
    }
}

/// Answers and seconds. The answers come first: that compiles the kernels.
fn answers_and_seconds(engine: &Arc<Engine>, tokens: &[u32]) -> Result<(Answers, f64), RunError> {
    Ok((answers(engine, tokens)?, seconds(engine, tokens)?))
}

fn refused(error: &OpenError) -> GpuVerdict {
    let fault = match error {
        OpenError::Load(LoadError::Gpu(GpuError::OutOfMemory(_))) => ProbeFault::OutOfMemory,
        OpenError::Load(LoadError::Unsupported(_)) => ProbeFault::Unsupported,
        OpenError::Load(LoadError::Gpu(GpuError::Unsupported(_))) => ProbeFault::Unsupported,
        OpenError::Load(LoadError::Gpu(_)) => ProbeFault::Crashed,
        _ => ProbeFault::NotMade,
    };
    let why = match error {
        OpenError::Load(LoadError::Gpu(GpuError::Unsupported(why))) => why.clone(),
        error => error.to_string(),
    };
    GpuVerdict::unusable(fault, why)
}
