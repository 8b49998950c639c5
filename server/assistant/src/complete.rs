//! One completion, whoever asks for it: an editor, an HTTP client.
//!
//! [`Assistant::complete`] is the only place that decides whether a request is answered, from what,
//! and what is remembered of the answer: settings, secrets, reuse of the last answer, limits,
//! thresholds, learning, counters. Callers convert their requests and answers and decide nothing.

use crate::assistant::Assistant;
use crate::counters::Counts;
use crate::documents::DocumentSnapshot;
use crate::learning::table::Kind;
use crate::learning::{About, Learning};
use crate::model::Model;
use crate::names::KnownCompletion;
use crate::settings::CompletionSettings;
use crate::suggest::{Suggestion, suggest, suggestion};
use completion::gate::Gate;
use completion::{Completion, Limits, Outcome, ShownCompletion};
use context::GenerateError;
use context::Snapshot;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The most completions to choose from where the user invoked completion.
const MAX_CHOICES: usize = 4;

/// How long who invoked completion waits before what is there is shown: as for a whole answer of a
/// server. A model of 1.5B took 18 s and more for all that is tried, on two cores.
const INVOKED_WAIT: Duration = Duration::from_secs(4);

/// Why a completion is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// The user types; an unlikely completion would only disturb.
    Automatic,
    /// The user asked and waits, so more is tried and an unlikely completion is shown.
    Invoked,
}

/// A place to complete, and what the caller allows.
pub struct CompletionRequest {
    /// The document.
    pub document: DocumentSnapshot,
    /// The cursor, in bytes.
    pub offset: usize,
    /// Why it is asked.
    pub trigger: Trigger,
    /// The least likely completion that is wanted, from 0 to 1; that of the settings if absent.
    pub min_confidence: Option<f32>,
    /// The most tokens, if fewer than the settings allow.
    pub max_tokens: Option<usize>,
}

impl CompletionRequest {
    /// A request with the limits of the settings.
    pub fn new(document: DocumentSnapshot, offset: usize, trigger: Trigger) -> Self {
        Self {
            document,
            offset,
            trigger,
            min_confidence: None,
            max_tokens: None,
        }
    }

    fn is_invoked(&self) -> bool {
        self.trigger == Trigger::Invoked
    }

    /// What a completion may be.
    fn limits(&self, settings: &CompletionSettings, gate: Arc<Gate>) -> Limits {
        let mut limits = settings.limits(gate);
        let max_tokens = self.max_tokens.unwrap_or(usize::MAX);
        limits.line_tokens = limits.line_tokens.min(max_tokens);
        limits.block_tokens = limits.block_tokens.min(max_tokens);
        if self.is_invoked() {
            (limits.invoked, limits.min_confidence) = (Some(INVOKED_WAIT), 0.0);
        }
        limits.min_confidence = self.min_confidence.unwrap_or(limits.min_confidence);
        limits
    }
}

/// What came of a request.
#[derive(Default)]
pub struct CompletionResponse {
    /// The completions, the best one first: at most one unless completion was invoked.
    pub completions: Vec<Completion>,
    /// Why there is none; empty where there is one.
    pub suppressed_by: &'static str,
    /// How the model's answer came about; `None` where the model was not asked.
    pub outcome: Option<Outcome>,
    /// The limits for a completion of one line and of several, in tokens.
    pub token_limits: (usize, usize),
}

impl CompletionResponse {
    fn suppressed(suppressed_by: &'static str) -> Self {
        Self {
            suppressed_by,
            ..Self::default()
        }
    }
}

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CompletionError {
    /// A newer request for the same document took its place, or the document changed.
    #[error("a newer request took this one's place")]
    Superseded,
    /// The model is missing or failed.
    #[error(transparent)]
    Model(#[from] GenerateError),
}

impl Assistant {
    /// Completes a document. Everything up to the job for the worker happens before the first
    /// `await`; dropping the answer stops the model.
    pub async fn complete(
        &self,
        request: CompletionRequest,
    ) -> Result<CompletionResponse, CompletionError> {
        let start = Instant::now();
        let settings = self.settings();
        let document = &request.document;
        if let Some(why) = self.refused(document) {
            return Ok(CompletionResponse::suppressed(why));
        }
        self.counters.count(|counts| counts.asked += 1);
        if let Some(completion) = self.reused(&request) {
            return Ok(CompletionResponse {
                completions: vec![completion],
                ..CompletionResponse::default()
            });
        }
        let is_invoked = request.is_invoked();
        match self
            .known_completion(document, request.offset, is_invoked)
            .await
        {
            Some(KnownCompletion::Text(text)) => {
                return Ok(self.answer_known(&request, text, start));
            }
            Some(KnownCompletion::Unanswered) => {
                self.counters.count(|counts| counts.suppressed += 1);
                return Ok(CompletionResponse::suppressed("question"));
            }
            None => {}
        }
        let limits = request.limits(&settings.completion, self.gate());
        let token_limits = (limits.line_tokens, limits.block_tokens);
        let document = document.clone();
        let (suggestion, kind) = self.generate(&request, limits).await?;
        let Suggestion { outcome, predicted } = suggestion;
        if let Some(edit) = predicted {
            self.last_prediction.set(document.clone(), edit);
        }
        self.counters.answered(&outcome, start.elapsed());
        let choices = if request.is_invoked() { MAX_CHOICES } else { 1 };
        let completions = self.fitting(&request, outcome.choices(choices)).await;
        let suppressed_by = match (&outcome.completion, completions.is_empty()) {
            (Some(_), true) => "schema",
            _ => outcome.suppressed_by,
        };
        self.remember(
            &document,
            request.offset,
            &outcome,
            kind,
            completions.first(),
        );
        Ok(CompletionResponse {
            completions,
            suppressed_by,
            outcome: Some(outcome),
            token_limits,
        })
    }

    /// Why nothing is completed in a document.
    fn refused(&self, document: &DocumentSnapshot) -> Option<&'static str> {
        let language = &document.snapshot.language;
        if !self.settings().completion.is_enabled(language) {
            return Some("disabled");
        }
        if document.is_secret {
            self.counters.suppressed("secret");
            return Some("secret");
        }
        None
    }

    /// The rest of the completion that was shown last, where the user typed along it.
    fn reused(&self, request: &CompletionRequest) -> Option<Completion> {
        if request.is_invoked() {
            return None;
        }
        let (document, offset) = (&request.document, request.offset);
        self.read_ahead.asked(&document.uri, offset);
        let (text, confidence) = self.documents.remaining(&document.uri, offset)?;
        self.counters.count(|counts| counts.reused += 1);
        self.learning
            .shown_again(&document.uri, &document.snapshot, offset, &text);
        Some(Completion { text, confidence })
    }

    /// The completions that name only what the schema has, where the document is SQL.
    async fn fitting(
        &self,
        request: &CompletionRequest,
        completions: Vec<Completion>,
    ) -> Vec<Completion> {
        let mut fitting = Vec::new();
        for completion in completions {
            let (document, offset) = (&request.document, request.offset);
            let contradicts = self.contradicts_schema(document, offset, &completion.text);
            if !contradicts.await {
                fitting.push(completion);
            }
        }
        fitting
    }

    /// The answer where no model need be asked.
    fn answer_known(
        &self,
        request: &CompletionRequest,
        text: String,
        start: Instant,
    ) -> CompletionResponse {
        let (document, offset) = (&request.document, request.offset);
        let outcome = Outcome::without_model(text);
        self.counters.answered(&outcome, start.elapsed());
        let kind = Kind::at(&document.snapshot, offset);
        let shown = outcome.completion.clone();
        self.remember(document, offset, &outcome, kind, shown.as_ref());
        CompletionResponse {
            completions: shown.into_iter().collect(),
            outcome: Some(outcome),
            ..CompletionResponse::default()
        }
    }

    /// Has the worker ask the model.
    async fn generate(
        &self,
        request: &CompletionRequest,
        mut limits: Limits,
    ) -> Result<(Suggestion, Kind), CompletionError> {
        let offset = request.offset;
        let learning = Arc::clone(&self.learning);
        let complete = move |snapshot: &Snapshot, model: &mut dyn Model| {
            let kind = Kind::at(snapshot, offset);
            personalize(&learning, &mut limits, &snapshot.language, kind);
            suggestion(snapshot, offset, model, &limits).map(|suggestion| (suggestion, kind))
        };
        let ticket = self
            .worker()
            .map(|worker| worker.submit("completion", request.document.clone(), complete));
        let answer = match ticket {
            Some(ticket) => ticket.answer().await,
            None => None,
        };
        match answer {
            Some(Ok(answer)) => Ok(answer),
            None | Some(Err(GenerateError::Cancelled)) => {
                self.counters
                    .count(|counts: &mut Counts| counts.superseded += 1);
                Err(CompletionError::Superseded)
            }
            Some(Err(error)) => {
                tracing::warn!(%error, "no completion");
                self.counters.count(|counts| counts.failed += 1);
                Err(error.into())
            }
        }
    }

    /// Remembers what is shown, for the next key and for learning. The first choice counts: where
    /// the user takes another one, it was wrong.
    fn remember(
        &self,
        document: &DocumentSnapshot,
        offset: usize,
        outcome: &Outcome,
        kind: Kind,
        shown: Option<&Completion>,
    ) {
        let (uri, snapshot) = (&document.uri, &document.snapshot);
        if let Some(shown) = shown
            && let Some(about) = About::of(outcome, snapshot, kind)
        {
            self.learning
                .shown(uri, snapshot, offset, &shown.text, about);
        }
        let shown = shown.map(|shown| {
            let rope = snapshot.rope().clone();
            ShownCompletion::new(rope, offset, shown.text.clone(), shown.confidence)
        });
        self.documents.remember(uri, shown);
    }
}

/// Gives limits what was learned: the threshold for such a place, and how familiar a text is.
pub fn personalize(learning: &Arc<Learning>, limits: &mut Limits, language: &str, kind: Kind) {
    let personal = Arc::clone(learning);
    limits.personalization = Some(Arc::new(move |text| personal.familiarity(text)));
    limits.min_confidence = learning.threshold(limits.min_confidence, language, kind);
}

/// Completes a place with `model` on this thread, as if the user had invoked completion: for
/// commands, which have one document and no worker.
pub fn complete_invoked(
    snapshot: &Snapshot,
    offset: usize,
    model: &mut dyn Model,
    settings: &CompletionSettings,
    gate: Arc<Gate>,
) -> Result<Outcome, GenerateError> {
    let limits = Limits {
        min_confidence: 0.0,
        invoked: Some(INVOKED_WAIT),
        ..settings.limits(gate)
    };
    suggest(snapshot, offset, model, &limits)
}
