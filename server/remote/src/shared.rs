//! What the requests of an engine share: the way to the server, whether it can be asked, and the
//! status.
//!
//! After a failure there is no server until it has been met again, after a pause.

use crate::client::Client;
use crate::dialects::Dialect;
use crate::error::RemoteError;
use crate::prompt::Conversation;
use crate::server::ModelServer;
use crate::status::{EnginePhase, EngineStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Whether a server can be used; the error says why not.
pub type Accept = Box<dyn Fn(&ModelServer) -> Result<(), String> + Send + Sync>;

/// What requests share.
pub(crate) struct Shared {
    pub(crate) client: Client,
    pub(crate) chosen: Chosen,
    pub(crate) state: Mutex<State>,
    pub(crate) status: watch::Sender<EngineStatus>,
}

/// The part of the options that meeting a server needs.
pub(crate) struct Chosen {
    pub(crate) dialect: Option<Dialect>,
    pub(crate) model: Option<String>,
    pub(crate) markers: Vec<String>,
    pub(crate) conversations: Vec<Conversation>,
    pub(crate) accept: Accept,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) server: Option<Arc<ModelServer>>,
    /// Failures in a row.
    failures: u32,
    /// When a server that failed may be met again.
    pub(crate) retry_at: Option<Instant>,
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an answer.
    pub(crate) fn answered(&self) {
        self.lock().failures = 0;
        self.status.send_modify(|status| {
            status.answered += 1;
            status.why = None;
        });
    }

    /// Notes how long the first text of an answer took.
    pub(crate) fn began(&self, first: Duration) {
        let first = first.as_millis() as u64;
        self.status
            .send_modify(|status| status.first_text_ms = Some(first));
    }

    /// Notes that there is no answer. The server is not asked for a while if that is its fault.
    pub(crate) fn failed(&self, error: &RemoteError) {
        let why = error.to_string();
        if error.is_of_prompt() {
            self.status.send_modify(|status| status.why = Some(why));
            return;
        }
        let pause = {
            let mut state = self.lock();
            state.failures += 1;
            let pause = match error {
                RemoteError::Unusable(_) => self.client.limits.longest_pause,
                _ => self.client.limits.pause(state.failures),
            };
            state.server = None;
            state.retry_at = Some(Instant::now() + pause);
            pause
        };
        let pause_s = pause.as_secs();
        if self.status.borrow().failed == 0 {
            tracing::warn!(%why, pause_s, "the engine does not answer; the embedded model does");
        } else {
            tracing::info!(%why, pause_s, "the engine does not answer");
        }
        self.status.send_modify(|status| {
            status.failed += 1;
            status.phase = match error {
                RemoteError::Unusable(_) => EnginePhase::Unusable,
                _ => EnginePhase::Paused,
            };
            status.why = Some(why);
        });
    }

    pub(crate) fn met(&self, server: ModelServer) {
        let (kind, model) = (server.dialect, server.model.clone());
        let url = &self.client.address;
        tracing::info!(%url, kind = kind.name(), %model, "the engine is ready");
        self.lock().server = Some(Arc::new(server));
        self.status.send_modify(|status| {
            status.phase = EnginePhase::Ready;
            (status.kind, status.model) = (Some(kind), Some(model));
            status.why = None;
        });
    }
}
