//! "Write the query with the model": the code action where a question is asked and no query is
//! sure, and the command that it runs, `workspace/executeCommand` of `nigh.writeQuery`.
//!
//! Writing takes a model seconds, so it begins when the action is chosen.

use super::fixes::workspace_edit;
use crate::context::{RequestContext, failed};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use text::Edit;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, Command, MessageType,
    Position, Uri,
};

/// The command's name.
pub const COMMAND: &str = "nigh.writeQuery";

/// Where the question is.
#[derive(Serialize, Deserialize)]
struct Asked {
    uri: Uri,
    version: i32,
    position: Position,
}

/// The action for a question in a document of this version.
pub fn action(params: &CodeActionParams, version: i32) -> Option<CodeActionOrCommand> {
    let title = "Write the query with the model".to_owned();
    let asked = Asked {
        uri: params.text_document.uri.clone(),
        version,
        position: params.range.end,
    };
    let command = Command {
        title: title.clone(),
        command: COMMAND.to_owned(),
        arguments: Some(vec![serde_json::to_value(asked).ok()?]),
    };
    Some(CodeActionOrCommand::CodeAction(CodeAction {
        title,
        kind: Some(CodeActionKind::REFACTOR_REWRITE),
        command: Some(command),
        ..CodeAction::default()
    }))
}

/// Has the model write the query, and puts it into the document.
pub async fn execute(context: &RequestContext, arguments: Vec<Value>) -> Result<()> {
    let asked = arguments.into_iter().next();
    let asked: Option<Asked> = asked.and_then(|asked| serde_json::from_value(asked).ok());
    let asked = asked.ok_or_else(|| Error::invalid_params("the argument was altered"))?;
    let document = context.document_at(&asked.uri, asked.version)?;
    let offset = context.offset(&document, asked.position);
    let offset = offset.ok_or_else(|| Error::invalid_params("there is no such place"))?;
    let written = context.assistant.written_query(document.clone(), offset);
    let (range, text) = match written.await {
        Ok(written) => written,
        Err(why) => {
            context.show(MessageType::INFO, format!("nigh: no query: {why}"));
            return Ok(());
        }
    };
    context.document_at(&asked.uri, asked.version)?;
    let edit = workspace_edit(context, &document, &[Edit::replace(range, text)]);
    let edit = edit.ok_or_else(|| failed("the query has no place in this document".into()))?;
    match context.client.apply_edit(edit).await {
        Ok(answer) if answer.applied => Ok(()),
        Ok(_) | Err(_) => Err(failed("the editor did not take the query".into())),
    }
}
