//! A change of a line as hunks: which lexemes took the place of which, between which others.

use super::changes::Changed;
use super::lexemes::{BORDER, Lexeme, at, lexemes};
use super::view::View;
use crate::words::is_name;
use similar::{Algorithm, capture_diff_slices};
use std::ops::Range;
use syntax::Place;

/// How many lexemes on each side of a hunk are kept.
pub(super) const AROUND: usize = 5;
/// Hunks of a line are also looked at as one if not more than so many lexemes lie between the first
/// and the last.
const JOINED: usize = 12;

/// Which blanks around a place belong to what is replaced there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blanks {
    /// None: lexemes take the place of lexemes.
    Neither,
    /// Those before the next lexeme.
    Next,
    /// Those behind the last lexeme.
    Previous,
}

/// Lexemes that took the place of others.
#[derive(Clone, Debug)]
pub(super) struct Hunk {
    /// The lexemes that were there.
    pub old: Vec<String>,
    /// The lexemes that are there now.
    pub new: Vec<String>,
    /// What is written at such a place, with the blanks that belong to it.
    pub text: String,
    pub blanks: Blanks,
    /// The lexemes before the place, the nearest first, the border of the line at the end.
    pub left: Vec<String>,
    /// The lexemes behind it, the nearest first.
    pub right: Vec<String>,
    /// Where the new lexemes stand now, in bytes of the document.
    pub at: Range<usize>,
    /// What it stands in.
    pub region: Place,
    pub line: usize,
    pub age: usize,
    /// It is all hunks of its line in one.
    pub joined: bool,
}

/// The hunks of a change, one by one, and behind them all in one if there are more.
pub(super) fn hunks(view: &View, change: &Changed) -> Vec<Hunk> {
    let (old, new) = (lexemes(&change.before), lexemes(&change.after));
    let texts = |all: &[Lexeme]| {
        all.iter()
            .map(|lexeme| lexeme.text.to_owned())
            .collect::<Vec<_>>()
    };
    let (old_texts, new_texts) = (texts(&old), texts(&new));
    let operations = capture_diff_slices(Algorithm::Myers, &old_texts, &new_texts);
    let changed = operations
        .iter()
        .map(|operation| (operation.old_range(), operation.new_range()));
    let is_equal =
        |(a, b): &(Range<usize>, Range<usize>)| old_texts[a.clone()] == new_texts[b.clone()];
    let spans: Vec<_> = changed.filter(|span| !is_equal(span)).collect();
    let cut = Cut {
        view,
        change,
        old: &old,
        new: &new,
    };
    let mut found: Vec<Hunk> = spans
        .iter()
        .filter_map(|(a, b)| cut.hunk(a.clone(), b.clone(), false))
        .collect();
    if let [(first_old, first_new), .., (last_old, last_new)] = spans.as_slice() {
        let (a, b) = (first_old.start..last_old.end, first_new.start..last_new.end);
        if a.len().max(b.len()) <= JOINED {
            found.extend(cut.hunk(a, b, true));
        }
    }
    found
}

struct Cut<'a> {
    view: &'a View<'a>,
    change: &'a Changed,
    old: &'a [Lexeme<'a>],
    new: &'a [Lexeme<'a>],
}

impl Cut<'_> {
    fn hunk(&self, a: Range<usize>, b: Range<usize>, joined: bool) -> Option<Hunk> {
        let (before, after) = (&self.change.before, &self.change.after);
        let (old_gap, new_gap) = (
            Gap::around(before, self.old, &a),
            Gap::around(after, self.new, &b),
        );
        let (blanks, text) = if a.is_empty() {
            insertion(&old_gap.lead, &new_gap, &after[new_gap.inner.clone()])
        } else if b.is_empty() {
            deletion(&new_gap.lead, &old_gap)
        } else {
            (Blanks::Neither, after[new_gap.inner.clone()].to_owned())
        };
        let start = self.view.line_start(self.change.line);
        let at = start + new_gap.inner.start..start + new_gap.inner.end;
        // Other line breaks than those of the history move what stands behind them.
        if self.view.text.get(at.clone()) != Some(&after[new_gap.inner.clone()]) {
            return None;
        }
        let texts = |all: &[Lexeme]| all.iter().map(|lexeme| lexeme.text.to_owned()).collect();
        // Of a comment that is gone, nothing in the text tells.
        let mark = self
            .view
            .tree()
            .and_then(|tree| tree.grammar.facts.line_comment.as_deref());
        let comment = b.is_empty()
            && mark.is_some_and(|mark| before[old_gap.inner.start..].starts_with(mark));
        Some(Hunk {
            left: (1..=AROUND)
                .map(|k| self::at(self.new, b.start as isize - k as isize).to_owned())
                .collect(),
            right: (0..AROUND)
                .map(|k| self::at(self.new, (b.end + k) as isize).to_owned())
                .collect(),
            old: texts(&self.old[a]),
            new: texts(&self.new[b]),
            text,
            blanks,
            region: if comment {
                Place::Comment
            } else {
                self.view.region(at.end)
            },
            line: self.view.line_of(at.start),
            at,
            age: self.change.age,
            joined,
        })
    }
}

/// The blanks around lexemes, and where these stand.
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
        let behind = all.get(span.end).map_or(text.len(), |next| next.start);
        let inner = match (all.get(span.start), span.end.checked_sub(1)) {
            (Some(first), Some(last)) if !span.is_empty() => first.start..all[last].end(),
            _ => behind..behind,
        };
        let (lead, tail) = (
            text[before..inner.start].to_owned(),
            text[inner.end..behind].to_owned(),
        );
        Self {
            lead,
            inner,
            tail,
            at_start: span.start == 0,
            at_end: span.end == all.len(),
        }
    }
}

/// With which blanks lexemes are put where `gap` stood between two others.
fn insertion(gap: &str, new: &Gap, inserted: &str) -> (Blanks, String) {
    if !new.at_end && (new.at_start || new.lead == gap) {
        (Blanks::Next, format!("{inserted}{}", new.tail))
    } else {
        (Blanks::Previous, format!("{}{inserted}", new.lead))
    }
}

/// With which blanks lexemes are taken away where `gap` is left between two others.
fn deletion(gap: &str, old: &Gap) -> (Blanks, String) {
    let next = !old.at_end && (old.at_start || old.lead == gap);
    (
        if next { Blanks::Next } else { Blanks::Previous },
        String::new(),
    )
}

impl Hunk {
    /// Whether nothing is learnt from it alone: no word is changed.
    pub fn is_trivial(&self) -> bool {
        !self
            .old
            .iter()
            .chain(&self.new)
            .any(|lexeme| is_name(lexeme))
    }

    /// Whether another hunk does the same.
    pub fn is_like(&self, other: &Self) -> bool {
        self.old == other.old
            && self.new == other.new
            && self.region == other.region
            && (self.blanks == other.blanks || !self.old.is_empty() && !self.new.is_empty())
    }
}

/// What all hunks of a group have before and behind them, the nearest lexeme first.
pub(super) fn least_common(group: &[&Hunk]) -> (Vec<String>, Vec<String>) {
    let least = |side: fn(&Hunk) -> &[String]| {
        let Some(first) = group.first().map(|hunk| side(hunk)) else {
            return Vec::new();
        };
        let lengths = group.iter().map(|hunk| common(first, side(hunk)));
        first[..lengths.min().unwrap_or(0)].to_vec()
    };
    (least(|hunk| &hunk.left), least(|hunk| &hunk.right))
}

/// How many lexemes two rows have in common at their beginning; a border ends both.
fn common(a: &[String], b: &[String]) -> usize {
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let border = a
        .iter()
        .position(|lexeme| lexeme == BORDER)
        .map_or(same, |at| at + 1);
    same.min(border)
}
