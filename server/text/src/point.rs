//! Places as tree-sitter writes them, and an edit described in its terms.
//!
//! Tree-sitter's rows end at `\n` only, unlike the protocol's lines, and its columns count bytes.
//! `syntax` hands a [`Change`] to the tree; nothing else needs rows.

use memchr::{memchr_iter, memrchr};
use ropey::Rope;

/// A row (ended by `\n` only) and a column in bytes, both from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Row, from zero.
    pub row: usize,
    /// Bytes since the start of the row.
    pub column: usize,
}

/// An edit that was applied: `start_byte..old_end_byte` became `start_byte..new_end_byte`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// First byte that changed.
    pub start_byte: usize,
    /// End of the replaced text, in the text before the edit.
    pub old_end_byte: usize,
    /// End of the new text, in the text after the edit.
    pub new_end_byte: usize,
    /// `start_byte` as a point.
    pub start_point: Point,
    /// `old_end_byte` as a point of the text before the edit.
    pub old_end_point: Point,
    /// `new_end_byte` as a point of the text after the edit.
    pub new_end_point: Point,
}

impl Point {
    /// The point of a byte offset. Reads the text before it: about 50 microseconds per megabyte.
    pub fn of(rope: &Rope, offset: usize) -> Self {
        let mut point = Self { row: 0, column: 0 };
        for chunk in rope.byte_slice(..offset).chunks() {
            point = point.after(chunk);
        }
        point
    }

    /// The point reached from this one over `text`.
    pub fn after(self, text: &str) -> Self {
        let bytes = text.as_bytes();
        match memrchr(b'\n', bytes) {
            Some(last) => Self {
                row: self.row + memchr_iter(b'\n', bytes).count(),
                column: bytes.len() - last - 1,
            },
            None => Self {
                row: self.row,
                column: self.column + bytes.len(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_line_feeds_end_rows() {
        let rope = Rope::from_str("a\rb\r\nc😀\n");
        assert_eq!(Point::of(&rope, 3), Point { row: 0, column: 3 });
        assert_eq!(Point::of(&rope, 5), Point { row: 1, column: 0 });
        assert_eq!(Point::of(&rope, 10), Point { row: 1, column: 5 });
        assert_eq!(Point::of(&rope, 11), Point { row: 2, column: 0 });
    }
}
