//! Completion over HTTP, for editors that cannot start a language server: the same answers as
//! `textDocument/inlineCompletion` in two dialects, llama.cpp's (`infill.rs`) and OpenAI's
//! (`completions.rs`).
//!
//! `nigh serve --http` binds and serves it, tests do too. A request is read and checked
//! (`router.rs`, `access.rs`), turned into an [`service::ApiRequest`], answered by the worker as an
//! editor's request is (`service.rs`), and turned back. Nothing is kept between requests, no path
//! of a request is ever opened, and no text of one is logged. To add an endpoint: a file here and a
//! line in `router.rs`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod access;
mod answer;
mod body;
mod completions;
mod document;
mod infill;
mod listener;
mod markers;
mod models;
mod query;
mod router;
mod service;

pub use access::Access;
pub use listener::{BindError, Bound, ServeError, bind};
pub use query::Showing;

use std::net::SocketAddr;
use std::path::PathBuf;

/// How an HTTP server is started.
pub struct HttpOptions {
    /// The options of the application.
    pub assistant: assistant::AssistantOptions,
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// Who may ask.
    pub access: Access,
    /// How likely a completion must be, where a request does not say.
    pub show: Showing,
    /// The folder whose files may be copied from.
    pub workspace: Option<PathBuf>,
}
