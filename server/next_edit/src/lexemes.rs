//! Lines cut into lexemes: words, numbers and single other characters. Spacing and line breaks are
//! no lexemes.
//!
//! All rules compare lexemes, so that a change is the same whatever the blanks around it. Knows no
//! language.

use text::is_word;

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lexeme<'a> {
    pub text: &'a str,
    /// Where it starts, in bytes of the text it was cut from.
    pub start: usize,
}

impl Lexeme<'_> {
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The start and the end of a line among the lexemes around a place.
pub(super) const BOUNDARY: &str = "\n";

pub(super) fn lexemes(text: &str) -> Vec<Lexeme<'_>> {
    let all = index::lexemes(text).map(|range| Lexeme {
        text: &text[range.clone()],
        start: range.start,
    });
    all.filter(|lexeme| !lexeme.text.trim().is_empty())
        .collect()
}

/// The lexeme at a place counted from 0, or [`BOUNDARY`] outside of the text.
pub(super) fn at<'a>(all: &[Lexeme<'a>], place: isize) -> &'a str {
    usize::try_from(place)
        .ok()
        .and_then(|place| all.get(place))
        .map_or(BOUNDARY, |lexeme| lexeme.text)
}

/// Whether the brackets in a row of lexemes match.
pub(super) fn balanced<S: AsRef<str>>(all: &[S]) -> bool {
    let mut open = Vec::new();
    for lexeme in all {
        match lexeme.as_ref() {
            bracket @ ("(" | "[" | "{") => open.push(bracket),
            ")" if open.pop() != Some("(") => return false,
            "]" if open.pop() != Some("[") => return false,
            "}" if open.pop() != Some("{") => return false,
            _ => {}
        }
    }
    open.is_empty()
}

/// Where `word` is in `text` as a whole word, in bytes.
pub(super) fn whole_words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |&at| {
            let before = text[..at].chars().next_back();
            let after = text[at + word.len()..].chars().next();
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_numbers_and_single_characters() {
        let all: Vec<_> = lexemes("  größe_1 += f(2.5)\t// x")
            .into_iter()
            .map(|lexeme| lexeme.text)
            .collect();
        assert_eq!(
            all,
            [
                "größe_1",
                "+",
                "=",
                "f",
                "(",
                "2",
                ".",
                "5",
                ")",
                "/",
                "/",
                "x"
            ]
        );
        assert_eq!(
            lexemes("  a b")[1],
            Lexeme {
                text: "b",
                start: 4
            }
        );
    }

    #[test]
    fn a_word_inside_another_is_not_found() {
        assert_eq!(
            whole_words("ab a.a_ a(a", "a").collect::<Vec<_>>(),
            [3, 8, 10]
        );
    }

    #[test]
    fn brackets_balance_or_do_not() {
        assert!(balanced(&["f", "(", "[", "]", ")"]));
        assert!(!balanced(&["f", "("]) && !balanced(&[")"]) && !balanced(&["(", "]"]));
    }
}
