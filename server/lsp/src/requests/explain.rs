//! `nigh/explain`: what the model would see at a place, piece by piece, and what was left out and
//! why.
//!
//! The answer holds source text: the document's and the workspace's, to the editor that has both
//! open. Nothing is logged. `nigh prompt` prints the same account.

use crate::convert;
use crate::model::Model;
use crate::server::Server;
use context::{Budget, FimFormat, Piece, Prompt, Snapshot, fill_in};
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::TextDocumentPositionParams;

/// The prompt that a completion at this position would have, and its account.
pub async fn answer(server: &Server, params: TextDocumentPositionParams) -> Result<Value> {
    let unknown =
        || Error::invalid_params("there is no such place in an open document, or no model");
    let taken = server
        .documents
        .take(params.text_document.uri.as_str())
        .ok_or_else(unknown)?;
    let position = convert::position(params.position);
    let offset = taken
        .snapshot
        .document
        .offset(position, server.editor().encoding)
        .ok_or_else(unknown)?;
    let build = move |snapshot: &Snapshot, model: &mut dyn Model| {
        let format = model.fim_format()?;
        let prompt = fill_in(snapshot, offset, &format, model.budget(), &*model);
        Some(explained(
            &prompt,
            &account(&prompt, &format, model.budget()),
        ))
    };
    let ticket = server
        .worker()
        .ok_or_else(unknown)?
        .submit("prompt", taken, build);
    ticket.answer().await.flatten().ok_or_else(unknown)
}

/// What is in a prompt and what was left out, for people: a line for each piece.
pub fn account(prompt: &Prompt, format: &FimFormat, budget: Budget) -> String {
    let mut account = format!("{} prompt, at most {} tokens\n", format.name, budget.tokens);
    prompt
        .pieces
        .iter()
        .for_each(|piece| account.push_str(&line(piece)));
    if !prompt.required.is_empty() {
        account.push_str(&format!(
            "the answer must begin with {:?} (token healing)\n",
            prompt.required
        ));
    }
    account
}

fn line(piece: &Piece) -> String {
    let score = piece
        .score
        .map_or(String::new(), |score| format!("{score:.2}"));
    let parts = [piece.what, &piece.path, &piece.detail, piece.left_out];
    let what = parts
        .iter()
        .filter(|part| !part.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    let shown = if piece.left_out.is_empty() { ' ' } else { '-' };
    format!("{shown}{:>5} tokens {score:>5}  {what}\n", piece.tokens)
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
