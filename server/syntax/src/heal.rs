//! A whole tree for a place in a broken text: the text up to the cursor's line, with everything
//! closed that it leaves open.
//!
//! While someone types inside a function, the parser often loses the function: an unfinished
//! expression swallows the closing brace, and names and headers around the cursor dissolve into one
//! ERROR. What encloses the cursor is all before it, though. So `outline` asks here for the tree of
//! the text before the cursor's line plus closing brackets, which is mostly free of errors. Where
//! the broken part is short only that part is parsed; else the parse reuses the broken tree's good
//! parts.

use crate::ends::unclosed;
use crate::lines::{indent, line_range, slice};
use crate::parse::Syntax;
use ropey::Rope;
use tree_sitter::Node;

/// How far back a broken region is searched for open brackets, in bytes.
const MAX_BACK: usize = 256 << 10;

/// A broken part of up to this many bytes is parsed by itself.
const MAX_PARSED_PART: usize = 16 << 10;

/// A healed text, its tree, and where the cursor is in it. It starts at `base` in the document and
/// is the same up to the cursor's line.
pub(crate) struct Healed {
    pub syntax: Syntax,
    pub rope: Rope,
    pub offset: usize,
    pub base: usize,
}

/// The healed text for a place; `None` where the text before it is not broken.
pub(crate) fn heal(syntax: &Syntax, rope: &Rope, offset: usize) -> Option<Healed> {
    let line = line_range(rope, offset);
    let base = flush_left(
        rope,
        broken_since(syntax, line.end)?.max(offset.saturating_sub(MAX_BACK)),
    );
    let facts = &syntax.grammar.facts;
    let typed = slice(rope, line.start..offset);
    let keep = if typed.trim_end().ends_with(['{', ':']) {
        offset
    } else {
        line.start
    };
    if base > keep {
        return None; // what is broken begins below the cursor's line
    }
    let closers = unclosed(facts, &slice(rope, base..keep));
    let mut tail = if keep == offset {
        "\n".to_string() + indent(&typed) + &facts.indent
    } else {
        indent(&typed).to_string()
    };
    let inside = tail.len();
    if closers.is_empty() {
        tail += facts.filler.as_deref().unwrap_or("");
    }
    tail.extend(
        closers
            .iter()
            .rev()
            .flat_map(|closer| [closer.as_str(), "\n"]),
    );
    if keep - base <= MAX_PARSED_PART {
        let rope = Rope::from_str(&(slice(rope, base..keep) + &tail));
        let syntax = Syntax::reparse(syntax.grammar, &rope, None, &mut || false)?;
        return Some(Healed {
            syntax,
            rope,
            offset: keep - base + inside,
            base,
        });
    }
    let mut rope = rope.clone();
    let mut edited = syntax.clone();
    let rest = keep..rope.len_bytes();
    edited.edit(&text::replace(&mut rope, rest, &tail));
    let syntax = Syntax::reparse(syntax.grammar, &rope, Some(&edited), &mut || false)?;
    Some(Healed {
        syntax,
        rope,
        offset: keep + inside,
        base: 0,
    })
}

/// Where the outermost node starts that is broken before `end`.
fn broken_since(syntax: &Syntax, end: usize) -> Option<usize> {
    let root = syntax.tree.root_node();
    if root.is_error() {
        return Some(root.start_byte());
    }
    let mut cursor = root.walk();
    let broken = root.children(&mut cursor).find(Node::has_error)?;
    Some(broken.start_byte()).filter(|start| *start <= end)
}

/// The start of the line of `offset`, or of the nearest line before it that is not indented:
/// headers may have fallen off a broken node.
fn flush_left(rope: &Rope, offset: usize) -> usize {
    let indented = |line: &usize| {
        rope.line(*line)
            .chars()
            .next()
            .is_none_or(char::is_whitespace)
    };
    let line = (0..=rope.byte_to_line(offset))
        .rev()
        .find(|line| !indented(line))
        .unwrap_or(0);
    rope.line_to_byte(line)
}
