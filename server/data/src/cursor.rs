//! A place in tokens, from which readers look ahead, and the content of texts.

use crate::tokens::{Kind, Token, Tokens};
use std::ops::Range;

/// A place in a slice of tokens. Copying one is how a reader looks ahead.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a> {
    pub text: &'a str,
    pub tokens: &'a [Token],
}

impl<'a> Tokens<'a> {
    /// A cursor at the start.
    pub fn cursor(&'a self) -> Cursor<'a> {
        Cursor {
            text: self.text,
            tokens: &self.list,
        }
    }
}

impl<'a> Cursor<'a> {
    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The next token.
    pub fn peek(&self) -> Option<Token> {
        self.tokens.first().copied()
    }

    /// Takes the next token.
    pub fn next(&mut self) -> Option<Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(*first)
    }

    /// What a token is in the text.
    pub fn of(&self, token: Token) -> &'a str {
        &self.text[token.start..token.end]
    }

    /// The next token's text.
    pub fn peek_text(&self) -> &'a str {
        self.peek().map_or("", |token| self.of(token))
    }

    /// The next token's text if it is a word.
    pub fn peek_word(&self) -> Option<&'a str> {
        let token = self.peek().filter(|token| token.kind == Kind::Word)?;
        Some(self.of(token))
    }

    /// Takes a word.
    pub fn word(&mut self) -> Option<&'a str> {
        let word = self.peek_word()?;
        self.next();
        Some(word)
    }

    /// Whether the next token is this word, in any case.
    pub fn is(&self, word: &str) -> bool {
        self.peek_word()
            .is_some_and(|found| found.eq_ignore_ascii_case(word))
    }

    /// Whether the next token is one of these words, in any case.
    pub fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }

    /// Takes this word, if it is next.
    pub fn eat(&mut self, word: &str) -> bool {
        let is = self.is(word);
        if is {
            self.next();
        }
        is
    }

    /// Takes one of these words, if one is next.
    pub fn eat_any(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.eat(word))
    }

    /// Takes these words, if all are next.
    pub fn eat_all(&mut self, words: &[&str]) -> bool {
        let mut ahead = *self;
        let are = words.iter().all(|word| ahead.eat(word));
        if are {
            *self = ahead;
        }
        are
    }

    /// Whether the next token is this mark.
    pub fn is_mark(&self, mark: u8) -> bool {
        self.peek()
            .is_some_and(|token| token.kind == Kind::Mark(mark))
    }

    /// Takes this mark, if it is next.
    pub fn mark(&mut self, mark: u8) -> bool {
        let is = self.is_mark(mark);
        if is {
            self.next();
        }
        is
    }

    /// Takes these marks, if they are next with nothing between.
    pub fn marks(&mut self, marks: &str) -> bool {
        let mut ahead = *self;
        let are = marks.bytes().all(|mark| ahead.mark(mark));
        if are {
            *self = ahead;
        }
        are
    }

    /// Takes what is between the brackets that open here.
    pub fn group(&mut self, open: u8) -> Option<Self> {
        let first = self.peek().filter(|token| token.kind == Kind::Mark(open))?;
        let close = first.close as usize;
        if close == 0 || close >= self.tokens.len() {
            return None;
        }
        let inner = Self {
            text: self.text,
            tokens: &self.tokens[1..close],
        };
        self.tokens = &self.tokens[close + 1..];
        Some(inner)
    }

    /// Takes one token, or a whole group if a bracket opens here.
    pub fn skip(&mut self) -> Option<Token> {
        let first = self.peek()?;
        let length = (first.close as usize).min(self.tokens.len() - 1);
        self.tokens = &self.tokens[length + 1..];
        Some(first)
    }

    /// The parts between these marks, groups left whole; empty ones are left out.
    pub fn split(&self, mark: u8) -> Vec<Self> {
        let (mut parts, mut rest) = (Vec::new(), *self);
        let mut start = *self;
        loop {
            let is_end = rest.is_empty() || rest.is_mark(mark);
            if is_end {
                let part = start.until(&rest);
                if !part.is_empty() {
                    parts.push(part);
                }
                if rest.next().is_none() {
                    return parts;
                }
                start = rest;
            } else {
                rest.skip();
            }
        }
    }

    /// What is from here to a later place of the same slice.
    pub fn until(&self, later: &Self) -> Self {
        Self {
            text: self.text,
            tokens: &self.tokens[..self.tokens.len() - later.tokens.len()],
        }
    }

    /// The bytes of all that is left.
    pub fn range(&self) -> Range<usize> {
        match self.tokens {
            [first, .., last] => first.start..last.end,
            [only] => only.start..only.end,
            [] => 0..0,
        }
    }

    /// All that is left as it is written, with single blanks between words.
    pub fn written(&self) -> String {
        let whole = &self.text[self.range()];
        whole.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The line of the next token, from 1.
    pub fn line(&self) -> u32 {
        self.peek().map_or(0, |token| token.line)
    }
}

/// The content of a text token of a language: prefix and quotes off, escapes resolved as far as
/// names need.
pub(crate) fn content(written: &str) -> String {
    let from = written.find(['"', '\'', '`']).unwrap_or(0);
    let body = &written[from..];
    let quote = ["\"\"\"", "'''", "\"", "'", "`"]
        .into_iter()
        .find(|quote| body.starts_with(quote))
        .unwrap_or_default();
    let inner = body.strip_prefix(quote).unwrap_or(body);
    let inner = inner.strip_suffix(quote).unwrap_or(inner);
    if !inner.contains('\\') || quote == "`" || written.starts_with(['r', 'R']) {
        return inner.to_owned();
    }
    let (mut out, mut chars) = (String::new(), inner.chars());
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(other) => out.push(other),
                None => {}
            },
            (c, false) => out.push(c),
        }
    }
    out
}
