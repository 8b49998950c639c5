//! A language-independent lexer: words, single punctuation marks, line breaks.
//!
//! `suffix_array` sorts the positions after lexemes, `copies` compares lexemes backwards from two
//! positions, `word_count` counts words. A run of whitespace with a line break in it is one lexeme
//! that ends after its last break; other whitespace belongs to no lexeme. Reading forwards and
//! backwards gives the same lexemes, so a position needs no more than its offset.

use std::ops::Range;

/// Whether a byte belongs to a word. Bytes of characters beyond ASCII do, so a cut between lexemes
/// never divides a character.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

pub(crate) fn is_break(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
}

/// The lexemes of a text in order.
pub(crate) struct Lexemes<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Lexemes<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text: text.as_bytes(),
            at: 0,
        }
    }
}

impl Iterator for Lexemes<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let text = self.text;
        let blanks = self.at
            ..self.at
                + text[self.at..]
                    .iter()
                    .take_while(|byte| is_blank(**byte))
                    .count();
        if let Some(last) = text[blanks.clone()]
            .iter()
            .rposition(|byte| is_break(*byte))
        {
            self.at = blanks.start + last + 1;
            return Some(blanks.start..self.at);
        }
        let start = blanks.end;
        let first = *text.get(start)?;
        let length = if is_word(first) {
            text[start..]
                .iter()
                .take_while(|byte| is_word(**byte))
                .count()
        } else {
            1
        };
        self.at = start + length;
        Some(start..self.at)
    }
}

/// The lexeme that ends at `end` or before the whitespace there; `None` at the beginning of the
/// text.
pub(crate) fn lexeme_before(text: &[u8], end: usize) -> Option<Range<usize>> {
    let blanks = text[..end]
        .iter()
        .rev()
        .take_while(|byte| is_blank(**byte))
        .count();
    let run = end - blanks..end;
    if let Some(last) = text[run.clone()].iter().rposition(|byte| is_break(*byte)) {
        return Some(run.start..run.start + last + 1);
    }
    let end = run.start;
    let last = *text.get(end.checked_sub(1)?)?;
    let length = if is_word(last) {
        text[..end]
            .iter()
            .rev()
            .take_while(|byte| is_word(**byte))
            .count()
    } else {
        1
    };
    Some(end - length..end)
}

/// The hash of a lexeme; all line breaks are equal. Never 0.
pub(crate) fn hash(lexeme: &[u8]) -> u32 {
    let lexeme = if lexeme.first().is_some_and(|byte| is_blank(*byte)) {
        b"\n".as_slice()
    } else {
        lexeme
    };
    (word_hash(lexeme) >> 32).max(1) as u32
}

/// A 64-bit hash of a word: multiply and rotate byte by byte, with a final mix.
pub(crate) fn word_hash(word: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let sum = word.iter().fold(ODD, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(ODD).rotate_left(23)
    });
    let mixed = (sum ^ (sum >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<&str> {
        Lexemes::new(text).map(|range| &text[range]).collect()
    }

    #[test]
    fn words_marks_and_breaks_are_lexemes() {
        assert_eq!(read("a_1 = fé(x)"), ["a_1", "=", "fé", "(", "x", ")"]);
        assert_eq!(
            read("if x:\n\n  \n    y\n"),
            ["if", "x", ":", "\n\n  \n", "y", "\n"]
        );
        assert_eq!(read("a\r\n\tb  "), ["a", "\r\n", "b"]);
        assert_eq!(read("  "), [""; 0]);
    }

    #[test]
    fn all_line_breaks_are_one() {
        assert_eq!(hash(b"\n"), hash(b"  \r\n \n"));
        assert_ne!(hash(b"\n"), hash(b";"));
    }

    proptest! {
        #[test]
        fn backwards_gives_the_same(text in "[a-c é\n\t\r (;)]{0,40}") {
            let forwards: Vec<_> = Lexemes::new(&text).collect();
            let (mut backwards, mut end) = (Vec::new(), text.len());
            while let Some(range) = lexeme_before(text.as_bytes(), end) {
                end = range.start;
                backwards.push(range);
            }
            backwards.reverse();
            prop_assert_eq!(forwards, backwards);
        }
    }
}
