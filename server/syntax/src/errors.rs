//! What is broken in a tree, and whether an insertion would break it.
//!
//! Filters call [`adds_error`] on what the model wrote before it is shown; `errors` serves diagnostics and repair prompts.
//! Reads rope and tree only, and parses the edited text incrementally: the document itself is not touched.

use crate::ends::unclosed;
use crate::lines::{line_at, line_range, next_nonblank, slice};
use crate::parse::Syntax;
use grammars::Grammar;
use ropey::Rope;
use std::ops::Range;
use tree_sitter::Node;

/// One ERROR or MISSING node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What could not be parsed, in bytes; empty where something is missing.
    pub range: Range<usize>,
    /// Something is missing here, rather than something too much or not understood.
    pub missing: bool,
}

impl Syntax {
    /// All ERROR and MISSING nodes in the order of the text; an ERROR inside another is part of it.
    pub fn errors(&self) -> Vec<SyntaxError> {
        let mut found = Vec::new();
        let mut open = vec![self.tree.root_node()];
        while let Some(node) = open.pop() {
            if node.is_error() || node.is_missing() {
                found.push(SyntaxError { range: node.byte_range(), missing: node.is_missing() });
            } else if node.has_error() {
                let mut cursor = node.walk();
                let children: Vec<Node> = node.children(&mut cursor).filter(Node::has_error).collect();
                open.extend(children.into_iter().rev());
            }
        }
        found
    }
}

/// Whether replacing `replace_len` bytes at `offset` by `insert` adds a syntax error where there was none.
///
/// `old` is the document's tree, with all edits applied; without it the text is parsed afresh. The rules:
/// - An error is new when no error of the text before stands where it stands.
/// - Where the lines around the cursor are free of errors, any new error counts, near or far: an unbalanced quote shows far away.
/// - Where only the cursor's own line is broken (somebody is typing there), a new error counts if it lies inside the inserted text.
/// - Where the neighbouring lines are broken as well, nothing is judged: it was not the insertion.
/// - An insertion that may just be cut short is judged as if it went on: brackets that it leaves open at the end of a line are
///   closed first, and an error at its very end does not count.
///
/// False too when a parse was not possible (text too large).
pub fn adds_error(grammar: &'static Grammar, rope: &Rope, old: Option<&Syntax>, offset: usize, insert: &str, replace_len: usize) -> bool {
    let end = (offset + replace_len).min(rope.len_bytes());
    let on_boundary = |at: usize| at <= rope.len_bytes() && rope.char_to_byte(rope.byte_to_char(at)) == at;
    if !on_boundary(offset) || !on_boundary(end) {
        return false;
    }
    judge(grammar, rope, old, offset..end, insert).unwrap_or(false)
}

fn judge(grammar: &'static Grammar, rope: &Rope, old: Option<&Syntax>, replaced: Range<usize>, insert: &str) -> Option<bool> {
    let parsed;
    let base = match old.filter(|old| old.grammar.id == grammar.id && !old.tree.root_node().has_changes()) {
        Some(old) => old,
        None => {
            parsed = Syntax::reparse(grammar, rope, old.filter(|old| old.grammar.id == grammar.id), &mut || false)?;
            &parsed
        }
    };
    let before = base.errors();
    let around = neighbourhood(rope, &replaced);
    let line = line_range(rope, replaced.start);
    let near: Vec<&SyntaxError> = before.iter().filter(|e| touches(&e.range, &around)).collect();
    if near.iter().any(|e| e.range.start < line.start || e.range.end > line.end) {
        return Some(false);
    }
    let completed = completed(grammar, rope, &replaced, insert);
    let after = parse_edited(base, rope, &replaced, &completed)?.errors();
    let inserted = replaced.start..replaced.start + insert.trim_end().len();
    let moved = |at: usize| if at >= replaced.end { at - replaced.len() + completed.len() } else { at.min(replaced.start) };
    let known = |e: &SyntaxError| before.iter().any(|b| moved(b.range.start) <= e.range.start && e.range.end <= moved(b.range.end));
    let counts = |e: &SyntaxError| {
        let at_very_end = e.range.start >= inserted.end && e.range.end <= replaced.start + completed.len();
        let inside = e.range.start >= inserted.start && e.range.end < inserted.end;
        !at_very_end && !known(e) && (near.is_empty() || inside)
    };
    Some(after.iter().any(counts))
}

/// The insertion with the brackets closed that it leaves open at the end of a line.
fn completed(grammar: &Grammar, rope: &Rope, replaced: &Range<usize>, insert: &str) -> String {
    let rest = slice(rope, replaced.end..line_range(rope, replaced.end).end);
    let mut text = insert.to_string();
    if rest.trim().is_empty() {
        text.extend(unclosed(&grammar.facts, insert).into_iter().rev());
    }
    text
}

fn parse_edited(base: &Syntax, rope: &Rope, replaced: &Range<usize>, insert: &str) -> Option<Syntax> {
    let start_point = text::Point::of(rope, replaced.start);
    let mut edited = rope.clone();
    let at = edited.byte_to_char(replaced.start);
    edited.remove(at..edited.byte_to_char(replaced.end));
    edited.insert(at, insert);
    let mut syntax = base.clone();
    syntax.edit(&text::Change {
        start_byte: replaced.start,
        old_end_byte: replaced.end,
        new_end_byte: replaced.start + insert.len(),
        start_point,
        old_end_point: start_point.after(&slice(rope, replaced.clone())),
        new_end_point: start_point.after(insert),
    });
    Syntax::reparse(base.grammar, &edited, Some(&syntax), &mut || false)
}

/// The lines of the replaced text and the nearest lines before and behind it that are not blank.
fn neighbourhood(rope: &Rope, replaced: &Range<usize>) -> Range<usize> {
    let (first, last) = (rope.byte_to_line(replaced.start), rope.byte_to_line(replaced.end));
    let above = next_nonblank(rope, (0..first).rev().take(20)).map_or(first, |(line, _)| line);
    let below = next_nonblank(rope, (last + 1..rope.len_lines()).take(20)).map_or(last, |(line, _)| line);
    line_at(rope, above).start..line_at(rope, below).end
}

fn touches(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start <= b.end && b.start <= a.end
}
