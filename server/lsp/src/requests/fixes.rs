//! Code actions that mend bugs: one for each bug at the cursor, one for all bugs of its function,
//! one for the file; and those of `reported.rs` and `dismiss.rs`.
//!
//! Titles say how far the edits were checked; a fix that a checker finds worse is not offered. The
//! edits come with `resolve`, for the version they were offered for; for another one they are
//! refused. All stay in the document.

use super::code_action::outdated;
use super::{dismiss, edits, reported};
use crate::bugs::{Found, diagnostic, range};
use crate::checks::Verdict;
use crate::editor::Editor;
use crate::server::Server;
use bugs::{Bug, describe_checks, fix_all};
use serde::{Deserialize, Serialize};
use text::Edit;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, CodeActionResponse, Range,
    Uri, WorkspaceEdit,
};

/// Which bugs an action mends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Fix {
    /// The bug of this code at this byte.
    One(String, usize),
    /// Those of the function of this name that begins at this byte.
    Function(String, usize),
    /// All of the file.
    File,
}

/// What an action remembers until it is resolved.
#[derive(Serialize, Deserialize)]
struct Data {
    uri: Uri,
    version: i32,
    fix: Fix,
}

/// The kind of the action that mends the whole file.
fn fix_all() -> CodeActionKind {
    CodeActionKind::from("source.fixAll.nigh".to_owned())
}

/// The kinds of actions offered here.
pub fn kinds() -> Vec<CodeActionKind> {
    vec![CodeActionKind::QUICKFIX, fix_all()]
}

/// Whether actions of `kind` are asked for.
fn wants(params: &CodeActionParams, kind: &CodeActionKind) -> bool {
    let within = |asked: &CodeActionKind| {
        let rest = kind.as_str().strip_prefix(asked.as_str());
        asked.as_str().is_empty()
            || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    params
        .context
        .only
        .as_deref()
        .is_none_or(|kinds| kinds.iter().any(within))
}

/// The fixes at a place of an open document.
pub async fn offered(server: &Server, params: &CodeActionParams) -> Result<CodeActionResponse> {
    let (quick, all) = (
        wants(params, &CodeActionKind::QUICKFIX),
        wants(params, &fix_all()),
    );
    let Some(taken) = server
        .documents
        .take(params.text_document.uri.as_str())
        .filter(|_| quick || all)
    else {
        return Ok(Vec::new());
    };
    let editor = server.editor();
    let found = server.seeker().look(taken).await?;
    let params = params.clone();
    let run = move || list(editor, &found, &params, quick, all);
    tokio::task::spawn_blocking(run)
        .await
        .map_err(|_| Error::internal_error())
}

/// The actions of the kinds that are wanted.
fn list(
    editor: Editor,
    found: &Found,
    params: &CodeActionParams,
    quick: bool,
    all: bool,
) -> CodeActionResponse {
    let mut fixes: Vec<(CodeActionKind, Fix)> = Vec::new();
    if quick {
        let at_cursor = found
            .bugs
            .iter()
            .filter(|bug| overlaps(editor, found, bug, &params.range));
        fixes.extend(quick_fixes(found, at_cursor).map(|fix| (CodeActionKind::QUICKFIX, fix)));
    }
    let alone = params.context.only.is_none() && found.bugs.len() < 2;
    if all && !found.bugs.is_empty() && !alone {
        fixes.push((fix_all(), Fix::File));
    }
    let preferred = fixes.first().map(|(_, fix)| fix.clone());
    let make = |(kind, fix): (CodeActionKind, Fix)| {
        let first = preferred.as_ref() == Some(&fix) && kind == CodeActionKind::QUICKFIX;
        action(editor, found, &params.text_document.uri, kind, fix, first)
    };
    let version = found.taken.snapshot.document.version();
    let at_cursor = found
        .bugs
        .iter()
        .filter(|bug| quick && overlaps(editor, found, bug, &params.range));
    let dismissals =
        at_cursor.filter_map(|bug| dismiss::action(&params.text_document.uri, version, bug));
    let reported = if quick {
        reported::actions(editor, found, params)
    } else {
        Vec::new()
    };
    fixes
        .into_iter()
        .filter_map(make)
        .chain(reported)
        .chain(dismissals)
        .map(CodeActionOrCommand::CodeAction)
        .collect()
}

/// Whether a bug stands on the lines that are asked for.
fn overlaps(editor: Editor, found: &Found, bug: &Bug, asked: &Range) -> bool {
    let own = range(editor, &found.taken, &bug.finding.range);
    own.start.line <= asked.end.line && asked.start.line <= own.end.line
}

/// A fix for each bug, after one for all bugs of its function where that has more.
fn quick_fixes<'a>(
    found: &'a Found,
    at_cursor: impl Iterator<Item = &'a Bug>,
) -> impl Iterator<Item = Fix> {
    let (mut functions, mut single) = (Vec::new(), Vec::new());
    for bug in at_cursor {
        let siblings = found
            .bugs
            .iter()
            .filter(|other| other.is_in_same_function(bug));
        if let (Some(name), true) = (&bug.function, siblings.count() > 1) {
            functions.push(Fix::Function(name.clone(), bug.function_start));
        }
        single.push(Fix::One(
            bug.finding.code.to_owned(),
            bug.finding.range.start,
        ));
    }
    functions.dedup();
    functions.into_iter().chain(single)
}

/// The bugs that a fix is about.
fn meant<'a>(found: &'a Found, fix: &Fix) -> Vec<&'a Bug> {
    let is_meant = |bug: &&Bug| match fix {
        Fix::One(code, start) => bug.finding.code == code && bug.finding.range.start == *start,
        Fix::Function(name, start) => {
            bug.function.as_ref() == Some(name) && bug.function_start == *start
        }
        Fix::File => true,
    };
    found.bugs.iter().filter(is_meant).collect()
}

fn action(
    editor: Editor,
    found: &Found,
    uri: &Uri,
    kind: CodeActionKind,
    fix: Fix,
    first: bool,
) -> Option<CodeAction> {
    let bugs = meant(found, &fix);
    let (edits, level) = fix_all(&found.taken.snapshot, &bugs)?;
    let further = match found.verdict(&edits) {
        Some(Verdict::Worse(_)) => return None,
        Some(Verdict::Passed(name)) => vec![(*name).to_owned()],
        _ => Vec::new(),
    };
    let checked = describe_checks(level, &further);
    let title = match (&fix, bugs.as_slice()) {
        (Fix::One(..), [bug, ..]) => format!("{} (checked: {checked})", bug.finding.title),
        (Fix::Function(name, _), _) => format!(
            "Fix all {} bugs of `{name}` (checked: {checked})",
            bugs.len()
        ),
        _ => format!("nigh: fix all in file (checked: {checked})"),
    };
    let edit = (!editor.resolves_edits)
        .then(|| edit(editor, found, &edits))
        .flatten();
    let version = found.taken.snapshot.document.version();
    let data = Data {
        uri: uri.clone(),
        version,
        fix,
    };
    let data = editor
        .resolves_edits
        .then(|| serde_json::to_value(data).ok())
        .flatten();
    let diagnostics = Some(
        bugs.iter()
            .map(|bug| diagnostic(editor, found, bug))
            .collect(),
    );
    Some(CodeAction {
        title,
        kind: Some(kind),
        diagnostics,
        edit,
        is_preferred: editor.prefers.then_some(first),
        data,
        ..CodeAction::default()
    })
}

/// Whether an action that is to be resolved was offered here.
pub fn are_meant(action: &CodeAction) -> bool {
    action
        .data
        .as_ref()
        .is_some_and(|data| data.get("fix").is_some())
}

/// The action with its edit; refused when the document is not what it was.
pub async fn resolve(server: &Server, mut action: CodeAction) -> Result<CodeAction> {
    let data = action
        .data
        .clone()
        .and_then(|data| serde_json::from_value::<Data>(data).ok());
    let Some(data) = data else {
        return Err(Error::invalid_params("this action is not as it was sent"));
    };
    let taken = server.documents.take(data.uri.as_str());
    let taken = taken
        .filter(|taken| taken.snapshot.document.version() == data.version)
        .ok_or_else(outdated)?;
    let found = server.seeker().look(taken).await?;
    let editor = server.editor();
    let run = move || {
        let (edits, _) = fix_all(&found.taken.snapshot, &meant(&found, &data.fix))?;
        edit(editor, &found, &edits)
    };
    let edit = tokio::task::spawn_blocking(run)
        .await
        .map_err(|_| Error::internal_error())?;
    action.edit = Some(edit.ok_or_else(outdated)?);
    Ok(action)
}

/// Edits in the form the editor understands.
fn edit(editor: Editor, found: &Found, edits: &[Edit]) -> Option<WorkspaceEdit> {
    let taken = &found.taken;
    let own = edits
        .iter()
        .map(|edit| edits::text_edit(editor, taken, &edit.range, &edit.text))
        .collect();
    let documents = vec![(
        taken.uri.parse().ok()?,
        taken.snapshot.document.version(),
        own,
    )];
    Some(edits::workspace_edit(editor, documents))
}
