//! What happened lately in the editor: the last edits and the files looked at, for prompts and for
//! what is done again.

use std::sync::Arc;
use text::Rope;

/// A change of neighbouring lines, as one diff would show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentEdit {
    /// The file, as in [`Snapshot::path`](crate::Snapshot::path).
    pub path: Arc<str>,
    /// The first changed line, counted from 0, in the text after the edit.
    pub line: usize,
    /// The lines that were replaced, whole, with their breaks.
    pub before: String,
    /// The lines that took their place, whole, with their breaks.
    pub after: String,
}

/// A file that is open in the editor.
#[derive(Clone, Debug)]
pub struct OpenFile {
    /// Its path, as in [`Snapshot::path`](crate::Snapshot::path).
    pub path: Arc<str>,
    /// Its text.
    pub rope: Rope,
}

/// What happened lately.
#[derive(Clone, Default)]
pub struct Recent {
    /// The last edits, the latest first.
    pub edits: Vec<RecentEdit>,
    /// The other open files, the one looked at last first.
    pub files: Vec<OpenFile>,
}
