//! `textDocument/codeAction` and `codeAction/resolve`: fixes of bugs (`fixes.rs`), then the change
//! of the last edits at other places (`same_change.rs`), then what the model expects to be changed
//! next (`predicted_edit.rs`), then queries for a question (`queries.rs`), then the report of a
//! data file (`report.rs`).

use super::{fixes, predicted_edit, queries, report, same_change};
use crate::context::RequestContext;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{CodeAction, CodeActionKind, CodeActionParams, CodeActionResponse};

/// All kinds of actions that are offered.
pub fn kinds() -> Vec<CodeActionKind> {
    let mut kinds = fixes::kinds();
    kinds.push(CodeActionKind::REFACTOR_REWRITE);
    kinds.push(report::kind());
    kinds
}

/// Whether actions of `kind` are asked for.
pub fn is_wanted(params: &CodeActionParams, kind: &CodeActionKind) -> bool {
    let Some(only) = &params.context.only else {
        return true;
    };
    only.iter()
        .any(|wanted| contains(wanted.as_str(), kind.as_str()))
}

/// Whether a kind of actions is another one or within it: `refactor` contains `refactor.rewrite`.
fn contains(outer: &str, kind: &str) -> bool {
    let rest = kind.strip_prefix(outer);
    outer.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The actions at a place of an open document.
pub async fn code_action(
    context: &RequestContext,
    params: CodeActionParams,
) -> Result<CodeActionResponse> {
    let Some(document) = context.document(&params.text_document.uri) else {
        return Ok(Vec::new());
    };
    let mut actions = fixes::actions(context, document.clone(), &params).await?;
    actions.extend(same_change::actions(context, document.clone(), &params).await?);
    actions.extend(predicted_edit::action(context, document.clone(), &params).await);
    actions.extend(queries::actions(context, document.clone(), &params).await?);
    actions.extend(report::action(context, document, &params).await);
    Ok(actions)
}

/// The action with its edit; an error if the document has changed since it was offered.
pub async fn code_action_resolve(
    context: &RequestContext,
    action: CodeAction,
) -> Result<CodeAction> {
    // Some editors resolve every action they got, also those that were complete when they were
    // sent.
    let is_complete =
        action.command.is_some() || action.edit.is_some() || action.disabled.is_some();
    match &action.data {
        None if is_complete => Ok(action),
        Some(data) if fixes::is_fix(data) => fixes::resolve(context, action).await,
        Some(_) => same_change::resolve(context, action).await,
        None => Err(not_ours()),
    }
}

/// The answer to an action that was not offered here.
pub fn not_ours() -> Error {
    Error::invalid_params("the `data` of the code action was altered, or it is not one of nigh's")
}
