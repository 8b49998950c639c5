//! The same lexemes were replaced by the same others: a word put before another, a type changed, a
//! path exchanged.
//!
//! The context that the changed places share is part of the rule. As much of it as possible must be
//! at another place too: only where nothing is found less is asked for, down to what still names
//! something.

use super::hunks::{Hunk, Spacing, common_context};
use super::lexemes::{BOUNDARY, Lexeme, at, balanced, lexemes};
use super::skipped::SkippedLines;
use super::view::DocumentView;
use std::ops::Range;
use syntax::Place;
use text::Edit;
use text::words::is_name;

/// A rule that replaces lexemes.
#[derive(Clone, Debug)]
pub(super) struct Replace {
    removed: Vec<String>,
    added: Vec<String>,
    text: String,
    spacing: Spacing,
    before: Vec<String>,
    after: Vec<String>,
    region: Place,
}

/// How many lexemes of context must agree on the side the change belongs to and on the other, tried
/// one after the other.
const CONTEXT_SIZES: &[(usize, usize)] = &[(5, 5), (3, 3), (2, 2), (1, 1), (3, 0), (2, 0), (0, 0)];
/// So many letters of words make a rule that needs no context.
const MIN_LETTERS: usize = 6;

/// How much context is asked for.
#[derive(Clone, Copy)]
struct Context<'a> {
    before: &'a [String],
    after: &'a [String],
}

impl Replace {
    /// The rule of hunks that are alike.
    pub fn learn(group: &[&Hunk]) -> Option<Self> {
        let first = group.first()?;
        if first.is_trivial() || !is_repeatable(first) {
            return None;
        }
        let (before, after) = common_context(group);
        let rule = Self {
            removed: first.removed.clone(),
            added: first.added.clone(),
            text: first.text.clone(),
            spacing: first.spacing,
            before,
            after,
            region: first.region,
        };
        rule.is_specific(rule.context((usize::MAX, usize::MAX)))
            .then_some(rule)
    }

    /// At most so much context, on the side the change belongs to and on the other.
    fn context(&self, (near, far): (usize, usize)) -> Context<'_> {
        let (before, after) = match self.spacing {
            Spacing::Following => (far, near),
            Spacing::Kept | Spacing::Preceding => (near, far),
        };
        Context {
            before: &self.before[..self.before.len().min(before)],
            after: &self.after[..self.after.len().min(after)],
        }
    }

    /// Whether so much context, with what is replaced, names something.
    fn is_specific(&self, context: Context) -> bool {
        let around = context.before.len() + context.after.len();
        let letters: usize = context
            .before
            .iter()
            .chain(context.after)
            .chain(&self.removed)
            .filter(|lexeme| is_name(lexeme) && lexeme.len() > 1)
            .map(String::len)
            .sum();
        if self.removed.is_empty() {
            around > 1 && letters > 1
        } else {
            letters > 1 && (around > 0 || letters >= MIN_LETTERS)
        }
    }

    /// The edits at the places that look most like the changed ones; none if the user skipped a
    /// place.
    pub fn edits(&self, view: &DocumentView, skipped: &SkippedLines) -> Vec<Edit> {
        for size in CONTEXT_SIZES {
            let context = self.context(*size);
            if !self.is_specific(context) {
                continue;
            }
            let found = self.edits_with(view, context);
            let was_skipped = |edit: &Edit| skipped.contains(view.line_of(edit.range.start));
            if found.iter().any(was_skipped) {
                break;
            }
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    fn edits_with(&self, view: &DocumentView, context: Context) -> Vec<Edit> {
        let all = context
            .before
            .iter()
            .chain(&self.removed)
            .chain(context.after);
        view.lines_with_longest_name(all)
            .into_iter()
            .flat_map(|line| self.edits_in(view, line, context))
            .collect()
    }

    fn edits_in(&self, view: &DocumentView, line: usize, context: Context) -> Vec<Edit> {
        let text = view.line(line);
        let (all, start) = (lexemes(text), view.line_start(line));
        let mut found = Vec::new();
        for first in 0..(all.len() + 1).saturating_sub(self.removed.len()) {
            if !self.matches_at(&all, first, context) {
                continue;
            }
            let range = self.range(text, &all, first);
            let last = all.get(first + self.removed.len().max(1) - 1);
            let end = last.map_or(range.end, Lexeme::end);
            if view.region(start + end) == self.region {
                let range = start + range.start..start + range.end;
                found.push(Edit::replace(range, self.text.as_str()));
            }
        }
        found
    }

    /// Whether what is to be replaced begins at the lexeme `first`, with its context, and is not
    /// replaced yet.
    fn matches_at(&self, all: &[Lexeme], first: usize, context: Context) -> bool {
        let (start, end) = (first as isize, (first + self.removed.len()) as isize);
        let forward = |from: isize, wanted: &[String]| {
            let mut wanted = wanted.iter().zip(from..);
            wanted.all(|(text, place)| at(all, place) == text)
        };
        let mut before = context.before.iter().zip(1..);
        if !forward(start, &self.removed)
            || !before.all(|(text, back)| at(all, start - back) == text)
            || !forward(end, context.after)
        {
            return false;
        }
        let is_done =
            || forward(start - self.added.len() as isize, &self.added) || forward(end, &self.added);
        !self.removed.is_empty() || !is_done()
    }

    /// What is replaced where the removed lexemes begin with `first`, in bytes of the line.
    fn range(&self, text: &str, all: &[Lexeme], first: usize) -> Range<usize> {
        let previous = first.checked_sub(1).map(|last| all[last].end());
        let last = first + self.removed.len();
        let next = all
            .get(last)
            .map_or(text.trim_end().len(), |next| next.start);
        let (start, end) = match self.removed.len() {
            0 => (next, previous.unwrap_or(next)),
            _ => (all[first].start, all[last - 1].end()),
        };
        match self.spacing {
            Spacing::Kept => start..end,
            Spacing::Following => start..next,
            Spacing::Preceding => previous.unwrap_or(start.min(end))..end,
        }
    }

    /// What it does, for a title.
    pub fn describe(&self) -> String {
        match (self.removed.is_empty(), self.added.is_empty()) {
            (true, _) => format!("insert `{}`", self.text.trim()),
            (_, true) => format!("remove `{}`", self.removed_text()),
            _ => format!("`{}` to `{}`", self.removed_text(), self.text.trim()),
        }
    }

    fn removed_text(&self) -> String {
        let lexemes = self.removed.iter().filter(|lexeme| *lexeme != BOUNDARY);
        lexemes.map(String::as_str).collect()
    }
}

/// Whether the same can be done at another place: whole brackets within a line, and not the removal
/// of all of it.
fn is_repeatable(hunk: &Hunk) -> bool {
    let is_border = |side: &[String]| side.first().is_some_and(|lexeme| lexeme == BOUNDARY);
    let empties_line = hunk.added.is_empty() && is_border(&hunk.before) && is_border(&hunk.after);
    balanced(&hunk.added) && balanced(&hunk.removed) && !hunk.text.contains('\n') && !empties_line
}
