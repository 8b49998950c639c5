//! `debug/text`: what the server believes a document to be. Only with `--debug-requests`. `debug/prompt` is `nigh/explain`
//! by its former name.

use crate::server::Server;
use serde_json::Value;
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
pub fn text(server: &Server, params: &TextParams) -> Result<Value> {
    let text = server.documents.text(params.text_document.uri.as_str());
    text.map(Value::String).ok_or_else(|| Error::invalid_params("this document is not open"))
}
