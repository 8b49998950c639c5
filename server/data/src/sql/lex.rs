//! Tokens of SQL in all dialects, one statement after another.
//!
//! Dialects disagree about quotes: `"a"` and `[a]` and `` `a` `` are names, `'it\'s'` ends at
//! another place in MySQL, `$$` opens a text in PostgreSQL. [`Flavor`] is guessed from marks that
//! only one dialect has. Statements of data are read past and not kept, so that a dump of any size
//! takes no memory.

use super::flavor::Flavor;
use super::quotes::{dollar_tag, nested_comment, quoted_length};
use crate::tokens::{Comment, Kind, Token, is_word, pair};

/// The most tokens of a statement.
const MAX_TOKENS: usize = 1 << 20;
/// First words of statements that are kept.
const KEPT_WORDS: &[&str] = &[
    "create", "alter", "drop", "comment", "rename", "exec", "execute", "do", "if", "begin",
];
/// Words after CREATE of what has a body of statements.
const ROUTINES: &[&str] = &[
    "procedure",
    "proc",
    "function",
    "trigger",
    "event",
    "package",
    "rule",
];
/// Words after CREATE at the start of a line that begin another statement, although the last one
/// has no end.
const CREATED: &[&str] = &[
    "table",
    "unique",
    "index",
    "view",
    "or",
    "temporary",
    "temp",
    "unlogged",
    "type",
    "schema",
    "materialized",
    "nonclustered",
    "clustered",
    "procedure",
    "proc",
    "function",
    "trigger",
    "sequence",
    "extension",
    "domain",
    "database",
    "fulltext",
    "spatial",
];
/// Words between CREATE and these.
const MODIFIERS: &[&str] = &[
    "or",
    "replace",
    "alter",
    "definer",
    "aggregate",
    "temporary",
    "temp",
    "constraint",
    "if",
    "not",
    "exists",
    "editionable",
];
/// Words at the start of a line that end a statement outside of brackets.
const BREAKS: &[&str] = &["go", "insert", "exec", "print", "use", "declare", "grant"];

/// One statement, with the comments in and before it.
#[derive(Default)]
pub(crate) struct Statement {
    pub tokens: Vec<Token>,
    pub comments: Vec<Comment>,
    /// Why it is not whole.
    pub broken: Option<&'static str>,
    /// Whether it has a body of statements.
    pub is_routine: bool,
}

/// Reads a text statement by statement.
pub(crate) struct Statements<'a> {
    pub(super) text: &'a str,
    flavor: Flavor,
    pub(super) at: usize,
    end: usize,
    line: u32,
    line_start: usize,
    is_first: bool,
    pub(super) now: Statement,
    /// Words of the statement so far, in lower case, at most four.
    head: Vec<String>,
    /// How many brackets are open.
    pub(super) depth: usize,
    /// BEGIN and CASE less END, in routines; none before the first BEGIN.
    blocks: Option<usize>,
    /// The text that MySQL's client was asked to end statements with.
    delimiter: Option<String>,
    pub(super) last_word: String,
    /// Quotes that were found to have no partner in the rest of the text.
    unclosed: Vec<char>,
    /// Whether comments in comments count.
    nests: bool,
    /// Whether statements of data and queries are kept too.
    keeps_all: bool,
}

impl<'a> Statements<'a> {
    /// The statements of a part of a text, which begins in this line.
    pub fn of(text: &'a str, flavor: Flavor, range: std::ops::Range<usize>, line: u32) -> Self {
        let line_start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
        Self {
            text,
            flavor,
            at: range.start,
            end: range.end,
            line,
            line_start,
            is_first: true,
            now: Statement::default(),
            head: Vec::new(),
            depth: 0,
            blocks: None,
            delimiter: None,
            last_word: String::new(),
            unclosed: Vec::new(),
            nests: true,
            keeps_all: false,
        }
    }

    /// The same with statements of data and queries.
    pub fn with_queries(mut self) -> Self {
        self.keeps_all = true;
        self
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..self.end]
    }

    /// Goes on, counting lines.
    fn advance(&mut self, length: usize) {
        let passed = &self.text[self.at..self.at + length];
        if let Some(last) = passed.rfind('\n') {
            self.line += passed.matches('\n').count() as u32;
            self.line_start = self.at + last + 1;
        }
        self.at += length;
    }

    fn rest_of_line(&self) -> usize {
        let rest = self.rest();
        rest.find('\n').unwrap_or(rest.len())
    }

    fn is_kept(&self) -> bool {
        let is_kept = |word: &String| KEPT_WORDS.contains(&word.as_str());
        self.keeps_all || self.head.first().is_none_or(is_kept)
    }

    fn push(&mut self, kind: Kind, length: usize) {
        if self.now.tokens.len() >= MAX_TOKENS {
            self.now.broken = Some("the statement is too long");
        } else if self.is_kept() {
            self.now.tokens.push(Token {
                kind,
                start: self.at,
                end: self.at + length,
                line: self.line,
                column: (self.at - self.line_start) as u32,
                is_first: self.is_first,
                close: 0,
            });
        }
        self.is_first = false;
        self.advance(length);
    }

    fn comment(&mut self, length: usize) {
        let passed = &self.text[self.at..self.at + length];
        let lines = passed.matches('\n').count() as u32;
        if self.is_kept() {
            self.now.comments.push(Comment {
                range: self.at..self.at + length,
                line: self.line,
                end_line: self.line + lines,
                has_own_line: self.is_first,
            });
        }
        self.advance(length);
    }

    /// Ends the statement here; none if nothing is in it.
    fn finish(&mut self) -> Option<Statement> {
        let is_kept = self.is_kept();
        self.head.clear();
        (self.depth, self.blocks) = (0, None);
        self.last_word.clear();
        let mut done = std::mem::take(&mut self.now);
        if done.tokens.is_empty() || !is_kept {
            // Comments before the next statement may be about it.
            self.now.comments = if done.tokens.is_empty() {
                done.comments
            } else {
                Vec::new()
            };
            return None;
        }
        pair(&mut done.tokens);
        Some(done)
    }

    /// One token, comment or gap. A statement, if it ended.
    fn step(&mut self) -> Option<Statement> {
        let rest = self.rest();
        let first = rest.chars().next()?;
        if let Some(delimiter) = &self.delimiter
            && rest.starts_with(delimiter.as_str())
        {
            let length = delimiter.len();
            self.advance(length);
            return self.finish();
        }
        match first {
            '\n' => {
                self.advance(1);
                self.is_first = true;
            }
            c if c.is_whitespace() || c == '\u{feff}' => self.at += c.len_utf8(),
            '-' if rest.starts_with("--") => self.comment(self.rest_of_line()),
            '#' if self.flavor == Flavor::MySql => self.comment(self.rest_of_line()),
            '/' if rest.starts_with("/*!") || rest.starts_with("/*M!") => self.conditional(),
            '/' if rest.starts_with("/*") => self.block_comment(),
            '*' if rest.starts_with("*/") => self.at += 2,
            '\\' if self.is_first && self.now.tokens.is_empty() => self.at += self.rest_of_line(),
            ';' if self.delimiter.is_none() && self.blocks.is_none_or(|open| open == 0) => {
                let is_copy = self.head.first().is_some_and(|word| word == "copy")
                    && self.last_word == "stdin";
                self.at += 1;
                if is_copy {
                    let data = self
                        .rest()
                        .find("\n\\.")
                        .map_or(self.rest().len(), |at| at + 3);
                    self.advance(data);
                }
                return self.finish();
            }
            '\'' | '"' | '`' => self.quoted(first),
            '[' => self.bracket(),
            '$' if dollar_tag(rest).is_some() => self.dollar(),
            c if is_word(c) || c == '@' || c == '$' => return self.word(),
            c => {
                match c {
                    '(' => self.depth += 1,
                    ')' => self.depth = self.depth.saturating_sub(1),
                    _ => {}
                }
                self.push(Kind::Mark(u8::try_from(c).unwrap_or(b'?')), c.len_utf8());
            }
        }
        None
    }

    /// MySQL's `/*!40101 ... */`: its content counts.
    fn conditional(&mut self) {
        let digits = self.rest()[3..].trim_start_matches('!');
        let skipped = self.rest().len()
            - digits
                .trim_start_matches(|c: char| c.is_ascii_digit())
                .len();
        self.at += skipped;
    }

    /// A comment over several lines. Not all dialects have comments in comments: once one has no
    /// end, they count no more.
    fn block_comment(&mut self) {
        let rest = self.rest();
        let nested = if self.nests {
            nested_comment(rest)
        } else {
            None
        };
        self.nests &= nested.is_some();
        let plain = || rest.find("*/").map_or(rest.len(), |at| at + 2);
        self.comment(nested.unwrap_or_else(plain));
    }

    fn quoted(&mut self, quote: char) {
        let rest = self.rest();
        let escapes = quote != '`' && (self.flavor == Flavor::MySql || self.has_escape_mark());
        let length = match self.unclosed.contains(&quote) {
            true => None,
            false => quoted_length(rest, quote, escapes),
        };
        let Some(length) = length else {
            self.unclosed.push(quote);
            self.push(Kind::Mark(quote as u8), 1);
            return;
        };
        let kind = if quote == '\'' {
            Kind::Text
        } else {
            Kind::Name
        };
        let start = self.at;
        self.push(kind, length);
        // The mark of `N'a'` and `E'a'` is a part of the text.
        if let [.., mark, text] = &mut self.now.tokens[..]
            && mark.end == start
            && quote == '\''
            && mark.kind == Kind::Word
            && mark.end - mark.start == 1
        {
            (mark.kind, mark.end) = (Kind::Text, text.end);
            self.now.tokens.pop();
        }
    }

    /// Whether an E is just before this place: `E'a\'b'`.
    fn has_escape_mark(&self) -> bool {
        let last = self.now.tokens.last();
        last.is_some_and(|token| {
            token.end == self.at && ["E", "e"].contains(&&self.text[token.start..token.end])
        })
    }

    /// A name in brackets, or the bracket of a list.
    fn bracket(&mut self) {
        let rest = self.rest();
        let follows_word = self
            .now
            .tokens
            .last()
            .is_some_and(|token| token.end == self.at);
        let inner = rest[1..].trim_start();
        let is_list = inner.starts_with([']', '\''])
            || inner.starts_with(|c: char| c.is_ascii_digit())
            || self.flavor == Flavor::Postgres
            || self.flavor != Flavor::TSql && lists_values(inner)
            || follows_word && !self.text[..self.at].ends_with(['.', '(', ',']);
        let close = rest[1..].find([']', '\n']).map(|at| at + 1);
        match close {
            Some(close) if !is_list && rest[close..].starts_with(']') => {
                self.push(Kind::Name, close + 1);
            }
            _ => self.push(Kind::Mark(b'['), 1),
        }
    }

    fn dollar(&mut self) {
        let rest = self.rest();
        let tag = dollar_tag(rest).unwrap_or_default();
        let close = rest[tag.len()..].find(tag);
        let length = close.map_or(rest.len(), |at| at + 2 * tag.len());
        if close.is_none() {
            self.now.broken = Some("a text between dollar signs never ends");
        }
        self.push(Kind::Text, length);
    }

    /// A word; a statement ends before some, and routines count their blocks by others.
    fn word(&mut self) -> Option<Statement> {
        let rest = self.rest();
        let is_part = |c: char| is_word(c) || matches!(c, '$' | '@' | '#');
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let start: String = rest[..length].chars().take(40).collect();
        let lower = start.to_lowercase();
        if self.is_first && lower == "delimiter" && self.depth == 0 {
            let line = &rest[..self.rest_of_line()];
            let mark = line[length..].trim().to_owned();
            self.at += line.len();
            self.delimiter = Some(mark).filter(|mark| mark != ";" && !mark.is_empty());
            return self.finish();
        }
        if self.breaks_before(&lower, &rest[length..]) && !self.now.tokens.is_empty() {
            if self.depth > 0 {
                self.now.broken = Some("a bracket is never closed");
            }
            return self.finish();
        }
        if self.is_first && lower == "go" && self.depth == 0 {
            let ends_line = rest[length..self.rest_of_line()].trim();
            if ends_line.is_empty() || ends_line.bytes().all(|byte| byte.is_ascii_digit()) {
                self.at += self.rest_of_line();
                return self.finish();
            }
        }
        self.count_blocks(&lower);
        if self.head.len() < 6 {
            self.head.push(lower.clone());
            self.now.is_routine |= self.is_routine();
        }
        let starts_number = lower.starts_with(|c: char| c.is_ascii_digit());
        self.last_word = lower;
        self.push(
            if starts_number {
                Kind::Number
            } else {
                Kind::Word
            },
            length,
        );
        None
    }

    fn is_routine(&self) -> bool {
        let [first, between @ .., last] = &self.head[..] else {
            return false;
        };
        matches!(first.as_str(), "create" | "alter")
            && ROUTINES.contains(&last.as_str())
            && between
                .iter()
                .all(|word| MODIFIERS.contains(&word.as_str()))
    }

    /// Whether another statement begins with this word, although the last one has no end.
    fn breaks_before(&self, word: &str, after: &str) -> bool {
        if !self.is_first || self.now.is_routine && word != "go" {
            return false;
        }
        let next = || {
            let next = after.trim_start();
            let end = next.find(|c| !is_word(c)).unwrap_or(next.len());
            next[..end].to_lowercase()
        };
        if self.keeps_all && self.continues() {
            return false;
        }
        if self.keeps_all && self.is_next_line(word) {
            return true;
        }
        match word {
            "select" | "with" | "update" | "delete" if self.keeps_all && self.follows_gap() => true,
            "create" => CREATED.contains(&next().as_str()),
            "alter" => matches!(next().as_str(), "table" | "type"),
            "drop" => matches!(next().as_str(), "table" | "view" | "type"),
            "select" => self.depth == 0 && self.begins_with(&["alter", "if", "drop"]),
            "end" => self.depth == 0 && self.head.get(1).is_some_and(|second| second == "table"),
            _ => self.depth == 0 && BREAKS.contains(&word),
        }
    }

    pub(super) fn begins_with(&self, words: &[&str]) -> bool {
        self.head
            .first()
            .is_some_and(|word| words.contains(&word.as_str()))
    }

    fn count_blocks(&mut self, word: &str) {
        if !self.now.is_routine {
            return;
        }
        let open = self.blocks.unwrap_or(0);
        match word {
            "begin" => self.blocks = Some(open + 1),
            "case" if self.blocks.is_some() && self.last_word != "end" => {
                self.blocks = Some(open + 1);
            }
            "if" | "while" | "loop" | "repeat" if self.last_word == "end" => {
                self.blocks = self.blocks.map(|open| open + 1);
            }
            "end" => self.blocks = self.blocks.map(|open| open.saturating_sub(1)),
            _ => {}
        }
    }
}

impl Iterator for Statements<'_> {
    type Item = Statement;

    fn next(&mut self) -> Option<Statement> {
        while self.at < self.end {
            if let Some(statement) = self.step() {
                return Some(statement);
            }
        }
        self.finish()
    }
}

/// Whether what follows a square bracket is several values, or DuckDB's `x for x in list`.
fn lists_values(inner: &str) -> bool {
    let end = inner.find([']', '\n']).unwrap_or(inner.len());
    let inner = inner[..end].to_ascii_lowercase();
    inner.contains(',') || inner.contains(" for ") && inner.contains(" in ")
}
