//! One open document: its text, its tree and what is known about it.

use crate::history::Step;
use completion::ShownCompletion;
use context::{Recent, Snapshot};
use grammars::Grammar;
use index::Index;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use syntax::Syntax;
use text::{ContentChange, Document, EditError, Encoding};
use workspace::secrets;

/// How long a document may be parsed for an answer that someone waits for.
const PARSE_LIMIT: Duration = Duration::from_millis(100);

/// One open document.
pub struct OpenDocument {
    /// The path as the model sees it.
    pub path: Arc<str>,
    language: Arc<str>,
    grammar: Option<&'static Grammar>,
    pub document: Document,
    syntax: Option<Syntax>,
    /// Whether `syntax` is the tree of exactly this text.
    parsed: bool,
    /// Whether an edit was refused, so that the text may differ from the editor's until it sends
    /// the whole text.
    pub out_of_sync: bool,
    /// Counts the edits over all documents ever opened: names one state of one document.
    pub revision: u64,
    /// The completion shown last.
    pub shown: Option<ShownCompletion>,
    /// Whether it is hidden from other files: it is ignored, or that is not known yet.
    pub private: bool,
    /// Whether its text held a secret at a revision.
    secret: (u64, bool),
}

impl OpenDocument {
    /// A document whose text came whole.
    pub fn new(
        path: &str,
        language: &str,
        document: Document,
        private: bool,
        revision: u64,
    ) -> Self {
        let text = document.rope().to_string();
        Self {
            path: path.into(),
            language: language.into(),
            grammar: grammar(language, path, &text),
            document,
            syntax: None,
            parsed: false,
            out_of_sync: false,
            revision,
            shown: None,
            private,
            secret: (revision, secrets::in_text(&text)),
        }
    }

    /// Applies changes, all or none; the state is named `revision` then.
    pub fn apply(
        &mut self,
        changes: &[ContentChange],
        version: Option<i32>,
        encoding: Encoding,
        revision: u64,
    ) -> Result<Vec<Step>, EditError> {
        let version = version.unwrap_or_else(|| self.document.version());
        // Unless the changes are applied, the text is out of sync.
        let was_out_of_sync = std::mem::replace(&mut self.out_of_sync, true);
        let steps = apply_all(&mut self.document, changes, version, encoding)?;
        if let Some(syntax) = &mut self.syntax {
            for step in &steps {
                syntax.edit(&step.change);
            }
        }
        self.parsed = false;
        self.revision = revision;
        self.out_of_sync = was_out_of_sync && changes.iter().all(|change| change.range.is_some());
        Ok(steps)
    }

    /// Takes over the tree of the current text, or notes that there is none.
    pub fn set_tree(&mut self, syntax: Option<Syntax>) {
        self.syntax = syntax;
        self.parsed = true;
    }

    /// Whether its tree is out of date.
    pub fn is_unparsed(&self) -> bool {
        !self.parsed && self.grammar.is_some()
    }

    /// Whether its tree may differ from that of a fresh parse.
    pub fn is_unsettled(&self) -> bool {
        let unsettled = |syntax: &Syntax| !syntax.is_settled();
        self.parsed && self.syntax.as_ref().is_some_and(unsettled)
    }

    /// Whether its text holds a secret.
    pub fn holds_secret(&mut self) -> bool {
        if self.secret.0 != self.revision {
            let text = self.document.rope().to_string();
            self.secret = (self.revision, secrets::in_text(&text));
        }
        self.secret.1
    }

    /// Whether its text may be shown in other files' prompts.
    pub fn may_be_shown(&mut self, max_bytes: usize) -> bool {
        !self.out_of_sync
            && !self.private
            && self.document.rope().len_bytes() <= max_bytes
            && !self.holds_secret()
    }

    /// Whether its edits may be remembered.
    pub fn may_be_remembered(&self) -> bool {
        !self.private && !self.secret.1
    }

    /// Its state now, with what it may see of other files.
    pub fn snapshot(&self, uri: &str, index: Index, recent: Recent) -> DocumentSnapshot {
        let snapshot = Snapshot {
            path: Arc::clone(&self.path),
            language: Arc::clone(&self.language),
            document: self.document.clone(),
            syntax: self.syntax.clone(),
            index,
            recent: Arc::new(recent),
        };
        DocumentSnapshot {
            uri: uri.to_owned(),
            snapshot,
            grammar: self.grammar,
            parsed: self.parsed || self.grammar.is_none(),
            is_secret: secrets::in_path(&self.path),
            revision: self.revision,
        }
    }

    /// Its state now, without anything of other files.
    pub fn bare_snapshot(&self, uri: &str) -> DocumentSnapshot {
        self.snapshot(uri, Index::default(), Recent::default())
    }
}

/// One state of one document, which never changes.
#[derive(Clone)]
pub struct DocumentSnapshot {
    /// The document's key.
    pub uri: String,
    /// The text and what surrounds it; its tree may be out of date, see `parsed`.
    pub snapshot: Snapshot,
    /// The language, where known.
    pub grammar: Option<&'static Grammar>,
    /// Whether the snapshot's tree is the tree of its text.
    pub parsed: bool,
    /// Whether its path says that it holds secrets, so that nothing is completed in it.
    pub is_secret: bool,
    /// Names this state of this document.
    pub revision: u64,
}

impl DocumentSnapshot {
    /// The version that the editor gave to this state.
    pub fn version(&self) -> i32 {
        self.snapshot.document.version()
    }

    /// The same with the tree of its text, unless parsing takes too long. Blocks.
    pub fn parsed(mut self) -> Self {
        if let (false, Some(grammar)) = (self.parsed, self.grammar) {
            let deadline = Instant::now() + PARSE_LIMIT;
            let old = self.snapshot.syntax.take();
            let mut late = || Instant::now() > deadline;
            let rope = self.snapshot.rope();
            self.snapshot.syntax = Syntax::parse(grammar, rope, old.as_ref(), &mut late);
            self.parsed = self.snapshot.syntax.is_some();
        }
        self
    }
}

/// A snapshot of a text that no editor holds, with its tree: a file named on the command line.
pub fn file_snapshot(path: &str, text: &str) -> Result<Snapshot, EditError> {
    let document = Document::new(text, 0)?;
    let grammar = grammar("", path, text);
    let mut never = || false;
    let parse = |grammar| Syntax::parse(grammar, document.rope(), None, &mut never);
    let syntax = grammar.and_then(parse);
    let language = grammar.map_or("", |grammar| grammar.id);
    Ok(Snapshot {
        path: path.into(),
        language: language.into(),
        document,
        syntax,
        index: Index::default(),
        recent: Arc::default(),
    })
}

/// The language of a document: by its id, else by its path, else by its `#!` line.
fn grammar(language: &str, path: &str, text: &str) -> Option<&'static Grammar> {
    let first_line = || text.lines().next().and_then(grammars::by_shebang);
    grammars::by_language_id(language)
        .or_else(|| grammars::by_path(Path::new(path)))
        .or_else(first_line)
}

/// Applies changes one after another, all or none, and returns each with the text before and after.
fn apply_all(
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
