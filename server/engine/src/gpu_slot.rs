//! The GPU of an engine: the weights on it while it is used, and what happens when it is not.
//!
//! An engine always computes on the CPU. Whoever watches it may give it a GPU; sessions move there
//! with their next prompt. When a GPU fails, a session takes the CPU for the same prompt and
//! reports it here. Which GPU is worth it, and when it is tried again, is not known here.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use gpu::GpuError;

use crate::gpu_model::GpuModel;

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

/// Gets all events.
pub(crate) type Listener = Box<dyn Fn(GpuEvent) + Send + Sync>;

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

    /// Calls `listener` from now on; the first call counts.
    pub fn watch(&self, listener: Listener) {
        let _ = self.listener.set(listener);
    }

    /// Has sessions use a model on a GPU.
    pub fn fill(&self, model: GpuModel) {
        self.set(SlotState::InUse(Arc::new(model)));
    }

    /// Gives the GPU back until it is wanted again.
    pub fn rest(&self) {
        self.set(SlotState::Resting { is_wanted: false });
    }

    /// Gives the GPU back for good.
    pub fn empty(&self) {
        self.set(SlotState::Unused);
    }

    /// Replaces the state, and gives back the GPU that was used before.
    fn set(&self, state: SlotState) {
        let before = std::mem::replace(&mut *lock(&self.state), state);
        if let SlotState::InUse(model) = before {
            model.gpu().close();
        }
    }

    /// Whether a GPU is used.
    pub fn status(&self) -> GpuStatus {
        match &*lock(&self.state) {
            SlotState::Unused => GpuStatus::Unused,
            SlotState::InUse(model) => GpuStatus::InUse {
                name: model.gpu().name().to_owned(),
                memory: model.gpu().memory_used(),
                idle: model.idle(),
            },
            SlotState::Resting { .. } => GpuStatus::Resting,
            SlotState::Failed(why) => GpuStatus::Failed(why.clone()),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
