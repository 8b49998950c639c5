//! `debug/text`, `debug/index` and `debug/prompt`: what the server believes and what it would ask. Only with
//! `--debug-requests`, for they return source text.

use crate::convert;
use crate::model::Model;
use crate::server::Server;
use context::{Snapshot, fill_in};
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{TextDocumentIdentifier, TextDocumentPositionParams};

/// Which document.
#[derive(Debug, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TextParams {
    /// The document.
    pub text_document: TextDocumentIdentifier,
}

/// The server's copy of a document.
pub fn text(server: &Server, params: &TextParams) -> Result<Value> {
    let text = server.documents.text(params.text_document.uri.as_str());
    text.map(Value::String).ok_or_else(|| Error::invalid_params("this document is not open"))
}

/// A name.
#[derive(Debug, serde::Deserialize, serde::Serialize)]
pub struct NameParams {
    /// The name of a definition.
    pub name: String,
}

/// What the index knows: all files, and the definitions of a name.
pub fn index(server: &Server, params: &NameParams) -> Value {
    let index = server.documents.index();
    let mut files: Vec<_> = index.files().map(|(path, _)| path.to_owned()).collect();
    files.sort();
    let definitions = index.definitions(&params.name, 20).into_iter();
    let definitions: Vec<_> =
        definitions.map(|found| json!({"path": found.path, "signature": found.signature})).collect();
    json!({"files": files, "definitions": definitions})
}

/// The prompt that a completion at this position would have.
pub async fn prompt(server: &Server, params: TextDocumentPositionParams) -> Result<Value> {
    let unknown = || Error::invalid_params("there is no such place in an open document, or no model");
    let taken = server.documents.take(params.text_document.uri.as_str()).ok_or_else(unknown)?;
    let position = convert::position(params.position);
    let offset = taken.snapshot.document.offset(position, server.editor().encoding).ok_or_else(unknown)?;
    let build = move |snapshot: &Snapshot, model: &mut dyn Model| {
        model.fim_format().map(|format| fill_in(snapshot, offset, &format, model.budget(), &*model))
    };
    let ticket = server.worker().ok_or_else(unknown)?.submit("prompt", taken, build);
    let prompt = ticket.answer().await.flatten().ok_or_else(unknown)?;
    let pieces = prompt.pieces.iter();
    let pieces: Vec<_> = pieces.map(|p| json!({"what": p.what, "detail": p.detail, "tokens": p.tokens})).collect();
    Ok(json!({"prompt": prompt.display(), "required": prompt.required, "stops": prompt.stops, "pieces": pieces}))
}
