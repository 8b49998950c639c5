//! What is broken in a tree, and what edits would break.
//!
//! [`errors_after`] says which errors are left once edits are made; whoever proposes edits compares
//! that with the errors before. [`adds_error`] asks whether an edit that may be cut short, as what
//! a model writes, is to blame for an error. Reads rope and tree only: the document itself is not
//! touched.

use crate::ends::unclosed;
use crate::lines::{line_at, line_range, next_nonblank, slice};
use crate::parse::{Reuse, Syntax, exists};
use ropey::Rope;
use std::ops::Range;
use text::Edit;
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
                found.push(SyntaxError {
                    range: node.byte_range(),
                    missing: node.is_missing(),
                });
            } else if node.has_error() {
                let mut cursor = node.walk();
                let children: Vec<Node> =
                    node.children(&mut cursor).filter(Node::has_error).collect();
                open.extend(children.into_iter().rev());
            }
        }
        found
    }
}

/// The errors that the text has once `edits` are made, which are in its order and do not overlap;
/// `None` where they cannot be made or the new text gets no tree. `syntax` is the tree of `rope`.
pub fn errors_after(
    syntax: &Syntax,
    rope: &Rope,
    edits: &[Edit],
    reuse: Reuse,
) -> Option<Vec<SyntaxError>> {
    let (_, edited) = syntax.edited(rope, edits, reuse)?;
    Some(edited.errors())
}

/// Whether `edit` adds a syntax error where there was none; it may be cut short.
///
/// `syntax` is the document's tree, with all edits applied. The rules:
/// - An error is new when no error of the text before is where it is.
/// - Where the lines around the cursor are free of errors, a new error there counts, and so does
///   one error more than before in the rest of the text: an unbalanced quote or bracket shows far
///   away.
/// - Where only the cursor's own line is broken (someone is typing there), a new error counts if
///   it lies inside the inserted text.
/// - Where the neighbouring lines are broken as well, nothing is judged: it was not the insertion.
/// - An insertion may be cut short. So it is judged as it is and, at the end of a line, with
///   everything closed that it leaves open, and blamed only if all of these are broken; an error
///   after its last character, or one that reaches up to an operator, comma or opening bracket at
///   its end, does not count.
///
/// False too when a parse was not possible (text too large, offsets that do not exist).
pub fn adds_error(syntax: &Syntax, rope: &Rope, edit: &Edit) -> bool {
    let range = edit.range.start..edit.range.end.min(rope.len_bytes());
    if !exists(rope, &range) {
        return false;
    }
    let base = if syntax.tree.root_node().has_changes() {
        Syntax::reparse(syntax.grammar, rope, Some(syntax), &mut || false)
    } else {
        Some(syntax.clone())
    };
    base.and_then(|base| InsertionCheck::new(&base, rope, range)?.blames_all(&edit.text))
        .unwrap_or(false)
}

/// The text before the insertion, as far as it matters for the judgement.
struct InsertionCheck<'a> {
    base: &'a Syntax,
    rope: &'a Rope,
    replaced: Range<usize>,
    before: Vec<SyntaxError>,
    /// The lines around the cursor.
    around: Range<usize>,
    line_is_broken: bool,
    /// How many errors stand elsewhere.
    far: usize,
}

impl<'a> InsertionCheck<'a> {
    /// `None` where nothing can be judged, because more than the cursor's line is broken.
    fn new(base: &'a Syntax, rope: &'a Rope, replaced: Range<usize>) -> Option<Self> {
        let before = base.errors();
        let (around, line) = (
            neighbourhood(rope, &replaced),
            line_range(rope, replaced.start),
        );
        let near: Vec<&SyntaxError> = before
            .iter()
            .filter(|e| touches(&e.range, &around))
            .collect();
        let line_is_broken = !near.is_empty();
        let elsewhere = near
            .iter()
            .any(|e| e.range.start < line.start || e.range.end > line.end);
        let far = before.len() - near.len();
        (!elsewhere).then_some(Self {
            base,
            rope,
            replaced,
            before,
            around,
            line_is_broken,
            far,
        })
    }

    /// Whether the insertion is broken as it is and in every way to complete it; `None` when a
    /// parse failed.
    fn blames_all(&self, insert: &str) -> Option<bool> {
        let rest = slice(
            self.rope,
            self.replaced.end..line_range(self.rope, self.replaced.end).end,
        );
        let closers: Vec<String> = unclosed(&self.base.grammar.facts, insert)
            .into_iter()
            .rev()
            .collect();
        let mut completions = vec![String::new()];
        if rest.trim().is_empty() && !closers.is_empty() {
            completions.extend([closers.concat(), format!("\n{}", closers.join("\n"))]);
        }
        for completion in completions {
            if !self.blames(insert, &completion)? {
                return Some(false);
            }
        }
        Some(true)
    }

    fn blames(&self, insert: &str, completion: &str) -> Option<bool> {
        let completed = Edit::replace(self.replaced.clone(), insert.to_owned() + completion);
        let after = errors_after(
            self.base,
            self.rope,
            std::slice::from_ref(&completed),
            Reuse::Always,
        )?;
        let start = self.replaced.start;
        let (inserted_end, completed_end) = (
            start + insert.trim_end().len(),
            start + completed.text.len(),
        );
        let goes_on = insert
            .trim_end()
            .ends_with(|c: char| c.is_ascii_punctuation() && !")]}\"'`;_".contains(c));
        let moved = |at: usize| {
            if at >= self.replaced.end {
                at - self.replaced.len() + completed.text.len()
            } else {
                at.min(start)
            }
        };
        let known = |e: &SyntaxError| {
            self.before
                .iter()
                .any(|b| moved(b.range.start) <= e.range.start && e.range.end <= moved(b.range.end))
        };
        let around = self.around.start..moved(self.around.end);
        let counts = |e: &SyntaxError| {
            let follows = e.range.start >= inserted_end && e.range.end <= completed_end;
            let cut_short = goes_on
                && e.range.start >= start
                && (inserted_end..=completed_end).contains(&e.range.end);
            let inside = e.range.start >= start && e.range.end <= inserted_end;
            touches(&e.range, &around)
                && !follows
                && !cut_short
                && !known(e)
                && (inside || !self.line_is_broken)
        };
        let far = after.iter().filter(|e| !touches(&e.range, &around)).count();
        Some(after.iter().any(counts) || !self.line_is_broken && far > self.far)
    }
}

/// The lines of the replaced text and the nearest lines before and after it that are not blank.
fn neighbourhood(rope: &Rope, replaced: &Range<usize>) -> Range<usize> {
    let (first, last) = (
        rope.byte_to_line(replaced.start),
        rope.byte_to_line(replaced.end),
    );
    let above = next_nonblank(rope, (0..first).rev().take(20)).map_or(first, |(line, _)| line);
    let below =
        next_nonblank(rope, (last + 1..rope.len_lines()).take(20)).map_or(last, |(line, _)| line);
    line_at(rope, above).start..line_at(rope, below).end
}

fn touches(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start <= b.end && b.start <= a.end
}
