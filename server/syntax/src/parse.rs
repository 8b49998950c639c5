//! A tree in step with a rope: edited at once, reparsed when the caller has time, read in the
//! rope's own chunks.
//!
//! `lsp` calls [`Syntax::edit`] for every change and [`Syntax::parse`] on another thread for the
//! newest rope; both leave the old tree usable. The text is never copied. A parse can be stopped
//! from outside at every progress report of tree-sitter.
//!
//! Equality with a fresh parse: error recovery and some scanners depend on which parts were reused,
//! so a reparse may give another tree than a fresh parse. Of 100,144 random edits (see `equality`)
//! 66,570 ended broken, 81 of which differed, and 33,574 ended whole, 7 of which differed. A tree
//! is *settled* when nothing was reused for it. Small texts are parsed afresh at every edit, in at
//! most a few milliseconds; a large one, where that takes tens, is reparsed at every edit and
//! settled when the user pauses.

use grammars::Grammar;
use ropey::Rope;
use std::ops::{ControlFlow, Range};
use text::Edit;
use tree_sitter::{InputEdit, Node, ParseOptions, Parser, Point, Tree};

/// Documents above this many bytes get no tree: a fresh parse would take longer than a second.
pub const MAX_TREE_BYTES: usize = 4 << 20;

/// Up to this many bytes (about a thousand lines) a text is always parsed afresh, in at most about
/// five milliseconds.
const ALWAYS_FRESH_BYTES: usize = 32 << 10;

/// How much of the last tree is kept for an edited text. Less takes longer and depends less on what
/// stood there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// All that the edits left: for what is asked between two keys.
    Always,
    /// As for documents: all of a large text, nothing of a small one.
    IfLarge,
    /// Nothing.
    Never,
}

/// A tree of one document. Cloning is cheap: trees share their nodes.
#[derive(Clone)]
pub struct Syntax {
    /// The language it was parsed as.
    pub grammar: &'static Grammar,
    /// The tree, of the text at the last parse, moved along by the edits since.
    pub tree: Tree,
    /// Whether nothing was reused for it and no edit came since.
    fresh: bool,
}

impl Syntax {
    /// Parses `rope`; `None` when `stop` said so, or when the text is too large for a tree.
    ///
    /// `old` is the last tree of the same document with every change since applied by
    /// [`Syntax::edit`]; its unchanged parts are reused. `stop` is asked often (every few hundred
    /// steps of the parser) and ends the parse by returning true. The result is
    /// [settled](Self::is_settled) when the text is small or `old` is none.
    pub fn parse(
        grammar: &'static Grammar,
        rope: &Rope,
        old: Option<&Self>,
        stop: &mut dyn FnMut() -> bool,
    ) -> Option<Self> {
        let reusable =
            |old: &&Self| old.grammar.id == grammar.id && rope.len_bytes() > ALWAYS_FRESH_BYTES;
        Self::reparse(grammar, rope, old.filter(reusable), stop)
    }

    /// Whether the tree is that of a fresh parse of the text.
    pub fn is_settled(&self) -> bool {
        self.fresh
    }

    /// The settled tree of the text, to replace this one when there is time. `None` when `stop`
    /// said so.
    pub fn settle(&self, rope: &Rope, stop: &mut dyn FnMut() -> bool) -> Option<Self> {
        if self.fresh {
            return Some(self.clone());
        }
        Self::reparse(self.grammar, rope, None, stop)
    }

    /// The text with `edits` made, which are in its order and do not overlap, and its tree. `self`
    /// is the tree of `rope`. `None` where a range does not exist in the text, or the new text is
    /// too large for a tree.
    pub fn edited(&self, rope: &Rope, edits: &[Edit], reuse: Reuse) -> Option<(Rope, Self)> {
        if !edits.iter().all(|edit| exists(rope, &edit.range)) {
            return None;
        }
        let (mut rope, mut moved) = (rope.clone(), self.clone());
        for edit in edits.iter().rev() {
            moved.edit(&text::replace(&mut rope, edit.range.clone(), &edit.text));
        }
        let syntax = match reuse {
            Reuse::Always => Self::reparse(self.grammar, &rope, Some(&moved), &mut || false),
            Reuse::IfLarge => Self::parse(self.grammar, &rope, Some(&moved), &mut || false),
            Reuse::Never => Self::reparse(self.grammar, &rope, None, &mut || false),
        }?;
        Some((rope, syntax))
    }

    /// One parse, reusing what `old` has.
    pub(crate) fn reparse(
        grammar: &'static Grammar,
        rope: &Rope,
        old: Option<&Self>,
        stop: &mut dyn FnMut() -> bool,
    ) -> Option<Self> {
        let tree = parse_tree(grammar, rope, old.map(|old| &old.tree), stop)?;
        Some(Self {
            grammar,
            tree,
            fresh: old.is_none(),
        })
    }

    /// The nodes around a range, from the root to the smallest. Asking a node for its parent goes
    /// down from the root each time, which is slow where trees are deep.
    pub(crate) fn around(&self, range: Range<usize>) -> Vec<Node<'_>> {
        let mut cursor = self.tree.walk();
        let mut path = vec![cursor.node()];
        let mut more = cursor.goto_first_child();
        while more {
            let node = cursor.node();
            let (start, end) = (node.start_byte(), node.end_byte());
            let reaches =
                end >= range.end && (end > range.start || end == range.start && start == end);
            if reaches && start > range.start {
                break;
            }
            if reaches {
                path.push(node);
            }
            more = if reaches {
                cursor.goto_first_child()
            } else {
                cursor.goto_next_sibling()
            };
        }
        path
    }

    /// Moves the tree along with an edit of the text, so that places before and after it still fit.
    pub fn edit(&mut self, change: &text::Change) {
        self.fresh = false;
        self.tree.edit(&InputEdit {
            start_byte: change.start_byte,
            old_end_byte: change.old_end_byte,
            new_end_byte: change.new_end_byte,
            start_position: point(change.start_point),
            old_end_position: point(change.old_end_point),
            new_end_position: point(change.new_end_point),
        });
    }
}

/// Whether a range begins and ends between characters of the text.
pub(crate) fn exists(rope: &Rope, range: &Range<usize>) -> bool {
    let is_boundary =
        |at: usize| at <= rope.len_bytes() && rope.char_to_byte(rope.byte_to_char(at)) == at;
    range.start <= range.end && is_boundary(range.start) && is_boundary(range.end)
}

fn point(point: text::Point) -> Point {
    Point::new(point.row, point.column)
}

/// One run of the parser over the rope's chunks.
fn parse_tree(
    grammar: &Grammar,
    rope: &Rope,
    old: Option<&Tree>,
    stop: &mut dyn FnMut() -> bool,
) -> Option<Tree> {
    let length = rope.len_bytes();
    if length > MAX_TREE_BYTES {
        return None;
    }
    let mut parser = Parser::new();
    parser.set_language(grammar.language()).ok()?;
    let mut read = |offset: usize, _: Point| -> &[u8] {
        if offset >= length {
            return &[];
        }
        let (chunk, start, _, _) = rope.chunk_at_byte(offset);
        &chunk.as_bytes()[offset - start..]
    };
    let mut progress = |_: &_| {
        if stop() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    parser.parse_with_options(
        &mut read,
        old,
        Some(ParseOptions::new().progress_callback(&mut progress)),
    )
}
