//! The window as an answer rewrites it, and the smallest edits that lead there.

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices};
use std::ops::Range;
use text::Edit;

/// Lines of an answer that must be those of the window, one after the other, for the rest to be so
/// too; and how many of these must have text.
const SETTLED_LINES: usize = 4;
const SETTLED_TEXTS: usize = 2;

/// A text, and which part of it is where in an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rewritten {
    pub text: String,
    /// Where parts begin in the text and in the answer; `None` for what the answer does not have.
    parts: Vec<(usize, Option<usize>)>,
}

impl Rewritten {
    /// An answer that is the text.
    pub fn whole(answer: &str) -> Self {
        Self {
            text: answer.to_owned(),
            parts: vec![(0, Some(0))],
        }
    }

    /// The same without a mark that the model may have repeated.
    pub fn without(answer: &str, mark: &str) -> Self {
        let mut rewritten = Self::default();
        rewritten.push_without(answer, mark, 0);
        rewritten
    }

    /// Adds a part that is at this place of the answer, if it is there.
    pub fn push(&mut self, text: &str, at: Option<usize>) {
        self.parts.push((self.text.len(), at));
        self.text.push_str(text);
    }

    /// The same without a mark.
    pub fn push_without(&mut self, text: &str, mark: &str, at: usize) {
        let mut start = 0;
        for part in text.split(mark) {
            self.push(part, Some(at + start));
            start += part.len() + mark.len();
        }
    }

    /// Where a byte of the text is in the answer.
    pub fn in_answer(&self, at: usize) -> Option<usize> {
        let (start, begin) = self.parts.iter().rfind(|(start, _)| *start <= at)?;
        begin.map(|begin| begin + at - start)
    }
}

/// The rest of an answer that has come back to the lines of the window after a change: with the
/// window's own rest.
pub(super) fn settled(window: &str, answer: &str) -> Option<Rewritten> {
    let complete = &answer[..answer.rfind('\n')?];
    let old: Vec<&str> = window.split('\n').collect();
    let new: Vec<&str> = complete.split('\n').collect();
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new);
    let changed = same.count();
    let tail = new.get(changed..)?.last_chunk::<SETTLED_LINES>()?;
    let texts = tail.iter().filter(|line| !line.trim().is_empty()).count();
    if texts < SETTLED_TEXTS {
        return None;
    }
    let found = old[changed..].windows(SETTLED_LINES).enumerate();
    let mut places = found.filter(|(_, lines)| lines == tail);
    let (place, _) = places.next()?;
    if places.next().is_some() {
        return None;
    }
    let rest = &old[changed + place + SETTLED_LINES..];
    let mut rewritten = Rewritten::whole(complete);
    for line in rest {
        rewritten.push("\n", None);
        rewritten.push(line, None);
    }
    Some(rewritten)
}

/// Which lines differ: those of the old text, and those in their place.
pub(super) fn differing(old: &[&str], new: &[&str]) -> Vec<(Range<usize>, Range<usize>)> {
    let operations = capture_diff_slices(Algorithm::Myers, old, new);
    let mut found: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    let is_change = |operation: &&DiffOp| operation.tag() != DiffTag::Equal;
    for operation in operations.iter().filter(is_change) {
        let removed = operation.old_range();
        let added = operation.new_range();
        match found.last_mut() {
            Some((before, after)) if before.end == removed.start && after.end == added.start => {
                (before.end, after.end) = (removed.end, added.end);
            }
            _ => found.push((removed, added)),
        }
    }
    found
}

/// The smallest edits that make one text of the other, in order. What is only inserted at the
/// cursor is one edit.
pub(super) fn edits(old: &str, new: &str, cursor: usize) -> Vec<Edit> {
    if old == new {
        return Vec::new();
    }
    if let Some(inserted) = inserted(old, new, cursor) {
        return vec![Edit::insert(cursor, inserted)];
    }
    let mut edits = Vec::new();
    let (before, after): (Vec<&str>, Vec<&str>) =
        (old.split('\n').collect(), new.split('\n').collect());
    for (removed, added) in differing(&before, &after) {
        let at = before[..removed.start]
            .iter()
            .map(|line| line.len() + 1)
            .sum();
        add(
            &mut edits,
            at,
            &before[removed.clone()],
            &after[added],
            removed.end < before.len(),
        );
    }
    if edits
        .windows(2)
        .any(|pair| pair[0].conflicts_with(&pair[1]))
    {
        return vec![trimmed(0, old, new)];
    }
    edits
}

/// What a text has more at the cursor, if that is all.
fn inserted<'n>(old: &str, new: &'n str, cursor: usize) -> Option<&'n str> {
    let (before, after) = old.split_at(cursor);
    new.strip_prefix(before)?.strip_suffix(after)
}

/// Adds the edits for lines that begin at byte `at`; others follow or not.
fn add(edits: &mut Vec<Edit>, at: usize, old: &[&str], new: &[&str], has_next: bool) {
    if old.len() == new.len() {
        let mut start = at;
        for (old, new) in old.iter().zip(new) {
            if old != new {
                edits.push(trimmed(start, old, new));
            }
            start += old.len() + 1;
        }
        return;
    }
    let text = old.join("\n");
    let added = new.join("\n");
    if !old.is_empty() && !new.is_empty() {
        edits.push(trimmed(at, &text, &added));
        return;
    }
    // Whole lines come or go with a break: the one after them, or at the end the one before.
    let removed = text.len() + usize::from(!old.is_empty());
    let range = match has_next {
        true => at..at + removed,
        false => at.saturating_sub(1)..at.saturating_sub(1) + removed,
    };
    let added = match (new.is_empty(), has_next) {
        (true, _) => String::new(),
        (false, true) => format!("{added}\n"),
        (false, false) => format!("\n{added}"),
    };
    edits.push(Edit::replace(range, added));
}

/// One edit, without what both texts have in common at their beginnings and ends.
fn trimmed(at: usize, old: &str, new: &str) -> Edit {
    let shared = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
        let same = pairs.take_while(|(old, new)| old == new);
        same.map(|(old, _)| old.len_utf8()).sum()
    };
    let head = shared(&mut old.chars().zip(new.chars()));
    let old_rest = &old[head..];
    let new_rest = &new[head..];
    let tail = shared(&mut old_rest.chars().rev().zip(new_rest.chars().rev()));
    let range = at + head..at + old.len() - tail;
    Edit::replace(range, &new_rest[..new_rest.len() - tail])
}
