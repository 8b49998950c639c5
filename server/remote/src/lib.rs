//! A model that runs elsewhere: on llama-server, Ollama, vLLM or another server with OpenAI's
//! completions.
//!
//! A [`RemoteEngine`] is asked with a prompt of parts, markers and text, and answers piece by
//! piece. It never blocks its caller: a thread of its own holds the connections, and dropping a
//! [`PendingAnswer`] closes the connection, which frees the server. Every wait and every size has a
//! limit (`limits.rs`). After a failure the server is not asked for a while.
//!
//! A file for each dialect is in `dialects/`. This crate knows HTTP and the servers' dialects. It
//! must not know editors, documents, settings, or how a model family lays out its prompts.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod address;
mod answer;
mod client;
mod dialects;
mod engine;
mod error;
mod limits;
mod lines;
mod prompt;
mod server;
mod shared;
mod status;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod text_markers;
mod tls;

pub use address::EngineAddress;
pub use dialects::Dialect;
pub use engine::{PendingAnswer, RemoteEngine, RemoteOptions};
pub use error::RemoteError;
pub use limits::RemoteLimits;
pub use prompt::{AnswerChunk, AnswerEnd, AnswerEvent};
pub use prompt::{ChatRole, Conversation, PromptPart, RemoteRequest};
pub use server::{ModelServer, RenderedChat};
pub use shared::Accept;
pub use status::{EnginePhase, EngineStatus};
