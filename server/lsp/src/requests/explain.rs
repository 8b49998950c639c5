//! `nigh/explain`: what is suggested at a place and why, and what the model sees there, piece by
//! piece.
//!
//! The answer holds source text: the document's and the workspace's, to the editor that has both
//! open. Nothing is logged. `nigh prompt` prints the same account of the prompt.

mod page;

use crate::context::{RequestContext, failed};
use assistant::Explanation;
use assistant::counters::Cost;
use completion::ScoredCandidate;
use context::Piece;
use page::{origins, page};
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::TextDocumentPositionParams;

/// The completion at this position, its prompt, and the account of both.
pub async fn explain(
    context: &RequestContext,
    params: TextDocumentPositionParams,
) -> Result<Value> {
    let place = context
        .document(&params.text_document.uri)
        .and_then(|document| Some((context.offset(&document, params.position)?, document)));
    let Some((offset, document)) = place else {
        return Err(Error::invalid_params(
            "no such position in an open document",
        ));
    };
    let language = document.snapshot.language.clone();
    match context.assistant.explain(document, offset).await {
        Ok(explanation) => Ok(explained(&explanation, &language)),
        Err(error) => Err(failed(format!("nothing can be suggested here: {error}"))),
    }
}

/// The explanation as JSON: the page that editors show, and its facts for scripts.
fn explained(explanation: &Explanation, language: &str) -> Value {
    let prompt = &explanation.prompt;
    let piece = |piece: &Piece| {
        json!({
            "what": piece.what,
            "path": piece.path,
            "detail": piece.detail,
            "score": piece.score,
            "tokens": piece.tokens,
            "leftOut": if piece.left_out.is_empty() { Value::Null } else { piece.left_out.into() },
        })
    };
    let pieces: Vec<Value> = prompt.pieces.iter().map(piece).collect();
    json!({
        "page": page(explanation, language),
        "suggestion": suggestion(explanation),
        "prompt": prompt.display(),
        "required": prompt.required,
        "stops": prompt.stops,
        "pieces": pieces,
        "account": explanation.account,
    })
}

/// The suggestion, its rivals and its cost.
fn suggestion(explanation: &Explanation) -> Value {
    let outcome = &explanation.outcome;
    let candidate = |scored: &ScoredCandidate| {
        json!({
            "text": scored.candidate.text,
            "confidence": scored.confidence,
            "origins": origins(&scored.candidate),
        })
    };
    let candidates: Vec<Value> = outcome.candidates.iter().map(candidate).collect();
    json!({
        "text": outcome.completion.as_ref().map(|completion| &completion.text),
        "confidence": outcome.completion.as_ref().map(|completion| completion.confidence),
        "threshold": explanation.threshold,
        "withheld": outcome.suppressed_by,
        "generated": outcome.generated,
        "candidates": candidates,
        "cost": Cost::of(&outcome.timings, &outcome.stats),
    })
}
