//! "Fix this error": code actions for what other servers and linters reported, which the editor
//! sends along.
//!
//! `fixes.rs` lists them behind its own. They are few and cheap, so their edits come at once, for
//! the version they are for.

use super::edits;
use crate::bugs::Found;
use crate::convert;
use crate::editor::Editor;
use bugs::{Bug, ReportedError, fix_reported};
use text::Edit;
use tower_lsp::ls_types::{CodeAction, CodeActionKind, CodeActionParams, Diagnostic};

/// The most errors that are looked at.
const MOST: usize = 8;

/// The actions that mend reported errors; not those that `found` mends already.
pub fn actions(editor: Editor, found: &Found, params: &CodeActionParams) -> Vec<CodeAction> {
    let others = params
        .context
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.source.as_deref() != Some("nigh"));
    let mut made: Vec<Vec<Edit>> = found
        .bugs
        .iter()
        .map(|bug| bug.finding.edits.clone())
        .collect();
    let mut actions = Vec::new();
    for diagnostic in others.take(MOST) {
        let Some(bug) =
            mended(editor, found, diagnostic).filter(|bug| !made.contains(&bug.finding.edits))
        else {
            continue;
        };
        made.push(bug.finding.edits.clone());
        actions.extend(action(editor, found, diagnostic, &bug));
    }
    actions
}

fn mended(editor: Editor, found: &Found, diagnostic: &Diagnostic) -> Option<Bug> {
    let offset = |position| {
        found
            .taken
            .snapshot
            .document
            .offset(convert::position(position), editor.encoding)
    };
    let (start, end) = (
        offset(diagnostic.range.start)?,
        offset(diagnostic.range.end)?,
    );
    fix_reported(
        &found.taken.snapshot,
        &ReportedError {
            start,
            end,
            message: &diagnostic.message,
        },
    )
}

fn action(editor: Editor, found: &Found, diagnostic: &Diagnostic, bug: &Bug) -> Option<CodeAction> {
    let (taken, title) = (&found.taken, bug.title());
    let own = bug
        .finding
        .edits
        .iter()
        .map(|edit| edits::text_edit(editor, taken, &edit.range, &edit.text))
        .collect();
    let documents = vec![(
        taken.uri.parse().ok()?,
        taken.snapshot.document.version(),
        own,
    )];
    let edit = edits::workspace_edit(editor, documents);
    Some(CodeAction {
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![diagnostic.clone()]),
        edit: Some(edit),
        ..CodeAction::default()
    })
}
