//! `nigh/explain`: what the model would see at a place, piece by piece, and what was left out and why.
//!
//! The answer holds source text: the document's and the workspace's, to the editor that has both open. Nothing is logged.

use crate::convert;
use crate::model::Model;
use crate::server::Server;
use context::{Piece, Prompt, Snapshot, fill_in};
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::TextDocumentPositionParams;

/// The prompt that a completion at this position would have, and its account.
pub async fn answer(server: &Server, params: TextDocumentPositionParams) -> Result<Value> {
    let unknown = || Error::invalid_params("there is no such place in an open document, or no model");
    let taken = server.documents.take(params.text_document.uri.as_str()).ok_or_else(unknown)?;
    let position = convert::position(params.position);
    let offset = taken.snapshot.document.offset(position, server.editor().encoding).ok_or_else(unknown)?;
    let build = move |snapshot: &Snapshot, model: &mut dyn Model| {
        model.fim_format().map(|format| fill_in(snapshot, offset, &format, model.budget(), &*model))
    };
    let ticket = server.worker().ok_or_else(unknown)?.submit("prompt", taken, build);
    let prompt = ticket.answer().await.flatten().ok_or_else(unknown)?;
    Ok(explained(&prompt))
}

/// The prompt and its account as JSON.
pub fn explained(prompt: &Prompt) -> Value {
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
    json!({"prompt": prompt.display(), "required": prompt.required, "stops": prompt.stops, "pieces": pieces})
}
