//! Next edit: after a repeated change, where would the user make it again?
//!
//! [`learn`] finds the rule behind the last edits (a name changed, an argument added, a word put
//! before another), [`Change::places`] finds where else it holds, in the same file or in another
//! one, and [`insertion`] gives what the rule inserts right at the cursor. `lsp` offers places as
//! code actions and insertions as ghost text. All of it is a plain function of a snapshot, whose
//! `recent.edits` say what was changed; no model is asked. A rule needs to be seen at two places,
//! or to rename something where it is defined. Silence is always an answer.
//!
//! A new kind of rule is a file here, an entry in [`Rule`] and a line in `rule.rs`.

mod argument;
mod changes;
mod hunks;
mod lexemes;
mod passed;
mod rename;
mod replace;
mod rule;
mod sound;
#[cfg(test)]
mod tests;
mod typing;
mod view;
mod wrap;

use context::Snapshot;
use std::ops::Range;
use view::View;

pub use rule::Change;

/// More places than this are not offered: nobody looks through them.
pub const MOST_PLACES: usize = 200;

/// A place where the change can be made again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// What is replaced, in bytes of the document; empty where something is inserted.
    pub range: Range<usize>,
    /// What takes its place.
    pub text: String,
    /// The line it begins in, counted from 0.
    pub line: usize,
}

/// The change that the last edits of this document repeat, if they repeat one.
pub fn learn(snapshot: &Snapshot) -> Option<Change> {
    if snapshot
        .recent
        .edits
        .first()
        .is_none_or(|edit| edit.path != snapshot.path)
    {
        return None;
    }
    rule::learn(&View::new(snapshot))
}

impl Change {
    /// Where else the change can be made in the document it was learnt from, in the order of the
    /// text.
    pub fn places(&self, snapshot: &Snapshot) -> Vec<Replacement> {
        self.find(&View::new(snapshot), true)
    }

    /// Where the change can be made in another document, in the order of its text.
    pub fn places_elsewhere(&self, snapshot: &Snapshot) -> Vec<Replacement> {
        if self.is_local() {
            Vec::new()
        } else {
            self.find(&View::new(snapshot), false)
        }
    }

    fn find(&self, view: &View, own: bool) -> Vec<Replacement> {
        let mut found: Vec<(Replacement, bool)> = Vec::new();
        for rule in &self.rules {
            for place in rule.places(view, own.then_some(&self.passed)) {
                let taken = |other: &Replacement| {
                    place.range.start < other.range.end && other.range.start < place.range.end
                        || place.range.start == other.range.start
                };
                let changed = own && self.lines.contains(&place.line);
                if !changed && !found.iter().any(|(other, _)| taken(other)) {
                    found.push((place, rule.keeps_syntax()));
                }
            }
        }
        if found.len() > MOST_PLACES {
            return Vec::new();
        }
        found.sort_by_key(|(place, _)| (place.range.start, place.range.end));
        sound::only_sound(view, found)
    }
}

/// The places of one line, of several that are offered one after the other: the next below `line`,
/// else the first.
pub fn next_line(places: &[Replacement], line: usize) -> &[Replacement] {
    let first = places
        .iter()
        .position(|place| place.line > line)
        .unwrap_or(0);
    let Some(wanted) = places.get(first).map(|place| place.line) else {
        return &[];
    };
    let count = places[first..]
        .iter()
        .take_while(|place| place.line == wanted)
        .count();
    &places[first..first + count]
}

/// What the change inserts right at `offset`, if the cursor stands where it only inserts, or what
/// is left of it where the user has begun to type it there.
pub fn insertion(snapshot: &Snapshot, offset: usize) -> Option<String> {
    if snapshot.recent.edits.is_empty() {
        return None;
    }
    inserted(snapshot, offset).or_else(|| {
        let (before, typed) = typing::taken_back(snapshot, offset)?;
        inserted(&before, offset - typed.len())?
            .strip_prefix(&typed)
            .filter(|rest| !rest.is_empty())
            .map(str::to_owned)
    })
}

fn inserted(snapshot: &Snapshot, offset: usize) -> Option<String> {
    let change = learn(snapshot)?;
    let here = |place: &Replacement| place.range == (offset..offset);
    change
        .places(snapshot)
        .into_iter()
        .find(here)
        .map(|place| place.text)
}
