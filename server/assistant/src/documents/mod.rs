//! The open documents, kept equal to the editor's copies; their trees follow.
//!
//! The editor's messages change documents one after another, and each change is announced once to
//! all listeners (`events.rs`). Parsing never happens here: the worker takes a document whose tree
//! is out of date, parses it and hands the tree back, which counts only if the text has not changed
//! since.

mod events;
mod open;

use crate::history::{History, Step};
use crate::uri::{display_path, file_path};
use completion::ShownCompletion;
use context::{OpenFile, Recent};
use events::Listeners;
pub use events::{DocumentEvent, DocumentListener};
use index::Index;
use open::OpenDocument;
pub use open::{DocumentSnapshot, file_snapshot};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;
use syntax::Syntax;
use text::{ContentChange, Document, EditError, Encoding};
use workspace::{Roots, secrets};

/// The most other open files that a snapshot shows.
const MAX_OTHER_FILES: usize = 8;
/// Larger open files are not shown, in bytes.
const MAX_OTHER_BYTES: usize = 200 << 10;

/// All open documents, by the editor's own spelling of their URIs.
#[derive(Default)]
pub struct Documents {
    state: Mutex<State>,
    listeners: Listeners,
}

struct State {
    open: HashMap<String, OpenDocument>,
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
    /// The recent edits of all files and the other open files, as far as `uri` may see them.
    fn recent(&mut self, uri: &str) -> Recent {
        let history = &self.history;
        let mut others: Vec<&OpenDocument> = Vec::new();
        for (other, open) in &mut self.open {
            if other != uri && !history.is_secret(&open.path) && open.may_be_shown(MAX_OTHER_BYTES)
            {
                others.push(open);
            }
        }
        others.sort_by_key(|open| Reverse(open.revision));
        others.truncate(MAX_OTHER_FILES);
        let files = others.iter().map(|open| OpenFile {
            path: Arc::clone(&open.path),
            rope: open.document.rope().clone(),
        });
        let mut edits = history.edits();
        edits.retain(|edit| !secrets::in_text(&edit.before) && !secrets::in_text(&edit.after));
        Recent {
            edits,
            files: files.collect(),
        }
    }

    fn is_in_workspace(&self, uri: &str) -> bool {
        file_path(uri).is_some_and(|path| self.roots.of(&path).is_some())
    }
}

impl Documents {
    /// Adds a listener, which hears of every change while it lives, after those added before it.
    pub fn subscribe<T: DocumentListener + 'static>(&self, listener: &Arc<T>) {
        let listener: Weak<T> = Arc::downgrade(listener);
        self.listeners.add(listener);
    }

    /// Adds and removes workspace folders; displayed paths are relative to them. Returns the
    /// folders there are now.
    pub fn change_roots(&self, added: Vec<PathBuf>, removed: &[PathBuf]) -> Roots {
        let mut state = self.state();
        let roots = state.roots.changed(added, removed);
        for (uri, open) in &mut state.open {
            open.path = display_path(uri, &roots).into();
        }
        state.roots = roots.clone();
        roots
    }

    /// Replaces the index of the workspace; the next snapshots hold it.
    pub fn publish(&self, index: Index) {
        self.state().index = index;
    }

    /// The index of the workspace as it is now.
    pub fn index(&self) -> Index {
        self.state().index.clone()
    }

    /// Sets whether a document is hidden from other files even if it holds no secret.
    pub fn set_private(&self, uri: &str, private: bool) {
        if let Some(open) = self.state().open.get_mut(uri) {
            open.private = private;
        }
    }

    /// The URIs of all open documents.
    pub fn uris(&self) -> Vec<String> {
        self.state().open.keys().cloned().collect()
    }

    /// The number of open documents.
    pub fn count(&self) -> usize {
        self.state().open.len()
    }

    /// Names the current state of a document; `None` if it is not open.
    pub fn revision(&self, uri: &str) -> Option<u64> {
        self.state().open.get(uri).map(|open| open.revision)
    }

    /// The workspace folder that a document lies in.
    pub fn root_of(&self, uri: &str) -> Option<PathBuf> {
        self.state().roots.of(&file_path(uri)?).map(Path::to_owned)
    }

    /// The file of a document, spelt like the workspace folder that it lies in.
    pub fn file_of(&self, uri: &str) -> Option<PathBuf> {
        let file = file_path(uri)?;
        let state = self.state();
        let (_, path) = state.roots.place(&file)?;
        Some(path)
    }

    /// Opens a document, or opens it again with a new text. The error says why it cannot be
    /// followed.
    pub fn open(
        &self,
        uri: &str,
        language: &str,
        version: impl Into<Option<i32>>,
        text: &str,
    ) -> Result<(), EditError> {
        let opened = self.insert(uri, language, version.into().unwrap_or(0), text);
        self.listeners.tell(uri, &DocumentEvent::Opened);
        opened
    }

    fn insert(&self, uri: &str, language: &str, version: i32, text: &str) -> Result<(), EditError> {
        let document = Document::new(text, version)?;
        let mut state = self.state();
        state.revision += 1;
        let path = display_path(uri, &state.roots);
        let private = state.is_in_workspace(uri);
        let open = OpenDocument::new(&path, language, document, private, state.revision);
        state.history.forget_place(uri);
        state.open.insert(uri.to_owned(), open);
        Ok(())
    }

    /// Applies the changes of one notification, all or none. The error says why they were refused;
    /// the document is then out of sync until its whole text comes. `Ok(false)` if the document is
    /// not open.
    pub fn change(
        &self,
        uri: &str,
        version: impl Into<Option<i32>>,
        changes: &[ContentChange],
        encoding: Encoding,
    ) -> Result<bool, EditError> {
        let changed = self.apply(uri, version.into(), changes, encoding);
        let steps = match &changed {
            Ok(Some(steps)) => steps.as_slice(),
            _ => &[],
        };
        self.listeners.tell(uri, &DocumentEvent::Edited(steps));
        changed.map(|steps| steps.is_some())
    }

    fn apply(
        &self,
        uri: &str,
        version: Option<i32>,
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
        let steps = open.apply(changes, version, encoding, *revision)?;
        let now = Instant::now();
        if open.may_be_remembered() {
            for step in &steps {
                history.edited(uri, &open.path, step, now);
            }
        }
        Ok(Some(steps))
    }

    /// Notes that the text of a document, or of all, may differ from the editor's: a change could
    /// not be read.
    pub fn set_out_of_sync(&self, uri: Option<&str>) {
        let mut affected = Vec::new();
        for (other, open) in &mut self.state().open {
            if uri.is_none_or(|uri| uri == other) {
                open.out_of_sync = true;
                affected.push(other.clone());
            }
        }
        for uri in affected {
            self.listeners.tell(&uri, &DocumentEvent::OutOfSync);
        }
    }

    /// Whether the text of a document may differ from the editor's.
    pub fn is_out_of_sync(&self, uri: &str) -> bool {
        let state = self.state();
        state.open.get(uri).is_some_and(|open| open.out_of_sync)
    }

    /// Closes a document.
    pub fn close(&self, uri: &str) {
        let mut state = self.state();
        state.open.remove(uri);
        state.history.forget_place(uri);
        drop(state);
        self.listeners.tell(uri, &DocumentEvent::Closed);
    }

    /// The text of a document as the server holds it.
    pub fn text(&self, uri: &str) -> Option<String> {
        let state = self.state();
        let open = state.open.get(uri)?;
        Some(open.document.rope().to_string())
    }

    /// The current state of a document; `None` if it is not open or out of sync. A document that
    /// holds a secret comes without anything of other files.
    pub fn snapshot(&self, uri: &str) -> Option<DocumentSnapshot> {
        let mut state = self.state();
        let open = state.open.get_mut(uri).filter(|open| !open.out_of_sync)?;
        if open.holds_secret() {
            return Some(open.snapshot(uri, Index::default(), Recent::default()));
        }
        let recent = state.recent(uri);
        let open = state.open.get(uri)?;
        Some(open.snapshot(uri, state.index.clone(), recent))
    }

    /// At most `most` of the other open documents, in the order of their URIs, without anything of
    /// other files.
    pub fn others(&self, uri: &str, most: usize) -> Vec<DocumentSnapshot> {
        let state = self.state();
        let mut others: Vec<_> = state
            .open
            .iter()
            .filter(|(other, _)| *other != uri)
            .collect();
        others.sort_unstable_by_key(|(uri, _)| *uri);
        others.truncate(most);
        others.retain(|(_, open)| !open.out_of_sync);
        let snapshots = others
            .into_iter()
            .map(|(uri, open)| open.bare_snapshot(uri));
        snapshots.collect()
    }

    /// A document whose tree is out of date, if there is one.
    pub fn unparsed(&self) -> Option<DocumentSnapshot> {
        self.find(OpenDocument::is_unparsed)
    }

    /// A document whose tree was updated edit by edit and may differ from that of a fresh parse, if
    /// there is one.
    pub fn unsettled(&self) -> Option<DocumentSnapshot> {
        self.find(OpenDocument::is_unsettled)
    }

    fn find(&self, wanted: impl Fn(&OpenDocument) -> bool) -> Option<DocumentSnapshot> {
        let state = self.state();
        let (uri, open) = state.open.iter().find(|(_, open)| wanted(open))?;
        Some(open.bare_snapshot(uri))
    }

    /// Takes over the tree of a revision, if the document is still at it. `None` says that it has
    /// no tree.
    pub fn set_tree(&self, uri: &str, revision: u64, syntax: Option<Syntax>) {
        let mut state = self.state();
        if let Some(open) = state.open.get_mut(uri)
            && open.revision == revision
        {
            open.set_tree(syntax);
        }
    }

    /// Remembers the completion shown last in a document.
    pub fn remember(&self, uri: &str, shown: Option<ShownCompletion>) {
        if let Some(open) = self.state().open.get_mut(uri) {
            open.shown = shown;
        }
    }

    /// The rest at `offset` of the completion shown last, and its confidence.
    pub fn remaining(&self, uri: &str, offset: usize) -> Option<(String, f32)> {
        let state = self.state();
        let open = state.open.get(uri)?;
        let shown = open.shown.as_ref()?;
        let (text, confidence) = shown.remaining(open.document.rope(), offset)?;
        Some((text.to_owned(), confidence))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_edit_leaves_the_text_out_of_sync_until_the_whole_text_comes() {
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
        assert!(documents.snapshot("a").is_none());
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
        assert!(documents.snapshot("a").is_some());
    }

    #[test]
    fn a_tree_of_an_older_text_is_not_taken() {
        let documents = Documents::default();
        documents.open("a", "python", 1, "x = 1\n").unwrap();
        let old = documents.unparsed().unwrap();
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
        documents.set_tree("a", old.revision, None);
        assert!(documents.unparsed().is_some());
        documents.set_tree("a", documents.snapshot("a").unwrap().revision, None);
        assert!(documents.unparsed().is_none());
    }
}
