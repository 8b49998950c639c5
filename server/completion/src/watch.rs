//! What became of a suggestion, concluded from the edits that follow: editors report neither that
//! one was shown nor that it was taken.
//!
//! `lsp` makes a [`Watch`] when it shows something, gives it every change of that document, and
//! asks for the [`SuggestionOutcome`] some seconds after the first one. The watch follows the place
//! through the edits: text that is inserted there belongs to it. Times are milliseconds of any
//! clock, given in. Nothing is written anywhere, and the text is dropped with the watch.

use index::lexemes;
use std::ops::Range;
use syntax::slice;
use text::{Change, Edit, Rope, is_word};

/// What became of a suggestion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SuggestionOutcome {
    /// All of it, or all that was left of it, was inserted at once and stayed.
    Accepted,
    /// Some words of it were inserted at once, or all of it and it was cut short afterwards.
    AcceptedPart,
    /// The same was typed by hand.
    TypedOver,
    /// It was inserted, then three tenths of it or more were changed.
    Edited,
    /// It was inserted, then removed.
    Reverted,
    /// Something else was done.
    Ignored,
    /// It gave way before anybody could read it, or nothing was done at all: this counts for
    /// nothing.
    Unseen,
}

/// Suggestions that give way sooner than this are unseen, in milliseconds.
pub const MIN_VISIBLE: u64 = 300;
/// The share of an inserted text that is changed in one that counts as edited.
const MIN_EDITED: f32 = 0.3;
/// Characters that are not typed within one change.
const MIN_AT_ONCE: usize = 3;
/// The most bytes of a change or of the place that are looked at.
const MAX_BYTES: usize = 16 << 10;

/// A suggestion whose outcome is open.
#[derive(Clone, Debug)]
pub struct Watch {
    text: String,
    shown: u64,
    rope: Rope,
    /// What is at the place now; empty at first.
    place: Range<usize>,
    /// Bytes of `text` that have been inserted at once, with what was typed of it before.
    taken: usize,
    /// The place was empty after something had been taken.
    emptied: bool,
    first_edit: Option<u64>,
    last_touch: u64,
}

impl Watch {
    /// Says that `text` is shown at byte `offset` of `rope` at the time `now`.
    pub fn new(rope: Rope, offset: usize, text: String, now: u64) -> Self {
        let place = offset..offset;
        Self {
            text,
            shown: now,
            rope,
            place,
            taken: 0,
            emptied: false,
            first_edit: None,
            last_touch: now,
        }
    }

    /// The suggestion.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether showing `text` at byte `offset` is to go on with this suggestion: what was typed of
    /// it agrees.
    pub fn goes_on(&self, offset: usize, text: &str) -> bool {
        self.taken == 0 && self.place.end == offset && self.text.ends_with(text)
    }

    /// Follows one change of the document, which is `after` now.
    pub fn edited(&mut self, change: &Change, after: &Rope, now: u64) {
        let before = std::mem::replace(&mut self.rope, after.clone());
        self.first_edit.get_or_insert(now);
        let edit = self.at_place(reduced(change, &before, after));
        let (old, complete) = (self.text_in(&before), self.place.len() >= self.text.len());
        if !self.move_place(&edit, complete) {
            return;
        }
        self.last_touch = now;
        let new = self.text_in(after);
        let inserted = edit.text.chars().count();
        let at_once = inserted >= MIN_AT_ONCE || edit.text.len() == self.text.len() && inserted > 1;
        if at_once && self.text.starts_with(&old) {
            self.take(&new);
        }
        self.emptied |= self.taken > 0 && new.trim().is_empty();
    }

    /// What it means that something else is shown now; `None` if the outcome is still open.
    pub fn replaced(&self, now: u64) -> Option<SuggestionOutcome> {
        match (self.taken, self.first_edit) {
            (0, _) if now.saturating_sub(self.shown) < MIN_VISIBLE => {
                Some(SuggestionOutcome::Unseen)
            }
            (0, None) => Some(SuggestionOutcome::Ignored),
            _ => None,
        }
    }

    /// When the outcome can be known, if anything has happened at all: `wait` after the place was
    /// touched last, and at the latest four times `wait` after the first edit.
    pub fn due(&self, wait: u64) -> Option<u64> {
        let first = self.first_edit?;
        Some((self.last_touch.max(first) + wait).min(first + 4 * wait))
    }

    /// The outcome as it is now.
    pub fn outcome(&self) -> SuggestionOutcome {
        let now = self.text_in(&self.rope);
        let whole = if self.taken == self.text.len() {
            SuggestionOutcome::Accepted
        } else {
            SuggestionOutcome::AcceptedPart
        };
        let taken = &self.text[..self.taken];
        if self.first_edit.is_none() {
            SuggestionOutcome::Unseen
        } else if taken.is_empty() {
            if now.starts_with(&self.text) {
                SuggestionOutcome::TypedOver
            } else {
                SuggestionOutcome::Ignored
            }
        } else if now.starts_with(taken) {
            whole
        } else if taken.starts_with(now.trim_end()) && has_word(&now) {
            SuggestionOutcome::AcceptedPart
        } else if now.trim().is_empty() || self.emptied {
            SuggestionOutcome::Reverted
        } else if kept(taken, &now) > 1.0 - MIN_EDITED {
            whole
        } else {
            SuggestionOutcome::Edited
        }
    }

    /// Notes that `new` is at the place after an insertion at once.
    fn take(&mut self, new: &str) {
        if new.starts_with(&self.text) {
            self.taken = self.text.len();
        } else if self.text.starts_with(new) && has_word(new) && ends_word(&self.text, new.len()) {
            self.taken = self.taken.max(new.len());
        }
    }

    /// What is at the place, with `\n` at the ends of lines as in the suggestion.
    fn text_in(&self, rope: &Rope) -> String {
        let place = self.place.start.min(rope.len_bytes())..self.place.end.min(rope.len_bytes());
        let text = if place.len() > MAX_BYTES {
            String::new()
        } else {
            slice(rope, place)
        };
        text.replace("\r\n", "\n")
    }

    /// An insertion that might as well have been made at the end of the place: what is between is
    /// repeated after it.
    fn at_place(&self, mut edit: Edit) -> Edit {
        let (end, length) = (self.place.end, edit.text.len());
        let gap = edit.range.start.wrapping_sub(end);
        if edit.range.is_empty() && gap > 0 && gap <= length && length <= MAX_BYTES {
            let between = slice(&self.rope, end..edit.range.start);
            if edit.text.ends_with(&between) {
                edit.text = between.clone() + &edit.text[..length - between.len()];
                edit.range = end..end;
            }
        }
        edit
    }

    /// Moves the place as the edit asks for. Whether the edit was at the place.
    fn move_place(&mut self, edit: &Edit, complete: bool) -> bool {
        let (Range { start, end }, Edit { range: old, text }) = (self.place.clone(), edit);
        let moved = |offset: usize| offset - old.end + old.start + text.len();
        let inside = old.start >= start && old.start <= end;
        if old.start > end
            || old.start == end && old.is_empty() && complete
            || old.start == end && !old.is_empty()
        {
            return false;
        }
        if old.end <= start && !(inside && start == end) {
            self.place = moved(start)..moved(end);
            return false;
        }
        self.place = if inside {
            start..(if old.end > end {
                old.start + text.len()
            } else {
                moved(end)
            })
        } else if old.end < end {
            old.start + text.len()..moved(end)
        } else {
            let found = Some(self.text.as_str())
                .filter(|wanted| !wanted.is_empty())
                .and_then(|wanted| text.find(wanted));
            let at = old.start + found.unwrap_or(text.len());
            at..at + found.map_or(0, |_| self.text.len())
        };
        true
    }
}

/// A change without what its old and its new text share at their ends.
fn reduced(change: &Change, before: &Rope, after: &Rope) -> Edit {
    let range = change.start_byte..change.old_end_byte;
    let text = slice(after, change.start_byte..change.new_end_byte);
    if range.len().max(text.len()) > MAX_BYTES {
        return Edit { range, text };
    }
    let replaced = slice(before, range.clone());
    let head = common(replaced.chars(), text.chars());
    let (rest, new) = (&replaced[head..], &text[head..]);
    let tail = common(rest.chars().rev(), new.chars().rev());
    Edit::replace(
        range.start + head..range.end - tail,
        &new[..new.len() - tail],
    )
}

fn common(a: impl Iterator<Item = char>, b: impl Iterator<Item = char>) -> usize {
    a.zip(b)
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum()
}

fn has_word(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Whether no word of `text` goes on over `end`.
fn ends_word(text: &str, end: usize) -> bool {
    !(text[..end].chars().next_back().is_some_and(is_word)
        && text[end..].chars().next().is_some_and(is_word))
}

/// The share of the bytes of `taken` that are still in `now`, in their order, compared by words
/// and single characters.
fn kept(taken: &str, now: &str) -> f32 {
    let words = |text: &'_ str| {
        lexemes(text)
            .take(2000)
            .map(|range| text[range].trim().to_owned())
            .collect::<Vec<_>>()
    };
    let (old, new) = (words(taken), words(now));
    let mut row = vec![0; new.len() + 1];
    for lexeme in &old {
        let mut diagonal = 0;
        for at in 0..new.len() {
            let best = if *lexeme == new[at] {
                diagonal + lexeme.len()
            } else {
                row[at].max(row[at + 1])
            };
            diagonal = std::mem::replace(&mut row[at + 1], best);
        }
    }
    let all: usize = old.iter().map(|lexeme| lexeme.len()).sum();
    row[new.len()] as f32 / all.max(1) as f32
}

#[cfg(test)]
mod tests;
