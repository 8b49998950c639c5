//! What the last edits did, one entry for each line, as far as it is still in the text.
//!
//! The history of an editor is full of half-typed words: edits that continue where another ended
//! are merged, and what was undone or changed again is no longer there. `rule` learns from what is
//! left.

use super::view::{DocumentView, content};
use context::RecentEdit;

/// Lines that were replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LineChange {
    /// The first line now, counted from 0.
    pub line: usize,
    /// The text before, lines ending with `\n` but the last.
    pub before: String,
    /// The text now.
    pub after: String,
    /// How many edits were made since.
    pub age: usize,
}

/// How many of the last edits are looked at.
const MAX_EDITS: usize = 24;

/// The changes that are still in the text, the latest first.
pub(super) fn surviving(view: &DocumentView) -> Vec<LineChange> {
    let own = view
        .snapshot
        .recent
        .edits
        .iter()
        .filter(|edit| edit.path == view.snapshot.path)
        .take(MAX_EDITS);
    let oldest_first = own.enumerate().collect::<Vec<_>>().into_iter().rev();
    let mut merged: Vec<MergedEdit> = Vec::new();
    for (age, edit) in oldest_first {
        merge(&mut merged, MergedEdit::new(edit, age));
    }
    merged.retain(|change| change.before != change.after);
    merged.sort_by_key(|change| change.age);
    merged
        .iter()
        .flat_map(|change| change.located(view))
        .collect()
}

/// Adds an edit to the last one that it continues, or to the end.
fn merge(all: &mut Vec<MergedEdit>, next: MergedEdit) {
    for known in all.iter_mut().rev() {
        if let Some(at) = known.continued_at(&next) {
            known.absorb(next, at);
            return;
        }
    }
    all.push(next);
}

/// One edit, or several that continue each other.
struct MergedEdit {
    line: usize,
    before: Vec<String>,
    after: Vec<String>,
    age: usize,
}

impl MergedEdit {
    fn new(edit: &RecentEdit, age: usize) -> Self {
        Self {
            line: edit.line,
            before: lines(&edit.before),
            after: lines(&edit.after),
            age,
        }
    }

    /// At which of its lines `next` begins, if that changes nothing but lines of this one.
    fn continued_at(&self, next: &Self) -> Option<usize> {
        let at = next.line.checked_sub(self.line)?;
        let same = self.after.get(at..at + next.before.len())? == next.before.as_slice();
        (same && !next.before.is_empty()).then_some(at)
    }

    fn absorb(&mut self, next: Self, at: usize) {
        self.after.splice(at..at + next.before.len(), next.after);
        self.age = next.age;
    }

    /// The change where it is now: line by line where no line was added or removed, else in one
    /// piece.
    fn located(&self, view: &DocumentView) -> Vec<LineChange> {
        if self.before.len() != self.after.len() {
            return self.located_whole(view).into_iter().collect();
        }
        let pairs = self.before.iter().zip(&self.after).enumerate();
        pairs
            .filter(|(_, (before, after))| before != after)
            .filter_map(|(at, (before, after))| self.located_line(view, at, before, after))
            .collect()
    }

    fn located_line(
        &self,
        view: &DocumentView,
        at: usize,
        before: &str,
        after: &str,
    ) -> Option<LineChange> {
        let line = nearest(view, self.line + at, &[after])?;
        Some(LineChange {
            line,
            before: before.to_owned(),
            after: after.to_owned(),
            age: self.age,
        })
    }

    fn located_whole(&self, view: &DocumentView) -> Option<LineChange> {
        let wanted: Vec<&str> = self.after.iter().map(String::as_str).collect();
        let line = nearest(view, self.line, &wanted)?;
        Some(LineChange {
            line,
            before: self.before.join("\n"),
            after: self.after.join("\n"),
            age: self.age,
        })
    }
}

/// The lines of a text without their breaks.
fn lines(text: &str) -> Vec<String> {
    text.split_inclusive('\n')
        .map(|line| content(line).to_owned())
        .collect()
}

/// The line nearest to `line` where these lines begin. Blank ones are only found in place.
fn nearest(view: &DocumentView, line: usize, wanted: &[&str]) -> Option<usize> {
    let last = view.line_count().checked_sub(wanted.len())?;
    let matches_at = |at: &usize| {
        wanted
            .iter()
            .enumerate()
            .all(|(k, text)| view.line(at + k) == *text)
    };
    let is_blank = wanted.iter().all(|text| text.trim().is_empty());
    let reach = if is_blank { 0 } else { last.max(line) };
    (0..=reach)
        .flat_map(|away| [line.checked_sub(away), Some(line + away)])
        .flatten()
        .filter(|at| *at <= last)
        .find(matches_at)
}
