//! What a request handler may use. A handler is a function of this and of its parameters; it takes
//! its snapshot of a document before its first `await`, so that it answers about the text that the
//! editor had when it asked.

use crate::client_capabilities::ClientCapabilities;
use crate::convert;
use assistant::documents::DocumentSnapshot;
use assistant::{Assistant, CompletionError, CompletionRequest, Trigger, WorkFailed};
use completion::Completion;
use std::ops::Range as Bytes;
use std::sync::Arc;
use tower_lsp::Client;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::ls_types::{MessageType, Position, Range, Uri};

/// LSP's code of a request that was right and failed.
const REQUEST_FAILED: i64 = -32803;

/// The application, seen from one editor.
#[derive(Clone)]
pub struct RequestContext {
    /// The application.
    pub assistant: Arc<Assistant>,
    /// What the editor can do.
    pub capabilities: ClientCapabilities,
    /// The way to the editor.
    pub client: Client,
}

impl RequestContext {
    /// The current state of a document; `None` if it is not open or out of sync.
    pub fn document(&self, uri: &Uri) -> Option<DocumentSnapshot> {
        self.assistant.documents.snapshot(uri.as_str())
    }

    /// The state of a document in which something was offered; an error if it has changed since.
    pub fn document_at(&self, uri: &Uri, version: i32) -> Result<DocumentSnapshot> {
        match self.document(uri) {
            Some(document) if document.version() == version => Ok(document),
            _ => Err(outdated()),
        }
    }

    /// The byte offset of a position; `None` if the document has no such place.
    pub fn offset(&self, document: &DocumentSnapshot, position: Position) -> Option<usize> {
        let position = convert::position(position);
        let encoding = self.capabilities.encoding;
        document.snapshot.document.offset(position, encoding)
    }

    /// A range of bytes as the editor counts.
    pub fn range(&self, document: &DocumentSnapshot, bytes: &Bytes<usize>) -> Range {
        convert::range(
            &document.snapshot.document,
            bytes,
            self.capabilities.encoding,
        )
    }

    /// The completions at a place, the best one first; none where completing fails or a newer
    /// request took this one's place.
    pub async fn complete(
        &self,
        document: DocumentSnapshot,
        position: Position,
        trigger: Trigger,
    ) -> Vec<Completion> {
        let Some(offset) = self.offset(&document, position) else {
            return Vec::new();
        };
        let request = CompletionRequest::new(document, offset, trigger);
        match self.assistant.complete(request).await {
            Ok(response) => response.completions,
            Err(error) => {
                self.show_failure(&error);
                Vec::new()
            }
        }
    }

    /// Shows the first failure of a model.
    fn show_failure(&self, error: &CompletionError) {
        if let CompletionError::Model(error) = error
            && let Some(message) = self.assistant.first_failure(error)
        {
            self.show(MessageType::ERROR, message);
        }
    }

    /// Shows the user a message, without waiting for it to be sent.
    pub fn show(&self, kind: MessageType, message: String) {
        let client = self.client.clone();
        tokio::spawn(async move { client.show_message(kind, message).await });
    }
}

/// The answer to a request that failed, for people.
pub fn failed(message: String) -> Error {
    Error {
        code: ErrorCode::ServerError(REQUEST_FAILED),
        message: message.into(),
        data: None,
    }
}

/// The answer where work in the background failed.
pub fn work_failed(_: WorkFailed) -> Error {
    Error::internal_error()
}

/// The answer about an action that was offered for another state of its document.
pub fn outdated() -> Error {
    Error {
        code: ErrorCode::ContentModified,
        message:
            "the document has changed since this action was offered; request code actions again"
                .into(),
        data: None,
    }
}
