//! The language server: `assistant` over the Language Server Protocol.
//!
//! [`server::serve`] serves one editor over any pair of streams. Requests convert their parameters,
//! call `assistant` and convert the answer back.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod capabilities;
mod client_capabilities;
mod context;
pub mod convert;
mod index_progress;
mod model_progress;
mod notebooks;
mod publish;
mod requests;
pub mod server;
pub mod wire;
