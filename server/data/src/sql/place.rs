//! Where a text of SQL is: a file of its own, or a text in code.
//!
//! What is read of it says where it was found, in bytes and lines of the file. A text that code
//! writes with escapes or in pieces is not in the file letter by letter; all of it is then where
//! its call is.

use crate::schema::Origin;
use crate::tokens::Cursor;
use std::sync::Arc;

/// A text of SQL in a file.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    path: &'a Arc<str>,
    /// The byte and the line that it begins at, less one line.
    start: (usize, u32),
    /// Where all of it is, if it is not in the file as it is read.
    whole: Option<&'a Origin>,
}

impl<'a> Place<'a> {
    /// A file that is SQL.
    pub fn file(path: &'a Arc<str>) -> Self {
        Self {
            path,
            start: (0, 0),
            whole: None,
        }
    }

    /// A text in code that is there letter by letter from a byte and a line on.
    pub fn exact(path: &'a Arc<str>, byte: usize, line: u32) -> Self {
        Self {
            path,
            start: (byte, line.saturating_sub(1)),
            whole: None,
        }
    }

    /// A text that code makes.
    pub fn made(at: &'a Origin) -> Self {
        Self {
            path: &at.path,
            start: (0, 0),
            whole: Some(at),
        }
    }

    /// Where a part of the text is.
    pub fn origin(&self, part: &Cursor<'_>) -> Origin {
        if let Some(whole) = self.whole {
            return whole.clone();
        }
        let range = part.range();
        Origin {
            path: Arc::clone(self.path),
            line: part.line() + self.start.1,
            range: range.start + self.start.0..range.end + self.start.0,
        }
    }

    /// The line of the file that a line of the text is in.
    pub fn line(&self, line: u32) -> u32 {
        self.whole.map_or(line + self.start.1, |whole| whole.line)
    }
}
