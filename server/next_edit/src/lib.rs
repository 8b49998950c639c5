//! Next edit: after a repeated change, where would the user make it again?
//!
//! [`learn`] finds the rule of the last edits (a name changed, an argument added, a word put before
//! another), [`RepeatedEdit::edits`] applies it at the other places of the same file,
//! [`RepeatedEdit::edits_elsewhere`] in another one, and [`insertion`] gives what the rule inserts
//! right at the cursor. `lsp` offers the edits as code actions and insertions as ghost text. All of
//! it is a plain function of a snapshot, whose `recent.edits` say what was changed; no model is
//! asked. A rule needs to be seen at two places, or to rename something where it is defined.
//! Silence is always an answer.
//!
//! [`predict`] asks a model for the next edit, if it is one that was trained for that
//! (`models/`).
//!
//! A new kind of rule is a file here, an entry in [`Rule`](rule::Rule) and a line in `rule.rs`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![cfg_attr(test, allow(clippy::disallowed_methods))]

mod argument;
mod changes;
mod hunks;
mod lexemes;
mod models;
mod rename;
mod replace;
mod rule;
mod skipped;
#[cfg(test)]
mod tests;
mod typing;
mod verify;
mod view;
mod wrap;

use context::Snapshot;
use text::{Edit, Rope};
use view::DocumentView;

pub use models::{EditFormat, PredictedEdit, predict, read_ahead};
pub use rule::RepeatedEdit;

/// More edits than this are not offered: no user looks through them.
pub const MAX_EDITS: usize = 200;

/// What the last edits of this document repeat, if they repeat something.
pub fn learn(snapshot: &Snapshot) -> Option<RepeatedEdit> {
    let last = snapshot.recent.edits.first()?;
    if last.path != snapshot.path {
        return None;
    }
    rule::learn(&DocumentView::new(snapshot))
}

impl RepeatedEdit {
    /// The same at the other places of the document it was learnt from, in the order of the text.
    pub fn edits(&self, snapshot: &Snapshot) -> Vec<Edit> {
        self.find(&DocumentView::new(snapshot), true)
    }

    /// The same in another document, in the order of its text.
    pub fn edits_elsewhere(&self, snapshot: &Snapshot) -> Vec<Edit> {
        if self.is_local() {
            Vec::new()
        } else {
            self.find(&DocumentView::new(snapshot), false)
        }
    }

    fn find(&self, view: &DocumentView, own: bool) -> Vec<Edit> {
        let mut found: Vec<(Edit, bool)> = Vec::new();
        for rule in &self.rules {
            for edit in rule.edits(view, own.then_some(&self.skipped)) {
                let was_changed = own && self.lines.contains(&view.line_of(edit.range.start));
                let is_taken = found.iter().any(|(other, _)| other.conflicts_with(&edit));
                if !was_changed && !is_taken {
                    found.push((edit, rule.keeps_syntax()));
                }
            }
        }
        if found.len() > MAX_EDITS {
            return Vec::new();
        }
        found.sort_by_key(|(edit, _)| (edit.range.start, edit.range.end));
        verify::without_new_errors(view, found)
    }
}

/// The edits of one line, of several that are offered one after the other: the next line below
/// `line`, else the first. Lines count from 0.
pub fn next_line<'a>(rope: &Rope, edits: &'a [Edit], line: usize) -> &'a [Edit] {
    let line_of = |edit: &Edit| rope.byte_to_line(edit.range.start);
    let first = edits
        .iter()
        .position(|edit| line_of(edit) > line)
        .unwrap_or(0);
    let Some(wanted) = edits.get(first).map(line_of) else {
        return &[];
    };
    let count = edits[first..]
        .iter()
        .take_while(|edit| line_of(edit) == wanted)
        .count();
    &edits[first..first + count]
}

/// What the repeated edit inserts right at `offset`, if it inserts something there, or what is left
/// of that where the user has begun to type it.
pub fn insertion(snapshot: &Snapshot, offset: usize) -> Option<String> {
    if snapshot.recent.edits.is_empty() {
        return None;
    }
    inserted(snapshot, offset).or_else(|| rest_of_inserted(snapshot, offset))
}

fn inserted(snapshot: &Snapshot, offset: usize) -> Option<String> {
    learn(snapshot)?
        .edits(snapshot)
        .into_iter()
        .find(|edit| edit.range == (offset..offset))
        .map(|edit| edit.text)
}

fn rest_of_inserted(snapshot: &Snapshot, offset: usize) -> Option<String> {
    let (before, typed) = typing::before_typing(snapshot, offset)?;
    let inserted = inserted(&before, offset - typed.len())?;
    let rest = inserted.strip_prefix(&typed)?;
    (!rest.is_empty()).then(|| rest.to_owned())
}
