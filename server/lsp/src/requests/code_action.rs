//! `textDocument/codeAction` and `codeAction/resolve`: fixes of bugs (`fixes.rs`), and the change
//! of the last edits, made at the other places too.
//!
//! Up to three actions of the latter: at the next place below the cursor, at all places of the
//! file, and at those of other open files. The edit itself comes with `resolve` where the editor
//! can ask for it, else at once. It names the version of each document it was made for; once the
//! document has changed, `resolve` is refused and the editor asks anew. The search needs no model
//! and runs on a thread for such work, so that it answers while the model is busy or still loading.

use super::{edits, fixes};
use crate::documents::Taken;
use crate::editor::Editor;
use crate::server::Server;
use next_edit::{RepeatedEdit, learn, next_line};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use syntax::Syntax;
use text::Edit;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, CodeActionResponse, Uri,
    WorkspaceEdit,
};

/// How long a document whose tree is behind may be parsed for an answer.
const PARSE_LIMIT: Duration = Duration::from_millis(100);
/// So many other open files are looked through.
const OTHER_FILES: usize = 16;

/// The last search, kept because editors ask for actions, and for their edits, many times in one
/// state of a document.
#[derive(Default)]
pub struct LastSearch(Mutex<Option<Arc<Search>>>);

/// What was found for one state of a document.
struct Search {
    taken: Taken,
    /// The rule that was learnt, and where it holds.
    found: Option<(RepeatedEdit, Vec<Edit>)>,
}

/// How far an action reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Reach {
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
    reach: Reach,
}

/// The kinds of actions there are.
pub fn kinds() -> Vec<CodeActionKind> {
    let mut kinds = fixes::kinds();
    kinds.push(CodeActionKind::REFACTOR_REWRITE);
    kinds
}

/// The actions at a place of an open document: fixes of bugs, then the change of the last edits.
pub async fn answer(
    server: &Server,
    params: CodeActionParams,
) -> Result<Option<CodeActionResponse>> {
    let mut offered = fixes::offered(server, &params).await?;
    offered.extend(same_change(server, params).await?);
    Ok(Some(offered))
}

/// The change of the last edits at the other places.
async fn same_change(server: &Server, params: CodeActionParams) -> Result<CodeActionResponse> {
    let asked = params
        .context
        .only
        .as_deref()
        .is_none_or(|kinds| kinds.iter().any(holds_rewrites));
    let Some(taken) = server
        .documents
        .take(params.text_document.uri.as_str())
        .filter(|_| asked)
    else {
        return Ok(Vec::new());
    };
    let others = server.documents.others(&taken.uri, OTHER_FILES);
    let search = search(server, taken).await?;
    let Some((change, places)) = &search.found else {
        return Ok(Vec::new());
    };
    let line = params.range.end.line as usize;
    let version = search.taken.snapshot.document.version();
    let data = |reach| Data {
        uri: params.text_document.uri.clone(),
        version,
        line,
        reach,
    };
    let what = change.describe();
    let mut offered = Vec::new();
    let rope = search.taken.snapshot.rope();
    if let Some(next) = next_line(rope, places, line).first() {
        offered.push((
            format!(
                "Apply the same change at the next place (line {}): {what}",
                rope.byte_to_line(next.range.start) + 1
            ),
            data(Reach::Next),
        ));
    }
    if places.len() > 1 {
        offered.push((
            format!("Apply the same change at {} places: {what}", places.len()),
            data(Reach::File),
        ));
    }
    let elsewhere = elsewhere(&search, others).await?;
    if !elsewhere.is_empty() {
        let count: usize = elsewhere
            .iter()
            .map(|(_, places)| places.len())
            .sum::<usize>()
            + places.len();
        let files = elsewhere.len() + usize::from(!places.is_empty());
        let title =
            format!("Apply the same change at {count} places in {files} open files: {what}");
        offered.push((title, data(Reach::Open)));
    }
    let editor = server.editor();
    let action = |(title, data): (String, Data)| {
        let edit = (!editor.resolves_edits).then(|| edit(editor, &search, &elsewhere, &data));
        let kind = Some(CodeActionKind::REFACTOR_REWRITE);
        let data = editor
            .resolves_edits
            .then(|| serde_json::to_value(data).ok())
            .flatten();
        CodeActionOrCommand::CodeAction(CodeAction {
            title,
            kind,
            edit,
            data,
            ..CodeAction::default()
        })
    };
    Ok(offered.into_iter().map(action).collect())
}

/// Whether actions of this kind, or of a kind within it, are the ones offered here.
fn holds_rewrites(kind: &CodeActionKind) -> bool {
    ["", "refactor", "refactor.rewrite"].contains(&kind.as_str())
}

/// The action with its edit; refused when the document is not what it was.
pub async fn resolve(server: &Server, mut action: CodeAction) -> Result<CodeAction> {
    // Some editors ask for the edit of every action they got, also of what was complete when it was
    // sent.
    if action.data.is_none() && (action.command.is_some() || action.edit.is_some()) {
        return Ok(action);
    }
    if fixes::are_meant(&action) {
        return fixes::resolve(server, action).await;
    }
    let Some(data) = action
        .data
        .clone()
        .and_then(|data| serde_json::from_value::<Data>(data).ok())
    else {
        return Err(Error::invalid_params(
            "this action is not one of nigh's: its `data` is not as it was sent",
        ));
    };
    let taken = server.documents.take(data.uri.as_str());
    let taken = taken
        .filter(|taken| taken.snapshot.document.version() == data.version)
        .ok_or_else(outdated)?;
    let others = if data.reach == Reach::Open {
        server.documents.others(&taken.uri, OTHER_FILES)
    } else {
        Vec::new()
    };
    let search = search(server, taken).await?;
    let elsewhere = elsewhere(&search, others).await?;
    action.edit = Some(edit(server.editor(), &search, &elsewhere, &data));
    Ok(action)
}

pub fn outdated() -> Error {
    let message =
        "the document has changed since this action was offered; ask for actions again".into();
    Error {
        code: ErrorCode::ContentModified,
        message,
        data: None,
    }
}

/// What is found in this state of the document, looked up if it was found before.
async fn search(server: &Server, taken: Taken) -> Result<Arc<Search>> {
    let last = server
        .last_search
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    if let Some(last) =
        last.filter(|last| last.taken.revision == taken.revision && last.taken.uri == taken.uri)
    {
        return Ok(last);
    }
    let run = move || {
        let taken = parsed(taken);
        let found = learn(&taken.snapshot).map(|change| {
            let places = change.edits(&taken.snapshot);
            (change, places)
        });
        Arc::new(Search { taken, found })
    };
    let search = tokio::task::spawn_blocking(run)
        .await
        .map_err(|_| Error::internal_error())?;
    *server
        .last_search
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&search));
    Ok(search)
}

/// The places in the other documents that have any.
async fn elsewhere(search: &Arc<Search>, others: Vec<Taken>) -> Result<Vec<(Taken, Vec<Edit>)>> {
    let own = Arc::clone(search);
    let run = move || {
        let Some((change, _)) = own.found.as_ref().filter(|(change, _)| !change.is_local()) else {
            return Vec::new();
        };
        let alike = others
            .into_iter()
            .filter(|other| other.grammar.map(|g| g.id) == own.taken.grammar.map(|g| g.id));
        let found = alike.map(parsed).map(|other| {
            let places = change.edits_elsewhere(&other.snapshot);
            (other, places)
        });
        found.filter(|(_, places)| !places.is_empty()).collect()
    };
    tokio::task::spawn_blocking(run)
        .await
        .map_err(|_| Error::internal_error())
}

/// The document with the tree of its text, unless that takes too long.
pub fn parsed(mut taken: Taken) -> Taken {
    if let (false, Some(grammar)) = (taken.parsed, taken.grammar) {
        let deadline = Instant::now() + PARSE_LIMIT;
        let old = taken.snapshot.syntax.take();
        let mut late = || Instant::now() > deadline;
        taken.snapshot.syntax =
            Syntax::parse(grammar, taken.snapshot.rope(), old.as_ref(), &mut late);
        taken.parsed = taken.snapshot.syntax.is_some();
    }
    taken
}

/// The edits of an action, in the form the editor understands.
fn edit(
    editor: Editor,
    search: &Search,
    elsewhere: &[(Taken, Vec<Edit>)],
    data: &Data,
) -> WorkspaceEdit {
    let all = search.found.as_ref().map_or(&[][..], |(_, places)| places);
    let own = if data.reach == Reach::Next {
        next_line(search.taken.snapshot.rope(), all, data.line)
    } else {
        all
    };
    let others = elsewhere.iter().filter(|_| data.reach == Reach::Open);
    let documents = std::iter::once((&search.taken, own))
        .chain(others.map(|(taken, places)| (taken, &places[..])));
    let documents = documents.filter_map(|(taken, places)| {
        let uri: Uri = taken.uri.parse().ok().filter(|_| !places.is_empty())?;
        let edit = |place: &Edit| edits::text_edit(editor, taken, &place.range, &place.text);
        Some((
            uri,
            taken.snapshot.document.version(),
            places.iter().map(edit).collect(),
        ))
    });
    edits::workspace_edit(editor, documents.collect())
}
