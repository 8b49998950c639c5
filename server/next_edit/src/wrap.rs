//! Something was put around calls or names: `x` became `int(x)` at several places.

use super::hunks::Hunk;
use super::lexemes::{Lexeme, at, balanced, lexemes};
use super::view::DocumentView;
use syntax::Place;
use text::Edit;
use text::words::is_name;

/// A rule that wraps.
#[derive(Clone, Debug)]
pub(super) struct Wrap {
    /// The lexemes that open the wrapping.
    opening: Vec<String>,
    /// What is written before it and after it.
    texts: (String, String),
    /// The lexemes that all the wrapped have in common, from their first on.
    start: Vec<String>,
    /// Whether `start` is all of the wrapped code; otherwise the code ends where the brackets of
    /// `start` are closed.
    is_whole: bool,
}

/// Two hunks of a line that together put something around what is between them.
pub(super) struct WrapChange {
    first: Hunk,
    second: Hunk,
    wrapped: Vec<String>,
    pub line: usize,
    pub age: usize,
}

impl WrapChange {
    /// The pairs among the hunks of one change.
    pub fn pairs(view: &DocumentView, hunks: &[Hunk]) -> Vec<Self> {
        let inserts: Vec<&Hunk> = hunks
            .iter()
            .filter(|hunk| !hunk.merged && hunk.removed.is_empty())
            .collect();
        inserts
            .windows(2)
            .filter_map(|pair| Self::new(view, pair[0], pair[1]))
            .collect()
    }

    fn new(view: &DocumentView, first: &Hunk, second: &Hunk) -> Option<Self> {
        let both: Vec<&String> = first.added.iter().chain(&second.added).collect();
        if balanced(&first.added) || balanced(&second.added) || !balanced(&both) {
            return None;
        }
        let is_in_order = first.line == second.line && first.range.end <= second.range.start;
        if !is_in_order || first.region != Place::Code {
            return None;
        }
        let wrapped: Vec<String> = lexemes(&view.text[first.range.end..second.range.start])
            .iter()
            .map(|lexeme| lexeme.text.to_owned())
            .collect();
        balanced(&wrapped).then(|| Self {
            first: first.clone(),
            second: second.clone(),
            wrapped,
            line: first.line,
            age: first.age,
        })
    }

    pub fn is_like(&self, other: &Self) -> bool {
        self.first.added == other.first.added
            && self.second.added == other.second.added
            && self.wrapped.first() == other.wrapped.first()
    }
}

impl Wrap {
    /// The rule of changes that are alike.
    pub fn learn(group: &[WrapChange]) -> Option<Self> {
        let first = group.first().filter(|_| group.len() > 1)?;
        let length = group
            .iter()
            .map(|change| shared(&first.wrapped, &change.wrapped))
            .min()?;
        let start = first.wrapped[..length].to_vec();
        let is_whole = group.iter().all(|change| change.wrapped.len() == length);
        let has_name = start.iter().any(|lexeme| is_name(lexeme));
        let has_end = is_whole || !balanced(&start);
        (has_name && has_end).then(|| Self {
            opening: first.first.added.clone(),
            texts: (first.first.text.clone(), first.second.text.clone()),
            start,
            is_whole,
        })
    }

    /// Where it can be applied.
    pub fn edits(&self, view: &DocumentView) -> Vec<Edit> {
        view.lines_with_longest_name(&self.start)
            .into_iter()
            .flat_map(|line| self.edits_in(view, line))
            .collect()
    }

    fn edits_in(&self, view: &DocumentView, line: usize) -> Vec<Edit> {
        let all = lexemes(view.line(line));
        (0..all.len())
            .filter_map(|first| self.edit_at(view, view.line_start(line), &all, first))
            .collect()
    }

    /// The edit for what begins with the lexeme `first` of the line that starts at `line_start`.
    fn edit_at(
        &self,
        view: &DocumentView,
        line_start: usize,
        all: &[Lexeme],
        first: usize,
    ) -> Option<Edit> {
        if !self.matches_at(all, first) {
            return None;
        }
        let range = line_start + all[first].start..line_start + self.end(all, first)?;
        if view.region(line_start + all[first].end()) != Place::Code {
            return None;
        }
        let (opening, closing) = &self.texts;
        let text = format!("{opening}{}{closing}", &view.text[range.clone()]);
        Some(Edit { range, text })
    }

    /// Whether what was wrapped elsewhere begins here and is not wrapped yet.
    fn matches_at(&self, all: &[Lexeme], first: usize) -> bool {
        let first = first as isize;
        let matches = |from: isize, wanted: &[String]| {
            let mut wanted = wanted.iter().zip(from..);
            wanted.all(|(text, place)| at(all, place) == text)
        };
        matches(first, &self.start)
            && !matches(first - self.opening.len() as isize, &self.opening)
            && at(all, first - 1) != "."
    }

    /// Where what begins with the lexeme `first` ends, in bytes of the line.
    fn end(&self, all: &[Lexeme], first: usize) -> Option<usize> {
        let known = first + self.start.len();
        if self.is_whole {
            return Some(all[known - 1].end());
        }
        let is_closed = |end: &usize| {
            let lexemes: Vec<&str> = all[first..=*end].iter().map(|one| one.text).collect();
            balanced(&lexemes)
        };
        let end = (known..all.len()).find(is_closed)?;
        Some(all[end].end())
    }

    /// What it does, for a title.
    pub fn describe(&self) -> String {
        format!(
            "put `{}…{}` around `{}`",
            self.texts.0.trim(),
            self.texts.1.trim(),
            self.start.concat()
        )
    }
}

/// How many lexemes two rows have in common at their beginning.
fn shared(a: &[String], b: &[String]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
