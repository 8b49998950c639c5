//! What is done to a completion before anybody sees it: one file per filter, in the order of [`FILTERS`].
//!
//! A filter gets the place and the text and gives back the text, mended or shortened, or `None` to show nothing. It
//! never makes anything up. To add one: a file, a line in the list, and golden cases in `cases/<name>.txt`.

mod blank;
mod brackets;
mod indentation;
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
    /// The cursor's line from the cursor on.
    pub after: String,
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
    ("syntax_error", syntax_error::apply),
];

impl<'a> Place<'a> {
    /// The place at `offset`.
    pub fn new(snapshot: &'a Snapshot, offset: usize, extent: &'a Extent) -> Self {
        let (before, after) = snapshot.line_around(offset);
        Self { snapshot, offset, extent, before, after }
    }
}

/// The text after all filters, or the name of the one that dropped it.
pub fn apply_all(place: &Place<'_>, text: String) -> Result<String, &'static str> {
    FILTERS.iter().try_fold(text, |text, (name, filter)| filter(place, text).ok_or(*name))
}

#[cfg(test)]
mod tests;
