//! Whether a place is code, comment or string: completions, prompts and filters differ between
//! them.
//!
//! The tree answers where it is whole. The end of a line comment belongs to the comment, the place
//! after a closing quote to the code. A string or comment that is still open while typing is no
//! node yet; there the text since the start of the broken region is lexed with the language's
//! facts.

use crate::lex::{Lexer, Region};
use crate::lines::{line_range, slice};
use crate::parse::Syntax;
use ropey::Rope;
use tree_sitter::Node;

/// What the cursor is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Code, also inside an interpolation of a string.
    Code,
    /// A comment, its marks and its very end included.
    Comment,
    /// A string or character literal, after its opening quote.
    String,
}

/// How far back a broken region is read, in bytes.
const MAX_LEXED: usize = 64 << 10;

impl Syntax {
    /// What a place is. `offset` is where the next character would go; past the end counts as the
    /// end.
    pub fn place(&self, rope: &Rope, offset: usize) -> Place {
        let offset = offset.min(rope.len_bytes());
        if offset == 0 {
            return Place::Code;
        }
        let before = rope.char_to_byte(rope.byte_to_char(offset - 1));
        let mut broken_since = None;
        let end = offset.min(self.tree.root_node().end_byte()).max(before);
        for node in self.around(before..end).into_iter().rev() {
            if let Some(place) = self.node_place(rope, node, offset) {
                return place;
            }
            if node.is_error() {
                broken_since = Some(node.start_byte());
            }
        }
        self.lexed_place(rope, offset, broken_since)
    }

    /// What one node says about a place at or after its start; `None` lets its parent decide.
    fn node_place(&self, rope: &Rope, node: Node, offset: usize) -> Option<Place> {
        let facts = &self.grammar.facts;
        let is = |kinds: &[String]| kinds.iter().any(|kind| kind == node.kind());
        let (start, end) = (node.start_byte(), node.end_byte());
        if start >= offset {
            return None;
        }
        if is(&facts.code_in_string_nodes) {
            return (offset < end).then_some(Place::Code);
        }
        if is(&facts.comment_nodes) {
            let text = slice(rope, start..end);
            let block = facts
                .block_comment
                .as_ref()
                .filter(|[open, _]| text.starts_with(open.as_str()));
            let inside = match block {
                Some([open, close]) => {
                    offset < end
                        || text.len() < open.len() + close.len()
                        || !text.ends_with(close.as_str())
                }
                None => !slice(rope, start..offset).contains(['\n', '\r']),
            };
            return inside.then_some(Place::Comment);
        }
        if is(&facts.string_nodes) {
            let text = slice(rope, start..end);
            let number_or_word = text
                .chars()
                .all(|c| c.is_alphanumeric() || ".+-_".contains(c));
            let inside = offset < end || offset == end && !is_closed(&text);
            return (inside && !number_or_word).then_some(Place::String);
        }
        None
    }

    /// What the text says where the tree is broken: the region is lexed from its start, or from the
    /// start of the line.
    fn lexed_place(&self, rope: &Rope, offset: usize, broken_since: Option<usize>) -> Place {
        let line = line_range(rope, offset);
        let root = self.tree.root_node();
        let around = root.descendant_for_byte_range(
            line.start.min(root.end_byte()),
            line.end.min(root.end_byte()),
        );
        if broken_since.is_none() && !around.is_some_and(|node| node.has_error()) {
            return Place::Code;
        }
        let start = broken_since
            .map_or(line.start, |start| start.min(line.start))
            .max(offset.saturating_sub(MAX_LEXED));
        let text = slice(rope, start..offset);
        match Lexer::new(&self.grammar.facts, &text).region_at_end() {
            Region::Code => Place::Code,
            Region::LineComment | Region::BlockComment => Place::Comment,
            Region::String(_) => Place::String,
        }
    }
}

/// Whether the text of a string ends with the quote it starts with, prefixes and hash marks aside.
fn is_closed(text: &str) -> bool {
    let body = text
        .find(['"', '\'', '`', '/', '<'])
        .filter(|at| *at < 8)
        .map_or("", |at| &text[at..]);
    let quote = body
        .chars()
        .next()
        .map(|open| if open == '<' { '>' } else { open });
    quote.is_some_and(|quote| body.len() > 1 && body.trim_end_matches('#').ends_with(quote))
}
