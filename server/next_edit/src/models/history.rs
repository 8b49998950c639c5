//! The last edits as next-edit models are shown them: the lines before and after, with a few
//! unchanged lines around them.

use context::{RecentEdit, Snapshot};
use std::fmt::Write;
use text::Rope;

/// Unchanged lines above and below an edit, as `diff -u` shows them.
const CONTEXT_LINES: usize = 3;
/// Larger edits are not shown, in lines before and after.
const MAX_LINES: usize = 40;

/// An edit with the lines around it, as far as its place is known.
pub(super) struct PastEdit<'a> {
    pub path: &'a str,
    line: usize,
    above: Vec<String>,
    before: Vec<&'a str>,
    after: Vec<&'a str>,
    below: Vec<String>,
}

/// The last edits that can be shown, the latest first.
pub(super) fn past_edits<'a>(snapshot: &'a Snapshot, most: usize) -> Vec<PastEdit<'a>> {
    let edits = snapshot.recent.edits.iter();
    edits
        .map(|edit| PastEdit::new(snapshot, edit))
        .filter(|edit| edit.before.len().max(edit.after.len()) <= MAX_LINES)
        .take(most)
        .collect()
}

impl<'a> PastEdit<'a> {
    fn new(snapshot: &'a Snapshot, edit: &'a RecentEdit) -> Self {
        let after = contents(&edit.after);
        let around = rope_of(snapshot, &edit.path).and_then(|rope| around(rope, edit.line, &after));
        let (above, below) = around.unwrap_or_default();
        Self {
            path: &edit.path,
            line: edit.line,
            above,
            before: contents(&edit.before),
            after,
            below,
        }
    }

    /// The lines before and after the edit, without the last break.
    pub fn sides(&self) -> (String, String) {
        let side = |lines: &[&str]| {
            let above = self.above.iter().map(String::as_str);
            let below = self.below.iter().map(String::as_str);
            let all: Vec<&str> = above.chain(lines.iter().copied()).chain(below).collect();
            all.join("\n")
        };
        (side(&self.before), side(&self.after))
    }

    /// One hunk as `diff -u` writes it.
    pub fn hunk(&self) -> String {
        let around = self.above.len() + self.below.len();
        let start = self.line + 1 - self.above.len();
        let old = around + self.before.len();
        let new = around + self.after.len();
        let mut hunk = format!("@@ -{start},{old} +{start},{new} @@\n");
        let mut side = |sign: char, line: &str| {
            let _ = writeln!(hunk, "{sign}{line}");
        };
        self.above.iter().for_each(|line| side(' ', line));
        self.before.iter().for_each(|line| side('-', line));
        self.after.iter().for_each(|line| side('+', line));
        self.below.iter().for_each(|line| side(' ', line));
        hunk
    }
}

/// The lines of a text without their breaks.
pub(super) fn contents(text: &str) -> Vec<&str> {
    text.split_inclusive('\n')
        .map(|line| line.trim_end_matches(['\n', '\r']))
        .collect()
}

fn rope_of<'a>(snapshot: &'a Snapshot, path: &str) -> Option<&'a Rope> {
    if *path == *snapshot.path {
        return Some(snapshot.rope());
    }
    let files = &snapshot.recent.files;
    let file = files.iter().find(|file| *file.path == *path);
    file.map(|file| &file.rope)
}

/// The lines above and below those of an edit; `None` if these are no longer at their place.
fn around(rope: &Rope, line: usize, after: &[&str]) -> Option<(Vec<String>, Vec<String>)> {
    let content = |line: usize| text::position::content(rope.line(line)).to_string();
    let end = line + after.len();
    let count = rope.len_lines();
    if end > count || (line..end).map(content).ne(after.iter().copied()) {
        return None;
    }
    let above = line.saturating_sub(CONTEXT_LINES)..line;
    let last = count - usize::from(rope.line(count - 1).len_bytes() == 0);
    let below = end..(end + CONTEXT_LINES).min(last).max(end);
    Some((above.map(content).collect(), below.map(content).collect()))
}
