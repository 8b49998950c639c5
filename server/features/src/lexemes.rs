//! The smallest parts of a text that mean something in any language: names, numbers, single signs, line breaks.

use std::ops::Range;

/// Whether it begins as a name does.
pub fn is_name(lexeme: &str) -> bool {
    lexeme.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The lexemes of a text as byte ranges; blanks between them are passed over, a line feed is one of its own.
pub fn lexemes(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = &text[at..];
        let start = at + rest.find(|c: char| c == '\n' || !c.is_whitespace())?;
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let first = text[start..].chars().next()?;
        let length = if word(first) {
            text[start..].find(|c: char| !word(c)).unwrap_or(text.len() - start)
        } else {
            first.len_utf8()
        };
        at = start + length;
        Some(start..at)
    })
}
