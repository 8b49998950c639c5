//! A change of a line as hunks: which lexemes were replaced by which, with the context around them.

use super::changes::LineChange;
use super::lexemes::{BOUNDARY, Lexeme, at, lexemes};
use super::view::DocumentView;
use similar::{Algorithm, capture_diff_slices};
use std::ops::Range;
use syntax::Place;
use text::words::is_name;

/// How many lexemes of context are kept on each side of a hunk.
pub(super) const CONTEXT_LEXEMES: usize = 5;
/// Hunks of a line are also looked at as one if that has no more lexemes than this.
const MAX_MERGED: usize = 12;

/// Which of the blanks around a place are replaced with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spacing {
    /// None: lexemes are replaced by lexemes.
    Kept,
    /// Those before the next lexeme.
    Following,
    /// Those after the last lexeme.
    Preceding,
}

/// Lexemes that were replaced.
#[derive(Clone, Debug)]
pub(super) struct Hunk {
    /// The lexemes that were there.
    pub removed: Vec<String>,
    /// The lexemes that are there now.
    pub added: Vec<String>,
    /// What is written at such a place, with the blanks that belong to it.
    pub text: String,
    pub spacing: Spacing,
    /// The lexemes before the place, the nearest first, the boundary of the line at the end.
    pub before: Vec<String>,
    /// The lexemes after it, the nearest first.
    pub after: Vec<String>,
    /// Where the added lexemes are now, in bytes of the document.
    pub range: Range<usize>,
    /// Whether that is code, a comment or a string.
    pub region: Place,
    pub line: usize,
    /// How many edits were made since.
    pub age: usize,
    /// It is all hunks of its line in one.
    pub merged: bool,
}

/// The hunks of a change, one by one, then merged into one if there are several.
pub(super) fn hunks(view: &DocumentView, change: &LineChange) -> Vec<Hunk> {
    let (old, new) = (lexemes(&change.before), lexemes(&change.after));
    let spans = differing(&old, &new);
    let diff = LineDiff {
        view,
        change,
        old: &old,
        new: &new,
    };
    let mut found: Vec<Hunk> = spans
        .iter()
        .filter_map(|(removed, added)| diff.hunk(removed.clone(), added.clone(), false))
        .collect();
    if let [(first_removed, first_added), .., (last_removed, last_added)] = spans.as_slice() {
        let removed = first_removed.start..last_removed.end;
        let added = first_added.start..last_added.end;
        if removed.len().max(added.len()) <= MAX_MERGED {
            found.extend(diff.hunk(removed, added, true));
        }
    }
    found
}

/// The spans of lexemes in which two lines differ, in the old line and in the new one.
fn differing(old: &[Lexeme], new: &[Lexeme]) -> Vec<(Range<usize>, Range<usize>)> {
    let (old, new) = (texts(old), texts(new));
    let operations = capture_diff_slices(Algorithm::Myers, &old, &new);
    let spans = operations
        .iter()
        .map(|operation| (operation.old_range(), operation.new_range()));
    spans
        .filter(|(removed, added)| old[removed.clone()] != new[added.clone()])
        .collect()
}

fn texts(all: &[Lexeme]) -> Vec<String> {
    all.iter().map(|lexeme| lexeme.text.to_owned()).collect()
}

/// A changed line with the lexemes of both sides.
struct LineDiff<'a> {
    view: &'a DocumentView<'a>,
    change: &'a LineChange,
    old: &'a [Lexeme<'a>],
    new: &'a [Lexeme<'a>],
}

impl LineDiff<'_> {
    /// The hunk of these lexemes; `None` where the text is no longer as the history has it: other
    /// line breaks than those of the history move what comes after them.
    fn hunk(&self, removed: Range<usize>, added: Range<usize>, merged: bool) -> Option<Hunk> {
        let old_gap = Gap::around(&self.change.before, self.old, &removed);
        let new_gap = Gap::around(&self.change.after, self.new, &added);
        let written = &self.change.after[new_gap.inner.clone()];
        let start = self.view.line_start(self.change.line);
        let range = start + new_gap.inner.start..start + new_gap.inner.end;
        if self.view.text.get(range.clone()) != Some(written) {
            return None;
        }
        let (spacing, text) = if removed.is_empty() {
            insertion(&old_gap.lead, &new_gap, written)
        } else if added.is_empty() {
            deletion(&new_gap.lead, &old_gap)
        } else {
            (Spacing::Kept, written.to_owned())
        };
        let lexeme = |at: isize| self::at(self.new, at).to_owned();
        let (first, end) = (added.start as isize, added.end as isize);
        let region = if added.is_empty() && self.began_comment(old_gap.inner.start) {
            Place::Comment
        } else {
            self.view.region(range.end)
        };
        Some(Hunk {
            before: (1..=CONTEXT_LEXEMES as isize)
                .map(|back| lexeme(first - back))
                .collect(),
            after: (0..CONTEXT_LEXEMES as isize)
                .map(|on| lexeme(end + on))
                .collect(),
            removed: texts(&self.old[removed]),
            added: texts(&self.new[added]),
            text,
            spacing,
            region,
            line: self.view.line_of(range.start),
            range,
            age: self.change.age,
            merged,
        })
    }

    /// Whether a comment began at this byte of the old line: of one that is gone, the tree knows
    /// nothing.
    fn began_comment(&self, offset: usize) -> bool {
        let tree = self.view.tree();
        let mark = tree.and_then(|tree| tree.grammar.facts.line_comment.as_deref());
        mark.is_some_and(|mark| self.change.before[offset..].starts_with(mark))
    }
}

/// The blanks around lexemes, and where these are.
struct Gap {
    lead: String,
    inner: Range<usize>,
    tail: String,
    at_start: bool,
    at_end: bool,
}

impl Gap {
    fn around(text: &str, all: &[Lexeme], span: &Range<usize>) -> Self {
        let before = span.start.checked_sub(1).map_or(0, |last| all[last].end());
        let after = all.get(span.end).map_or(text.len(), |next| next.start);
        let inner = match (all.get(span.start), span.end.checked_sub(1)) {
            (Some(first), Some(last)) if !span.is_empty() => first.start..all[last].end(),
            _ => after..after,
        };
        Self {
            lead: text[before..inner.start].to_owned(),
            tail: text[inner.end..after].to_owned(),
            inner,
            at_start: span.start == 0,
            at_end: span.end == all.len(),
        }
    }
}

/// With which blanks lexemes are inserted where `gap` was between two others.
fn insertion(gap: &str, new: &Gap, inserted: &str) -> (Spacing, String) {
    if !new.at_end && (new.at_start || new.lead == gap) {
        (Spacing::Following, format!("{inserted}{}", new.tail))
    } else {
        (Spacing::Preceding, format!("{}{inserted}", new.lead))
    }
}

/// With which blanks lexemes are deleted where `gap` is left between two others.
fn deletion(gap: &str, old: &Gap) -> (Spacing, String) {
    if !old.at_end && (old.at_start || old.lead == gap) {
        (Spacing::Following, String::new())
    } else {
        (Spacing::Preceding, String::new())
    }
}

impl Hunk {
    /// Whether it teaches nothing by itself: no word is changed.
    pub fn is_trivial(&self) -> bool {
        !self
            .removed
            .iter()
            .chain(&self.added)
            .any(|lexeme| is_name(lexeme))
    }

    /// Whether another hunk does the same.
    pub fn is_like(&self, other: &Self) -> bool {
        let replaces = !self.removed.is_empty() && !self.added.is_empty();
        self.removed == other.removed
            && self.added == other.added
            && self.region == other.region
            && (replaces || self.spacing == other.spacing)
    }
}

/// The context that all hunks of a group share, before and after them, the nearest lexeme first.
pub(super) fn common_context(group: &[&Hunk]) -> (Vec<String>, Vec<String>) {
    (
        common(group.iter().map(|hunk| hunk.before.as_slice())),
        common(group.iter().map(|hunk| hunk.after.as_slice())),
    )
}

/// The lexemes that all rows have in common at their beginning; a boundary ends them.
fn common<'a>(mut rows: impl Iterator<Item = &'a [String]>) -> Vec<String> {
    let Some(first) = rows.next() else {
        return Vec::new();
    };
    let boundary = first.iter().position(|lexeme| lexeme == BOUNDARY);
    let longest = boundary.map_or(first.len(), |at| at + 1);
    let shared = rows.map(|row| first.iter().zip(row).take_while(|(a, b)| a == b).count());
    first[..shared.min().unwrap_or(longest).min(longest)].to_vec()
}
