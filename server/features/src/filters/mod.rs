//! What is done to a completion before anybody sees it: one file per filter, in the order of
//! [`FILTERS`].
//!
//! A filter gets the place and the text and gives back the text, mended or shortened, or `None` to
//! show nothing. It never makes anything up. To add one: a file, a line in the list, and golden
//! cases in `cases/<name>.txt`.

mod blank;
mod brackets;
mod comment;
mod indentation;
mod layout;
mod repetition;
mod suffix;
mod syntax_error;

pub(crate) use comment::{is_all_comment, is_below_comment};

use crate::extent::Extent;
use context::Snapshot;
use std::cell::OnceCell;
use std::ops::Range;
use syntax::Scope;
use text::is_word;

/// Kinds of scopes that are functions.
pub(crate) const FUNCTIONS: [&str; 4] = ["function", "method", "constructor", "lambda"];
/// Lines above the cursor that are read where no function is known.
const LINES: usize = 40;

/// The text around the cursor, as filters need it.
pub struct Place<'a> {
    /// The document.
    pub snapshot: &'a Snapshot,
    /// Byte offset of the cursor.
    pub offset: usize,
    /// How far completions may go here.
    pub extent: &'a Extent,
    /// The cursor's line up to the cursor.
    pub before: String,
    /// What stands behind the completion on its line.
    pub after: String,
    /// The next line with anything on it; empty at the end of the text.
    pub next: String,
    text: OnceCell<String>,
    function: OnceCell<(Option<String>, Range<usize>)>,
}

/// A filter's name and function.
pub type Filter = (&'static str, fn(&Place<'_>, String) -> Option<String>);

/// All filters in their order.
pub const FILTERS: &[Filter] = &[
    ("indentation", indentation::apply),
    ("suffix", suffix::apply),
    ("brackets", brackets::apply),
    ("repetition", repetition::apply),
    ("comment", comment::apply),
    ("blank", blank::apply),
    ("layout", layout::apply),
    ("syntax_error", syntax_error::apply),
];

impl<'a> Place<'a> {
    /// The place at `offset`.
    pub fn new(snapshot: &'a Snapshot, offset: usize, extent: &'a Extent) -> Self {
        let (before, mut after) = snapshot.line_around(offset);
        let mut next = snapshot
            .lines_below(offset)
            .find(|line| !line.trim().is_empty())
            .unwrap_or_default();
        if *extent == Extent::WholeLine {
            next = std::mem::take(&mut after);
        }
        let (text, function) = (OnceCell::new(), OnceCell::new());
        Self {
            snapshot,
            offset,
            extent,
            before,
            after,
            next,
            text,
            function,
        }
    }

    /// The whole text.
    pub(crate) fn text(&self) -> &str {
        self.text.get_or_init(|| self.snapshot.rope().to_string())
    }

    /// The name of the function around the cursor, and its text above the cursor's word; some lines
    /// where no function is known.
    pub(crate) fn function(&self) -> (Option<&str>, Range<usize>) {
        let (name, range) = self.function.get_or_init(|| self.find_function());
        (name.as_deref(), range.clone())
    }

    /// The innermost function around the cursor, if one is known.
    pub(crate) fn innermost_function(&self) -> Option<Scope> {
        let scopes = self
            .snapshot
            .syntax
            .as_ref()?
            .scopes(self.snapshot.rope(), self.offset);
        scopes
            .into_iter()
            .rev()
            .find(|scope| FUNCTIONS.contains(&scope.kind))
    }

    fn find_function(&self) -> (Option<String>, Range<usize>) {
        let snapshot = self.snapshot;
        let end = self.offset - (self.before.len() - self.before.trim_end_matches(is_word).len());
        if let Some(scope) = self
            .innermost_function()
            .filter(|scope| scope.range.start < end)
        {
            return (scope.name, scope.range.start..end);
        }
        let line = snapshot.rope().byte_to_line(self.offset);
        (
            None,
            snapshot
                .rope()
                .line_to_byte(line.saturating_sub(LINES))
                .min(end)..end,
        )
    }

    /// Whether what is typed at `offset` stands in no comment and no string.
    pub(crate) fn in_code(&self, offset: usize) -> bool {
        let syntax = self.snapshot.syntax.as_ref();
        syntax
            .is_none_or(|syntax| syntax.place(self.snapshot.rope(), offset) == syntax::Place::Code)
    }

    /// The text as it will be inserted.
    pub fn inserted(&self, text: &str) -> String {
        let line_feed = if *self.extent == Extent::WholeLine {
            "\n"
        } else {
            ""
        };
        format!("{text}{line_feed}")
    }
}

/// The text to insert after all filters, or the name of the one that dropped it.
pub fn apply_all(place: &Place<'_>, text: String) -> Result<String, &'static str> {
    let text = FILTERS.iter().try_fold(text, |text, (name, filter)| {
        filter(place, text).ok_or(*name)
    })?;
    Ok(place.inserted(&text))
}

#[cfg(test)]
mod tests;
