//! "Not a bug": the code action and the command it runs, `workspace/executeCommand` of
//! `nigh.notABug`.
//!
//! The command names a bug by its document, version, pattern and place. The bug is remembered for
//! the workspace (`dismissed.rs`) and disappears at once.

use crate::context::{RequestContext, outdated, work_failed};
use bugs::Bug;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{CodeAction, CodeActionKind, Command, MessageType, Uri};

/// The command's name.
pub const COMMAND: &str = "nigh.notABug";

/// Which bug.
#[derive(Serialize, Deserialize)]
struct Place {
    uri: Uri,
    version: i32,
    code: String,
    start: usize,
}

/// The action that says that a bug is none.
pub fn action(uri: &Uri, version: i32, bug: &Bug) -> Option<CodeAction> {
    let (code, start) = (bug.finding.code.to_owned(), bug.finding.range.start);
    let title = format!("Not a bug: {code} here");
    let place = serde_json::to_value(Place {
        uri: uri.clone(),
        version,
        code,
        start,
    })
    .ok()?;
    let command = Command {
        title: title.clone(),
        command: COMMAND.to_owned(),
        arguments: Some(vec![place]),
    };
    Some(CodeAction {
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        command: Some(command),
        ..CodeAction::default()
    })
}

/// Remembers that a bug is none.
pub async fn execute(context: &RequestContext, arguments: Vec<Value>) -> Result<()> {
    let place = place(arguments)?;
    let document = context.document_at(&place.uri, place.version)?;
    let diagnostics = &context.assistant.diagnostics;
    let found = diagnostics.diagnose(document).await.map_err(work_failed)?;
    let is_meant =
        |bug: &&Bug| bug.finding.code == place.code && bug.finding.range.start == place.start;
    let bug = found.bugs.iter().find(is_meant).ok_or_else(outdated)?;
    if let Err(error) = diagnostics.dismiss(&found, bug) {
        let message = format!("\"Not a bug\" is remembered for this session only: {error}");
        context.show(MessageType::WARNING, message);
    }
    Ok(())
}

/// The bug that a command names.
fn place(arguments: Vec<Value>) -> Result<Place> {
    let argument = arguments.into_iter().next();
    let place = argument.and_then(|place| serde_json::from_value(place).ok());
    place.ok_or_else(|| Error::invalid_params("the argument was altered"))
}
