//! Tokens of a SQL statement, for the measures: they must read whatever anybody predicts.
//!
//! Comments are left out. Text that is not closed ends with the statement. Nothing here knows a
//! schema: whether `"x"` is a name or a text is for the caller to decide.

/// More tokens than this and a statement is not looked at.
pub(super) const MAX_TOKENS: usize = 20_000;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A bare name or keyword.
    Word,
    /// Between `` ` ` `` or `[ ]`: a name.
    Name,
    /// Between `"`: a name, or a text where no such name is known.
    Quoted,
    /// Between `'`.
    Text,
    /// A number without a sign.
    Number,
    /// A sign, of one or two characters.
    Sign,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SqlToken {
    /// What it is.
    pub(super) kind: TokenKind,
    /// Its text, without quotes.
    pub(super) text: String,
    /// Its first byte in the statement.
    pub(super) start: usize,
    /// The byte after its last one.
    pub(super) end: usize,
}

impl SqlToken {
    /// Whether it is a keyword, given in lower case.
    pub(super) fn is(&self, keyword: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    /// Whether it is one of the keywords.
    pub(super) fn is_any(&self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.is(keyword))
    }

    /// Whether it is a sign.
    pub(super) fn is_sign(&self, sign: &str) -> bool {
        self.kind == TokenKind::Sign && self.text == sign
    }

    /// Whether it may name a table or column.
    pub(super) fn is_name(&self) -> bool {
        matches!(
            self.kind,
            TokenKind::Word | TokenKind::Name | TokenKind::Quoted
        )
    }
}

/// Signs of two characters.
const PAIRS: &[&str] = &["<=", ">=", "<>", "!=", "==", "||", "->", "::"];

/// The tokens of a statement, at most [`MAX_TOKENS`] and one.
pub(super) fn tokens(sql: &str) -> Vec<SqlToken> {
    tokens_until(sql, MAX_TOKENS + 1)
}

/// The tokens of a text, at most so many.
pub(super) fn tokens_until(sql: &str, most: usize) -> Vec<SqlToken> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < sql.len() && found.len() < most {
        let rest = &sql[at..];
        let skipped = blank(rest);
        if skipped > 0 {
            at += skipped;
            continue;
        }
        let (kind, text, length) = token(rest);
        found.push(SqlToken {
            kind,
            text,
            start: at,
            end: at + length,
        });
        at += length;
    }
    found
}

/// How many bytes of white space or comment a text begins with.
fn blank(rest: &str) -> usize {
    if let Some(comment) = rest.strip_prefix("--") {
        return 2 + comment.find('\n').unwrap_or(comment.len());
    }
    if let Some(comment) = rest.strip_prefix("/*") {
        return 2 + comment.find("*/").map_or(comment.len(), |end| end + 2);
    }
    rest.len() - rest.trim_start().len()
}

/// The token that a text begins with: kind, text, and length in bytes, at least one.
fn token(rest: &str) -> (TokenKind, String, usize) {
    let first = rest.chars().next().unwrap_or(' ');
    match first {
        '\'' => quoted(rest, '\'', TokenKind::Text),
        '"' => quoted(rest, '"', TokenKind::Quoted),
        '`' => quoted(rest, '`', TokenKind::Name),
        '[' => quoted(rest, ']', TokenKind::Name),
        _ if first.is_alphabetic() || first == '_' => {
            let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
            let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            (TokenKind::Word, rest[..length].to_owned(), length)
        }
        _ if first.is_ascii_digit() => {
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_';
            let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            (TokenKind::Number, rest[..length].to_owned(), length)
        }
        _ => {
            let pair = PAIRS.iter().find(|pair| rest.starts_with(**pair));
            let length = pair.map_or(first.len_utf8(), |pair| pair.len());
            (TokenKind::Sign, rest[..length].to_owned(), length)
        }
    }
}

/// What is between quotes; a doubled closing quote is one.
fn quoted(rest: &str, close: char, kind: TokenKind) -> (TokenKind, String, usize) {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if c != close {
            text.push(c);
            continue;
        }
        if characters.peek().is_some_and(|(_, next)| *next == close) {
            text.push(c);
            characters.next();
            continue;
        }
        return (kind, text, at + 1);
    }
    (kind, text, rest.len())
}
