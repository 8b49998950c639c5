//! Tools for agents, by the Model Context Protocol: bugs and their fixes, places instead of files,
//! queries that fit the schema, reports of data files.
//!
//! `nigh mcp` serves it on standard input and output, tests on pipes. `connection.rs` reads lines
//! and keeps floods and broken ones out; `protocol.rs` has the methods, which call the tools of
//! `tools/`. A tool reads the disk when it is called, says which files it read and in
//! which state, keeps to a budget, and says so if it is not done. Nothing is written and no program
//! runs, unless whoever started the server allowed it. To add a tool: a file in `tools/` and a row
//! in its list. The revision of 2026-07-28 and those with `initialize` are served on one pipe.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod arguments;
mod connection;
mod message;
mod project;
mod protocol;
mod reply;
mod status;
mod stop;
mod tools;

use assistant::model::EngineModel;
use project::Project;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use workspace::Store;

/// How a server for agents is started.
pub struct McpOptions {
    /// The folder that agents may ask about.
    pub root: PathBuf,
    /// Where the index of the folder is kept.
    pub store: Store,
    /// What agents may do besides reading.
    pub allowed: AllowedActions,
    /// Opens the model that judges fixes at level 3.
    pub open_model: OpenModel,
}

/// Opens a model.
pub type OpenModel = Box<dyn Fn() -> anyhow::Result<EngineModel> + Send + Sync>;

/// What agents may do besides reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedActions {
    /// Run checkers in the sandbox, on a copy of the folder.
    pub checks: bool,
    /// Run these tests in the sandbox; a command of the shell.
    pub test: Option<String>,
    /// Write fixes to the files of the folder.
    pub apply: bool,
}

/// Serves until the input ends.
pub async fn serve<R, W>(options: McpOptions, input: R, output: W)
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let project = Arc::new(Project::new(options));
    let read = Arc::clone(&project);
    // The first question finds the project read.
    tokio::task::spawn_blocking(move || read.asked.ask(&[], &mut || true));
    connection::serve(project, input, output).await;
}
