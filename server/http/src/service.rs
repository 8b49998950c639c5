//! One request, whatever dialect it came in: a document is made of it, `assistant` completes it as
//! it does for an editor, and the answer is returned with its cost.
//!
//! A request that names its file takes the slot of that file: a newer one replaces it. Others have
//! slots of their own. A request that is dropped, because its client has hung up, stops the model.

use super::answer::ApiError;
use super::document;
use super::query::Showing;
use assistant::documents::DocumentSnapshot;
use assistant::indexing::Event;
use assistant::worker::Readiness;
use assistant::{Assistant, CompletionError, CompletionRequest, CompletionResponse, Trigger};
use context::{GenerateError, Stats};
use hyper::StatusCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use text::EditError;
use tokio::sync::Semaphore;
use workspace::Roots;

/// How many requests may be open at once; one more is refused.
const MAX_CONCURRENT: usize = 32;
/// How long a request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// How often requests have the workspace's files looked at again.
const RESCAN_INTERVAL: Duration = Duration::from_secs(10);

/// A file other than the one that is completed; the path is empty if the client did not send it.
#[derive(Clone, Debug, PartialEq)]
pub struct OtherFile {
    /// Its path.
    pub path: String,
    /// Its text, or a piece of it.
    pub text: String,
}

/// What is asked.
#[derive(Debug, Default)]
pub struct ApiRequest {
    /// The file's path, if the client sent it. It names a slot and a language, and is never opened.
    pub path: Option<String>,
    /// Its language id, if the client sent it.
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
pub enum CompletionEnd {
    /// By itself.
    Own,
    /// Before this text, which the client named.
    Stop(String),
    /// Tokens or time ran out.
    Limit,
}

/// What came of it.
#[derive(Debug)]
pub struct ApiResponse {
    /// The completion, empty for none.
    pub text: String,
    /// How likely it is to be taken, from 0 to 1.
    pub confidence: Option<f32>,
    /// Why there is none: a filter, `uncertain`, `secret` or `limit`; empty when there is one.
    pub suppressed_by: &'static str,
    /// Why it ends.
    pub end: CompletionEnd,
    /// What it cost.
    pub stats: Stats,
}

/// Answers requests.
pub struct CompletionService {
    assistant: Arc<Assistant>,
    roots: Roots,
    rescanned_at: Mutex<Option<Instant>>,
    show: Showing,
    open: Semaphore,
    count: AtomicU64,
}

impl CompletionService {
    /// A service for the workspace in these folders. `show` counts where a request does not say how
    /// likely a completion must be.
    pub fn new(assistant: Arc<Assistant>, roots: Roots, show: Showing) -> Self {
        Self {
            assistant,
            roots,
            rescanned_at: Mutex::default(),
            show,
            open: Semaphore::new(MAX_CONCURRENT),
            count: AtomicU64::new(0),
        }
    }

    /// Whether the model is there.
    pub fn readiness(&self) -> Readiness {
        self.assistant.readiness()
    }

    /// The completion.
    pub async fn complete(&self, mut request: ApiRequest) -> Result<ApiResponse, ApiError> {
        let _open = self.open.try_acquire().map_err(|_| busy())?;
        request.path = request.path.filter(|path| !path.trim().is_empty());
        if request.max_tokens == Some(0) {
            return Ok(ApiResponse::nothing("limit", CompletionEnd::Limit));
        }
        self.rescan();
        let stop = request.stop.clone();
        let is_named = request.path.is_some();
        let time = request.time.unwrap_or(REQUEST_TIMEOUT).min(REQUEST_TIMEOUT);
        let completion = self.assistant.complete(self.completion_request(request)?);
        match tokio::time::timeout(time, completion).await {
            Ok(Ok(response)) => Ok(ApiResponse::of(response, &stop)),
            Ok(Err(CompletionError::Superseded)) => Err(self.superseded(is_named)),
            Ok(Err(CompletionError::Model(error))) => Err(failed(&error)),
            Err(_) if time < REQUEST_TIMEOUT => {
                Ok(ApiResponse::nothing("limit", CompletionEnd::Limit))
            }
            Err(_) => Err(timed_out()),
        }
    }

    /// The request as the application takes it. Made at once, so that requests reach the worker in
    /// the order they came.
    fn completion_request(&self, request: ApiRequest) -> Result<CompletionRequest, ApiError> {
        let offset = request.prefix.len();
        let show = request.show.unwrap_or(self.show);
        let max_tokens = request.max_tokens;
        let document = self.document(request)?;
        Ok(CompletionRequest {
            min_confidence: Some(show.least(&self.assistant.gate())),
            max_tokens,
            ..CompletionRequest::new(document, offset, Trigger::Automatic)
        })
    }

    fn document(&self, request: ApiRequest) -> Result<DocumentSnapshot, ApiError> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let index = self.assistant.documents.index();
        document::document(request, number, &self.roots, index).map_err(too_large)
    }

    /// Why the worker gave a request up. Of those with a slot of their own only a fault does that.
    fn superseded(&self, is_named: bool) -> ApiError {
        if matches!(self.readiness(), Readiness::Failed(_)) {
            return self.no_model();
        }
        if is_named {
            let message = "replaced by a newer request for the same file";
            return ApiError::new(StatusCode::CONFLICT, "superseded", message);
        }
        let message = "the completion failed; see the log";
        failed(&GenerateError::Engine(message.into()))
    }

    /// Says why there is no model.
    pub fn no_model(&self) -> ApiError {
        let (code, message) = match self.readiness() {
            Readiness::Failed(why) => ("no_model", format!("{why}. Run `nigh doctor` for help.")),
            _ => (
                "loading",
                "the model is still loading; try again in a moment".into(),
            ),
        };
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, code, message)
    }

    /// Has changes on disk noticed, which no editor reports to this server.
    fn rescan(&self) {
        if self.assistant.indexer().is_none() {
            return;
        }
        let last = &self.rescanned_at;
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|at| at.elapsed() > RESCAN_INTERVAL) {
            *last = Some(Instant::now());
            self.assistant.tell_indexer(Event::LookAgain);
        }
    }
}

impl ApiResponse {
    fn nothing(suppressed_by: &'static str, end: CompletionEnd) -> Self {
        Self {
            text: String::new(),
            confidence: None,
            suppressed_by,
            end,
            stats: Stats::default(),
        }
    }

    fn of(response: CompletionResponse, stop: &[String]) -> Self {
        let suppressed_by = response.suppressed_by;
        let Some(outcome) = response.outcome else {
            return Self::nothing(suppressed_by, CompletionEnd::Own);
        };
        let (line, block) = response.token_limits;
        let max_tokens = if outcome.extent.has_lines() {
            block
        } else {
            line
        };
        let ran_out = outcome.stats.generated_tokens >= max_tokens;
        let Some(completion) = outcome.completion else {
            let end = if ran_out {
                CompletionEnd::Limit
            } else {
                CompletionEnd::Own
            };
            return Self {
                stats: outcome.stats,
                ..Self::nothing(suppressed_by, end)
            };
        };
        let is_cut = ran_out && outcome.generated.starts_with(&completion.text);
        let own_end = if is_cut {
            CompletionEnd::Limit
        } else {
            CompletionEnd::Own
        };
        let (text, end) = cut_at_stop(completion.text, stop, own_end);
        Self {
            text,
            confidence: Some(completion.confidence),
            suppressed_by: "",
            end,
            stats: outcome.stats,
        }
    }
}

/// The text up to the first of the client's stop texts, and why it ends there.
fn cut_at_stop(
    mut text: String,
    stop: &[String],
    own_end: CompletionEnd,
) -> (String, CompletionEnd) {
    let words = stop.iter().filter(|word| !word.is_empty());
    let first = words
        .filter_map(|word| Some((text.find(word)?, word)))
        .min();
    match first {
        Some((at, word)) => {
            text.truncate(at);
            (text, CompletionEnd::Stop(word.clone()))
        }
        None => (text, own_end),
    }
}

fn busy() -> ApiError {
    let message = format!("too many requests ({MAX_CONCURRENT}) are open; try again");
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message)
}

fn too_large(error: EditError) -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        error.to_string(),
    )
}

fn timed_out() -> ApiError {
    let seconds = REQUEST_TIMEOUT.as_secs();
    let message = format!("the model took longer than {seconds} seconds; choose a smaller one");
    ApiError::new(StatusCode::GATEWAY_TIMEOUT, "timeout", message)
}

fn failed(error: &GenerateError) -> ApiError {
    tracing::warn!(%error, "no completion");
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    ApiError::new(status, "no_completion", error.to_string())
}
