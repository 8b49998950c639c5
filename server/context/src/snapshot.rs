//! Everything a product may look at, frozen at one moment. Cloning is cheap: rope and tree share
//! their nodes.
//!
//! `lsp` makes one before the first `await` of a request; products and context read it on the
//! worker's thread.

use crate::recent::Recent;
use index::Index;
use std::sync::Arc;
use syntax::Syntax;
use text::{Document, Rope};

/// One document as it was when the request came.
#[derive(Clone)]
pub struct Snapshot {
    /// The path shown to the model, relative to the workspace, with `/` between its parts.
    pub path: Arc<str>,
    /// The language id the editor gave, e.g. `python`; empty when unknown.
    pub language: Arc<str>,
    /// The text and its version.
    pub document: Document,
    /// The tree of exactly this text, or `None` where there is no grammar or parsing has not caught
    /// up.
    pub syntax: Option<Syntax>,
    /// What is in the workspace, as far as it is known.
    pub index: Index,
    /// What happened lately in the editor.
    pub recent: Arc<Recent>,
}

impl Snapshot {
    /// The text.
    pub fn rope(&self) -> &Rope {
        self.document.rope()
    }

    /// The text between two byte offsets, as a string.
    pub fn slice(&self, start: usize, end: usize) -> String {
        syntax::slice(self.rope(), start..end)
    }

    /// The line of `offset` before and after it, without the line break.
    pub fn line_around(&self, offset: usize) -> (String, String) {
        let rope = self.rope();
        let line = rope.byte_to_line(offset);
        let start = rope.line_to_byte(line);
        let end = start + text::position::content(rope.line(line)).len_bytes();
        (
            self.slice(start, offset),
            self.slice(offset, end.max(offset)),
        )
    }

    /// The lines above that of `offset`, nearest first, without their breaks.
    pub fn lines_above(&self, offset: usize) -> impl Iterator<Item = String> + '_ {
        (0..self.rope().byte_to_line(offset))
            .rev()
            .map(|line| self.line(line))
    }

    /// The lines below that of `offset`, nearest first, without their breaks.
    pub fn lines_below(&self, offset: usize) -> impl Iterator<Item = String> + '_ {
        let rope = self.rope();
        (rope.byte_to_line(offset) + 1..rope.len_lines()).map(|line| self.line(line))
    }

    fn line(&self, line: usize) -> String {
        text::position::content(self.rope().line(line)).to_string()
    }
}
