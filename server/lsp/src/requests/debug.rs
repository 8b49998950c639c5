//! `debug/text` and `debug/index`: what the server believes. Only with `--debug-requests`.
//! `debug/prompt` is `nigh/explain` by its former name.

use crate::context::RequestContext;
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::TextDocumentIdentifier;

/// Which document.
#[derive(Debug, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TextParams {
    /// The document.
    pub text_document: TextDocumentIdentifier,
}

/// The server's copy of a document.
pub fn text(context: &RequestContext, params: &TextParams) -> Result<Value> {
    let text = context
        .assistant
        .documents
        .text(params.text_document.uri.as_str());
    text.map(Value::String)
        .ok_or_else(|| Error::invalid_params("this document is not open"))
}

/// A name.
#[derive(Debug, serde::Deserialize, serde::Serialize)]
pub struct NameParams {
    /// The name of a definition.
    pub name: String,
}

/// What the index knows: all files, and the definitions of a name.
pub fn index(context: &RequestContext, params: &NameParams) -> Value {
    let index = context.assistant.documents.index();
    let mut files: Vec<_> = index.files().map(|(path, _)| path.to_owned()).collect();
    files.sort();
    let definitions = index.definitions(&params.name, 20).into_iter();
    let definitions: Vec<_> = definitions
        .map(|found| json!({"path": found.path, "signature": found.signature}))
        .collect();
    json!({"files": files, "definitions": definitions})
}
