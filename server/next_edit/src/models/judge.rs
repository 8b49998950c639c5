//! Whether what a model answers is a next edit that is worth showing.

use super::history::contents;
use super::rewrite::{Rewritten, differing, edits};
use super::window::EditWindow;
use crate::verify::adds_errors;
use context::{Answer, RecentEdit, Snapshot, Stats};
use std::ops::Range;
use text::{Edit, Rope, is_word};

/// The least mean probability of the tokens of a change, as a geometric mean. It is not fitted:
/// models for next edits say nothing where nothing changes, and are mostly sure of what they say.
const MIN_CONFIDENCE: f32 = 0.5;
/// More bytes than this are not replaced if they are most of the window.
const MAX_REMOVED: usize = 80;
/// As many lines less at the end are a sign of an answer that ends too early.
const MISSING_LINES: usize = 3;
/// How many of the last edits must not be taken back.
const MAX_EDITS: usize = 3;
/// Characters of a text that is named.
const MAX_NAMED: usize = 40;

/// What a model predicts that its user will change next.
#[derive(Clone, Debug, PartialEq)]
pub struct PredictedEdit {
    /// The edits, in the order of the text and without overlaps.
    pub edits: Vec<Edit>,
    /// How sure the model is, from 0 to 1.
    pub confidence: f32,
    /// What the prediction cost.
    pub stats: Stats,
}

impl PredictedEdit {
    /// What it inserts at byte `offset`, lines ending with `\n`, if it changes nothing else.
    pub fn insertion(&self, offset: usize) -> Option<String> {
        match self.edits.as_slice() {
            [edit] if edit.range == (offset..offset) => Some(edit.text.replace("\r\n", "\n")),
            _ => None,
        }
    }

    /// Its first line, counted from 0.
    pub fn line(&self, rope: &Rope) -> usize {
        let first = self.edits.first().map_or(0, |edit| edit.range.start);
        rope.byte_to_line(first)
    }

    /// What its first edit does, in a few words.
    pub fn describe(&self, snapshot: &Snapshot) -> String {
        let Some(edit) = self.edits.first() else {
            return String::new();
        };
        let (old, new) = whole_words(snapshot, edit);
        match (named(&old), named(&new)) {
            (Some(old), Some(new)) => format!("`{old}` to `{new}`"),
            (None, Some(new)) => format!("insert `{new}`"),
            (Some(old), None) => format!("delete `{old}`"),
            (None, None) => "blank lines".into(),
        }
    }
}

/// What an edit replaces and by what, with the rest of a word that it changes only partly.
fn whole_words(snapshot: &Snapshot, edit: &Edit) -> (String, String) {
    let old = snapshot.slice(edit.range.start, edit.range.end);
    let (before, _) = snapshot.line_around(edit.range.start);
    let (_, after) = snapshot.line_around(edit.range.end);
    let texts = [old.as_str(), edit.text.as_str()];
    let starts = texts.iter().any(|text| text.starts_with(is_word));
    let ends = texts.iter().any(|text| text.ends_with(is_word));
    let head = match starts {
        true => &before[before.trim_end_matches(is_word).len()..],
        false => "",
    };
    let tail = match ends {
        true => &after[..after.len() - after.trim_start_matches(is_word).len()],
        false => "",
    };
    (
        format!("{head}{old}{tail}"),
        format!("{head}{}{tail}", edit.text),
    )
}

/// The beginning of a text; `None` if it is blank.
fn named(text: &str) -> Option<String> {
    let text = text.trim();
    let line = text.lines().next()?;
    let is_whole = line.len() == text.len() && line.chars().count() <= MAX_NAMED;
    let mut named: String = line.chars().take(MAX_NAMED).collect();
    if !is_whole {
        named.push('…');
    }
    Some(named)
}

/// The edit that an answer makes; else why it is not shown.
pub(super) fn judge(
    window: &EditWindow,
    rewritten: &Rewritten,
    answer: &Answer,
) -> Result<PredictedEdit, &'static str> {
    let old = window.text.as_str();
    let new = with_own_end(window, &rewritten.text);
    if new == old {
        return Err("nothing changes");
    }
    if without_blanks(&new) == without_blanks(old) {
        return Err("only blanks change");
    }
    let changes = edits(old, &new, window.cursor);
    if removes_most(old, &new, &changes) {
        return Err("most of the window is removed");
    }
    if ends_early(old, &new) {
        return Err("the answer ends before the window does");
    }
    if takes_back(window, old, &new) {
        return Err("a recent edit is taken back");
    }
    let edits = window.to_document(&changes);
    if adds_errors(window.snapshot, &edits) {
        return Err("it adds a syntax error");
    }
    let confidence = confidence(rewritten, &changes, answer);
    if confidence < MIN_CONFIDENCE {
        return Err("the model is too uncertain");
    }
    Ok(PredictedEdit {
        edits,
        confidence,
        stats: answer.stats,
    })
}

/// Whether little is left of the window: more than half of it is replaced, which is much text or
/// leaves at most half as many lines.
fn removes_most(old: &str, new: &str, changes: &[Edit]) -> bool {
    let removed: usize = changes.iter().map(|edit| edit.range.len()).sum();
    let texts = |text: &str| text.lines().filter(|line| !line.trim().is_empty()).count();
    2 * removed > old.len() && (removed > MAX_REMOVED || 2 * texts(new) <= texts(old))
}

/// Whether the last lines are gone: a model that stops too early looks as if it deleted them.
fn ends_early(old: &str, new: &str) -> bool {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split('\n').collect(), new.split('\n').collect());
    differing(&old, &new)
        .last()
        .is_some_and(|(removed, added)| {
            let is_last = old[removed.end..].iter().all(|line| line.trim().is_empty());
            is_last && removed.len() >= added.len() + MISSING_LINES
        })
}

/// A rewritten text that ends with as many blank lines after the cursor as the window: models are
/// not exact about the last break.
fn with_own_end(window: &EditWindow, new: &str) -> String {
    let end = window.text.trim_end_matches('\n').len().max(window.cursor);
    let new = new.replace('\r', "");
    format!("{}{}", new.trim_end_matches('\n'), &window.text[end..])
}

fn without_blanks(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Whether one of the last edits is undone.
fn takes_back(window: &EditWindow, old: &str, new: &str) -> bool {
    let own = |edit: &&RecentEdit| edit.path == window.snapshot.path;
    let recent = window.snapshot.recent.edits.iter().filter(own);
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split('\n').collect(), new.split('\n').collect());
    let groups = differing(&old, &new);
    recent.take(MAX_EDITS).any(|edit| {
        let before = contents(&edit.before);
        let Some(lines) = place(window, edit, &old) else {
            return false;
        };
        groups.iter().any(|(removed, added)| {
            let is_within = lines.start <= removed.start && removed.end <= lines.end;
            let parts = [
                &old[lines.start..removed.start.max(lines.start)],
                &new[added.clone()],
                &old[removed.end.min(lines.end)..lines.end],
            ];
            is_within && same_text(&parts.concat(), &before)
        })
    })
}

/// The lines of the window that an edit has made, if they are there unchanged.
fn place(window: &EditWindow, edit: &RecentEdit, old: &[&str]) -> Option<Range<usize>> {
    let after = contents(&edit.after);
    let start = edit.line.checked_sub(window.lines.start)?;
    let lines = start..start + after.len();
    (old.get(lines.clone())? == after.as_slice()).then_some(lines)
}

/// Whether lines are the same, blanks left out.
fn same_text(lines: &[&str], others: &[&str]) -> bool {
    without_blanks(&lines.concat()) == without_blanks(&others.concat())
}

/// The geometric mean of the probabilities of the tokens that make the changes, those next to a
/// deletion included; 1 if the model gives none.
fn confidence(rewritten: &Rewritten, changes: &[Edit], answer: &Answer) -> f32 {
    let spans = spans(rewritten, changes);
    let mut start = 0;
    let mut sum = 0.0;
    let mut count = 0;
    for &(end, logprob) in &answer.tokens {
        // A token of the required beginning ends at 0.
        let changes = |span: &Range<usize>| start <= span.end && span.start < end;
        if spans.iter().any(changes) {
            sum += logprob;
            count += 1;
        }
        start = end;
    }
    if count == 0 {
        // What is left out at the end has no token of its own.
        return answer
            .tokens
            .last()
            .map_or(1.0, |(_, logprob)| logprob.exp());
    }
    (sum / count as f32).exp()
}

/// Where the changes are in the answer.
fn spans(rewritten: &Rewritten, changes: &[Edit]) -> Vec<Range<usize>> {
    let mut added = 0;
    let mut removed = 0;
    let mut spans = Vec::new();
    for edit in changes {
        let start = edit.range.start + added - removed;
        let last = (start + edit.text.len()).saturating_sub(1).max(start);
        if let (Some(start), Some(last)) = (rewritten.in_answer(start), rewritten.in_answer(last)) {
            spans.push(start..last);
        }
        added += edit.text.len();
        removed += edit.range.len();
    }
    spans
}
