//! The lines around the cursor that a next-edit model may rewrite, as one text with `\n` between
//! its lines, whatever breaks the document has.

use super::history::contents;
use context::{RecentEdit, Snapshot};
use std::ops::Range;
use text::{Edit, Rope};

/// How far a window may reach.
#[derive(Clone, Copy, Debug)]
pub(super) struct WindowSize {
    /// Lines above that of the cursor.
    pub above: usize,
    /// Lines below it.
    pub below: usize,
    /// Bytes in all; the line of the cursor always belongs to it.
    pub bytes: usize,
}

/// Some lines of a document.
pub(super) struct EditWindow<'a> {
    /// The document.
    pub snapshot: &'a Snapshot,
    /// Which lines of it, counted from 0.
    pub lines: Range<usize>,
    /// Their text without the last break.
    pub text: String,
    /// The cursor, in bytes of `text`.
    pub cursor: usize,
}

impl<'a> EditWindow<'a> {
    /// The lines around byte `offset`, as many below as above where the document has them.
    pub fn around(snapshot: &'a Snapshot, offset: usize, size: WindowSize) -> Self {
        let rope = snapshot.rope();
        let line = rope.byte_to_line(offset);
        let mut lines = line..line + 1;
        let mut room = size.bytes.saturating_sub(rope.line(line).len_bytes());
        loop {
            let before = lines.clone();
            if lines.end < rope.len_lines()
                && lines.end - line <= size.below
                && takes(&mut room, rope, lines.end)
            {
                lines.end += 1;
            }
            if lines.start > 0
                && line - lines.start < size.above
                && takes(&mut room, rope, lines.start - 1)
            {
                lines.start -= 1;
            }
            if lines == before {
                break;
            }
        }
        let start = rope.line_to_byte(line);
        let own = content(rope, line);
        let column = (offset - start).min(own.len());
        let above = joined(rope, lines.start..line);
        Self {
            snapshot,
            text: joined(rope, lines.clone()),
            cursor: above.len() + usize::from(line > lines.start) + column,
            lines,
        }
    }

    /// The text before and after the cursor.
    pub fn halves(&self) -> (&str, &str) {
        self.text.split_at(self.cursor)
    }

    /// Whole lines above the window, each with its break.
    pub fn above(&self, bytes: usize) -> String {
        let rope = self.snapshot.rope();
        let mut start = self.lines.start;
        let mut room = bytes;
        while start > 0 && takes(&mut room, rope, start - 1) {
            start -= 1;
        }
        let lines = start..self.lines.start;
        lines.map(|line| content(rope, line) + "\n").collect()
    }

    /// Whole lines below the window, each with the break before it.
    pub fn below(&self, bytes: usize) -> String {
        let rope = self.snapshot.rope();
        let mut end = self.lines.end;
        let mut room = bytes;
        while end < rope.len_lines() && takes(&mut room, rope, end) {
            end += 1;
        }
        let lines = self.lines.end..end;
        lines
            .map(|line| format!("\n{}", content(rope, line)))
            .collect()
    }

    /// The window and the lines around it.
    pub fn with_context(&self, bytes: usize) -> String {
        format!("{}{}{}", self.above(bytes), self.text, self.below(bytes))
    }

    /// The text with an edit taken back, if the lines of the edit are all here and unchanged since.
    pub fn without(&self, edit: &RecentEdit) -> Option<String> {
        if edit.path != self.snapshot.path {
            return None;
        }
        let first = edit.line.checked_sub(self.lines.start)?;
        let own: Vec<&str> = self.text.split('\n').collect();
        let before = contents(&edit.before);
        let after = contents(&edit.after);
        let end = first + after.len();
        if own.get(first..end)? != after.as_slice() {
            return None;
        }
        Some(
            [&own[..first], &before[..], &own[end..]]
                .concat()
                .join("\n"),
        )
    }

    /// The text before the last edit of this document, if it is still known.
    pub fn before_last_edit(&self) -> Option<String> {
        let edits = &self.snapshot.recent.edits;
        let last = edits.iter().find(|edit| edit.path == self.snapshot.path)?;
        self.without(last)
    }

    /// Edits of the text as edits of the document, with its own line breaks.
    pub fn to_document(&self, edits: &[Edit]) -> Vec<Edit> {
        let line_break = self.line_break();
        let edit = |edit: &Edit| {
            let range = self.offset(edit.range.start)..self.offset(edit.range.end);
            Edit::replace(range, edit.text.replace('\n', line_break))
        };
        edits.iter().map(edit).collect()
    }

    /// The place in the document of a byte of the text.
    fn offset(&self, at: usize) -> usize {
        let before = &self.text[..at];
        let line = self.lines.start + before.matches('\n').count();
        let column = before.rfind('\n').map_or(at, |newline| at - newline - 1);
        self.snapshot.rope().line_to_byte(line) + column
    }

    fn line_break(&self) -> &'static str {
        let first = self.snapshot.rope().line(self.lines.start);
        if first.to_string().ends_with("\r\n") {
            "\r\n"
        } else {
            "\n"
        }
    }
}

/// Takes a line into the room that is left, if it fits.
fn takes(room: &mut usize, rope: &Rope, line: usize) -> bool {
    match room.checked_sub(rope.line(line).len_bytes().max(1)) {
        Some(left) => {
            *room = left;
            true
        }
        None => false,
    }
}

/// A line without its break.
fn content(rope: &Rope, line: usize) -> String {
    text::position::content(rope.line(line)).to_string()
}

/// Lines with `\n` between them.
fn joined(rope: &Rope, lines: Range<usize>) -> String {
    let lines: Vec<String> = lines.map(|line| content(rope, line)).collect();
    lines.join("\n")
}
