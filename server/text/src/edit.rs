//! An edit of a text: one range of bytes that another text takes the place of. Every change that
//! the house proposes or makes is a list of these.
//!
//! [`apply`] makes edits in a string, [`replace`] makes one in a rope and describes it for a tree.
//! Knows no documents, versions or languages.

use crate::point::{Change, Point};
use ropey::Rope;
use std::ops::Range;

/// One replaced range of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced, in bytes of the text before the edit; empty to insert.
    pub range: Range<usize>,
    /// What takes its place.
    pub text: String,
}

impl Edit {
    /// Puts `text` in the place of `range`.
    pub fn replace(range: Range<usize>, text: impl Into<String>) -> Self {
        Self {
            range,
            text: text.into(),
        }
    }

    /// Puts `text` at `offset`.
    pub fn insert(offset: usize, text: impl Into<String>) -> Self {
        Self::replace(offset..offset, text)
    }

    /// Removes `range`.
    pub fn delete(range: Range<usize>) -> Self {
        Self::replace(range, "")
    }

    /// Whether both cannot be made together: they overlap, or begin at the same place, so that
    /// their order would matter.
    pub fn conflicts_with(&self, other: &Self) -> bool {
        let (a, b) = (&self.range, &other.range);
        a.start < b.end && b.start < a.end || a.start == b.start
    }
}

/// `text` with `edits` made, which are in its order and do not overlap.
///
/// # Panics
///
/// Where a range does not lie in the text or splits a character.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut new = text.to_owned();
    for edit in edits.iter().rev() {
        new.replace_range(edit.range.clone(), &edit.text);
    }
    new
}

/// Replaces `range` of `rope` by `text` and says so in the terms of a tree.
///
/// # Panics
///
/// Where the range does not lie in the text.
pub fn replace(rope: &mut Rope, range: Range<usize>, text: &str) -> Change {
    let start_point = Point::of(rope, range.start);
    let old_end_point = rope
        .byte_slice(range.clone())
        .chunks()
        .fold(start_point, Point::after);
    let start = rope.byte_to_char(range.start);
    rope.remove(start..rope.byte_to_char(range.end));
    rope.insert(start, text);
    Change {
        start_byte: range.start,
        old_end_byte: range.end,
        new_end_byte: range.start + text.len(),
        start_point,
        old_end_point,
        new_end_point: start_point.after(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_made_in_the_places_of_the_old_text() {
        let edits = [
            Edit::insert(0, "a"),
            Edit::delete(1..2),
            Edit::replace(3..4, "ü"),
        ];
        assert_eq!(apply("0123", &edits), "a02ü");
        assert_eq!(apply("0123", &[]), "0123");
    }

    #[test]
    fn edits_conflict_where_they_overlap_or_begin_together() {
        let edit = Edit::delete(2..4);
        assert!(edit.conflicts_with(&Edit::delete(3..5)));
        assert!(edit.conflicts_with(&Edit::insert(2, "a")));
        assert!(edit.conflicts_with(&Edit::insert(3, "a")));
        assert!(!edit.conflicts_with(&Edit::insert(4, "a")));
        assert!(!edit.conflicts_with(&Edit::delete(0..2)));
    }

    #[test]
    fn a_replaced_range_is_described_in_bytes_and_points() {
        let mut rope = Rope::from_str("a\nbß\nc");
        let change = replace(&mut rope, 3..6, "x\ny");
        assert_eq!(rope.to_string(), "a\nbx\nyc");
        assert_eq!(
            (change.start_byte, change.old_end_byte, change.new_end_byte),
            (3, 6, 6)
        );
        let point = |row, column| Point { row, column };
        assert_eq!(change.start_point, point(1, 1));
        assert_eq!(change.old_end_point, point(2, 0));
        assert_eq!(change.new_end_point, point(2, 1));
    }
}
