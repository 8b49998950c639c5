//! Notebooks: the cells of one become one script, which is all that the rest of the server sees.
//!
//! [`Notebooks`] is between the editor and the handlers. It follows the notifications about
//! notebooks and opens, changes and closes a document under the notebook's own URI. A request about
//! a cell becomes one about that document, and its answer is translated back to the cell's lines.
//! So cells know each other: names, copies, edits and bugs cross them.
//!
//! `notebook` holds the cells and joins them, `magics` hides what is not code, `layout` knows which
//! lines belong to which cell. Nothing here looks at code.

mod layout;
mod magics;
mod notebook;

use crate::convert::encoding_named;
use crate::requests::diagnostic::SERVER_CANCELLED;
use crate::wire::{self, UNREADABLE_CHANGE};
use layout::Layouts;
use notebook::Notebook;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use text::Encoding;
use tower_lsp::jsonrpc::{Error, Request, Response};
use tower_lsp::ls_types::{
    DidChangeNotebookDocumentParams, DidCloseNotebookDocumentParams, DidOpenNotebookDocumentParams,
    DidSaveNotebookDocumentParams,
};
use tower_service::Service;

const METHODS: &str = "notebookDocument/";
/// The method by which handlers get a request for code actions in a cell: they send the edits
/// along, so that those that no cell can hold are not offered.
pub const CELL_CODE_ACTION: &str = "nigh/cellCodeAction";

/// A service that sees notebooks as documents.
pub struct Notebooks<S> {
    inner: S,
    open: HashMap<String, Notebook>,
    /// What columns count, once the editor and the server have agreed.
    encoding: Arc<OnceLock<Encoding>>,
}

/// A notification for the handlers.
type Notification = (&'static str, Value);

/// The answer to come.
type Answer<E> = Pin<Box<dyn Future<Output = Result<Option<Response>, E>> + Send>>;

impl<S> Notebooks<S> {
    /// Without notebooks, yet.
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            open: HashMap::new(),
            encoding: Arc::default(),
        }
    }

    /// The notifications that handlers get instead of one about a notebook.
    fn follow(&mut self, method: &str, params: Value) -> Vec<Notification> {
        let uri = params
            .pointer("/notebookDocument/uri")
            .and_then(Value::as_str);
        let uri = uri.unwrap_or_default().to_owned();
        let followed = match method {
            "didOpen" => self.opened(&uri, params),
            "didChange" => self.changed(&uri, params),
            "didSave" => read::<DidSaveNotebookDocumentParams>(params).map(|_| {
                vec![(
                    "textDocument/didSave",
                    json!({"textDocument": {"uri": uri}}),
                )]
            }),
            "didClose" => read::<DidCloseNotebookDocumentParams>(params).map(|_| {
                self.open
                    .remove(&uri)
                    .map(|book| book.close())
                    .into_iter()
                    .collect()
            }),
            _ => Ok(Vec::new()),
        };
        followed.unwrap_or_else(|why| {
            tracing::warn!(%why, "a notebook is not followed until it is opened again");
            self.open
                .remove(&uri)
                .map(|book| book.close())
                .into_iter()
                .collect()
        })
    }

    fn opened(&mut self, uri: &str, params: Value) -> Result<Vec<Notification>, String> {
        let params: DidOpenNotebookDocumentParams = read(params)?;
        let mut book = Notebook::new(params)?;
        let notification = book.open(self.encoding());
        self.open.insert(uri.to_owned(), book);
        Ok(vec![notification])
    }

    fn changed(&mut self, uri: &str, params: Value) -> Result<Vec<Notification>, String> {
        let params: DidChangeNotebookDocumentParams = read(params)?;
        let encoding = self.encoding();
        let book = self.open.get_mut(uri).ok_or("it is not open")?;
        let Some(cells) = params.change.cells else {
            return Ok(Vec::new());
        };
        book.change(cells, encoding)?;
        Ok(book.follow(encoding))
    }

    /// The lines of all notebooks, as they are now.
    fn layouts(&self) -> Layouts {
        Layouts(
            self.open
                .values()
                .map(|book| Arc::clone(&book.layout))
                .collect(),
        )
    }

    /// What columns count.
    fn encoding(&self) -> Encoding {
        self.encoding.get().copied().unwrap_or_default()
    }
}

fn read<'a, T: Deserialize<'a>>(params: Value) -> Result<T, String> {
    T::deserialize(params).map_err(|error| error.to_string())
}

/// What is answered where a request about a cell has no answer: it is no code of the notebook's
/// language, or the line is none.
fn nothing(method: &str) -> Value {
    match method {
        "textDocument/diagnostic" => json!({"kind": "full", "items": []}),
        "textDocument/inlineCompletion" => json!({"items": []}),
        _ => Value::Null,
    }
}

impl<S> Service<Request> for Notebooks<S>
where
    S: Service<Request, Response = Option<Response>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Answer<S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if request.method() == "initialize" {
            return self.initialize(request);
        }
        if request.method().starts_with(METHODS) && request.id().is_none() {
            let (method, _, params) = request.into_parts();
            let notifications = self.follow(&method[METHODS.len()..], params.unwrap_or_default());
            return self.send(notifications);
        }
        let is_any = |params: &Value| !params["uri"].is_string();
        if request.method() == UNREADABLE_CHANGE && request.params().is_none_or(is_any) {
            // It may have been about any cell.
            let mut notifications: Vec<Notification> =
                self.open.drain().map(|(_, book)| book.close()).collect();
            notifications.push((
                UNREADABLE_CHANGE,
                request.params().cloned().unwrap_or_default(),
            ));
            return self.send(notifications);
        }
        if self.open.is_empty() {
            return Box::pin(self.inner.call(request));
        }
        self.pass(request)
    }
}

impl<S> Notebooks<S>
where
    S: Service<Request, Response = Option<Response>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    /// Sends notifications to the handlers, one after the other.
    fn send(&mut self, notifications: Vec<Notification>) -> Answer<S::Error> {
        let mut calls: Vec<S::Future> = Vec::with_capacity(notifications.len());
        for (method, params) in notifications {
            calls.push(
                self.inner
                    .call(Request::build(method).params::<Value>(params).finish()),
            );
        }
        Box::pin(async move {
            for call in calls {
                call.await?;
            }
            Ok(None)
        })
    }

    /// Notes which encoding the server chooses.
    fn initialize(&mut self, request: Request) -> Answer<S::Error> {
        let (call, encoding) = (self.inner.call(request), Arc::clone(&self.encoding));
        Box::pin(async move {
            let response = call.await?;
            let result = response.as_ref().and_then(Response::result);
            let name = result.and_then(|result| result.pointer("/capabilities/positionEncoding"));
            let chosen = name
                .and_then(Value::as_str)
                .and_then(|name| encoding_named(name).ok());
            let _ = encoding.set(chosen.unwrap_or_default());
            Ok(response)
        })
    }

    /// Passes a request on, and translates its answer to the lines of cells.
    fn pass(&mut self, request: Request) -> Answer<S::Error> {
        let (mut method, id, params) = request.into_parts();
        let (layouts, mut params) = (self.layouts(), params.unwrap_or_default());
        let uri = params
            .pointer("/textDocument/uri")
            .or_else(|| params.pointer("/uri"));
        let uri = uri.and_then(Value::as_str).unwrap_or_default().to_owned();
        let answer_nothing = |id: Option<_>| -> Answer<S::Error> {
            let response = id.map(|id| Response::from_ok(id, nothing(&method)));
            Box::pin(std::future::ready(Ok(response)))
        };
        // A notebook that is also open as the text of its file: one of both can be served.
        if self.open.contains_key(&uri) && method != UNREADABLE_CHANGE {
            return answer_nothing(id);
        }
        let cell = layouts.cell(&uri);
        if let Some(cell) = &cell {
            if !cell.takes(&params) {
                return answer_nothing(id);
            }
            cell.enter(&mut params);
            if method == "textDocument/codeAction" {
                method = CELL_CODE_ACTION.into();
            }
        }
        let params = (!params.is_null()).then_some(params);
        let call = self.inner.call(wire::request(method, id, params));
        Box::pin(async move {
            let Some(response) = call.await? else {
                return Ok(None);
            };
            let (id, mut result) = response.into_parts();
            let is_translated = match &mut result {
                Ok(result) => layouts.leave(result, cell.as_ref()),
                Err(error) => {
                    // Another cell may have changed: the editor would not ask about this one again.
                    if cell.is_some() && error.code.code() == SERVER_CANCELLED {
                        error.data = Some(json!({"retriggerRequest": true}));
                    }
                    true
                }
            };
            if !is_translated {
                result = Err(Error::invalid_params(
                    "this change crosses the bounds of cells",
                ));
            }
            Ok(Some(Response::from_parts(id, result)))
        })
    }
}
