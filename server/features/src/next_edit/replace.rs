//! The same lexemes took the place of the same others: a word put before another, a type changed, a
//! path exchanged.
//!
//! What the changed places have in common around the change is part of the rule. As much of it as
//! possible must stand at another place too: only where nothing is found is less asked for, down to
//! what still names something.

use super::Replacement;
use super::hunks::{Blanks, Hunk, least_common};
use super::lexemes::{BORDER, Lexeme, at, balanced, lexemes, whole_words};
use super::passed::Passed;
use super::view::View;
use crate::words::is_name;
use syntax::Place;

#[derive(Clone, Debug)]
pub(super) struct Replace {
    pub old: Vec<String>,
    pub new: Vec<String>,
    text: String,
    blanks: Blanks,
    left: Vec<String>,
    right: Vec<String>,
    region: Place,
}

/// How many lexemes must agree on the side the change belongs to and on the other, tried one after
/// the other.
const CONTEXTS: &[(usize, usize)] = &[(5, 5), (3, 3), (2, 2), (1, 1), (3, 0), (2, 0), (0, 0)];
/// So many letters of words make a rule that needs nothing around it.
const TELLING: usize = 6;

impl Replace {
    pub fn learn(group: &[&Hunk]) -> Option<Self> {
        let first = group.first()?;
        let borders = |side: &[String]| side.first().is_some_and(|lexeme| lexeme == BORDER);
        let whole_line = first.new.is_empty() && borders(&first.left) && borders(&first.right);
        let fits = balanced(&first.new)
            && balanced(&first.old)
            && !first.text.contains('\n')
            && !whole_line;
        if first.is_trivial() || !fits {
            return None;
        }
        let (left, right) = least_common(group);
        let rule = Self {
            old: first.old.clone(),
            new: first.new.clone(),
            text: first.text.clone(),
            blanks: first.blanks,
            left,
            right,
            region: first.region,
        };
        rule.is_telling(rule.left.len(), rule.right.len())
            .then_some(rule)
    }

    /// Whether so much context, with what is replaced, names something.
    fn is_telling(&self, left: usize, right: usize) -> bool {
        let context = || self.left[..left].iter().chain(&self.right[..right]);
        let words = || {
            context()
                .chain(&self.old)
                .filter(|lexeme| is_name(lexeme) && lexeme.len() > 1)
        };
        let letters: usize = words().map(String::len).sum();
        if self.old.is_empty() {
            context().count() > 1 && letters > 1
        } else {
            letters > 1 && (context().next().is_some() || letters >= TELLING)
        }
    }

    /// The places that look most like the changed ones; none where one of them was passed over.
    pub fn places(&self, view: &View, passed: &Passed) -> Vec<Replacement> {
        for (near, far) in CONTEXTS {
            let (left, right) = if self.blanks == Blanks::Next {
                (far, near)
            } else {
                (near, far)
            };
            let (left, right) = (self.left.len().min(*left), self.right.len().min(*right));
            if !self.is_telling(left, right) {
                continue;
            }
            let found = self.places_with(view, left, right);
            if found.iter().any(|place| passed.over(place.line)) {
                break;
            }
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    fn places_with(&self, view: &View, left: usize, right: usize) -> Vec<Replacement> {
        let all = self.left[..left]
            .iter()
            .chain(&self.old)
            .chain(&self.right[..right]);
        let Some(rarest) = all
            .filter(|lexeme| is_name(lexeme))
            .max_by_key(|word| word.len())
        else {
            return Vec::new();
        };
        let mut lines: Vec<usize> = whole_words(&view.text, rarest)
            .map(|at| view.line_of(at))
            .collect();
        lines.dedup();
        lines
            .into_iter()
            .flat_map(|line| self.places_in(view, line, left, right))
            .collect()
    }

    fn places_in(&self, view: &View, line: usize, left: usize, right: usize) -> Vec<Replacement> {
        let text = view.line(line);
        let (all, start) = (lexemes(text), view.line_start(line));
        let mut found = Vec::new();
        for first in 0..(all.len() + 1).saturating_sub(self.old.len()) {
            if !self.stands(&all, first, left, right) {
                continue;
            }
            let (from, to) = self.range(text, &all, first);
            let end = all
                .get(first + self.old.len().max(1) - 1)
                .map_or(to, Lexeme::end);
            if view.region(start + end) == self.region {
                found.push(Replacement {
                    range: start + from..start + to,
                    text: self.text.clone(),
                    line,
                });
            }
        }
        found
    }

    /// Whether what is to be replaced stands at the lexeme `first`, with its context, and not yet
    /// what replaces it.
    fn stands(&self, all: &[Lexeme], first: usize, left: usize, right: usize) -> bool {
        let (start, end) = (first as isize, (first + self.old.len()) as isize);
        let equal = |from: isize, wanted: &[String]| {
            wanted
                .iter()
                .zip(from..)
                .all(|(text, place)| at(all, place) == text)
        };
        let before = self.left[..left]
            .iter()
            .zip(1..)
            .all(|(text, back)| at(all, start - back) == text);
        let done = || equal(start - self.new.len() as isize, &self.new) || equal(end, &self.new);
        equal(start, &self.old)
            && before
            && equal(end, &self.right[..right])
            && !(self.old.is_empty() && done())
    }

    /// What is replaced where the old lexemes begin with `first`, in bytes of the line.
    fn range(&self, text: &str, all: &[Lexeme], first: usize) -> (usize, usize) {
        let previous = first.checked_sub(1).map(|last| all[last].end());
        let last = first + self.old.len();
        let next = all
            .get(last)
            .map_or(text.trim_end().len(), |next| next.start);
        let (start, end) = match self.old.len() {
            0 => (next, previous.unwrap_or(next)),
            _ => (all[first].start, all[last - 1].end()),
        };
        match self.blanks {
            Blanks::Neither => (start, end),
            Blanks::Next => (start, next),
            Blanks::Previous => (previous.unwrap_or(start.min(end)), end),
        }
    }

    /// The lexemes in words, for a title.
    pub fn describe(&self) -> String {
        let spelt = |all: &[String]| {
            all.iter()
                .filter(|lexeme| *lexeme != BORDER)
                .cloned()
                .collect::<String>()
        };
        match (self.old.is_empty(), self.new.is_empty()) {
            (true, _) => format!("insert `{}`", self.text.trim()),
            (_, true) => format!("remove `{}`", spelt(&self.old)),
            _ => format!("`{}` to `{}`", spelt(&self.old), self.text.trim()),
        }
    }
}
