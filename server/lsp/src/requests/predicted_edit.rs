//! The code action that makes the edit which the model expects next. While someone types, it is
//! there if the last suggestion came with one; whoever opens the menu has the model asked.

use super::code_action::is_wanted;
use crate::context::RequestContext;
use crate::convert;
use assistant::documents::DocumentSnapshot;
use tower_lsp::ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, CodeActionTriggerKind,
};

/// The action at a place of a document, with its edit, if there is one.
pub async fn action(
    context: &RequestContext,
    document: DocumentSnapshot,
    params: &CodeActionParams,
) -> Option<CodeActionOrCommand> {
    if !is_wanted(params, &CodeActionKind::REFACTOR_REWRITE) {
        return None;
    }
    let offset = context.offset(&document, params.range.end)?;
    let is_invoked = params.context.trigger_kind == Some(CodeActionTriggerKind::INVOKED);
    let assistant = &context.assistant;
    let prediction = assistant
        .predicted_edit(document, offset, is_invoked)
        .await?;
    let (document, edit) = (&prediction.document, &prediction.edit);
    let snapshot = &document.snapshot;
    let title = format!(
        "Apply the predicted edit (line {}): {}",
        edit.line(snapshot.rope()) + 1,
        edit.describe(snapshot)
    );
    let edits = edit.edits.iter();
    let edits = edits
        .map(|edit| convert::text_edit(context.capabilities, document, &edit.range, &edit.text))
        .collect();
    let changed = (document.uri.parse().ok()?, document.version(), edits);
    Some(CodeActionOrCommand::CodeAction(CodeAction {
        title,
        kind: Some(CodeActionKind::REFACTOR_REWRITE),
        edit: Some(convert::workspace_edit(context.capabilities, vec![changed])),
        ..CodeAction::default()
    }))
}
