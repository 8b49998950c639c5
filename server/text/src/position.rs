//! Lines and columns of the Language Server Protocol, to and from byte offsets.
//!
//! A line ends at `\n`, `\r\n` or a lone `\r` and nowhere else (LSP 3.17, "Text Documents"); the
//! rope is built with exactly those breaks. A column counts units of the negotiated encoding. A
//! column past the end of its line means the end of the line, before the break; a column inside a
//! character means the start of that character.

use ropey::{Rope, RopeSlice};

/// What a column counts: the position encoding negotiated in `initialize`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units, the protocol's default.
    #[default]
    Utf16,
    /// Unicode scalar values.
    Utf32,
}

/// A place in a document as the protocol writes it; both numbers count from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from zero.
    pub line: u32,
    /// Column in units of an [`Encoding`], from zero.
    pub character: u32,
}

impl Position {
    /// A position from its two numbers.
    pub fn new(line: u32, character: u32) -> Self {
        Self { line, character }
    }
}

/// The byte offset of `position`. The line after the last one, which editors use for "the end of
/// the text", is the end; `None` for any line beyond that.
pub fn to_offset(rope: &Rope, position: Position, encoding: Encoding) -> Option<usize> {
    let line = position.line as usize;
    if line > rope.len_lines() {
        return None;
    }
    if line == rope.len_lines() {
        return Some(rope.len_bytes());
    }
    let content = content(rope.line(line));
    let column = position.character as usize;
    let within = match encoding {
        Encoding::Utf8 => {
            let column = column.min(content.len_bytes());
            content.char_to_byte(content.byte_to_char(column))
        }
        Encoding::Utf16 => {
            let column = column.min(content.len_utf16_cu());
            content.char_to_byte(content.utf16_cu_to_char(column))
        }
        Encoding::Utf32 => content.char_to_byte(column.min(content.len_chars())),
    };
    Some(rope.line_to_byte(line) + within)
}

/// The position of a byte offset, which is rounded down to the start of a character and at most the
/// end of the text. Between `\r` and `\n` there is no place: such an offset gives the end of the
/// line before the break.
pub fn from_offset(rope: &Rope, offset: usize, encoding: Encoding) -> Position {
    let char = rope.byte_to_char(offset.min(rope.len_bytes()));
    let line = rope.char_to_line(char);
    let content = content(rope.line(line));
    let column = (char - rope.line_to_char(line)).min(content.len_chars());
    let column = match encoding {
        Encoding::Utf8 => content.char_to_byte(column),
        Encoding::Utf16 => content.char_to_utf16_cu(column),
        Encoding::Utf32 => column,
    };
    Position::new(saturating(line), saturating(column))
}

/// A line without its break.
pub fn content(line: RopeSlice<'_>) -> RopeSlice<'_> {
    let mut end = line.len_chars();
    if end > 0 && line.char(end - 1) == '\n' {
        end -= 1;
        if end > 0 && line.char(end - 1) == '\r' {
            end -= 1;
        }
    } else if end > 0 && line.char(end - 1) == '\r' {
        end -= 1;
    }
    line.slice(..end)
}

fn saturating(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];

    #[test]
    fn columns_count_units_of_the_encoding() {
        let rope = Rope::from_str("a😀é\nb");
        let columns =
            |encoding| [0, 1, 5, 7].map(|offset| from_offset(&rope, offset, encoding).character);
        assert_eq!(columns(Encoding::Utf8), [0, 1, 5, 7]);
        assert_eq!(columns(Encoding::Utf16), [0, 1, 3, 4]);
        assert_eq!(columns(Encoding::Utf32), [0, 1, 2, 3]);
    }

    #[test]
    fn a_column_inside_a_character_means_its_start() {
        let rope = Rope::from_str("a😀b");
        assert_eq!(
            to_offset(&rope, Position::new(0, 2), Encoding::Utf16),
            Some(1)
        );
        assert_eq!(
            to_offset(&rope, Position::new(0, 3), Encoding::Utf8),
            Some(1)
        );
    }

    #[test]
    fn a_column_past_the_end_means_the_end_of_the_line() {
        for (text, end) in [
            ("ab\ncd", 2),
            ("ab\r\ncd", 2),
            ("ab\rcd", 2),
            ("ab", 2),
            ("\n", 0),
        ] {
            for encoding in ALL {
                assert_eq!(
                    to_offset(&Rope::from_str(text), Position::new(0, 99), encoding),
                    Some(end),
                    "{text:?}"
                );
            }
        }
    }

    #[test]
    fn only_the_line_after_the_last_is_the_end() {
        let rope = Rope::from_str("ab\ncd");
        assert_eq!(
            to_offset(&rope, Position::new(2, 0), Encoding::Utf8),
            Some(5)
        );
        assert_eq!(to_offset(&rope, Position::new(3, 0), Encoding::Utf8), None);
        assert_eq!(
            to_offset(&rope, Position::new(u32::MAX, 0), Encoding::Utf8),
            None
        );
    }

    #[test]
    fn other_separators_break_no_line() {
        let rope = Rope::from_str("a\u{2028}b\u{2029}c\u{85}d\u{b}e\u{c}f\u{1c}g\0h\u{feff}i");
        assert_eq!(rope.len_lines(), 1);
    }

    #[test]
    fn every_offset_comes_back() {
        let text = "x😀\r\n\ry\u{2028}\n\nz\0e\u{301}";
        let rope = Rope::from_str(text);
        for (offset, _) in text
            .char_indices()
            .filter(|&(offset, c)| !(c == '\n' && text[..offset].ends_with('\r')))
        {
            for encoding in ALL {
                let position = from_offset(&rope, offset, encoding);
                assert_eq!(
                    to_offset(&rope, position, encoding),
                    Some(offset),
                    "{offset} {encoding:?}"
                );
            }
        }
    }
}
