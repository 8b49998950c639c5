//! Words, texts and marks of a file of code, without comments, by the facts of its language.
//!
//! Building a tree takes most of the time that reading a file takes. Calls, imports and texts can
//! be found without one: a comment or string that is open at the end of a line where it must not be
//! closes there, so a mistake stays within a line. Knows no language by name.

use grammars::{BlockStyle, Grammar, Role};
use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name, a keyword or a number.
    Word,
    /// A string literal with its quotes and the letters before them.
    Text,
    /// A single mark.
    Mark(u8),
}

/// A token and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub kind: Kind,
    pub start: u32,
    pub end: u32,
    /// Counted from 0.
    pub line: u32,
    /// Bytes before and after the content of a string.
    open: u8,
    close: u8,
}

impl Token {
    /// How it is spelt; of a string, what is between the quotes.
    pub(crate) fn text<'a>(&self, text: &'a str) -> &'a str {
        let start = self.start as usize + usize::from(self.open);
        let end = (self.end as usize).saturating_sub(usize::from(self.close));
        text.get(start..end.max(start)).unwrap_or_default()
    }

    /// Whether it is this mark.
    pub(crate) fn is(&self, mark: u8) -> bool {
        self.kind == Kind::Mark(mark)
    }

    /// Whether it is a string over several lines, as documentation is.
    pub(crate) fn is_long_quoted(&self) -> bool {
        self.kind == Kind::Text && self.close == 3
    }
}

/// The tokens of a text, and the code inside its strings.
#[derive(Default)]
pub(crate) struct Tokens {
    pub all: Vec<Token>,
    /// Where strings hold code, with the line where it begins.
    pub code_in_texts: Vec<(Range<usize>, u32)>,
}

/// How deep strings with code may be in each other.
const MAX_LEVELS: usize = 8;

/// What the lexer must know of a language.
struct Style<'g> {
    line_comments: Vec<&'g str>,
    block_comment: Option<[&'g str; 2]>,
    quotes: Vec<&'g str>,
    multiline: Vec<&'g str>,
    raw: Vec<&'g str>,
    has_regex: bool,
    /// A comment mark counts only after a blank.
    comment_after_blank: bool,
    code_in_texts: bool,
    colon: bool,
    /// Names may hold a dollar sign.
    dollar: bool,
}

/// Reads the part of a text whose first line has this number.
pub(crate) fn tokens(
    grammar: &'static Grammar,
    text: &str,
    part: Range<usize>,
    line: u32,
) -> Tokens {
    let facts = &grammar.facts;
    fn all(list: &'static [String]) -> Vec<&'static str> {
        list.iter().map(String::as_str).collect()
    }
    let mark = facts.line_comment.as_deref();
    let colon = facts.block == BlockStyle::Colon;
    let style = Style {
        line_comments: mark.into_iter().collect(),
        block_comment: facts
            .block_comment
            .as_ref()
            .map(|[a, b]| [a.as_str(), b.as_str()]),
        quotes: all(&facts.quotes),
        multiline: all(&facts.multiline_quotes),
        raw: all(&facts.raw_quotes),
        has_regex: grammar.tables().has(Role::Regex),
        comment_after_blank: mark == Some("#") && !colon,
        code_in_texts: !facts.code_in_string_nodes.is_empty(),
        colon,
        dollar: facts.quotes.iter().any(|quote| quote == "`")
            && facts.line_comment.as_deref() == Some("//"),
    };
    let end = part.end.min(text.len());
    let mut lexer = Lexer {
        style,
        text: text.get(..end).unwrap_or_default(),
        at: part.start,
        line,
        found: Tokens::default(),
    };
    while lexer.step() {}
    lexer.found
}

struct Lexer<'a, 'g> {
    style: Style<'g>,
    text: &'a str,
    at: usize,
    line: u32,
    found: Tokens,
}

impl Lexer<'_, '_> {
    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    fn rest_is(&self, at: usize, mark: &str) -> bool {
        self.text
            .as_bytes()
            .get(at..)
            .is_some_and(|rest| rest.starts_with(mark.as_bytes()))
    }

    fn push(&mut self, kind: Kind, end: usize, open: usize, close: usize) {
        self.found.all.push(Token {
            kind,
            start: self.at as u32,
            end: end as u32,
            line: self.line,
            open: open as u8,
            close: close as u8,
        });
    }

    /// Moves on, counting lines.
    fn go(&mut self, end: usize) {
        let end = end.min(self.text.len());
        let passed = self.text.as_bytes().get(self.at..end).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', passed).count() as u32;
        self.at = end.max(self.at);
    }

    /// Reads one token; whether there was one.
    fn step(&mut self) -> bool {
        let first = self.byte(self.at);
        if self.at >= self.text.len() {
            return false;
        }
        if first.is_ascii_whitespace() {
            self.go(self.at + 1);
        } else if self.in_word(first) {
            self.word();
        } else if let Some(end) = self.comment() {
            self.go(end);
        } else if !self.quoted(self.at) {
            self.mark(first);
        }
        true
    }

    fn in_word(&self, byte: u8) -> bool {
        is_word(byte) || byte == b'$' && self.style.dollar
    }

    fn word(&mut self) {
        let bytes = self.text.as_bytes();
        let mut end = self.at;
        while end < bytes.len() && self.in_word(bytes[end]) {
            end += 1;
        }
        // Letters right before a quote belong to the string: f"", rb'', r#""#.
        if end - self.at <= 3 && matches!(bytes.get(end), Some(b'"' | b'\'' | b'#')) {
            let prefix = &bytes[self.at..end];
            let known = prefix.iter().all(|b| b"rRbBuUfFcLtT".contains(b));
            if known && self.quoted(end) {
                return;
            }
        }
        self.push(Kind::Word, end, 0, 0);
        self.at = end;
    }

    /// Where the comment that begins here ends.
    fn comment(&self) -> Option<usize> {
        let rest = self.text.as_bytes().get(self.at..)?;
        if let Some([open, close]) = self.style.block_comment
            && rest.starts_with(open.as_bytes())
        {
            let inside = self.at + open.len();
            let length = memchr::memmem::find(&self.text.as_bytes()[inside..], close.as_bytes());
            return Some(length.map_or(self.text.len(), |length| inside + length + close.len()));
        }
        let after_blank = self.at == 0 || self.byte(self.at - 1).is_ascii_whitespace();
        let begins = self
            .style
            .line_comments
            .iter()
            .any(|mark| rest.starts_with(mark.as_bytes()));
        (begins && (after_blank || !self.style.comment_after_blank))
            .then(|| memchr::memchr(b'\n', rest).map_or(self.text.len(), |length| self.at + length))
    }

    /// Reads the string whose quote is at `quote`; whether one begins there.
    fn quoted(&mut self, quote: usize) -> bool {
        let text = self.text;
        let prefix = &text.as_bytes()[self.at..quote];
        if prefix.contains(&b'r') || self.byte(quote) == b'#' {
            let hashes = (quote..).take_while(|at| self.byte(*at) == b'#').count();
            if self.byte(quote + hashes) == b'"' && !self.style.colon {
                return self.raw_string(quote, hashes);
            }
            if self.byte(quote) == b'#' {
                return false;
            }
        }
        let begins = |mark: &&&str| self.rest_is(quote, mark);
        let Some(mark) = self.style.quotes.iter().find(begins).copied() else {
            return self.byte(quote) == b'\'' && self.character(quote);
        };
        let code = self.code_mark(prefix, mark);
        let inside = quote + mark.len();
        let (end, closed) = self.closing(inside, mark, prefix, code);
        let close = if closed { mark.len() } else { 0 };
        self.push(Kind::Text, end, inside - self.at, close);
        self.go(end);
        true
    }

    /// Before what, in a string with this prefix and quote, code begins; empty if nowhere.
    fn code_mark(&self, prefix: &[u8], quote: &str) -> &'static str {
        if !self.style.code_in_texts {
            return "";
        }
        if self.style.colon {
            let formatted = prefix.iter().any(|b| b"fFtT".contains(b));
            return if formatted { "{" } else { "" };
        }
        let templates = self.style.quotes.contains(&"`");
        match quote {
            "`" if !self.style.comment_after_blank => "${",
            "\"" if self.style.comment_after_blank => "#{",
            "\"" | "\"\"\"" if !templates => "${",
            _ => "",
        }
    }

    /// Where a string ends, and whether its quote is there. Notes the code in it.
    fn closing(&mut self, from: usize, mark: &str, prefix: &[u8], code: &str) -> (usize, bool) {
        let may_break = self.style.multiline.contains(&mark);
        let raw = self.style.raw.contains(&mark) || prefix.iter().any(|b| b"rR".contains(b));
        let bytes = self.text.as_bytes();
        let first = code.bytes().next().unwrap_or(b'\n');
        let quote = mark.bytes().next().unwrap_or(b'"');
        let (mut at, mut line) = (from, self.line);
        while at < bytes.len() {
            let byte = bytes[at];
            if byte != quote && byte != b'\\' && byte != b'\n' && byte != first {
                at += 1;
                continue;
            }
            if byte == b'\\' && (!raw || self.style.colon) {
                line += u32::from(self.byte(at + 1) == b'\n');
                at += 2;
            } else if self.rest_is(at, mark) {
                return (at + mark.len(), true);
            } else if byte == b'\n' {
                if !may_break {
                    return (at, false);
                }
                line += 1;
                at += 1;
            } else if !code.is_empty() && self.rest_is(at, code) {
                if code == "{" && self.byte(at + 1) == b'{' {
                    at += 2;
                    continue;
                }
                let inside = at + code.len();
                let end = self.code_end(inside, may_break, 0);
                self.found.code_in_texts.push((inside..end, line));
                let passed = &self.text.as_bytes()[inside..end];
                line += memchr::memchr_iter(b'\n', passed).count() as u32;
                at = end;
            } else {
                at += 1;
            }
        }
        (self.text.len(), false)
    }

    /// Where the brace closes that is open before `from`; braces in strings do not count.
    fn code_end(&self, from: usize, may_break: bool, level: usize) -> usize {
        let (mut depth, mut at) = (0, from);
        while at < self.text.len() {
            match self.byte(at) {
                b'{' => depth += 1,
                b'}' if depth == 0 => return at,
                b'}' => depth -= 1,
                b'\n' if !may_break => return at,
                b'`' if level < MAX_LEVELS && self.style.quotes.contains(&"`") => {
                    at = self.template_end(at + 1, level + 1);
                    continue;
                }
                quote @ (b'"' | b'\'') => at = self.short_string_end(at, quote),
                _ => {}
            }
            at += 1;
        }
        self.text.len()
    }

    /// Where a string between backquotes ends.
    fn template_end(&self, from: usize, level: usize) -> usize {
        let mut at = from;
        while at < self.text.len() {
            match self.byte(at) {
                b'\\' => at += 1,
                b'`' => return at + 1,
                b'$' if self.byte(at + 1) == b'{' => at = self.code_end(at + 2, true, level),
                _ => {}
            }
            at += 1;
        }
        self.text.len()
    }

    /// The quote that closes a string on the same line; if there is none, the one that opens it.
    fn short_string_end(&self, open: usize, quote: u8) -> usize {
        let mut at = open + 1;
        loop {
            match self.byte(at) {
                0 | b'\n' => return open,
                b'\\' => at += 1,
                byte if byte == quote => return at,
                _ => {}
            }
            at += 1;
        }
    }

    fn raw_string(&mut self, quote: usize, hashes: usize) -> bool {
        let inside = quote + hashes + 1;
        let mark = format!("\"{}", "#".repeat(hashes));
        let rest = self.text.as_bytes().get(inside..).unwrap_or_default();
        let length = memchr::memmem::find(rest, mark.as_bytes());
        let (end, close) = length.map_or((self.text.len(), 0), |n| {
            (inside + n + mark.len(), mark.len())
        });
        self.push(Kind::Text, end, inside - self.at, close);
        self.go(end);
        true
    }

    /// Passes a character literal; what is none is left, such as a lifetime.
    fn character(&mut self, quote: usize) -> bool {
        let rest = self.text.get(quote + 1..).unwrap_or_default();
        let length = if rest.starts_with('\\') {
            rest.get(2..)
                .and_then(|rest| rest.find(['\'', '\n']))
                .map(|at| at + 2)
        } else {
            rest.chars().next().map(char::len_utf8)
        };
        let Some(end) = length
            .map(|length| quote + 1 + length)
            .filter(|end| self.byte(*end) == b'\'')
        else {
            return false;
        };
        self.go(end + 1);
        true
    }

    /// Reads a mark, or passes a regular expression.
    fn mark(&mut self, first: u8) {
        if first == b'/' && self.style.has_regex && self.regex_may_begin() {
            let (mut at, mut in_class) = (self.at + 1, false);
            loop {
                match self.byte(at) {
                    0 | b'\n' => break,
                    b'\\' => at += 1,
                    b'[' => in_class = true,
                    b']' => in_class = false,
                    b'/' if !in_class => {
                        self.push(Kind::Mark(b'/'), at + 1, 0, 0);
                        self.at = at + 1;
                        return;
                    }
                    _ => {}
                }
                at += 1;
            }
        }
        self.push(Kind::Mark(first), self.at + 1, 0, 0);
        self.at += 1;
    }

    fn regex_may_begin(&self) -> bool {
        let Some(last) = self.found.all.last() else {
            return true;
        };
        match last.kind {
            Kind::Mark(mark) => !b")]}".contains(&mark),
            Kind::Text => false,
            Kind::Word => {
                let word = last.text(self.text);
                [
                    "return", "typeof", "case", "in", "of", "and", "or", "not", "if", "when",
                ]
                .contains(&word)
            }
        }
    }
}

/// Whether a byte belongs to a word; those of characters beyond ASCII do.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
