//! Tokens of a source text, and a cursor that walks over them: all readers but that of SQLite's
//! files work on these.
//!
//! A text is read once from front to back, whatever is in it; broken code gives tokens too. A
//! bracket knows where its partner is. [`LexRules`] come from the facts of a grammar; `sql/lex.rs`
//! makes the same tokens of SQL.

pub(crate) use crate::cursor::{Cursor, content};
use grammars::Facts;
use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name or keyword without quotes.
    Word,
    /// A name between quotes (SQL).
    Name,
    /// A text between quotes.
    Text,
    /// A number.
    Number,
    /// One byte of anything else.
    Mark(u8),
}

/// One token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
    /// Its line, from 1.
    pub line: u32,
    /// Bytes between the start of its line and it.
    pub column: u32,
    /// Whether it is the first one on its line.
    pub is_first: bool,
    /// For an opening bracket: how many tokens on its partner is; 0 if it has none.
    pub close: u32,
}

/// A comment, with its marks.
#[derive(Clone, Debug)]
pub(crate) struct Comment {
    pub range: Range<usize>,
    pub line: u32,
    pub end_line: u32,
    /// Whether nothing but blanks comes before it on its line.
    pub has_own_line: bool,
}

/// A text taken apart.
pub(crate) struct Tokens<'a> {
    pub text: &'a str,
    pub list: Vec<Token>,
    pub comments: Vec<Comment>,
}

/// How texts are quoted.
struct Quote {
    mark: String,
    is_multiline: bool,
    is_raw: bool,
}

/// How a language is taken apart.
pub(crate) struct LexRules {
    line_comment: Option<String>,
    block_comment: Option<[String; 2]>,
    quotes: Vec<Quote>,
    /// Words before a quote that belong to the text, such as Python's `r`.
    prefixes: &'static [&'static str],
}

impl LexRules {
    /// The rules of a language that has a grammar.
    pub fn of(facts: &Facts) -> Self {
        let quote = |mark: &String| Quote {
            is_multiline: facts.multiline_quotes.contains(mark),
            is_raw: facts.raw_quotes.contains(mark),
            mark: mark.clone(),
        };
        let has_prefixes = facts.language_ids.iter().any(|id| id == "python");
        Self {
            line_comment: facts.line_comment.clone(),
            block_comment: facts.block_comment.clone(),
            quotes: facts.quotes.iter().map(quote).collect(),
            prefixes: if has_prefixes { PYTHON_PREFIXES } else { &[] },
        }
    }

    /// The rules of a language without one, whose comments are `//` and whose texts end on their
    /// line.
    pub fn plain() -> Self {
        Self {
            line_comment: Some("//".into()),
            block_comment: Some(["/*".into(), "*/".into()]),
            quotes: vec![Quote {
                mark: "\"".into(),
                is_multiline: false,
                is_raw: false,
            }],
            prefixes: &[],
        }
    }
}

const PYTHON_PREFIXES: &[&str] = &[
    "r", "b", "u", "f", "rb", "br", "fr", "rf", "R", "B", "U", "F",
];

/// Whether a character belongs to words.
pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Takes a text apart.
pub(crate) fn tokens<'a>(text: &'a str, rules: &LexRules) -> Tokens<'a> {
    let mut lexer = Lexer {
        out: Tokens {
            text,
            list: Vec::new(),
            comments: Vec::new(),
        },
        at: 0,
        line: 1,
        line_start: 0,
        is_first: true,
        has_given_up: false,
    };
    while lexer.at < text.len() {
        lexer.step(rules);
    }
    pair(&mut lexer.out.list);
    lexer.out
}

struct Lexer<'a> {
    out: Tokens<'a>,
    at: usize,
    line: u32,
    line_start: usize,
    is_first: bool,
    /// Whether a text over several lines never ended: looking for the end of each would take long.
    has_given_up: bool,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.out.text[self.at..]
    }

    fn step(&mut self, rules: &LexRules) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return;
        };
        if first == '\n' {
            self.at += 1;
            (self.line, self.line_start, self.is_first) = (self.line + 1, self.at, true);
        } else if first.is_whitespace() || first == '\u{feff}' {
            self.at += first.len_utf8();
        } else if rules
            .line_comment
            .as_ref()
            .is_some_and(|mark| rest.starts_with(&**mark))
        {
            let length = rest.find('\n').unwrap_or(rest.len());
            self.comment(length);
        } else if let Some([open, close]) = &rules.block_comment
            && rest.starts_with(&**open)
        {
            let inner = rest[open.len()..].find(&**close);
            let length = inner.map_or(rest.len(), |at| open.len() + at + close.len());
            self.comment(length);
        } else if let Some(quote) = rules.quotes.iter().find(|q| rest.starts_with(&*q.mark)) {
            let is_multiline = quote.is_multiline && !self.has_given_up;
            let length = text_length(rest, quote, is_multiline);
            self.has_given_up |= is_multiline && length == quote.mark.len();
            self.text(length, rules.prefixes);
        } else if is_word(first) {
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let kind = match first.is_ascii_digit() {
                true => Kind::Number,
                false => Kind::Word,
            };
            self.push(kind, length);
        } else {
            let byte = u8::try_from(first).unwrap_or(b'?');
            self.push(Kind::Mark(byte), first.len_utf8());
        }
    }

    fn comment(&mut self, length: usize) {
        let range = self.at..self.at + length;
        let lines = self.out.text[range.clone()].matches('\n').count();
        self.out.comments.push(Comment {
            range,
            line: self.line,
            end_line: self.line + lines as u32,
            has_own_line: self.is_first,
        });
        self.advance(length);
    }

    /// Pushes a text; a word just before it that is a prefix becomes a part of it.
    fn text(&mut self, length: usize, prefixes: &[&str]) {
        let start = self.at;
        self.push(Kind::Text, length);
        let list = &mut self.out.list;
        if let [.., prefix, text] = &mut list[..]
            && prefix.end == start
            && prefix.kind == Kind::Word
            && prefixes.contains(&&self.out.text[prefix.start..prefix.end])
        {
            prefix.kind = Kind::Text;
            prefix.end = text.end;
            list.pop();
        }
    }

    fn push(&mut self, kind: Kind, length: usize) {
        self.out.list.push(Token {
            kind,
            start: self.at,
            end: self.at + length,
            line: self.line,
            column: (self.at - self.line_start) as u32,
            is_first: self.is_first,
            close: 0,
        });
        self.is_first = false;
        self.advance(length);
    }

    /// Goes on, counting lines.
    fn advance(&mut self, length: usize) {
        let passed = &self.out.text[self.at..self.at + length];
        if let Some(last) = passed.rfind('\n') {
            self.line += passed.matches('\n').count() as u32;
            self.line_start = self.at + last + 1;
        }
        self.at += length;
    }
}

/// How long the text is that begins here, with its quotes; one that never ends is its quote only,
/// or its line.
fn text_length(rest: &str, quote: &Quote, is_multiline: bool) -> usize {
    let mark = quote.mark.as_str();
    let mut at = mark.len();
    while at < rest.len() {
        let here = &rest[at..];
        if here.starts_with(mark) {
            return at + mark.len();
        }
        let Some(c) = here.chars().next() else { break };
        if c == '\n' && !is_multiline {
            return at;
        }
        at += c.len_utf8();
        if c == '\\' && !quote.is_raw {
            at += rest[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    if is_multiline { mark.len() } else { rest.len() }
}

/// Brackets that were opened and not closed yet when a wrong one comes are given up, at most this
/// many.
const GIVEN_UP: usize = 64;

/// Gives each opening bracket the distance to its partner.
pub(crate) fn pair(list: &mut [Token]) {
    let mut open: Vec<(u8, usize)> = Vec::new();
    for at in 0..list.len() {
        match list[at].kind {
            Kind::Mark(b'(') => open.push((b')', at)),
            Kind::Mark(b'[') => open.push((b']', at)),
            Kind::Mark(b'{') => open.push((b'}', at)),
            Kind::Mark(mark @ (b')' | b']' | b'}')) => {
                let near = open.iter().rev().take(GIVEN_UP);
                let Some(depth) = near.into_iter().position(|(close, _)| *close == mark) else {
                    continue;
                };
                open.truncate(open.len() - depth);
                if let Some((_, start)) = open.pop() {
                    list[start].close = (at - start) as u32;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python(text: &str) -> Vec<(Kind, String)> {
        let facts = &grammars::by_id("python").unwrap().facts;
        let tokens = tokens(text, &LexRules::of(facts));
        let of = |token: &Token| (token.kind, text[token.start..token.end].to_owned());
        tokens.list.iter().map(of).collect()
    }

    #[test]
    fn texts_and_comments_are_taken_apart() {
        let found = python("a = r'x\\' # b'\nc = \"\"\"d\n\"e\"\"\"");
        let kinds: Vec<Kind> = found.iter().map(|(kind, _)| *kind).collect();
        let equals = Kind::Mark(b'=');
        assert_eq!(
            kinds,
            [
                Kind::Word,
                equals,
                Kind::Text,
                Kind::Word,
                equals,
                Kind::Text
            ]
        );
        assert_eq!(found[5].1, "\"\"\"d\n\"e\"\"\"");
    }

    #[test]
    fn a_text_that_never_ends_takes_no_more_than_its_line_or_its_quote() {
        assert_eq!(python("a = 'b\nc").len(), 4);
        assert_eq!(python("\"\"\"b c").len(), 3);
    }

    #[test]
    fn wrong_brackets_do_not_disturb_the_others() {
        let facts = &grammars::by_id("python").unwrap().facts;
        let tokens = tokens("f(a[1) + (b) ] )", &LexRules::of(facts));
        let closes: Vec<u32> = tokens.list.iter().map(|token| token.close).collect();
        assert_eq!(closes, [0, 4, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]);
    }

    #[test]
    fn escapes_are_resolved() {
        assert_eq!(content(r#""a\"b""#), "a\"b");
        assert_eq!(content(r"r'a\b'"), r"a\b");
        assert_eq!(content("'''a'''"), "a");
    }
}
