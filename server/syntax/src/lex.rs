//! A small lexer that knows only comments, strings and the rest, from a language's facts; for text
//! that has no tree (yet).
//!
//! `place` uses it inside broken regions, `ends` on generated text, `block` to walk over brackets.
//! It cannot know a language's finer points (nested block comments, here-documents), so the tree is
//! asked first wherever there is one.

use grammars::Facts;

/// What a character belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Region<'a> {
    Code,
    LineComment,
    BlockComment,
    /// A string, with the quote that closes it.
    String(&'a str),
}

/// Walks a text and says for every character what it belongs to. The marks themselves belong to
/// the string or comment.
pub(crate) struct Lexer<'a> {
    facts: &'a Facts,
    text: &'a str,
    at: usize,
    region: Region<'a>,
    partial: bool,
    /// Which ASCII characters may begin a mark in code.
    begins_mark: [bool; 128],
}

impl<'a> Lexer<'a> {
    /// A lexer over `text`, which starts in code.
    pub(crate) fn new(facts: &'a Facts, text: &'a str) -> Self {
        let mut begins_mark = [false; 128];
        let marks = facts
            .block_comment
            .iter()
            .flatten()
            .chain(&facts.line_comment)
            .chain(&facts.quotes);
        for first in marks.filter_map(|mark| mark.bytes().next()).chain([b'\'']) {
            begins_mark[usize::from(first & 127)] = true;
        }
        Self {
            facts,
            text,
            at: 0,
            region: Region::Code,
            partial: false,
            begins_mark,
        }
    }

    /// A lexer over a text that is still growing: it ends before a tail that more text could turn
    /// into another mark.
    pub(crate) fn partial(facts: &'a Facts, text: &'a str) -> Self {
        Self {
            partial: true,
            ..Self::new(facts, text)
        }
    }

    /// Whether `rest`, all there is so far, may be the beginning of a longer mark.
    fn undecided(&self, rest: &str) -> bool {
        let marks = self
            .facts
            .block_comment
            .iter()
            .flatten()
            .chain(&self.facts.line_comment)
            .chain(&self.facts.quotes);
        let quoted = if rest.starts_with("'\\") { 4 } else { 3 };
        let starts_mark = marks
            .into_iter()
            .any(|mark| mark.len() > rest.len() && mark.starts_with(rest));
        starts_mark
            || rest.starts_with('\'')
                && rest.chars().count() < quoted
                && !self.facts.quotes.iter().any(|quote| quote == "'")
    }

    /// What the text leaves open at its end. Walks over whatever is left.
    pub(crate) fn region_at_end(mut self) -> Region<'a> {
        while self.next().is_some() {}
        self.region
    }

    /// What starts at a place in code: the region and how many bytes its mark takes.
    fn opened(&self, rest: &'a str) -> Option<(Region<'a>, usize)> {
        if let Some([open, _]) = &self.facts.block_comment
            && rest.starts_with(open.as_str())
        {
            return Some((Region::BlockComment, open.len()));
        }
        if let Some(mark) = &self.facts.line_comment
            && rest.starts_with(mark.as_str())
            && (mark != "#"
                || !self.text[..self.at]
                    .ends_with(|c: char| c.is_alphanumeric() || "$_{".contains(c)))
        {
            return Some((Region::LineComment, mark.len()));
        }
        let quote = self
            .facts
            .quotes
            .iter()
            .find(|quote| rest.starts_with(quote.as_str()))?;
        Some((Region::String(quote), quote.len()))
    }

    /// How many bytes end the current region here, if it ends.
    fn closed(&self, rest: &str) -> Option<usize> {
        match self.region {
            Region::Code => None,
            Region::LineComment => rest.starts_with(['\n', '\r']).then_some(0),
            Region::BlockComment => {
                let close = self
                    .facts
                    .block_comment
                    .as_ref()
                    .map(|[_, close]| close.as_str())?;
                rest.starts_with(close).then_some(close.len())
            }
            Region::String(quote) if rest.starts_with(quote) => Some(quote.len()),
            Region::String(quote) => {
                let ends_with_line = !self
                    .facts
                    .multiline_quotes
                    .iter()
                    .any(|multi| multi == quote);
                (ends_with_line && rest.starts_with(['\n', '\r'])).then_some(0)
            }
        }
    }

    /// A character literal such as `'{'` where the single quote is no string quote (Rust's
    /// lifetimes).
    fn character_literal(&self, rest: &str) -> Option<usize> {
        if !rest.starts_with('\'') || self.facts.quotes.iter().any(|quote| quote == "'") {
            return None;
        }
        let mut chars = rest.char_indices().skip(1);
        let (_, first) = chars.next()?;
        if first == '\\' {
            chars.next()?;
        }
        chars
            .next()
            .filter(|(_, c)| *c == '\'')
            .map(|(at, _)| at + 1)
    }
}

impl<'a> Iterator for Lexer<'a> {
    /// The offset of one character or mark, its text and what it belongs to.
    type Item = (usize, &'a str, Region<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (at, rest) = (self.at, &self.text[self.at..]);
        let first = rest.chars().next()?;
        let width = first.len_utf8();
        if self.region == Region::Code
            && !self
                .begins_mark
                .get(first as usize)
                .is_some_and(|begins| *begins)
        {
            self.at += width;
            return Some((at, &rest[..width], Region::Code));
        }
        if self.partial && self.region == Region::Code && self.undecided(rest) {
            return None;
        }
        let (length, region) = match self.region {
            Region::Code => match self.opened(rest) {
                Some((region, length)) => {
                    self.region = region;
                    (length, region)
                }
                None => match self.character_literal(rest) {
                    Some(length) => (length, Region::String("'")),
                    None => (width, Region::Code),
                },
            },
            region => match self.closed(rest) {
                Some(0) => {
                    self.region = Region::Code;
                    (width, Region::Code)
                }
                Some(length) => {
                    self.region = Region::Code;
                    (length, region)
                }
                None => (self.escaped(rest, width), region),
            },
        };
        self.at += length;
        Some((at, &rest[..length], region))
    }
}

impl Lexer<'_> {
    /// The bytes of one character of a string, together with the backslash before it.
    fn escaped(&self, rest: &str, width: usize) -> usize {
        match self.region {
            Region::String(quote)
                if rest.starts_with('\\')
                    && !self.facts.raw_quotes.iter().any(|raw| raw == quote) =>
            {
                width
                    + rest[width..]
                        .chars()
                        .next()
                        .filter(|c| !matches!(c, '\n' | '\r'))
                        .map_or(0, char::len_utf8)
            }
            _ => width,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regions(id: &str, text: &str) -> String {
        let facts = &grammars::by_id(id).unwrap().facts;
        let mark = |region| match region {
            Region::Code => 'c',
            Region::LineComment => '#',
            Region::BlockComment => '*',
            Region::String(_) => 's',
        };
        Lexer::new(facts, text)
            .flat_map(|(_, piece, region)| piece.chars().map(move |_| mark(region)))
            .collect()
    }

    #[test]
    fn marks_belong_to_what_they_open() {
        assert_eq!(
            regions("python", r#"a "x\"y" # "z"#),
            "ccssssssc#####".get(..13).unwrap()
        );
        assert_eq!(regions("javascript", "a /* b */ `c\n`"), "cc*******cssss");
    }

    #[test]
    fn a_plain_quote_ends_with_its_line_and_a_triple_one_does_not() {
        assert_eq!(regions("python", "'a\nb"), "sscc");
        assert_eq!(regions("python", "'''a\nb"), "ssssss");
        assert_eq!(regions("rust", "\"a\nb"), "ssss");
    }

    #[test]
    fn lifetimes_are_code_and_character_literals_are_not() {
        assert_eq!(
            regions("rust", "&'a '{' '\\''"),
            "cccc".to_string() + "sss" + "c" + "ssss"
        );
        assert_eq!(regions("bash", "$# ${#a} # x"), "ccccccccc###");
    }

    #[test]
    fn raw_quotes_know_no_escapes() {
        assert_eq!(regions("bash", r"'a\' b"), "sssscc");
        assert_eq!(regions("sql", r"'a\' b"), "sssscc");
    }
}
