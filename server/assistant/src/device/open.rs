//! Finds adapters in this process, and gives one to an engine. Only children do this before a
//! verdict is known.

use super::{FoundGpu, GpuClass};
use engine::{Engine, GpuAdapter, GpuOptions, GpuStatus, LoadError};
use std::path::PathBuf;
use workspace::cache_folder;

/// The GPUs that drivers of this machine report. Loads the drivers into this process.
pub fn found_here(software: bool) -> Vec<FoundGpu> {
    let adapters = engine::gpu_adapters(software);
    adapters.iter().map(FoundGpu::of).collect()
}

/// The adapter of a GPU that was found before.
pub fn adapter(gpu: &FoundGpu) -> Result<GpuAdapter, String> {
    let adapters = engine::gpu_adapters(gpu.kind == GpuClass::Software);
    let mut adapters = adapters.into_iter();
    let found = adapters.find(|adapter| FoundGpu::of(adapter) == *gpu);
    found.ok_or_else(|| format!("{} is no longer there", gpu.name))
}

/// Gives a GPU to an engine; returns the bytes that are in use on it.
pub fn open(engine: &Engine, gpu: &FoundGpu) -> Result<u64, OpenError> {
    let adapter = adapter(gpu).map_err(OpenError::Gone)?;
    engine
        .use_gpu(&adapter, &options(&adapter))
        .map_err(OpenError::Load)?;
    match engine.gpu() {
        GpuStatus::InUse { memory, .. } => Ok(memory),
        GpuStatus::Failed(why) => Err(OpenError::Gone(why)),
        GpuStatus::Unused | GpuStatus::Resting => Ok(0),
    }
}

/// Why a GPU could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It was found before, and is not there now.
    #[error("{0}")]
    Gone(String),
    /// The engine could not use it.
    #[error(transparent)]
    Load(LoadError),
}

/// How a GPU is opened: with the memory that it should use at most, and a folder for the kernels
/// that its driver compiles.
fn options(adapter: &GpuAdapter) -> GpuOptions {
    // Where the system does not say what is free, a driver refuses what does not fit.
    let free = engine::free_memory().unwrap_or(u64::MAX);
    GpuOptions {
        memory_limit: adapter.memory_limit(free),
        pipeline_cache: kernels(),
        ..GpuOptions::default()
    }
}

/// A folder that only the user can write to: a driver trusts what it finds there. Without one, each
/// start compiles again.
fn kernels() -> Option<PathBuf> {
    let folder = gpu_folder()?.join("kernels");
    workspace::make_private_folder(&folder).ok()?;
    Some(folder)
}

/// The part of the cache folder that is about GPUs.
pub fn gpu_folder() -> Option<PathBuf> {
    cache_folder().map(|folder| folder.join("nigh").join("gpu"))
}
