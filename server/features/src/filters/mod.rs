//! What is done to a completion before anybody sees it: one file per filter, in the order of [`FILTERS`].
//!
//! A filter gets the place and the text and gives back the text, mended or shortened, or `None` to show nothing. It
//! never makes anything up. To add one: a file, a line in the list, and golden cases in `cases/<name>.txt`.

mod blank;
mod brackets;
mod indentation;
mod layout;
mod repetition;
mod suffix;
mod syntax_error;

use crate::extent::Extent;
use context::Snapshot;

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
}

/// A filter's name and function.
pub type Filter = (&'static str, fn(&Place<'_>, String) -> Option<String>);

/// All filters in their order.
pub const FILTERS: &[Filter] = &[
    ("indentation", indentation::apply),
    ("suffix", suffix::apply),
    ("brackets", brackets::apply),
    ("repetition", repetition::apply),
    ("blank", blank::apply),
    ("layout", layout::apply),
    ("syntax_error", syntax_error::apply),
];

impl<'a> Place<'a> {
    /// The place at `offset`.
    pub fn new(snapshot: &'a Snapshot, offset: usize, extent: &'a Extent) -> Self {
        let (before, mut after) = snapshot.line_around(offset);
        let mut next = snapshot.lines_below(offset).find(|line| !line.trim().is_empty()).unwrap_or_default();
        if *extent == Extent::WholeLine {
            next = std::mem::take(&mut after);
        }
        Self { snapshot, offset, extent, before, after, next }
    }

    /// The text as it will be inserted.
    pub fn inserted(&self, text: &str) -> String {
        let line_feed = if *self.extent == Extent::WholeLine { "\n" } else { "" };
        format!("{text}{line_feed}")
    }
}

/// The text to insert after all filters, or the name of the one that dropped it.
pub fn apply_all(place: &Place<'_>, text: String) -> Result<String, &'static str> {
    let text = FILTERS.iter().try_fold(text, |text, (name, filter)| filter(place, text).ok_or(*name))?;
    Ok(place.inserted(&text))
}

#[cfg(test)]
mod tests;
