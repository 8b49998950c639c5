//! What was edited lately, as changes of whole lines, for prompts and for what is done again.
//!
//! `documents` calls [`History::edited`] for each change with the text before and after it, and
//! gives the result to the products as `context::Recent`. Changes of the same lines that follow
//! each other within [`PAUSE`] become one, so a word typed letter by letter is one edit, and one
//! that is taken back is none. Nothing of a secret file is kept. The time is given in, and nothing
//! here is ever written to disk.

use context::RecentEdit;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};
use text::{Change, Rope};

/// Edits of the same lines closer to each other than this are one.
const PAUSE: Duration = Duration::from_secs(2);
/// Edits that are kept.
const MAX_EDITS: usize = 32;
/// The most bytes of the old and of the new lines of an edit; larger ones are not kept.
const MAX_BYTES: usize = 2 << 10;

/// One change of a document, with the whole text around it.
pub struct Step {
    /// Where it was.
    pub change: Change,
    /// The text before it.
    pub before: Rope,
    /// The text after it.
    pub after: Rope,
}

/// The last edits of all documents.
pub struct History {
    entries: VecDeque<Entry>,
    is_secret: fn(&str) -> bool,
}

struct Entry {
    uri: String,
    at: Instant,
    /// Its lines in the text as it is now, as long as that is known.
    lines: Option<Range<usize>>,
    /// How many of these lines are above the edit and unchanged.
    head: usize,
    edit: RecentEdit,
}

impl History {
    /// An empty history that keeps nothing of the paths for which `is_secret` says so.
    pub fn new(is_secret: fn(&str) -> bool) -> Self {
        Self {
            entries: VecDeque::new(),
            is_secret,
        }
    }

    /// Takes note of one change of the document `uri`, shown as `path`, at the time `now`.
    pub fn edited(&mut self, uri: &str, path: &Arc<str>, step: &Step, now: Instant) {
        if (self.is_secret)(path) {
            return;
        }
        let (old, new) = changed_lines(step);
        let same = |entry: &Entry| {
            entry.uri == uri
                && now.duration_since(entry.at) <= PAUSE
                && entry
                    .lines
                    .as_ref()
                    .is_some_and(|lines| overlap(lines, &old))
        };
        let found = self
            .entries
            .iter()
            .rposition(same)
            .and_then(|at| self.entries.remove(at));
        self.shift(uri, &old, &new);
        if let Some(entry) = extended(found, uri, path, step, &old, &new, now) {
            self.entries.push_back(entry);
        }
        if self.entries.len() > MAX_EDITS {
            self.entries.pop_front();
        }
    }

    /// Says that the text of a document is no longer known: its edits stay, but none is continued.
    pub fn forget_place(&mut self, uri: &str) {
        self.entries
            .iter_mut()
            .filter(|entry| entry.uri == uri)
            .for_each(|entry| entry.lines = None);
    }

    /// The last edits, the latest first.
    pub fn edits(&self) -> Vec<RecentEdit> {
        self.entries
            .iter()
            .rev()
            .map(|entry| entry.edit.clone())
            .collect()
    }

    /// Whether nothing of this path is kept.
    pub fn is_secret(&self, path: &str) -> bool {
        (self.is_secret)(path)
    }

    /// Moves the edits below the changed lines; those that stood in them have lost their place.
    fn shift(&mut self, uri: &str, old: &Range<usize>, new: &Range<usize>) {
        for entry in self.entries.iter_mut().filter(|entry| entry.uri == uri) {
            let Some(lines) = entry.lines.take() else {
                continue;
            };
            let moved = |line: usize| (line + new.len()).saturating_sub(old.len());
            entry.lines = if lines.start >= old.end {
                Some(moved(lines.start)..moved(lines.end))
            } else if lines.end <= old.start {
                Some(lines)
            } else {
                None
            };
        }
    }
}

/// The edit `found` merged with this change, or only this change; `None` if nothing is left of it,
/// or it is too large.
fn extended(
    found: Option<Entry>,
    uri: &str,
    path: &Arc<str>,
    step: &Step,
    old: &Range<usize>,
    new: &Range<usize>,
    now: Instant,
) -> Option<Entry> {
    let (lines, before) = match found.and_then(|entry| Some((entry.lines?, entry.head, entry.edit)))
    {
        None => (old.clone(), lines_of(&step.before, old)?),
        Some((lines, head, edit)) => {
            let old_before = whole_before(&edit, head, &lines_of(&step.before, &lines)?)?;
            let above = lines_of(&step.before, &(old.start.min(lines.start)..lines.start))?;
            let below = lines_of(&step.before, &(lines.end..old.end.max(lines.end)))?;
            (
                lines.start.min(old.start)..lines.end.max(old.end),
                above + &old_before + &below,
            )
        }
    };
    let lines = lines.start
        ..(lines.end + new.len())
            .saturating_sub(old.len())
            .max(lines.start);
    let after = lines_of(&step.after, &lines)?;
    if before.len() > MAX_BYTES || before == after {
        return None;
    }
    let (head, before, after) = trimmed(&before, &after);
    let line = lines.start + head;
    Some(Entry {
        uri: uri.to_owned(),
        at: now,
        lines: Some(lines),
        head,
        edit: RecentEdit {
            path: Arc::clone(path),
            line,
            before,
            after,
        },
    })
}

/// The old text of all the lines of an entry, which are `now`; its edit shows only those that
/// differ, below `head` others.
fn whole_before(edit: &RecentEdit, head: usize, now: &str) -> Option<String> {
    let head: usize = now.split_inclusive('\n').take(head).map(str::len).sum();
    let rest = now[head..].strip_prefix(edit.after.as_str())?;
    Some(format!("{}{}{rest}", &now[..head], edit.before))
}

/// Without the lines at the start, which are counted, and at the end that are the same in both.
fn trimmed(before: &str, after: &str) -> (usize, String, String) {
    let (old, new): (Vec<_>, Vec<_>) = (
        before.split_inclusive('\n').collect(),
        after.split_inclusive('\n').collect(),
    );
    let head = old
        .iter()
        .zip(&new)
        .take_while(|(old, new)| old == new)
        .count();
    let (old, new) = (&old[head..], &new[head..]);
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take_while(|(old, new)| old == new)
        .count();
    (
        head,
        old[..old.len() - tail].concat(),
        new[..new.len() - tail].concat(),
    )
}

/// The lines that a change touches, before and after it; both start with the same line.
fn changed_lines(step: &Step) -> (Range<usize>, Range<usize>) {
    let Change {
        start_byte,
        old_end_byte,
        new_end_byte,
        ..
    } = step.change;
    let start = step
        .before
        .byte_to_line(start_byte)
        .min(step.after.byte_to_line(start_byte));
    let begins =
        |rope: &Rope, offset: usize| rope.line_to_byte(rope.byte_to_line(offset)) == offset;
    let whole = begins(&step.before, start_byte)
        && begins(&step.before, old_end_byte)
        && begins(&step.after, new_end_byte);
    let end = |rope: &Rope, offset: usize| rope.byte_to_line(offset) + usize::from(!whole);
    (
        start..end(&step.before, old_end_byte).max(start),
        start..end(&step.after, new_end_byte).max(start),
    )
}

/// Whether two ranges of lines share one, or an empty one touches the other.
fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    if a.is_empty() || b.is_empty() {
        a.start <= b.end && b.start <= a.end
    } else {
        a.start < b.end && b.start < a.end
    }
}

/// The text of these lines with their breaks; `None` if it is too large to keep.
fn lines_of(rope: &Rope, lines: &Range<usize>) -> Option<String> {
    let start = rope.line_to_byte(lines.start.min(rope.len_lines()));
    let end = rope
        .line_to_byte(lines.end.min(rope.len_lines()))
        .max(start);
    (end - start <= MAX_BYTES).then(|| rope.byte_slice(start..end).to_string())
}

#[cfg(test)]
mod tests;
