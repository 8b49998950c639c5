//! A whole tree for a place in a broken text: the text up to the cursor's line, with everything closed that it leaves open.
//!
//! While somebody types inside a function, the parser often loses the function: an unfinished expression swallows the closing brace, and
//! names and headers around the cursor dissolve into one ERROR. What encloses the cursor is all before it, though. So `outline` asks
//! here for the tree of the text before the cursor's line plus closing brackets, which is mostly free of errors. The parse reuses the
//! broken tree's good parts and takes a millisecond or two even in a long file.

use crate::ends::unclosed;
use crate::lines::{indent, line_range, slice};
use crate::parse::Syntax;
use ropey::Rope;
use tree_sitter::Node;

/// How far back a broken region is searched for open brackets, in bytes.
const MAX_BACK: usize = 256 << 10;

/// A healed text, its tree, and where the cursor is in it. Offsets before the cursor's line are those of the document.
pub(crate) struct Healed {
    pub syntax: Syntax,
    pub rope: Rope,
    pub offset: usize,
}

/// The healed text for a place; `None` where the text before it is not broken.
pub(crate) fn heal(syntax: &Syntax, rope: &Rope, offset: usize) -> Option<Healed> {
    let line = line_range(rope, offset);
    let broken = broken_since(syntax, line.end)?.max(offset.saturating_sub(MAX_BACK));
    let facts = &syntax.grammar.facts;
    let typed = slice(rope, line.start..offset);
    let keep = if typed.trim_end().ends_with(['{', ':']) { offset } else { line.start };
    let closers = unclosed(facts, &slice(rope, broken..keep));
    let mut tail =
        if keep == offset { "\n".to_string() + indent(&typed) + &facts.indent } else { indent(&typed).to_string() };
    let inside = tail.len();
    if closers.is_empty() {
        tail += facts.filler.as_deref().unwrap_or("");
    }
    tail.extend(closers.iter().rev().flat_map(|closer| [closer.as_str(), "\n"]));
    let mut healed = Healed { syntax: syntax.clone(), rope: rope.clone(), offset: keep + inside };
    healed.syntax.edit(&replace_rest(&mut healed.rope, keep, &tail));
    healed.syntax = Syntax::reparse(syntax.grammar, &healed.rope, Some(&healed.syntax), &mut || false)?;
    Some(healed)
}

/// Where the outermost node starts that is broken before `end`.
fn broken_since(syntax: &Syntax, end: usize) -> Option<usize> {
    let root = syntax.tree.root_node();
    if root.is_error() {
        return Some(root.start_byte());
    }
    let mut cursor = root.walk();
    root.children(&mut cursor)
        .filter(Node::has_error)
        .map(|node| node.start_byte())
        .next()
        .filter(|start| *start <= end)
}

/// Replaces everything from `keep` on and describes the edit.
fn replace_rest(rope: &mut Rope, keep: usize, tail: &str) -> text::Change {
    let (start_point, old_end_byte) = (text::Point::of(rope, keep), rope.len_bytes());
    let old_end_point = start_point.after(&slice(rope, keep..old_end_byte));
    let at = rope.byte_to_char(keep);
    rope.remove(at..);
    rope.insert(at, tail);
    let new_end_point = start_point.after(tail);
    text::Change {
        start_byte: keep,
        old_end_byte,
        new_end_byte: keep + tail.len(),
        start_point,
        old_end_point,
        new_end_point,
    }
}
