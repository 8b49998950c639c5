//! The weights of a model on a GPU.
//!
//! It knows no session. Who uses it, and what happens when it fails, is in `gpu_slot` and
//! `sequence`.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use gpu::{Gpu, GpuAdapter, GpuError, GpuOptions};
use kernels::ThreadPool;

use crate::checked_model::CheckedModel;
use crate::decoder::Decoder;
use crate::gpu_backend::{GpuBackend, gpu_refusal, gpu_weight_bytes};
use crate::{Cancel, LoadError, Weights};

/// A decoder on a GPU.
pub(crate) type GpuDecoder = Decoder<GpuBackend>;

/// The weights of a model on a GPU.
pub(crate) struct GpuModel {
    pub decoder: GpuDecoder,
    last_use: Mutex<Instant>,
}

impl GpuModel {
    /// Loads the model with this checksum from its file, which was opened again. Fails if the GPU
    /// cannot compute it, or has too little memory for it and for a whole context.
    pub fn load(
        checked: CheckedModel,
        fingerprint: u32,
        adapter: &GpuAdapter,
        options: &GpuOptions,
    ) -> Result<GpuModel, LoadError> {
        if checked.tensors.fingerprint() != fingerprint {
            return Err(LoadError::Unsupported(
                "its file has changed since it was opened".into(),
            ));
        }
        if let Some(why) = gpu_refusal(&checked.config) {
            return Err(LoadError::Gpu(GpuError::Unsupported(why)));
        }
        let weights = gpu_weight_bytes(&checked.summary, Weights::Packed);
        if weights > options.memory_limit {
            return Err(LoadError::Gpu(GpuError::OutOfMemory(format!(
                "{} MiB of weights are more than {} MiB",
                weights >> 20,
                options.memory_limit >> 20
            ))));
        }
        let (config, context) = (checked.config.clone(), checked.info.context_length);
        let backend = GpuBackend {
            gpu: Gpu::open(adapter, options)?,
            pool: ThreadPool::new(1)
                .map_err(|e| LoadError::Unsupported(format!("no thread can be started: {e}")))?,
        };
        let decoder =
            GpuDecoder::load(backend, &checked.tensors, config, Weights::Packed, context)?;
        if let Some(adapter) = checked.tensors.adapter() {
            adapter.check_used()?;
        }
        let needed = decoder.cache_bytes(context) as u64;
        let used = decoder.backend.gpu.memory_used();
        if used.saturating_add(needed) > options.memory_limit {
            return Err(LoadError::Gpu(GpuError::OutOfMemory(format!(
                "{} MiB of weights and {} MiB for a context of {context} tokens are more than {} MiB",
                used >> 20,
                needed >> 20,
                options.memory_limit >> 20
            ))));
        }
        warm_up(&decoder)?;
        Ok(GpuModel {
            decoder,
            last_use: Mutex::new(Instant::now()),
        })
    }

    /// Remembers that it computes now.
    pub fn touch(&self) {
        *self.last_use.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Time since it computed.
    pub fn idle(&self) -> Duration {
        let last_use = self.last_use.lock().unwrap_or_else(PoisonError::into_inner);
        last_use.elapsed()
    }

    /// Its device.
    pub fn gpu(&self) -> &Gpu {
        &self.decoder.backend.gpu
    }
}

impl Drop for GpuModel {
    /// Sessions may still have buffers on the device; they are of no use without it.
    fn drop(&mut self) {
        self.gpu().close();
    }
}

/// Compiles the kernels of a decoder, which would else take time from the first prompts.
fn warm_up(decoder: &GpuDecoder) -> Result<(), LoadError> {
    let (mut cache, mut rows) = (decoder.cache()?, decoder.rows()?);
    let (mut logits, cancel) = (Vec::new(), Cancel::new());
    decoder.backend.gpu.warm_up(|count| {
        cache.truncate(0);
        let count = count.min(decoder.context());
        decoder.forward(
            &vec![0; count],
            count,
            &mut cache,
            &mut rows,
            &mut logits,
            &cancel,
        )
    })?;
    Ok(())
}
