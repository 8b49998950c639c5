//! A text with a version, changed only by whole notifications: all edits of one are applied, or
//! none.
//!
//! `lsp` owns the documents and calls [`Document::apply`]; cloning is cheap (the rope shares its
//! nodes), so a snapshot is a clone. A full text is reduced to the part that differs, so that trees
//! and caches survive editors without incremental sync.

use crate::edit::replace;
use crate::point::Change;
use crate::position::{self, Encoding, Position};
use ropey::Rope;
use std::ops::Range;

/// The largest text kept in step, in bytes. A larger one is refused; nothing sensible could be done
/// with it.
pub const MAX_BYTES: usize = 64 << 20;

/// One entry of `contentChanges`: a replaced range, or the whole text when there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentChange {
    /// Start and end of the replaced text; `None` replaces everything.
    pub range: Option<(Position, Position)>,
    /// What is there afterwards.
    pub text: String,
}

/// Why an edit was refused. The document is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The end lies before the start.
    #[error("the range ends before it starts ({0:?} to {1:?})")]
    Reversed(Position, Position),
    /// The result would be too large.
    #[error("the text would have {0} bytes; at most {MAX_BYTES} are kept")]
    TooLarge(usize),
}

/// A text and its version.
#[derive(Clone, Debug)]
pub struct Document {
    rope: Rope,
    version: i32,
}

impl Document {
    /// A document as the editor opened it.
    pub fn new(text: &str, version: i32) -> Result<Self, EditError> {
        if text.len() > MAX_BYTES {
            return Err(EditError::TooLarge(text.len()));
        }
        Ok(Self {
            rope: Rope::from_str(text),
            version,
        })
    }

    /// The text.
    pub fn rope(&self) -> &Rope {
        &self.rope
    }

    /// The version the editor gave it last.
    pub fn version(&self) -> i32 {
        self.version
    }

    /// The byte offset of a position; `None` for a line that does not exist.
    pub fn offset(&self, position: Position, encoding: Encoding) -> Option<usize> {
        position::to_offset(&self.rope, position, encoding)
    }

    /// The position of a byte offset.
    pub fn position(&self, offset: usize, encoding: Encoding) -> Position {
        position::from_offset(&self.rope, offset, encoding)
    }

    /// Applies all changes of one notification in their order, or none.
    pub fn apply(
        &mut self,
        changes: &[ContentChange],
        version: i32,
        encoding: Encoding,
    ) -> Result<Vec<Change>, EditError> {
        let mut rope = self.rope.clone();
        let mut applied = Vec::with_capacity(changes.len());
        for change in changes {
            let (range, text) = match change.range {
                Some((start, end)) => (
                    byte_range(&rope, start, end, encoding)?,
                    change.text.as_str(),
                ),
                None => differing(&rope, &change.text),
            };
            let length = rope.len_bytes() - range.len() + text.len();
            if length > MAX_BYTES {
                return Err(EditError::TooLarge(length));
            }
            applied.push(replace(&mut rope, range, text));
        }
        self.rope = rope;
        self.version = version;
        Ok(applied)
    }
}

/// A place past the last line is the end of the text (LSP 3.17, "Position").
fn byte_range(
    rope: &Rope,
    start: Position,
    end: Position,
    encoding: Encoding,
) -> Result<Range<usize>, EditError> {
    if end < start {
        return Err(EditError::Reversed(start, end));
    }
    let offset =
        |place: Position| position::to_offset(rope, place, encoding).unwrap_or(rope.len_bytes());
    Ok(offset(start)..offset(end))
}

/// The part of the rope that `text` changes, and what replaces it: all but the common head and
/// tail.
fn differing<'a>(rope: &Rope, text: &'a str) -> (Range<usize>, &'a str) {
    let head = common(rope.bytes(), text.bytes(), usize::MAX);
    let head = (0..=head)
        .rev()
        .find(|&at| text.is_char_boundary(at) && is_boundary(rope, at))
        .unwrap_or(0);
    let most = rope.len_bytes().min(text.len()) - head;
    let tail = common(
        rope.bytes_at(rope.len_bytes()).reversed(),
        text.bytes().rev(),
        most,
    );
    let tail = (0..=tail)
        .rev()
        .find(|&at| text.is_char_boundary(text.len() - at))
        .unwrap_or(0);
    (
        head..rope.len_bytes() - tail,
        &text[head..text.len() - tail],
    )
}

fn common(a: impl Iterator<Item = u8>, b: impl Iterator<Item = u8>, most: usize) -> usize {
    a.zip(b).take(most).take_while(|(a, b)| a == b).count()
}

fn is_boundary(rope: &Rope, offset: usize) -> bool {
    rope.char_to_byte(rope.byte_to_char(offset)) == offset
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(range: Option<[u32; 4]>, text: &str) -> ContentChange {
        let range = range.map(|[a, b, c, d]| (Position::new(a, b), Position::new(c, d)));
        ContentChange {
            range,
            text: text.into(),
        }
    }

    fn document(text: &str) -> Document {
        Document::new(text, 1).unwrap()
    }

    #[test]
    fn a_reversed_range_leaves_the_document_untouched() {
        let mut document = document("abc\ndef");
        let edits = [
            change(Some([0, 0, 0, 1]), "X"),
            change(Some([1, 2, 0, 1]), "Y"),
        ];
        let error = document.apply(&edits, 2, Encoding::Utf16).unwrap_err();
        assert!(matches!(error, EditError::Reversed(..)));
        assert_eq!(
            (document.rope().to_string().as_str(), document.version()),
            ("abc\ndef", 1)
        );
    }

    #[test]
    fn a_place_past_the_last_line_is_the_end() {
        for (range, text) in [
            ([9, 0, 9, 0], "a\nbX"),
            ([0, 1, u32::MAX, 0], "aX"),
            ([2, 7, 3, 0], "a\nbX"),
        ] {
            let mut document = document("a\nb");
            document
                .apply(&[change(Some(range), "X")], 2, Encoding::Utf8)
                .unwrap();
            assert_eq!(document.rope().to_string(), text);
        }
    }

    #[test]
    fn an_edit_may_join_a_carriage_return_and_a_line_feed() {
        let mut document = document("a\rx\nb");
        document
            .apply(&[change(Some([1, 0, 1, 1]), "")], 2, Encoding::Utf16)
            .unwrap();
        assert_eq!(document.rope().to_string(), "a\r\nb");
        assert_eq!(document.rope().len_lines(), 2);
    }

    #[test]
    fn a_full_text_changes_only_what_differs() {
        let mut document = document("fn a() {}\nfn é() {}\nfn c() {}\n");
        let applied = document
            .apply(
                &[change(None, "fn a() {}\nfn è() {}\nfn c() {}\n")],
                2,
                Encoding::Utf16,
            )
            .unwrap();
        assert_eq!(
            (
                applied[0].start_byte,
                applied[0].old_end_byte,
                applied[0].new_end_byte
            ),
            (13, 15, 15)
        );
        assert_eq!(
            document.rope().to_string(),
            "fn a() {}\nfn è() {}\nfn c() {}\n"
        );
    }

    #[test]
    fn a_text_that_is_too_large_is_refused() {
        let mut document = document("");
        let large = change(None, &"x".repeat(MAX_BYTES + 1));
        assert_eq!(
            document.apply(&[large], 2, Encoding::Utf8).unwrap_err(),
            EditError::TooLarge(MAX_BYTES + 1)
        );
        assert_eq!(document.rope().len_bytes(), 0);
    }
}
