//! Code actions that make the change of the last edits at other places too: at the next place below
//! the cursor, at all places of the file, at those of all open files.
//!
//! The edit comes with `resolve` where the editor can ask for it, else at once. It names the
//! version of each document it was made for.

use super::code_action::{is_wanted, not_ours};
use crate::context::{RequestContext, work_failed};
use crate::convert;
use assistant::documents::DocumentSnapshot;
use assistant::{Places, SameChange};
use next_edit::next_line;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use text::Edit;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, TextEdit, Uri, WorkspaceEdit,
};

/// Which places an action changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Scope {
    Next,
    File,
    Open,
}

/// What an action remembers until it is resolved.
#[derive(Serialize, Deserialize)]
struct Data {
    uri: Uri,
    version: i32,
    /// The cursor's line.
    line: usize,
    #[serde(rename = "reach")]
    scope: Scope,
}

/// The change, its places, and those in other open files.
struct Offer {
    change: Arc<SameChange>,
    elsewhere: Vec<Places>,
}

/// The actions at a place of a document.
pub async fn actions(
    context: &RequestContext,
    document: DocumentSnapshot,
    params: &CodeActionParams,
) -> Result<Vec<CodeActionOrCommand>> {
    if !is_wanted(params, &CodeActionKind::REFACTOR_REWRITE) {
        return Ok(Vec::new());
    }
    let version = document.version();
    let offer = offer(context, document, true).await?;
    let line = params.range.end.line as usize;
    let mut actions = Vec::new();
    for (scope, title) in offer.titles(line) {
        let data = Data {
            uri: params.text_document.uri.clone(),
            version,
            line,
            scope,
        };
        actions.push(action(context, &offer, title, &data));
    }
    Ok(actions)
}

/// The action with its edit.
pub async fn resolve(context: &RequestContext, mut action: CodeAction) -> Result<CodeAction> {
    let data = action.data.clone().unwrap_or_default();
    let data: Data = serde_json::from_value(data).map_err(|_| not_ours())?;
    let document = context.document_at(&data.uri, data.version)?;
    let offer = offer(context, document, data.scope == Scope::Open).await?;
    action.edit = Some(offer.edit(context, &data));
    Ok(action)
}

async fn offer(
    context: &RequestContext,
    document: DocumentSnapshot,
    in_other_files: bool,
) -> Result<Offer> {
    let found = context
        .assistant
        .same_change(document, in_other_files)
        .await;
    let (change, elsewhere) = found.map_err(work_failed)?;
    Ok(Offer { change, elsewhere })
}

fn action(
    context: &RequestContext,
    offer: &Offer,
    title: String,
    data: &Data,
) -> CodeActionOrCommand {
    let resolves = context.capabilities.resolves_edits;
    CodeActionOrCommand::CodeAction(CodeAction {
        title,
        kind: Some(CodeActionKind::REFACTOR_REWRITE),
        edit: (!resolves).then(|| offer.edit(context, data)),
        data: resolves.then(|| serde_json::to_value(data).ok()).flatten(),
        ..CodeAction::default()
    })
}

impl Offer {
    fn places(&self) -> &[Edit] {
        match &self.change.found {
            Some((_, places)) => places,
            None => &[],
        }
    }

    /// The actions there are for a cursor in this line, with their titles.
    fn titles(&self, line: usize) -> Vec<(Scope, String)> {
        let Some((change, places)) = &self.change.found else {
            return Vec::new();
        };
        let what = change.describe();
        let mut titles = Vec::new();
        let rope = self.change.document.snapshot.rope();
        if let Some(next) = next_line(rope, places, line).first() {
            let line = rope.byte_to_line(next.range.start) + 1;
            let title = format!("Apply the same change at the next place (line {line}): {what}");
            titles.push((Scope::Next, title));
        }
        if places.len() > 1 {
            let count = places.len();
            let title = format!("Apply the same change at {count} places: {what}");
            titles.push((Scope::File, title));
        }
        if !self.elsewhere.is_empty() {
            let others: usize = self.elsewhere.iter().map(|(_, places)| places.len()).sum();
            let count = others + places.len();
            let files = self.elsewhere.len() + usize::from(!places.is_empty());
            let title =
                format!("Apply the same change at {count} places in {files} open files: {what}");
            titles.push((Scope::Open, title));
        }
        titles
    }

    /// The edits of an action, in the form the editor understands.
    fn edit(&self, context: &RequestContext, data: &Data) -> WorkspaceEdit {
        let rope = self.change.document.snapshot.rope();
        let own = match data.scope {
            Scope::Next => next_line(rope, self.places(), data.line),
            Scope::File | Scope::Open => self.places(),
        };
        let mut documents = Vec::new();
        documents.extend(document_edit(context, &self.change.document, own));
        if data.scope == Scope::Open {
            for (document, places) in &self.elsewhere {
                documents.extend(document_edit(context, document, places));
            }
        }
        convert::workspace_edit(context.capabilities, documents)
    }
}

/// The edits of one document; `None` if there are none.
fn document_edit(
    context: &RequestContext,
    document: &DocumentSnapshot,
    places: &[Edit],
) -> Option<(Uri, i32, Vec<TextEdit>)> {
    let uri: Uri = document.uri.parse().ok().filter(|_| !places.is_empty())?;
    let edit = |place: &Edit| {
        convert::text_edit(context.capabilities, document, &place.range, &place.text)
    };
    Some((uri, document.version(), places.iter().map(edit).collect()))
}
