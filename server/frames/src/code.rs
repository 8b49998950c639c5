//! Code as tokens, and steps over these: to enclosing brackets, to the start of a chain of calls.

use data::{CodeToken, CodeTokenKind, code_tokens, text_content};
use std::ops::Range;

/// How many tokens back the bracket around a place is looked for.
const MAX_SCAN: usize = 4_096;

/// Code as tokens.
pub(crate) struct TokenCode<'a> {
    pub text: &'a str,
    pub tokens: Vec<CodeToken>,
}

impl<'a> TokenCode<'a> {
    /// The tokens of a text in a language, by its id; `None` if it has no grammar.
    pub fn of(text: &'a str, language: &str) -> Option<Self> {
        Some(Self {
            text,
            tokens: code_tokens(text, language)?,
        })
    }

    /// A token's text; empty where there is no such token.
    pub fn at(&self, index: usize) -> &'a str {
        self.tokens
            .get(index)
            .map_or("", |token| &self.text[token.range.clone()])
    }

    pub fn is_mark(&self, index: usize, mark: u8) -> bool {
        self.kind(index) == Some(CodeTokenKind::Mark(mark))
    }

    pub fn kind(&self, index: usize) -> Option<CodeTokenKind> {
        self.tokens.get(index).map(|token| token.kind)
    }

    /// A token's text if it is a word.
    pub fn word(&self, index: usize) -> Option<&'a str> {
        (self.kind(index)? == CodeTokenKind::Word).then(|| self.at(index))
    }

    /// What a text token says.
    pub fn content(&self, index: usize) -> Option<String> {
        (self.kind(index)? == CodeTokenKind::Text).then(|| text_content(self.at(index)))
    }

    /// The bytes between the quotes of a text token, and whether the last quote is there.
    pub fn inside(&self, index: usize) -> (Range<usize>, bool) {
        let range = self.tokens[index].range.clone();
        let written = &self.text[range.clone()];
        let open = written.find(['"', '\'', '`']).unwrap_or(0);
        let body = &written[open..];
        let quote = ["\"\"\"", "'''", "\"", "'", "`"]
            .into_iter()
            .find(|quote| body.starts_with(quote))
            .unwrap_or_default();
        let start = range.start + open + quote.len();
        let is_closed = body.len() >= 2 * quote.len() && body.ends_with(quote);
        let end = if is_closed {
            range.end - quote.len()
        } else {
            range.end
        };
        (start..end.max(start), is_closed)
    }

    /// The bracket that a place is within: the nearest one before it that does not close before it.
    pub fn enclosing(&self, index: usize) -> Option<usize> {
        let mut depth = 0usize;
        for before in (0..index).rev().take(MAX_SCAN) {
            match self.kind(before) {
                Some(CodeTokenKind::Mark(b')' | b']' | b'}')) => depth += 1,
                Some(CodeTokenKind::Mark(b'(' | b'[' | b'{')) if depth == 0 => return Some(before),
                Some(CodeTokenKind::Mark(b'(' | b'[' | b'{')) => depth -= 1,
                _ => {}
            }
        }
        None
    }

    /// The bracket that a closing one at this place belongs to.
    fn opening(&self, index: usize) -> Option<usize> {
        self.enclosing(index)
    }

    /// The first word of the chain that ends at this token, as `df` of `df[x].dropna()`, with its
    /// place.
    pub fn chain_start(&self, end: usize) -> Option<(usize, &'a str)> {
        let mut at = end;
        loop {
            match self.kind(at)? {
                CodeTokenKind::Mark(b')' | b']') => at = self.opening(at)?.checked_sub(1)?,
                CodeTokenKind::Word => {
                    let before = at.checked_sub(1);
                    match before.filter(|before| self.is_mark(*before, b'.')) {
                        Some(dot) => at = dot.checked_sub(1)?,
                        None => return Some((at, self.at(at))),
                    }
                }
                // The chain begins with an expression in brackets: `(a + b).x`.
                _ => return None,
            }
        }
    }

    /// The first token of the statement that a token is in: the first on its line outside of all
    /// brackets, which does not go on a chain.
    pub fn statement_start(&self, index: usize) -> usize {
        let mut at = index;
        while let Some(open) = self.enclosing(at) {
            at = open;
        }
        while at > 0 && (!self.tokens[at].is_first || self.is_mark(at, b'.')) {
            at -= 1;
            if self.is_mark(at, b')') || self.is_mark(at, b']') || self.is_mark(at, b'}') {
                at = self.opening(at).unwrap_or(at);
            }
        }
        at
    }

    /// The token after the statement that begins at a token.
    pub fn statement_end(&self, start: usize) -> usize {
        let mut at = start;
        loop {
            let close = self.tokens.get(at).and_then(|token| token.close);
            at += close.unwrap_or(0) + 1;
            match self.tokens.get(at) {
                None => return self.tokens.len(),
                Some(token) if token.is_first && !self.is_mark(at, b'.') => return at,
                Some(_) if self.is_mark(at, b';') => return at,
                Some(_) => {}
            }
        }
    }
}
