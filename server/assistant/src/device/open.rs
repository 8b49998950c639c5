//! Finds adapters in this process, and gives one to an engine. Only children do this before a
//! verdict is known.

use super::{FoundGpu, GpuClass};
use engine::{Engine, GpuAdapter, GpuKind, GpuOptions, GpuStatus, LoadError};

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

fn options(adapter: &GpuAdapter) -> GpuOptions {
    GpuOptions {
        memory_limit: memory_limit(adapter.kind, engine::free_memory()),
        ..GpuOptions::default()
    }
}

/// Bytes that the engine may use on a GPU. One without memory of its own gets half of what the
/// machine has free; a card refuses by itself what does not fit.
fn memory_limit(kind: GpuKind, free: Option<u64>) -> u64 {
    match (kind, free) {
        (GpuKind::Integrated | GpuKind::Software, Some(free)) => free / 2,
        _ => u64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shares_the_memory_of_the_machine_gets_half_of_what_is_free() {
        assert_eq!(memory_limit(GpuKind::Integrated, Some(8)), 4);
        assert_eq!(memory_limit(GpuKind::Discrete, Some(8)), u64::MAX);
        assert_eq!(memory_limit(GpuKind::Integrated, None), u64::MAX);
    }
}
