//! What the last edits did, one entry for each line, as far as it still stands in the text.
//!
//! The history of an editor is full of half-typed words: edits that go on where another ended are
//! joined, and what was taken back or changed again is no longer there. `rule` learns from what is
//! left.

use super::view::{View, content};
use context::RecentEdit;

/// Lines that were replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Changed {
    /// The first line now, counted from 0.
    pub line: usize,
    /// What stood there, lines ending with `\n` but the last.
    pub before: String,
    /// What stands there now.
    pub after: String,
    /// How many edits were made since.
    pub age: usize,
}

/// Edits older than so many are forgotten.
const REMEMBERED: usize = 24;

/// The changes that still stand, the latest first.
pub(super) fn standing(view: &View) -> Vec<Changed> {
    let own = view
        .snapshot
        .recent
        .edits
        .iter()
        .filter(|edit| edit.path == view.snapshot.path)
        .take(REMEMBERED);
    let mut joined: Vec<Joined> = Vec::new();
    for (age, edit) in own.enumerate().collect::<Vec<_>>().into_iter().rev() {
        let next = Joined::new(edit, age);
        match joined
            .iter_mut()
            .rev()
            .find_map(|known| known.goes_on(&next).map(|at| (known, at)))
        {
            Some((known, at)) => known.take(next, at),
            None => joined.push(next),
        }
    }
    joined.retain(|change| change.before != change.after);
    joined.sort_by_key(|change| change.age);
    joined
        .iter()
        .flat_map(|change| change.located(view))
        .collect()
}

struct Joined {
    line: usize,
    before: Vec<String>,
    after: Vec<String>,
    age: usize,
}

impl Joined {
    fn new(edit: &RecentEdit, age: usize) -> Self {
        let lines = |text: &str| {
            text.split_inclusive('\n')
                .map(|line| content(line).to_owned())
                .collect()
        };
        Self {
            line: edit.line,
            before: lines(&edit.before),
            after: lines(&edit.after),
            age,
        }
    }

    /// At which of its lines `next` begins, if that changes nothing but lines of this one.
    fn goes_on(&self, next: &Self) -> Option<usize> {
        let at = next.line.checked_sub(self.line)?;
        let same = self.after.get(at..at + next.before.len())? == next.before.as_slice();
        (same && !next.before.is_empty()).then_some(at)
    }

    fn take(&mut self, next: Self, at: usize) {
        self.after.splice(at..at + next.before.len(), next.after);
        self.age = next.age;
    }

    /// The change where it stands now: line by line where no line came or went, else in one piece.
    fn located(&self, view: &View) -> Vec<Changed> {
        if self.before.len() == self.after.len() {
            let pairs = self
                .before
                .iter()
                .zip(&self.after)
                .enumerate()
                .filter(|(_, (before, after))| before != after);
            let one = |(at, (before, after)): (usize, (&String, &String))| {
                let line = nearest(view, self.line + at, std::slice::from_ref(after))?;
                Some(Changed {
                    line,
                    before: before.clone(),
                    after: after.clone(),
                    age: self.age,
                })
            };
            return pairs.filter_map(one).collect();
        }
        let whole = |line| Changed {
            line,
            before: self.before.join("\n"),
            after: self.after.join("\n"),
            age: self.age,
        };
        nearest(view, self.line, &self.after)
            .map(whole)
            .into_iter()
            .collect()
    }
}

/// The line nearest to `line` from which on these lines stand.
fn nearest(view: &View, line: usize, wanted: &[String]) -> Option<usize> {
    let last = view.line_count().checked_sub(wanted.len())?;
    let stands = |at: &usize| {
        wanted
            .iter()
            .enumerate()
            .all(|(k, text)| view.line(at + k) == text)
    };
    let blank = wanted.iter().all(|text| text.trim().is_empty());
    let reach = if blank { 0 } else { last.max(line) };
    (0..=reach)
        .flat_map(|away| [line.checked_sub(away), Some(line + away)])
        .flatten()
        .filter(|at| *at <= last)
        .find(stands)
}
