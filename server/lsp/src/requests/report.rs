//! "Analyse FILE": the code action on a path of a data file, and the command that it runs,
//! `workspace/executeCommand` of `nigh.report`.
//!
//! The command makes the report and has the editor show the page; an editor that cannot gets a
//! message with its place.

use super::code_action::is_wanted;
use crate::context::{RequestContext, failed};
use assistant::documents::DocumentSnapshot;
use assistant::uri::file_uri;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, Command, MessageType,
    ShowDocumentParams, Uri,
};

/// The command's name.
pub const COMMAND: &str = "nigh.report";

/// The data file of a report.
#[derive(Serialize, Deserialize)]
struct Named {
    /// The document that names it.
    uri: Uri,
    /// The path as it is written there.
    path: String,
}

/// The kind of the action.
pub fn kind() -> CodeActionKind {
    CodeActionKind::from("source.report.nigh".to_owned())
}

/// The action at a place of a document, if a data file is named there.
pub async fn action(
    context: &RequestContext,
    document: DocumentSnapshot,
    params: &CodeActionParams,
) -> Option<CodeActionOrCommand> {
    if !is_wanted(params, &kind()) || !context.assistant.can_report() {
        return None;
    }
    let offset = context.offset(&document, params.range.start)?;
    let path = context.assistant.data_path(document, offset).await?;
    let name = Path::new(&path).file_name()?.to_string_lossy().into_owned();
    let title = format!("Analyse {name}");
    let uri = params.text_document.uri.clone();
    let named = serde_json::to_value(Named { uri, path }).ok()?;
    let command = Command {
        title: title.clone(),
        command: COMMAND.to_owned(),
        arguments: Some(vec![named]),
    };
    Some(CodeActionOrCommand::CodeAction(CodeAction {
        title,
        kind: Some(kind()),
        command: Some(command),
        ..CodeAction::default()
    }))
}

/// Makes a report and shows it.
pub async fn execute(context: &RequestContext, arguments: Vec<Value>) -> Result<()> {
    let named = arguments.into_iter().next();
    let named: Option<Named> = named.and_then(|named| serde_json::from_value(named).ok());
    let named = named.ok_or_else(|| Error::invalid_params("the argument was altered"))?;
    let document = context.document(&named.uri);
    let document = document.ok_or_else(|| failed("the document is not open".into()))?;
    match context.assistant.report(&document, &named.path).await {
        Ok(page) => show(context, &page).await,
        Err(why) => context.show(MessageType::ERROR, format!("nigh: no report: {why}")),
    }
    Ok(())
}

/// Has the editor show a page, or says where it is.
async fn show(context: &RequestContext, page: &Path) {
    if context.capabilities.shows_documents
        && let Ok(uri) = file_uri(page).parse()
    {
        let params = ShowDocumentParams {
            uri,
            external: Some(true),
            take_focus: Some(true),
            selection: None,
        };
        if context.client.show_document(params).await == Ok(true) {
            return;
        }
    }
    let message = format!("nigh: the report is in {}", page.display());
    context.show(MessageType::INFO, message);
}
