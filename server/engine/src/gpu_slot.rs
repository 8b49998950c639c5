//! The GPU of an engine: the weights on it while it is used, and what happens when it is not.
//!
//! An engine always computes on the CPU. Whoever watches it ([`Engine::watch_gpu`]) may give it a
//! GPU with [`Engine::use_gpu`]; sessions move there with their next prompt. When a GPU fails, a
//! session takes the CPU for the same prompt and reports it here. Which GPU is worth it, and when
//! it is tried again, is not known here.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use gpu::{Gpu, GpuAdapter, GpuError, GpuOptions};
use kernels::ThreadPool;

use crate::checked_model::CheckedModel;
use crate::decoder::Decoder;
use crate::gpu_backend::{GpuBackend, gpu_refusal, gpu_weight_bytes};
use crate::{Cancel, Engine, LoadError, Weights};

/// A decoder on a GPU.
pub(crate) type GpuDecoder = Decoder<GpuBackend>;

/// What happens to the GPU of an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GpuEvent {
    /// It failed, for this reason; the CPU goes on with what was asked.
    Failed(String),
    /// It has been given back, and a prompt came that it could read.
    Wanted,
}

/// Whether an engine uses a GPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GpuStatus {
    /// It has been given none, or no longer has one.
    Unused,
    /// Sessions compute on it.
    InUse {
        /// The name of the device.
        name: String,
        /// Bytes of weights and of sessions on it.
        memory: u64,
        /// Time since it computed.
        idle: Duration,
    },
    /// It was given back for a while.
    Resting,
    /// It failed, for this reason.
    Failed(String),
}

/// Who is told of events.
type Listener = Box<dyn Fn(GpuEvent) + Send + Sync>;

/// The GPU of an engine, or why there is none.
#[derive(Default)]
pub(crate) struct GpuSlot {
    state: Mutex<SlotState>,
    listener: OnceLock<Listener>,
}

#[derive(Default)]
enum SlotState {
    #[default]
    Unused,
    InUse(Arc<GpuModel>),
    Resting {
        is_wanted: bool,
    },
    Failed(String),
}

/// The weights of a model on a GPU.
pub(crate) struct GpuModel {
    pub decoder: GpuDecoder,
    last_use: Mutex<Instant>,
}

impl GpuModel {
    /// Remembers that it computes now.
    pub fn touch(&self) {
        *lock(&self.last_use) = Instant::now();
    }

    fn gpu(&self) -> &Gpu {
        &self.decoder.backend.gpu
    }
}

impl Drop for GpuModel {
    /// Sessions may still have buffers on the device; they are of no use without it.
    fn drop(&mut self) {
        self.gpu().close();
    }
}

impl GpuSlot {
    /// The model on the GPU, if sessions are to use it. Where it has been given back, it is asked
    /// for.
    pub fn model(&self) -> Option<Arc<GpuModel>> {
        let is_first = match &mut *lock(&self.state) {
            SlotState::InUse(model) => return Some(Arc::clone(model)),
            SlotState::Resting { is_wanted } => !std::mem::replace(is_wanted, true),
            SlotState::Unused | SlotState::Failed(_) => false,
        };
        if is_first {
            self.report(GpuEvent::Wanted);
        }
        None
    }

    /// Takes note that the GPU of this model failed.
    pub fn failed(&self, model: &Arc<GpuModel>, error: &GpuError) {
        let mut state = lock(&self.state);
        // One that was given back in the meantime did not fail.
        let is_current =
            matches!(&*state, SlotState::InUse(current) if Arc::ptr_eq(current, model));
        if !is_current {
            return;
        }
        *state = SlotState::Failed(error.to_string());
        drop(state);
        model.gpu().close();
        self.report(GpuEvent::Failed(error.to_string()));
    }

    fn report(&self, event: GpuEvent) {
        if let Some(listener) = self.listener.get() {
            listener(event);
        }
    }

    /// Replaces the state, and gives back the GPU that was used before.
    fn set(&self, state: SlotState) {
        let before = std::mem::replace(&mut *lock(&self.state), state);
        if let SlotState::InUse(model) = before {
            model.gpu().close();
        }
    }

    fn status(&self) -> GpuStatus {
        match &*lock(&self.state) {
            SlotState::Unused => GpuStatus::Unused,
            SlotState::InUse(model) => GpuStatus::InUse {
                name: model.gpu().name().to_owned(),
                memory: model.gpu().memory_used(),
                idle: lock(&model.last_use).elapsed(),
            },
            SlotState::Resting { .. } => GpuStatus::Resting,
            SlotState::Failed(why) => GpuStatus::Failed(why.clone()),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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

impl Engine {
    /// Calls `listener` when its GPU fails, or is wanted again. The first call counts. `listener`
    /// is called on the thread of a session, which waits for it.
    pub fn watch_gpu(&self, listener: Box<dyn Fn(GpuEvent) + Send + Sync>) {
        let _ = self.gpu.listener.set(listener);
    }

    /// Loads the weights to a GPU; sessions use it from their next prompt on. Fails if the GPU
    /// cannot compute this model, or has too little memory for it and for a whole context.
    pub fn use_gpu(&self, adapter: &GpuAdapter, options: &GpuOptions) -> Result<(), LoadError> {
        let decoder = self.with_checked(|checked| self.on_gpu(checked, adapter, options))?;
        let model = GpuModel {
            decoder,
            last_use: Mutex::new(Instant::now()),
        };
        self.gpu.set(SlotState::InUse(Arc::new(model)));
        Ok(())
    }

    /// Gives the GPU back until it is wanted again: then the CPU answers, and the listener gets
    /// [`GpuEvent::Wanted`].
    pub fn rest_gpu(&self) {
        self.gpu.set(SlotState::Resting { is_wanted: false });
    }

    /// Gives the GPU back for good.
    pub fn forget_gpu(&self) {
        self.gpu.set(SlotState::Unused);
    }

    /// Whether it uses a GPU.
    pub fn gpu(&self) -> GpuStatus {
        self.gpu.status()
    }

    /// The decoder of a model's file on a GPU.
    fn on_gpu(
        &self,
        checked: CheckedModel,
        adapter: &GpuAdapter,
        options: &GpuOptions,
    ) -> Result<GpuDecoder, LoadError> {
        if checked.tensors.fingerprint() != self.fingerprint() {
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
        Ok(decoder)
    }
}
