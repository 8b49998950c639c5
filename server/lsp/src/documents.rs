//! The open documents, kept equal to the editor's copies; their trees follow.
//!
//! Handlers change documents before their first `await`, so changes apply in the order they came. Parsing never happens
//! here: the worker takes a document whose tree is behind, parses it and hands the tree back, which is taken only if
//! the text has not changed since.

use crate::history::{History, Step};
use context::{OpenFile, Recent, Snapshot};
use features::Shown;
use grammars::Grammar;
use index::Index;
use std::collections::HashMap;
use std::path::Path;
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
    /// Whether an edit was refused, so that the text may differ from the editor's until it sends the whole text.
    doubtful: bool,
    /// Counts the edits, over all documents ever opened: names one state of one document.
    revision: u64,
    shown: Option<Shown>,
}

impl Open {
    fn taken(&self, uri: &str, recent: Recent) -> Taken {
        let snapshot = Snapshot {
            path: Arc::clone(&self.path),
            language: Arc::clone(&self.language),
            document: self.document.clone(),
            syntax: self.syntax.clone(),
            index: Index::default(),
            recent: Arc::new(recent),
        };
        let parsed = self.parsed || self.grammar.is_none();
        Taken { uri: uri.to_owned(), snapshot, grammar: self.grammar, parsed, revision: self.revision }
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
    roots: Vec<String>,
    revision: u64,
    history: History,
}

impl Default for State {
    fn default() -> Self {
        Self { open: HashMap::new(), roots: Vec::new(), revision: 0, history: History::new(is_secret) }
    }
}

impl State {
    /// What happened lately, as `uri` sees it: the edits of all files, and the other open files.
    fn recent(&self, uri: &str) -> Recent {
        let shown = |(other, open): &(&String, &Open)| {
            *other != uri
                && !open.doubtful
                && open.document.rope().len_bytes() <= MAX_OTHER
                && !self.history.is_secret(&open.path)
        };
        let mut others: Vec<_> = self.open.iter().filter(shown).map(|(_, open)| open).collect();
        others.sort_by_key(|open| std::cmp::Reverse(open.revision));
        let file = |open: &&Open| OpenFile { path: Arc::clone(&open.path), rope: open.document.rope().clone() };
        Recent { edits: self.history.edits(), files: others.iter().take(OTHER_FILES).map(file).collect() }
    }
}

impl Documents {
    /// Adds and removes workspace folders, by their paths; shown paths are relative to them.
    pub fn change_roots(&self, added: Vec<String>, removed: &[String]) {
        let mut state = self.state();
        state.roots.retain(|root| !removed.contains(root));
        state.roots.extend(added);
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.state().open.len()
    }

    /// Opens a document, or opens it anew.
    pub fn open(&self, uri: &str, language: &str, version: i32, text: &str) -> Result<(), EditError> {
        let document = Document::new(text, version)?;
        let mut state = self.state();
        let path = shown_path(uri, &state.roots);
        let first_line = || text.lines().next().and_then(grammars::by_shebang);
        let grammar =
            grammars::by_language_id(language).or_else(|| grammars::by_path(Path::new(&path))).or_else(first_line);
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
        };
        state.history.forget_place(uri);
        state.open.insert(uri.to_owned(), open);
        Ok(())
    }

    /// Applies the changes of one notification, all or none. `Ok(false)` if the document is not open.
    pub fn change(
        &self,
        uri: &str,
        version: i32,
        changes: &[ContentChange],
        encoding: Encoding,
    ) -> Result<bool, EditError> {
        let mut state = self.state();
        let State { open, revision, history, .. } = &mut *state;
        *revision += 1;
        let Some(open) = open.get_mut(uri) else { return Ok(false) };
        let steps = steps(&mut open.document, changes, version, encoding).inspect_err(|_| open.doubtful = true)?;
        let now = Instant::now();
        steps.iter().for_each(|step| history.edited(uri, &open.path, step, now));
        if changes.iter().any(|change| change.range.is_none()) {
            open.doubtful = false;
        }
        if let Some(syntax) = &mut open.syntax {
            steps.iter().for_each(|step| syntax.edit(&step.change));
        }
        open.parsed = false;
        open.revision = *revision;
        Ok(true)
    }

    /// Closes a document.
    pub fn close(&self, uri: &str) {
        let mut state = self.state();
        state.open.remove(uri);
        state.history.forget_place(uri);
    }

    /// The text the server holds.
    pub fn text(&self, uri: &str) -> Option<String> {
        self.state().open.get(uri).map(|open| open.document.rope().to_string())
    }

    /// The document for a job; `None` if it is not open, or its text is in doubt.
    pub fn take(&self, uri: &str) -> Option<Taken> {
        let state = self.state();
        let open = state.open.get(uri).filter(|open| !open.doubtful)?;
        Some(open.taken(uri, state.recent(uri)))
    }

    /// At most `most` of the other open documents, in the order of their URIs.
    pub fn others(&self, uri: &str, most: usize) -> Vec<Taken> {
        let mut uris: Vec<String> = self.state().open.keys().filter(|other| *other != uri).cloned().collect();
        uris.sort_unstable();
        uris.iter().take(most).filter_map(|other| self.take(other)).collect()
    }

    /// A document whose tree is behind, if there is one.
    pub fn take_unparsed(&self) -> Option<Taken> {
        self.take_where(|open| !open.parsed && open.grammar.is_some())
    }

    /// A document whose tree was mended along with edits and may differ from that of a fresh parse, if there is one.
    pub fn take_unsettled(&self) -> Option<Taken> {
        self.take_where(|open| open.parsed && open.syntax.as_ref().is_some_and(|syntax| !syntax.is_settled()))
    }

    fn take_where(&self, wanted: impl Fn(&Open) -> bool) -> Option<Taken> {
        let state = self.state();
        let (uri, open) = state.open.iter().find(|(_, open)| wanted(open))?;
        Some(open.taken(uri, Recent::default()))
    }

    /// Takes over the tree of a state, if the document is still in it. `None` says that it has no tree.
    pub fn parsed(&self, uri: &str, revision: u64, syntax: Option<Syntax>) {
        if let Some(open) = self.state().open.get_mut(uri).filter(|open| open.revision == revision) {
            open.syntax = syntax;
            open.parsed = true;
        }
    }

    /// Remembers what was shown last in a document.
    pub fn remember(&self, uri: &str, shown: Option<Shown>) {
        if let Some(open) = self.state().open.get_mut(uri) {
            open.shown = shown;
        }
    }

    /// What is left at `offset` of the completion shown last, and its confidence.
    pub fn remaining(&self, uri: &str, offset: usize) -> Option<(String, f32)> {
        let state = self.state();
        let open = state.open.get(uri)?;
        let (text, confidence) = open.shown.as_ref()?.remaining(open.document.rope(), offset)?;
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
            steps.push(Step { change, before: before.clone(), after: new.rope().clone() });
        }
    }
    new.apply(&[], version, encoding)?;
    *document = new;
    Ok(steps)
}

/// Whether a file of this path is likely to hold passwords or keys: nothing of it is kept or shown elsewhere.
fn is_secret(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let ends = [".pem", ".key", ".pfx", ".p12", ".kdbx", ".keystore", ".asc", ".gpg"];
    let starts = [".env", ".netrc", ".npmrc", ".pypirc", ".pgpass", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"];
    ends.iter().any(|end| name.ends_with(end))
        || starts.iter().any(|start| name.starts_with(start))
        || ["credentials", "secrets"].iter().any(|word| name.contains(word))
}

/// The path of a URI as the model sees it: inside a workspace folder relative to it, else the file's name.
fn shown_path(uri: &str, roots: &[String]) -> String {
    let path = file_path(uri).unwrap_or_else(|| uri.to_owned());
    let inside = roots.iter().find_map(|root| path.strip_prefix(root.trim_end_matches('/'))?.strip_prefix('/'));
    match inside {
        Some(relative) => relative.to_owned(),
        None => path.rsplit('/').next().unwrap_or_default().to_owned(),
    }
}

/// The path in a `file:` URI, percent signs resolved; `None` for other schemes.
pub fn file_path(uri: &str) -> Option<String> {
    let rest = uri.strip_prefix("file://")?;
    let path = &rest[rest.find('/')?..];
    let (mut bytes, mut at) = (Vec::with_capacity(path.len()), 0);
    while at < path.len() {
        let escaped = path.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (path.as_bytes()[at], escaped) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                at += 3;
            }
            (byte, _) => {
                bytes.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_relative_to_the_workspace() {
        let roots = ["/home/x/project".to_owned()];
        assert_eq!(shown_path("file:///home/x/project/src/a%20b.rs", &roots), "src/a b.rs");
        assert_eq!(shown_path("file:///home/x/project2/a.rs", &roots), "a.rs");
        assert_eq!(shown_path("untitled:Untitled-1", &roots), "untitled:Untitled-1");
        assert_eq!(shown_path("file:///%FF%FE", &roots), "%FF%FE");
    }

    #[test]
    fn a_refused_edit_makes_the_text_doubtful_until_the_whole_text_comes() {
        use text::Position;
        let documents = Documents::default();
        documents.open("a", "python", 1, "x\n").unwrap();
        let reversed = ContentChange { range: Some((Position::new(0, 1), Position::new(0, 0))), text: "y".into() };
        assert!(documents.change("a", 2, &[reversed], Encoding::Utf16).is_err());
        assert!(documents.take("a").is_none());
        assert_eq!(documents.text("a").as_deref(), Some("x\n"));
        documents.change("a", 3, &[ContentChange { range: None, text: "z".into() }], Encoding::Utf16).unwrap();
        assert!(documents.take("a").is_some());
    }

    #[test]
    fn a_tree_of_an_older_text_is_not_taken() {
        let documents = Documents::default();
        documents.open("a", "python", 1, "x = 1\n").unwrap();
        let old = documents.take_unparsed().unwrap();
        documents.change("a", 2, &[ContentChange { range: None, text: "y = 1\n".into() }], Encoding::Utf16).unwrap();
        documents.parsed("a", old.revision, None);
        assert!(documents.take_unparsed().is_some());
        documents.parsed("a", documents.take("a").unwrap().revision, None);
        assert!(documents.take_unparsed().is_none());
    }
}
