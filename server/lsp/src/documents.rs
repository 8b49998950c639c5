//! The open documents, kept equal to the editor's copies; their trees follow.
//!
//! Handlers change documents before their first `await`, so changes apply in the order they came.
//! Parsing never happens here: the worker takes a document whose tree is behind, parses it and
//! hands the tree back, which is taken only if the text has not changed since.

use crate::file_path::file_path;
use crate::history::{History, Step};
use crate::wire::{NO_VERSION, original, unescaped};
use crate::workspace::{Roots, secrets};
use completion::ShownCompletion;
use context::{OpenFile, Recent, Snapshot};
use grammars::Grammar;
use index::Index;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use syntax::Syntax;
use text::{ContentChange, Document, EditError, Encoding};

/// The most other files a snapshot shows.
const OTHER_FILES: usize = 8;
/// Larger ones are not shown.
const MAX_OTHER: usize = 200 << 10;

/// One open document.
struct Open {
    path: Arc<str>,
    language: Arc<str>,
    grammar: Option<&'static Grammar>,
    document: Document,
    syntax: Option<Syntax>,
    /// Whether `syntax` is the tree of exactly this text.
    parsed: bool,
    /// Whether an edit was refused, so that the text may differ from the editor's until it sends
    /// the whole text.
    doubtful: bool,
    /// Counts the edits, over all documents ever opened: names one state of one document.
    revision: u64,
    shown: Option<ShownCompletion>,
    /// Whether it is shown to no other file: it is ignored, or nobody has looked yet whether it is.
    private: bool,
    /// Whether a secret stood in its text at a revision.
    secret: (u64, bool),
}

impl Open {
    /// Whether a secret stands in its text.
    fn holds_secret(&mut self) -> bool {
        if self.secret.0 != self.revision {
            self.secret = (
                self.revision,
                secrets::in_text(&self.document.rope().to_string()),
            );
        }
        self.secret.1
    }

    fn taken(&self, uri: &str, index: Index, recent: Recent) -> Taken {
        let snapshot = Snapshot {
            path: Arc::clone(&self.path),
            language: Arc::clone(&self.language),
            document: self.document.clone(),
            syntax: self.syntax.clone(),
            index,
            recent: Arc::new(recent),
        };
        let parsed = self.parsed || self.grammar.is_none();
        Taken {
            uri: uri.to_owned(),
            snapshot,
            grammar: self.grammar,
            parsed,
            revision: self.revision,
        }
    }
}

/// A document as a job takes it to the worker.
#[derive(Clone)]
pub struct Taken {
    /// Its key.
    pub uri: String,
    /// The frozen document; its tree may be behind, see `parsed`.
    pub snapshot: Snapshot,
    /// The language, where known.
    pub grammar: Option<&'static Grammar>,
    /// Whether the snapshot's tree is the tree of its text.
    pub parsed: bool,
    /// Names this state of this document.
    pub revision: u64,
}

/// All open documents, by the editor's own spelling of their URIs.
#[derive(Default)]
pub struct Documents {
    state: Mutex<State>,
}

struct State {
    open: HashMap<String, Open>,
    roots: Roots,
    index: Index,
    revision: u64,
    history: History,
}

impl Default for State {
    fn default() -> Self {
        Self {
            open: HashMap::new(),
            roots: Roots::default(),
            index: Index::default(),
            revision: 0,
            history: History::new(secrets::in_path),
        }
    }
}

impl State {
    /// What happened lately, as `uri` sees it: the edits of all files, and the other open files.
    fn recent(&mut self, uri: &str) -> Recent {
        let history = &self.history;
        let shown = |other: &str, open: &mut Open| {
            other != uri
                && !open.doubtful
                && !open.private
                && open.document.rope().len_bytes() <= MAX_OTHER
                && !history.is_secret(&open.path)
                && !open.holds_secret()
        };
        let others = self
            .open
            .iter_mut()
            .filter_map(|(other, open)| shown(other, open).then_some(&*open));
        let mut others: Vec<_> = others.collect();
        others.sort_by_key(|open| std::cmp::Reverse(open.revision));
        let file = |open: &&Open| OpenFile {
            path: Arc::clone(&open.path),
            rope: open.document.rope().clone(),
        };
        let files = others.iter().take(OTHER_FILES).map(file).collect();
        let mut edits = history.edits();
        edits.retain(|edit| !secrets::in_text(&edit.before) && !secrets::in_text(&edit.after));
        Recent { edits, files }
    }
}

impl Documents {
    /// Adds and removes workspace folders; shown paths are relative to them. Gives back those there
    /// are now.
    pub fn change_roots(&self, added: Vec<PathBuf>, removed: &[PathBuf]) -> Roots {
        let mut state = self.state();
        let roots = state.roots.changed(added, removed);
        for (uri, open) in &mut state.open {
            open.path = shown_path(uri, &roots).into();
        }
        state.roots = roots.clone();
        roots
    }

    /// Takes over what is known of the workspace now; the next snapshots hold it.
    pub fn publish(&self, index: Index) {
        self.state().index = index;
    }

    /// What is known of the workspace now.
    pub fn index(&self) -> Index {
        self.state().index.clone()
    }

    /// Says whether a document may be shown to other files, as far as it is not secret.
    pub fn set_private(&self, uri: &str, private: bool) {
        if let Some(open) = self.state().open.get_mut(uri) {
            open.private = private;
        }
    }

    /// The URIs of all open documents.
    pub fn uris(&self) -> Vec<String> {
        self.state().open.keys().cloned().collect()
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.state().open.len()
    }

    /// Names the state of a document; `None` if it is not open.
    pub fn revision(&self, uri: &str) -> Option<u64> {
        self.state().open.get(uri).map(|open| open.revision)
    }

    /// The folder of the workspace that a document lies in.
    pub fn root_of(&self, uri: &str) -> Option<PathBuf> {
        self.state().roots.of(&file_path(uri)?).map(Path::to_owned)
    }

    /// The file of a document, spelt as the folder of the workspace that it lies in.
    pub fn file_of(&self, uri: &str) -> Option<PathBuf> {
        self.state()
            .roots
            .place(&file_path(uri)?)
            .map(|(_, path)| path)
    }

    /// Opens a document, or opens it anew.
    pub fn open(
        &self,
        uri: &str,
        language: &str,
        version: i32,
        text: &str,
    ) -> Result<(), EditError> {
        let document = Document::new(text, if version == NO_VERSION { 0 } else { version })?;
        let mut state = self.state();
        let path = shown_path(uri, &state.roots);
        let first_line = || text.lines().next().and_then(grammars::by_shebang);
        let grammar = grammars::by_language_id(language)
            .or_else(|| grammars::by_path(Path::new(&path)))
            .or_else(first_line);
        state.revision += 1;
        let open = Open {
            path: path.into(),
            language: language.into(),
            grammar,
            document,
            syntax: None,
            parsed: false,
            doubtful: false,
            revision: state.revision,
            shown: None,
            private: file_path(uri).is_some_and(|path| state.roots.of(&path).is_some()),
            secret: (state.revision, secrets::in_text(text)),
        };
        state.history.forget_place(uri);
        state.open.insert(uri.to_owned(), open);
        Ok(())
    }

    /// Applies the changes of one notification, all or none, and gives them back. `Ok(None)` if the
    /// document is not open.
    pub fn change(
        &self,
        uri: &str,
        version: i32,
        changes: &[ContentChange],
        encoding: Encoding,
    ) -> Result<Option<Vec<Step>>, EditError> {
        let mut state = self.state();
        let State {
            open,
            revision,
            history,
            ..
        } = &mut *state;
        *revision += 1;
        let Some(open) = open.get_mut(uri) else {
            return Ok(None);
        };
        let version = if version == NO_VERSION {
            open.document.version()
        } else {
            version
        };
        // Whatever happens until the changes are made leaves the text in doubt.
        let was_doubtful = std::mem::replace(&mut open.doubtful, true);
        let steps = steps(&mut open.document, changes, version, encoding)?;
        let now = Instant::now();
        if !open.private && !open.secret.1 {
            steps
                .iter()
                .for_each(|step| history.edited(uri, &open.path, step, now));
        }
        if let Some(syntax) = &mut open.syntax {
            steps.iter().for_each(|step| syntax.edit(&step.change));
        }
        open.parsed = false;
        open.revision = *revision;
        open.doubtful = was_doubtful && changes.iter().all(|change| change.range.is_some());
        Ok(Some(steps))
    }

    /// Says that a document's text, or any document's, may not be the editor's any more: a change
    /// was not understood.
    pub fn doubt(&self, uri: Option<&str>) {
        let mut state = self.state();
        let meant = state
            .open
            .iter_mut()
            .filter(|(other, _)| uri.is_none_or(|uri| uri == **other));
        meant.for_each(|(_, open)| open.doubtful = true);
    }

    /// Whether a document's text may not be the editor's.
    pub fn is_doubtful(&self, uri: &str) -> bool {
        self.state().open.get(uri).is_some_and(|open| open.doubtful)
    }

    /// Closes a document.
    pub fn close(&self, uri: &str) {
        let mut state = self.state();
        state.open.remove(uri);
        state.history.forget_place(uri);
    }

    /// The text the server holds.
    pub fn text(&self, uri: &str) -> Option<String> {
        self.state()
            .open
            .get(uri)
            .map(|open| open.document.rope().to_string())
    }

    /// The document for a job; `None` if it is not open, or its text is in doubt. A document with a
    /// secret in it comes without anything of other files.
    pub fn take(&self, uri: &str) -> Option<Taken> {
        let mut state = self.state();
        state.open.get(uri).filter(|open| !open.doubtful)?;
        if state.open.get_mut(uri)?.holds_secret() {
            return state
                .open
                .get(uri)
                .map(|open| open.taken(uri, Index::default(), Recent::default()));
        }
        let recent = state.recent(uri);
        let open = state.open.get(uri)?;
        Some(open.taken(uri, state.index.clone(), recent))
    }

    /// At most `most` of the other open documents, in the order of their URIs.
    pub fn others(&self, uri: &str, most: usize) -> Vec<Taken> {
        let mut uris: Vec<String> = self
            .state()
            .open
            .keys()
            .filter(|other| *other != uri)
            .cloned()
            .collect();
        uris.sort_unstable();
        uris.iter()
            .take(most)
            .filter_map(|other| self.take(other))
            .collect()
    }

    /// A document whose tree is behind, if there is one.
    pub fn take_unparsed(&self) -> Option<Taken> {
        self.take_where(|open| !open.parsed && open.grammar.is_some())
    }

    /// A document whose tree was mended along with edits and may differ from that of a fresh parse,
    /// if there is one.
    pub fn take_unsettled(&self) -> Option<Taken> {
        self.take_where(|open| {
            open.parsed
                && open
                    .syntax
                    .as_ref()
                    .is_some_and(|syntax| !syntax.is_settled())
        })
    }

    fn take_where(&self, wanted: impl Fn(&Open) -> bool) -> Option<Taken> {
        let state = self.state();
        let (uri, open) = state.open.iter().find(|(_, open)| wanted(open))?;
        Some(open.taken(uri, Index::default(), Recent::default()))
    }

    /// Takes over the tree of a state, if the document is still in it. `None` says that it has no
    /// tree.
    pub fn parsed(&self, uri: &str, revision: u64, syntax: Option<Syntax>) {
        if let Some(open) = self
            .state()
            .open
            .get_mut(uri)
            .filter(|open| open.revision == revision)
        {
            open.syntax = syntax;
            open.parsed = true;
        }
    }

    /// Remembers what was shown last in a document.
    pub fn remember(&self, uri: &str, shown: Option<ShownCompletion>) {
        if let Some(open) = self.state().open.get_mut(uri) {
            open.shown = shown;
        }
    }

    /// What is left at `offset` of the completion shown last, and its confidence.
    pub fn remaining(&self, uri: &str, offset: usize) -> Option<(String, f32)> {
        let state = self.state();
        let open = state.open.get(uri)?;
        let (text, confidence) = open
            .shown
            .as_ref()?
            .remaining(open.document.rope(), offset)?;
        Some((text.to_owned(), confidence))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Applies the changes one after another, all or none.
fn steps(
    document: &mut Document,
    changes: &[ContentChange],
    version: i32,
    encoding: Encoding,
) -> Result<Vec<Step>, EditError> {
    let mut new = document.clone();
    let mut steps = Vec::with_capacity(changes.len());
    for change in changes {
        let before = new.rope().clone();
        for change in new.apply(std::slice::from_ref(change), version, encoding)? {
            steps.push(Step {
                change,
                before: before.clone(),
                after: new.rope().clone(),
            });
        }
    }
    new.apply(&[], version, encoding)?;
    *document = new;
    Ok(steps)
}

/// The path of a URI as the model sees it: inside a workspace folder relative to it, else the
/// file's name.
fn shown_path(uri: &str, roots: &Roots) -> String {
    let inside = file_path(uri).and_then(|path| roots.name(&path));
    inside.unwrap_or_else(|| {
        let spelt = original(uri).unwrap_or_else(|| uri.to_owned());
        let path = String::from_utf8(unescaped(&spelt)).unwrap_or(spelt);
        path.rsplit('/').next().unwrap_or_default().to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_relative_to_the_workspace() {
        let roots = Roots::single("/home/x/project");
        assert_eq!(
            shown_path("file:///home/x/project/src/a%20b.rs", &roots),
            "src/a b.rs"
        );
        assert_eq!(shown_path("file:///home/x/project2/a.rs", &roots), "a.rs");
        assert_eq!(
            shown_path("untitled:Untitled-1", &roots),
            "untitled:Untitled-1"
        );
        assert_eq!(
            shown_path("untitled:my%20notes.py", &roots),
            "untitled:my notes.py"
        );
        assert_eq!(shown_path("file:///%FF%FE", &roots), "%FF%FE");
    }

    #[test]
    fn a_refused_edit_makes_the_text_doubtful_until_the_whole_text_comes() {
        use text::Position;
        let documents = Documents::default();
        documents.open("a", "python", 1, "x\n").unwrap();
        let reversed = ContentChange {
            range: Some((Position::new(0, 1), Position::new(0, 0))),
            text: "y".into(),
        };
        assert!(
            documents
                .change("a", 2, &[reversed], Encoding::Utf16)
                .is_err()
        );
        assert!(documents.take("a").is_none());
        assert_eq!(documents.text("a").as_deref(), Some("x\n"));
        documents
            .change(
                "a",
                3,
                &[ContentChange {
                    range: None,
                    text: "z".into(),
                }],
                Encoding::Utf16,
            )
            .unwrap();
        assert!(documents.take("a").is_some());
    }

    #[test]
    fn a_tree_of_an_older_text_is_not_taken() {
        let documents = Documents::default();
        documents.open("a", "python", 1, "x = 1\n").unwrap();
        let old = documents.take_unparsed().unwrap();
        documents
            .change(
                "a",
                2,
                &[ContentChange {
                    range: None,
                    text: "y = 1\n".into(),
                }],
                Encoding::Utf16,
            )
            .unwrap();
        documents.parsed("a", old.revision, None);
        assert!(documents.take_unparsed().is_some());
        documents.parsed("a", documents.take("a").unwrap().revision, None);
        assert!(documents.take_unparsed().is_none());
    }
}
