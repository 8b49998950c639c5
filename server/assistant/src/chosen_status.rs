//! What a model is, and what has become of the one that the user chose: plain data for the status
//! request and for whoever follows the loading.

use crate::device::DeviceWatch;
use engine::Cancel;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// What a model is.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    /// Its name.
    pub name: String,
    /// Architecture, as its file spells it.
    pub architecture: String,
    /// Weights in all.
    pub parameters: u64,
    /// Bytes its weights take in memory.
    pub weight_bytes: u64,
    /// Tokens it can see.
    pub context_tokens: usize,
    /// Where it runs.
    pub device: String,
    /// How it fills in the middle.
    pub fill_in: String,
    /// Whose format it predicts next edits in, if it was trained for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_edits: Option<String>,
    /// Its licence, where the file names one.
    pub licence: Option<String>,
    /// Why it runs in the place of the model that was chosen, where it does.
    pub instead: Option<String>,
    /// Why its packed copy cannot be kept, so that each start packs it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_problem: Option<String>,
    /// The way to what is known of its devices.
    #[serde(skip)]
    pub devices: DeviceWatch,
}

impl Description {
    /// The same with the device that computes now.
    pub fn on_device(mut self) -> Self {
        if let Some(gpu) = self.devices.report().and_then(|report| report.in_use) {
            self.device = gpu;
        }
        self
    }
}

/// What has become of the chosen model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ChosenPhase {
    /// It is being loaded.
    Loading,
    /// It answers.
    Ready,
    /// It was unloaded, as it was not used for a while. The next request loads it again.
    Unused,
    /// The user has stopped loading it.
    Cancelled,
    /// It cannot be used.
    Failed,
}

/// The state of the chosen model, for the status request.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct ChosenStatus {
    /// What its user calls it.
    pub name: String,
    /// What has become of it.
    pub phase: ChosenPhase,
    /// How much of it is loaded, while it is being loaded.
    pub percent: Option<u8>,
    /// Why it cannot be used, if so.
    pub why: Option<String>,
    /// The model that answers.
    #[serde(skip)]
    pub running: Description,
}

impl ChosenStatus {
    /// The model that answers the next request, and why it is not the chosen one, if it is not.
    pub fn description(&self) -> Description {
        Description {
            instead: self.instead(),
            ..self.running.clone()
        }
    }

    /// Why another model answers, if one does.
    pub fn instead(&self) -> Option<String> {
        let name = &self.name;
        match self.phase {
            ChosenPhase::Ready => None,
            ChosenPhase::Loading => Some(format!(
                "{name} is being loaded: {} %",
                self.percent.unwrap_or(0)
            )),
            ChosenPhase::Unused => Some(format!(
                "{name} was unloaded, as it was not used for a while; the next request loads it \
                 again"
            )),
            ChosenPhase::Cancelled => Some(format!(
                "loading {name} was cancelled; restart nigh to load it"
            )),
            ChosenPhase::Failed => self.why.clone(),
        }
    }
}

/// The way to the chosen model from other threads.
#[derive(Clone)]
pub struct ChosenHandle {
    status: watch::Receiver<ChosenStatus>,
    cancel: Arc<Mutex<Cancel>>,
}

impl ChosenHandle {
    /// To a model with this state; `cancel` is the flag of the latest loading.
    pub fn new(status: watch::Receiver<ChosenStatus>, cancel: Arc<Mutex<Cancel>>) -> Self {
        Self { status, cancel }
    }

    /// The state of the model, now and later.
    pub fn status(&self) -> watch::Receiver<ChosenStatus> {
        self.status.clone()
    }

    /// Stops loading the model; the embedded one goes on. Nothing happens if it is not being
    /// loaded.
    pub fn cancel(&self) {
        let cancel = self.cancel.lock().unwrap_or_else(PoisonError::into_inner);
        cancel.cancel();
    }
}
