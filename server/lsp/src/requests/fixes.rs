//! Code actions that fix bugs: one for each bug at the cursor, one for all bugs of its function,
//! one for the file; and those of `reported.rs` and `dismiss.rs`.
//!
//! Titles say how far the edits were checked; a fix that a checker finds worse is not offered. The
//! edits come with `resolve`, for the version they were offered for; for another one they are
//! refused. All stay in the document.

use super::code_action::{is_wanted, not_ours};
use super::{dismiss, reported};
use crate::context::{RequestContext, outdated, work_failed};
use crate::convert;
use assistant::blocking;
use assistant::diagnostics::DocumentDiagnostics;
use assistant::documents::DocumentSnapshot;
use bugs::{Bug, Level, describe_checks, fix_all};
use checks::Verdict;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use text::Edit;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, Range, WorkspaceEdit,
};

/// Which bugs an action fixes.
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
    uri: tower_lsp::ls_types::Uri,
    version: i32,
    fix: Fix,
}

/// The kind of the action that fixes the whole file.
fn fix_all_kind() -> CodeActionKind {
    CodeActionKind::from("source.fixAll.nigh".to_owned())
}

/// The kinds of actions offered here.
pub fn kinds() -> Vec<CodeActionKind> {
    vec![CodeActionKind::QUICKFIX, fix_all_kind()]
}

/// Whether the data of an action that is to be resolved is that of a fix.
pub fn is_fix(data: &Value) -> bool {
    data.get("fix").is_some()
}

/// The fixes at a place of a document.
pub async fn actions(
    context: &RequestContext,
    document: DocumentSnapshot,
    params: &CodeActionParams,
) -> Result<Vec<CodeActionOrCommand>> {
    let quick = is_wanted(params, &CodeActionKind::QUICKFIX);
    let all = is_wanted(params, &fix_all_kind());
    if !quick && !all {
        return Ok(Vec::new());
    }
    let diagnostics = &context.assistant.diagnostics;
    let found = diagnostics.diagnose(document).await.map_err(work_failed)?;
    let (context, params) = (context.clone(), params.clone());
    blocking(move || {
        let offer = Offer {
            context: &context,
            found: &found,
            params: &params,
        };
        offer.actions(quick, all)
    })
    .await
    .map_err(work_failed)
}

/// The action with its edit.
pub async fn resolve(context: &RequestContext, mut action: CodeAction) -> Result<CodeAction> {
    let data = action.data.clone().unwrap_or_default();
    let data: Data = serde_json::from_value(data).map_err(|_| not_ours())?;
    let document = context.document_at(&data.uri, data.version)?;
    let diagnostics = &context.assistant.diagnostics;
    let found = diagnostics.diagnose(document).await.map_err(work_failed)?;
    let context = context.clone();
    let edit = move || {
        let (edits, _) = verified(&found, &fixed_bugs(&found, &data.fix))?;
        workspace_edit(&context, &found.document, &edits)
    };
    let edit = blocking(edit).await.map_err(work_failed)?;
    action.edit = Some(edit.ok_or_else(outdated)?);
    Ok(action)
}

/// What an answer is made of.
struct Offer<'a> {
    context: &'a RequestContext,
    found: &'a DocumentDiagnostics,
    params: &'a CodeActionParams,
}

impl Offer<'_> {
    /// The actions of the kinds that are wanted.
    fn actions(&self, quick: bool, all: bool) -> Vec<CodeActionOrCommand> {
        let mut actions = Vec::new();
        if quick {
            let fixes = quick_fixes(self.found, &self.bugs_at_cursor());
            for (rank, fix) in fixes.into_iter().enumerate() {
                actions.extend(self.action(CodeActionKind::QUICKFIX, fix, rank == 0));
            }
        }
        // Where someone opens the menu, one bug needs no action for all.
        let is_one_of_one = self.params.context.only.is_none() && self.found.bugs.len() < 2;
        if all && !self.found.bugs.is_empty() && !is_one_of_one {
            actions.extend(self.action(fix_all_kind(), Fix::File, false));
        }
        if quick {
            actions.extend(reported::actions(self.context, self.found, self.params));
            let (uri, version) = (
                &self.params.text_document.uri,
                self.found.document.version(),
            );
            let bugs = self.bugs_at_cursor().into_iter();
            actions.extend(bugs.filter_map(|bug| dismiss::action(uri, version, bug)));
        }
        let actions = actions.into_iter();
        actions.map(CodeActionOrCommand::CodeAction).collect()
    }

    /// The bugs on the lines that are asked for.
    fn bugs_at_cursor(&self) -> Vec<&Bug> {
        let asked: &Range = &self.params.range;
        let overlaps = |bug: &&Bug| {
            let own = self.context.range(&self.found.document, &bug.finding.range);
            own.start.line <= asked.end.line && asked.start.line <= own.end.line
        };
        self.found.bugs.iter().filter(overlaps).collect()
    }

    fn action(&self, kind: CodeActionKind, fix: Fix, is_first: bool) -> Option<CodeAction> {
        let (context, found) = (self.context, self.found);
        let bugs = fixed_bugs(found, &fix);
        let (edits, level) = verified(found, &bugs)?;
        let checker = match found.verdict(&edits) {
            Some(Verdict::Worse(_)) => return None,
            Some(Verdict::Passed(checker)) => vec![(*checker).to_owned()],
            _ => Vec::new(),
        };
        let title = match &bugs[..] {
            [bug] if bug.is_of_schema() => bug.title(),
            _ => title(&fix, &bugs, &describe_checks(level, &checker)),
        };
        let capabilities = context.capabilities;
        let (edit, data) = if capabilities.resolves_edits {
            (None, self.data(fix))
        } else {
            (workspace_edit(context, &found.document, &edits), None)
        };
        let diagnostics = bugs
            .iter()
            .map(|bug| convert::diagnostic(capabilities, found, bug));
        Some(CodeAction {
            title,
            kind: Some(kind),
            diagnostics: Some(diagnostics.collect()),
            edit,
            is_preferred: capabilities.is_preferred.then_some(is_first),
            data,
            ..CodeAction::default()
        })
    }

    fn data(&self, fix: Fix) -> Option<Value> {
        let data = Data {
            uri: self.params.text_document.uri.clone(),
            version: self.found.document.version(),
            fix,
        };
        serde_json::to_value(data).ok()
    }
}

/// The edits that fix all these bugs, or the first ones, and how far they were checked.
fn verified(found: &DocumentDiagnostics, bugs: &[&Bug]) -> Option<(Vec<Edit>, Level)> {
    match bugs {
        // The schema has the name; the code need not.
        [bug] if bug.is_of_schema() => {
            let edits = bug.finding.edits.clone();
            (!edits.is_empty()).then_some((edits, bug.level))
        }
        _ => fix_all(&found.document.snapshot, bugs),
    }
}

fn title(fix: &Fix, bugs: &[&Bug], checked: &str) -> String {
    match (fix, bugs) {
        (Fix::One(..), [bug, ..]) => format!("{} (checked: {checked})", bug.finding.title),
        (Fix::Function(name, _), _) => {
            let count = bugs.len();
            format!("Fix all {count} bugs of `{name}` (checked: {checked})")
        }
        _ => format!("nigh: fix all in file (checked: {checked})"),
    }
}

/// A fix for each bug, after one for all bugs of its function where that has more.
fn quick_fixes(found: &DocumentDiagnostics, at_cursor: &[&Bug]) -> Vec<Fix> {
    let (mut functions, mut single) = (Vec::new(), Vec::new());
    for bug in at_cursor {
        let siblings = found
            .bugs
            .iter()
            .filter(|other| other.is_in_same_function(bug));
        if let Some(name) = &bug.function
            && siblings.count() > 1
        {
            functions.push(Fix::Function(name.clone(), bug.function_start));
        }
        let code = bug.finding.code.to_owned();
        single.push(Fix::One(code, bug.finding.range.start));
    }
    functions.dedup();
    functions.extend(single);
    functions
}

/// The bugs that a fix is about.
fn fixed_bugs<'a>(found: &'a DocumentDiagnostics, fix: &Fix) -> Vec<&'a Bug> {
    let is_fixed = |bug: &&Bug| match fix {
        Fix::One(code, start) => bug.finding.code == code && bug.finding.range.start == *start,
        Fix::Function(name, start) => {
            bug.function.as_ref() == Some(name) && bug.function_start == *start
        }
        Fix::File => !bug.is_of_schema(),
    };
    found.bugs.iter().filter(is_fixed).collect()
}

/// Edits of one document in the form the editor understands.
pub fn workspace_edit(
    context: &RequestContext,
    document: &DocumentSnapshot,
    edits: &[Edit],
) -> Option<WorkspaceEdit> {
    let client = context.capabilities;
    let edit = |edit: &Edit| convert::text_edit(client, document, &edit.range, &edit.text);
    let edits = edits.iter().map(edit).collect();
    let documents = vec![(document.uri.parse().ok()?, document.version(), edits)];
    Some(convert::workspace_edit(client, documents))
}
