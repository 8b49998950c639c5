//! `nigh/explain`: what the model would see at a place, piece by piece, and what was left out and
//! why.
//!
//! The answer holds source text: the document's and the workspace's, to the editor that has both
//! open. Nothing is logged. `nigh prompt` prints the same account.

use crate::context::RequestContext;
use assistant::model::Model;
use assistant::prompt_account;
use context::{Piece, Prompt, Snapshot, fill_in};
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::TextDocumentPositionParams;

/// The prompt that a completion at this position would have, and its account.
pub async fn explain(
    context: &RequestContext,
    params: TextDocumentPositionParams,
) -> Result<Value> {
    let explained = try_explain(context, params).await;
    explained.ok_or_else(|| {
        Error::invalid_params("there is no such place in an open document, or no model")
    })
}

async fn try_explain(
    context: &RequestContext,
    params: TextDocumentPositionParams,
) -> Option<Value> {
    let document = context.document(&params.text_document.uri)?;
    let offset = context.offset(&document, params.position)?;
    let build = move |snapshot: &Snapshot, model: &mut dyn Model| {
        let format = model.fim_format()?;
        let prompt = fill_in(snapshot, offset, &format, model.budget(), &*model);
        let account = prompt_account(&prompt, &format, model.budget());
        Some(explained(&prompt, &account))
    };
    let ticket = context
        .assistant
        .worker()?
        .submit("prompt", document, build);
    ticket.answer().await?
}

/// The prompt and its account as JSON.
fn explained(prompt: &Prompt, account: &str) -> Value {
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
        "prompt": prompt.display(),
        "required": prompt.required,
        "stops": prompt.stops,
        "pieces": pieces,
        "account": account,
    })
}
