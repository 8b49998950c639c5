//! "Fix this error": code actions for what other servers and linters reported, which the editor
//! sends along.
//!
//! `fixes.rs` lists them after its own. They are few and cheap, so their edits come at once, for
//! the version they are for.

use super::fixes::workspace_edit;
use crate::context::RequestContext;
use assistant::diagnostics::DocumentDiagnostics;
use bugs::{Bug, ReportedError, fix_reported};
use text::Edit;
use tower_lsp::ls_types::{CodeAction, CodeActionKind, CodeActionParams, Diagnostic};

/// The most errors that are looked at.
const MAX_ERRORS: usize = 8;

/// The actions that fix reported errors; not those that `found` fixes already.
pub fn actions(
    context: &RequestContext,
    found: &DocumentDiagnostics,
    params: &CodeActionParams,
) -> Vec<CodeAction> {
    let edits = |bug: &Bug| bug.finding.edits.clone();
    let mut made: Vec<Vec<Edit>> = found.bugs.iter().map(edits).collect();
    let is_of_others = |diagnostic: &&Diagnostic| diagnostic.source.as_deref() != Some("nigh");
    let reported = params.context.diagnostics.iter().filter(is_of_others);
    let mut actions = Vec::new();
    for diagnostic in reported.take(MAX_ERRORS) {
        let Some(bug) = fixed(context, found, diagnostic) else {
            continue;
        };
        if !made.contains(&bug.finding.edits) {
            actions.extend(action(context, found, diagnostic, &bug));
            made.push(bug.finding.edits);
        }
    }
    actions
}

fn fixed(
    context: &RequestContext,
    found: &DocumentDiagnostics,
    diagnostic: &Diagnostic,
) -> Option<Bug> {
    let document = &found.document;
    let reported = ReportedError {
        start: context.offset(document, diagnostic.range.start)?,
        end: context.offset(document, diagnostic.range.end)?,
        message: &diagnostic.message,
    };
    fix_reported(&document.snapshot, &reported)
}

fn action(
    context: &RequestContext,
    found: &DocumentDiagnostics,
    diagnostic: &Diagnostic,
    bug: &Bug,
) -> Option<CodeAction> {
    Some(CodeAction {
        title: bug.title(),
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![diagnostic.clone()]),
        edit: Some(workspace_edit(
            context,
            &found.document,
            &bug.finding.edits,
        )?),
        ..CodeAction::default()
    })
}
