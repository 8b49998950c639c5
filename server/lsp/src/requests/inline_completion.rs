//! `textDocument/inlineCompletion`: ghost text at the cursor (LSP 3.18).

use crate::convert;
use crate::learning::{About, table::Kind};
use crate::model::Model;
use crate::server::Server;
use crate::settings::CompletionSettings;
use crate::suggest::suggest;
use crate::workspace::secrets;
use completion::{Completion, ShownCompletion};
use context::GenerateError;
use context::Snapshot;
use std::sync::Arc;
use std::time::Instant;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{
    InlineCompletionItem, InlineCompletionList, InlineCompletionParams,
    InlineCompletionTriggerKind, Position,
};

/// Completions to choose from where it was invoked.
const CHOICES: usize = 3;

/// Answers with one item or none, and with some more to choose from where it was invoked;
/// never with `null`: some editors keep the old text then.
pub async fn answer(
    server: &Server,
    params: InlineCompletionParams,
) -> Result<InlineCompletionList> {
    let place = params.text_document_position;
    let invoked = params.context.trigger_kind == InlineCompletionTriggerKind::INVOKED;
    let completions = complete(
        server,
        place.text_document.uri.as_str(),
        place.position,
        invoked,
    )
    .await;
    let item = |completion: Completion| InlineCompletionItem {
        insert_text: completion.text,
        filter_text: None,
        range: Some(convert::at(place.position)),
        command: None,
        insert_text_format: None,
    };
    Ok(InlineCompletionList {
        items: completions.into_iter().map(item).collect(),
    })
}

/// Whether the settings offer completions in this language.
pub fn is_enabled(settings: &CompletionSettings, language: &str) -> bool {
    settings.enabled
        && settings
            .disabled_languages
            .iter()
            .all(|disabled| disabled != language)
}

/// The completions at a position of an open document, the best one first: at most one, unless it
/// was invoked.
pub async fn complete(
    server: &Server,
    uri: &str,
    position: Position,
    invoked: bool,
) -> Vec<Completion> {
    try_complete(server, uri, position, invoked)
        .await
        .unwrap_or_default()
}

/// `None` where there is nothing to complete. Everything up to the ticket happens before the first
/// `await`.
async fn try_complete(
    server: &Server,
    uri: &str,
    position: Position,
    invoked: bool,
) -> Option<Vec<Completion>> {
    let start = Instant::now();
    let settings = server.settings().completion;
    let taken = server.documents.take(uri)?;
    if !is_enabled(&settings, &taken.snapshot.language) {
        return None;
    }
    if secrets::in_path(&taken.snapshot.path) {
        server.counters.withheld("secret");
        return None;
    }
    let offset = taken
        .snapshot
        .document
        .offset(convert::position(position), server.editor().encoding)?;
    server.counters.count(|counts| counts.asked += 1);
    if !invoked {
        server.ahead.asked(uri, offset);
    }
    if !invoked && let Some((text, confidence)) = server.documents.remaining(uri, offset) {
        server.counters.count(|counts| counts.reused += 1);
        server
            .learning
            .shown_again(uri, &taken.snapshot, offset, &text);
        return Some(vec![Completion { text, confidence }]);
    }
    let mut limits = settings.limits(server.gate());
    if invoked {
        limits.min_confidence = 0.0;
        limits.invoked = true;
    }
    let snapshot = taken.snapshot.clone();
    let learning = Arc::clone(&server.learning);
    let personal = Arc::clone(&server.learning);
    limits.personalization = Some(Arc::new(move |text| personal.familiarity(text)));
    let complete = move |snapshot: &Snapshot, model: &mut dyn Model| {
        let kind = Kind::at(snapshot, offset);
        limits.min_confidence = learning.threshold(limits.min_confidence, &snapshot.language, kind);
        suggest(snapshot, offset, model, &limits).map(|outcome| (outcome, kind))
    };
    let ticket = server.worker()?.submit("completion", taken, complete);
    match ticket.answer().await {
        Some(Ok((outcome, kind))) => {
            server.counters.answered(&outcome, start.elapsed());
            let choices = outcome.choices(if invoked { CHOICES } else { 1 });
            let shown = choices.first();
            // What becomes of the first choice is learnt: where another is taken, it was not the
            // right one.
            if let Some((shown, about)) = shown.zip(About::of(&outcome, &snapshot, kind)) {
                server
                    .learning
                    .shown(uri, &snapshot, offset, &shown.text, about);
            }
            let rope = snapshot.rope();
            let shown = shown.map(|shown| {
                ShownCompletion::new(rope.clone(), offset, shown.text.clone(), shown.confidence)
            });
            server.documents.remember(uri, shown);
            Some(choices)
        }
        None | Some(Err(GenerateError::Cancelled)) => {
            server.counters.count(|counts| counts.superseded += 1);
            None
        }
        Some(Err(error)) => {
            tracing::warn!(%error, "no completion");
            server.counters.count(|counts| counts.failed += 1);
            None
        }
    }
}
