//! "Write the query": code actions that answer a question in a comment, or in a string that should
//! hold SQL, with up to three queries.
//!
//! Where there is none, an editor that shows disabled actions gets the reason.

use super::code_action::is_wanted;
use super::fixes::workspace_edit;
use super::write_query;
use crate::context::{RequestContext, work_failed};
use assistant::documents::DocumentSnapshot;
use text::Edit;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{
    CodeAction, CodeActionDisabled, CodeActionKind, CodeActionOrCommand, CodeActionParams,
    CodeActionTriggerKind,
};

/// The actions at a place of a document.
pub async fn actions(
    context: &RequestContext,
    document: DocumentSnapshot,
    params: &CodeActionParams,
) -> Result<Vec<CodeActionOrCommand>> {
    if !is_wanted(params, &CodeActionKind::REFACTOR_REWRITE) {
        return Ok(Vec::new());
    }
    let Some(offset) = context.offset(&document, params.range.end) else {
        return Ok(Vec::new());
    };
    let assistant = &context.assistant;
    let offer = assistant.queries(document.clone(), offset).await;
    let Some(offer) = offer.map_err(work_failed)? else {
        return Ok(Vec::new());
    };
    let action = |title: String| CodeAction {
        title,
        kind: Some(CodeActionKind::REFACTOR_REWRITE),
        ..CodeAction::default()
    };
    let is_invoked = params.context.trigger_kind == Some(CodeActionTriggerKind::INVOKED);
    let is_sure = offer.choices.iter().any(|choice| choice.is_sure);
    let by_model = (!is_sure && assistant.can_write_queries())
        .then(|| write_query::action(params, document.version()))
        .flatten();
    if let Some(reason) = offer.refusal {
        let refused = CodeAction {
            disabled: Some(CodeActionDisabled { reason }),
            ..action("Write the query".to_owned())
        };
        let is_shown = is_invoked && context.capabilities.disabled_actions;
        let shown = is_shown.then_some(CodeActionOrCommand::CodeAction(refused));
        return Ok(by_model.into_iter().chain(shown).collect());
    }
    let choices = offer.choices.into_iter().map(|choice| {
        let edit = Edit::replace(offer.range.clone(), choice.text);
        CodeActionOrCommand::CodeAction(CodeAction {
            edit: workspace_edit(context, &document, &[edit]),
            ..action(format!("Write the query: {}", choice.title))
        })
    });
    Ok(choices.chain(by_model).collect())
}
