//! What can go wrong with a file, and notes on one that could be read.
//!
//! A [`FileProblem`] ends the reading; a [`FileNote`] goes with the profile. Both are plain
//! sentences for people. Nothing here reads.

use std::fmt;

/// Why a file could not be read, in a sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    message: String,
}

impl FileProblem {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }

    pub(crate) fn reading(path: &std::path::Path, error: &std::io::Error) -> Self {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file; check the path".to_owned(),
            std::io::ErrorKind::PermissionDenied => {
                "it may not be read; check its permissions".to_owned()
            }
            _ => error.to_string(),
        };
        Self::new(format!("{}: {why}", path.display()))
    }
}

impl fmt::Display for FileProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for FileProblem {}

/// What a note is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileNoteKind {
    /// How the file was read: format, delimiter, header, encoding.
    Decided,
    /// Rows or columns that are not in the profile.
    Rejected,
    /// Values that are not of their column's type.
    Unfit,
    /// Values that were taken as missing.
    Missing,
    /// What no row decides: both readings are named.
    Ambiguous,
}

/// What was decided, rejected or lost while a file was read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FileNote {
    /// What it is about.
    pub kind: FileNoteKind,
    /// The column's name, if it is about one.
    pub column: Option<String>,
    /// The first line that it is about, from 1; a row's number where there are no lines.
    pub line: Option<u64>,
    /// How many rows or values it is about; 0 if it is about the whole file.
    pub count: u64,
    /// A plain sentence.
    pub message: String,
}
