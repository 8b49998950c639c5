//! One question, whatever dialect it came in: a snapshot is made of it, the worker completes it as
//! it does for an editor, and what came of it is told with what it cost.
//!
//! A question that names its file takes the slot of that file: a newer one replaces it. Others have
//! slots of their own. A question that is dropped, because its client has hung up, stops the model.

use super::answer::Refusal;
use super::document;
use super::query::Showing;
use crate::documents::{Documents, Taken};
use crate::model::Model;
use crate::settings::CompletionSettings;
use crate::suggest::suggest;
use crate::worker::{Readiness, Worker};
use crate::workspace::{Event, Indexer, Roots, secrets};
use completion::gate::Gate;
use completion::{Limits, Outcome};
use context::Snapshot;
use context::{GenerateError, Stats};
use hyper::StatusCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use text::EditError;
use tokio::sync::Semaphore;

/// How many questions may be open at once; one more is refused.
const OPEN: usize = 32;
/// How long a question may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often questions make the workspace's files be looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// A file beside the one that is completed; the path is empty where it was not told.
#[derive(Clone, Debug, PartialEq)]
pub struct OtherFile {
    /// Its path.
    pub path: String,
    /// Its text, or a piece of it.
    pub text: String,
}

/// What is asked.
#[derive(Debug, Default)]
pub struct Ask {
    /// The file's path, if the client told it. It names a slot and a language, and is never opened.
    pub path: Option<String>,
    /// Its language id, if the client told it.
    pub language: Option<String>,
    /// The text before the cursor.
    pub prefix: String,
    /// The text after the cursor.
    pub suffix: String,
    /// Other files, the one looked at last first.
    pub others: Vec<OtherFile>,
    /// The most tokens.
    pub max_tokens: Option<usize>,
    /// Texts before which a completion ends.
    pub stop: Vec<String>,
    /// How likely a completion must be.
    pub show: Option<Showing>,
    /// What is not there by then is not wanted.
    pub time: Option<Duration>,
}

/// Why a completion ends where it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself.
    Own,
    /// In front of this text, which the client named.
    Stop(String),
    /// Tokens or time ran out.
    Limit,
}

/// What came of it.
#[derive(Debug)]
pub struct Told {
    /// The completion, empty for none.
    pub text: String,
    /// How likely it is to be taken, from 0 to 1.
    pub confidence: Option<f32>,
    /// Why there is none: a filter, `uncertain`, `secret` or `limit`; empty when there is one.
    pub withheld: &'static str,
    /// Why it ends.
    pub end: End,
    /// What it cost.
    pub stats: Stats,
}

/// What answers.
pub struct Site {
    documents: Arc<Documents>,
    worker: Worker,
    indexer: Option<Indexer>,
    roots: Roots,
    looked_at: Mutex<Option<Instant>>,
    completion: CompletionSettings,
    show: Showing,
    gate: Arc<Gate>,
    open: Semaphore,
    asked: AtomicU64,
}

impl Site {
    /// A site whose worker completes in these folders, which the indexer, if there is one, keeps an
    /// index of.
    pub fn new(
        documents: Arc<Documents>,
        (worker, indexer, roots): (Worker, Option<Indexer>, Roots),
        (completion, show, gate): (CompletionSettings, Showing, Gate),
    ) -> Self {
        Self {
            documents,
            worker,
            indexer,
            roots,
            looked_at: Mutex::default(),
            completion,
            show,
            gate: Arc::new(gate),
            open: Semaphore::new(OPEN),
            asked: AtomicU64::new(0),
        }
    }

    /// Whether the model is there.
    pub fn readiness(&self) -> Readiness {
        self.worker.readiness().borrow().clone()
    }

    /// Has the index stored, within this time.
    pub async fn store(&self, patience: Duration) {
        let Some(indexer) = &self.indexer else { return };
        let (done, stored) = tokio::sync::oneshot::channel();
        indexer.tell(Event::Store(done));
        // What was not stored by then is made again the next time.
        let _ = tokio::time::timeout(patience, stored).await;
    }

    /// The completion.
    pub async fn complete(&self, mut ask: Ask) -> Result<Told, Refusal> {
        let busy = |_| {
            Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                format!("{OPEN} requests are open; try again"),
            )
        };
        let _open = self.open.try_acquire().map_err(busy)?;
        ask.path = ask.path.filter(|path| !path.trim().is_empty());
        if ask.max_tokens == Some(0) {
            return Ok(Told::nothing("limit", End::Limit));
        }
        if ask.path.as_deref().is_some_and(secrets::in_path) {
            return Ok(Told::nothing("secret", End::Own));
        }
        self.look_again();
        let (stop, time) = (ask.stop.clone(), ask.time.unwrap_or(PATIENCE).min(PATIENCE));
        let (offset, named, limits) = (ask.prefix.len(), ask.path.is_some(), self.limits(&ask));
        let most = (limits.line_tokens, limits.block_tokens);
        let taken = self.taken(ask)?;
        let complete = move |snapshot: &Snapshot, model: &mut dyn Model| {
            suggest(snapshot, offset, model, &limits)
        };
        let ticket = self.worker.submit("completion", taken, complete);
        match tokio::time::timeout(time, ticket.answer()).await {
            Ok(Some(Ok(outcome))) => Ok(Told::of(outcome, &stop, most)),
            Ok(Some(Err(error))) if error != GenerateError::Cancelled => Err(failed(&error)),
            Ok(_) => Err(self.given_up(named)),
            Err(_) if time < PATIENCE => Ok(Told::nothing("limit", End::Limit)),
            Err(_) => {
                let message = format!(
                    "the model needs more than {} seconds; choose a smaller one",
                    PATIENCE.as_secs()
                );
                Err(Refusal::new(
                    StatusCode::GATEWAY_TIMEOUT,
                    "timeout",
                    message,
                ))
            }
        }
    }

    /// What a completion may be.
    fn limits(&self, ask: &Ask) -> Limits {
        let most = ask.max_tokens.unwrap_or(usize::MAX);
        let mut limits = self.completion.limits(Arc::clone(&self.gate));
        limits.min_confidence = ask.show.unwrap_or(self.show).least(&self.gate);
        limits.line_tokens = limits.line_tokens.min(most);
        limits.block_tokens = limits.block_tokens.min(most);
        limits
    }

    /// The document of a question. Made at once, so that questions reach the worker in the order
    /// they came.
    fn taken(&self, ask: Ask) -> Result<Taken, Refusal> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let too_large = |error: EditError| {
            Refusal::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                error.to_string(),
            )
        };
        document::taken(ask, number, &self.roots, self.documents.index()).map_err(too_large)
    }

    /// Why the worker gave a question up. Of those with a slot of their own only a fault does that.
    fn given_up(&self, named: bool) -> Refusal {
        if matches!(self.readiness(), Readiness::Failed(_)) {
            return self.no_model();
        }
        if named {
            let message = "a newer request for the same file took this one's place";
            return Refusal::new(StatusCode::CONFLICT, "superseded", message);
        }
        failed(&GenerateError::Engine(
            "the completion failed; see the log".into(),
        ))
    }

    /// Says why there is no model.
    pub fn no_model(&self) -> Refusal {
        let (code, message) = match self.readiness() {
            Readiness::Failed(why) => (
                "no_model",
                format!("{why}. Run `nigh doctor` for what to do."),
            ),
            _ => (
                "loading",
                "the model is being loaded; try again in a moment".into(),
            ),
        };
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, code, message)
    }

    /// Has changes on disk seen, of which nobody tells this server.
    fn look_again(&self) {
        let Some(indexer) = &self.indexer else { return };
        let mut looked = self
            .looked_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if looked.is_none_or(|at| at.elapsed() > LOOK_AGAIN) {
            *looked = Some(Instant::now());
            indexer.tell(Event::LookAgain);
        }
    }
}

impl Told {
    fn nothing(withheld: &'static str, end: End) -> Self {
        Self {
            text: String::new(),
            confidence: None,
            withheld,
            end,
            stats: Stats::default(),
        }
    }

    fn of(outcome: Outcome, stop: &[String], (line, block): (usize, usize)) -> Self {
        let most = if outcome.extent.has_lines() {
            block
        } else {
            line
        };
        let ran_out = outcome.stats.generated_tokens >= most;
        let Some(completion) = outcome.completion else {
            let end = if ran_out { End::Limit } else { End::Own };
            return Self {
                stats: outcome.stats,
                ..Self::nothing(outcome.suppressed_by, end)
            };
        };
        let mut text = completion.text;
        let mut end = if ran_out && outcome.generated.starts_with(&text) {
            End::Limit
        } else {
            End::Own
        };
        let first = stop
            .iter()
            .filter(|word| !word.is_empty())
            .filter_map(|word| Some((text.find(word)?, word)))
            .min();
        if let Some((at, word)) = first {
            text.truncate(at);
            end = End::Stop(word.clone());
        }
        Self {
            text,
            confidence: Some(completion.confidence),
            withheld: "",
            end,
            stats: outcome.stats,
        }
    }
}

fn failed(error: &GenerateError) -> Refusal {
    tracing::warn!(%error, "no completion");
    Refusal::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "no_completion",
        error.to_string(),
    )
}
