//! "Not a bug": the code action that says so, and the command behind it, `workspace/executeCommand`
//! of `nigh.notABug`.
//!
//! The command names a bug by its document, version, pattern and place. It is remembered for the
//! workspace (`dismissed.rs`), and what is shown follows at once.

use super::code_action::outdated;
use crate::server::Server;
use bugs::Bug;
use serde::{Deserialize, Serialize};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{
    CodeAction, CodeActionKind, Command, ExecuteCommandParams, MessageType, Uri,
};

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
pub async fn run(server: &Server, params: ExecuteCommandParams) -> Result<()> {
    if params.command != COMMAND {
        return Err(Error::invalid_params(format!(
            "there is no command `{}`",
            params.command
        )));
    }
    let place = params
        .arguments
        .into_iter()
        .next()
        .and_then(|place| serde_json::from_value::<Place>(place).ok());
    let Some(place) = place else {
        return Err(Error::invalid_params("the argument is not as it was sent"));
    };
    let taken = server.documents.take(place.uri.as_str());
    let taken = taken
        .filter(|taken| taken.snapshot.document.version() == place.version)
        .ok_or_else(outdated)?;
    let seeker = server.seeker();
    let found = seeker.look(taken).await?;
    let is_meant =
        |bug: &&Bug| bug.finding.code == place.code && bug.finding.range.start == place.start;
    let bug = found.bugs.iter().find(is_meant).ok_or_else(outdated)?;
    let root = server.documents.root_of(place.uri.as_str());
    if let Err(error) = seeker
        .dismissed
        .add(root.as_deref(), &found.taken.snapshot, bug)
    {
        server.tell(
            MessageType::WARNING,
            format!("that it is no bug is remembered for this session only: {error}"),
        );
    }
    // The editor may answer the request to ask anew only after the answer to this one.
    tokio::spawn(async move { seeker.show_again(&found).await });
    Ok(())
}
