//! The language server `nigh` and its command line: the only place that knows the protocol, JSON,
//! threads, the clock, the disk and the network.
//!
//! `main.rs` calls [`cli::run`]; tests call [`server::serve`] over in-memory pipes, with a model of
//! their own. Everything a user can ask for is a plain function of `completion`, `next_edit` or
//! `bugs`, called here on the worker's thread.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod bugs;
mod capabilities;
mod checks;
pub mod cli;
mod commands;
mod convert;
mod dismissed;
mod documents;
mod editor;
mod file_path;
mod history;
pub mod http;
mod indexing;
pub mod learning;
mod loading;
mod log;
mod memory;
pub mod model;
mod notebooks;
mod options;
mod requests;
mod sandbox;
pub mod schema;
pub mod server;
mod sessions;
pub mod settings;
#[cfg(test)]
mod skipped;
mod stable_hash;
mod state;
mod status;
mod suggest;
pub mod wire;
mod worker;
pub mod workspace;

pub use engine::Cancel;
pub use worker::Load;
