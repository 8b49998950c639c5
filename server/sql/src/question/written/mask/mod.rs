//! Which texts a model may write: the begin of one SELECT whose names are those of a schema.
//!
//! The whole text is read again for each token, which costs microseconds. A word that the text
//! ends with may be the begin of any word that fits. Structure is checked as far as names need it,
//! and operands alternate with operators; whether the whole prepares is for the judge to say.

mod clauses;
mod operands;
mod scope;
mod words;

use super::super::index::QuestionSchema;
use data::{SqlDialect, SqlToken, SqlTokenKind, sql_statements};
use scope::{MaskScope, MaskSource};
use words::{Clause, NO_ALIAS};

/// The longest query, in bytes.
const MAX_TEXT: usize = 2_000;
/// The longest text in quotes, in bytes.
const MAX_QUOTED: usize = 64;
/// The most white space in a row.
const MAX_BLANK: usize = 12;
/// The longest alias that a model may make up.
const MAX_ALIAS: usize = 24;
/// The most brackets that are open at once.
const MAX_DEPTH: usize = 12;

/// What a model may write about a schema.
pub struct SqlMask<'s> {
    schema: &'s QuestionSchema,
    /// The tables that were shown.
    tables: Vec<usize>,
    /// Whether only functions that all dialects have may be called.
    is_portable: bool,
}

impl<'s> SqlMask<'s> {
    /// A mask of these tables. `is_portable`: only functions that all dialects have.
    pub(super) fn new(schema: &'s QuestionSchema, tables: Vec<usize>, is_portable: bool) -> Self {
        Self {
            schema,
            tables,
            is_portable,
        }
    }

    /// Whether a query may begin with this text.
    pub fn allows(&self, text: &str) -> bool {
        self.reader(text).is_some()
    }

    /// Whether the text is a query that prepares.
    pub fn is_whole(&self, text: &str) -> bool {
        // A word at the end is a whole one.
        let ended = format!("{} ", text.trim_end());
        let is_ended = self.reader(&ended).is_some_and(|reader| reader.may_end());
        is_ended && super::prepares(self.schema, text)
    }

    fn reader<'t>(&'t self, text: &'t str) -> Option<Reader<'t>> {
        let blank = text.len() - text.trim_end().len();
        if text.len() > MAX_TEXT || blank > MAX_BLANK || text.contains("--") || text.contains(';') {
            return None;
        }
        let mut statements = sql_statements(text, Some(SqlDialect::Sqlite)).into_iter();
        let statement = statements.next().unwrap_or_default();
        if statements.next().is_some() || !statement.comments.is_empty() {
            return None;
        }
        let mut reader = Reader {
            mask: self,
            text,
            tokens: statement.tokens,
            scopes: vec![MaskScope::default()],
            frames: Vec::new(),
            clause: Clause::Select,
            expects: Expects::Words(&["SELECT"]),
            cases: 0,
        };
        reader.read_all().then_some(reader)
    }
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expects {
    Words(&'static [&'static str]),
    Operand,
    Operator,
    Table,
    AfterTable,
    Alias,
    AfterAlias,
    Bracket,
    Count,
    End,
}

/// An open bracket, with the clause that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    /// A list or an expression.
    Group(Clause),
    /// The arguments of a function.
    Call(Clause),
    /// The window of one.
    Window(Clause),
    /// A query, perhaps in the place of a table.
    Query { around: Clause, is_table: bool },
}

struct Reader<'t> {
    mask: &'t SqlMask<'t>,
    text: &'t str,
    tokens: Vec<SqlToken>,
    scopes: Vec<MaskScope>,
    frames: Vec<Frame>,
    clause: Clause,
    expects: Expects,
    /// How many CASE are open.
    cases: usize,
}

impl Reader<'_> {
    fn read_all(&mut self) -> bool {
        let mut at = 0;
        while at < self.tokens.len() {
            match self.read(at) {
                Some(count) => at += count,
                None => return false,
            }
        }
        true
    }

    /// Whether the query may end here.
    fn may_end(&self) -> bool {
        let is_open = !self.frames.is_empty() || self.cases > 0;
        let is_done = matches!(
            self.expects,
            Expects::Operator | Expects::AfterTable | Expects::End
        );
        !is_open && is_done && self.is_settled()
    }

    fn is_settled(&self) -> bool {
        match self.scopes.split_last() {
            Some((scope, outer)) => scope.is_settled(self.mask.schema, outer),
            None => false,
        }
    }

    fn written(&self, at: usize) -> &str {
        let token = self.tokens.get(at);
        token.map_or("", |token| &self.text[token.start..token.end])
    }

    fn is_mark(&self, at: usize, mark: u8) -> bool {
        let token = self.tokens.get(at);
        token.is_some_and(|token| token.kind == SqlTokenKind::Mark(mark))
    }

    /// Whether a word may go on: nothing follows it.
    fn is_open(&self, at: usize) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|token| token.end == self.text.len())
    }

    /// Whether a word is one of these, or may become one.
    fn is_one_of(&self, at: usize, words: &[&str]) -> bool {
        let written = self.written(at);
        let fits = |word: &&str| match self.is_open(at) {
            true => begins_with(word, written),
            false => word.eq_ignore_ascii_case(written),
        };
        words.iter().any(fits)
    }

    /// Reads a token, and says how many were read.
    fn read(&mut self, at: usize) -> Option<usize> {
        let token = self.tokens[at];
        if self.is_mark(at, b'"') {
            return self.open_name(at);
        }
        let is_word = token.kind == SqlTokenKind::Word;
        let is_name = is_word || token.kind == SqlTokenKind::Name;
        match self.expects {
            Expects::Words(words) if is_word && self.is_one_of(at, words) => self.keyword(at),
            Expects::Operand if is_name => self.operand_word(at),
            Expects::Operand => self.operand_mark(at),
            Expects::Operator if is_word => self.operator_word(at),
            Expects::Operator => self.operator_mark(at),
            Expects::Table if is_name => self.table(at),
            Expects::Table if self.is_mark(at, b'(') => self.open(
                at,
                Frame::Query {
                    around: self.clause,
                    is_table: true,
                },
            ),
            Expects::AfterTable if is_word => self.after_table(at),
            Expects::AfterTable if self.is_mark(at, b',') => {
                self.expects = Expects::Table;
                Some(1)
            }
            Expects::AfterTable | Expects::End if self.is_mark(at, b')') => self.close(),
            Expects::Alias if is_word => self.alias(at),
            Expects::AfterAlias if is_word => self.clause_word(at),
            Expects::AfterAlias if self.is_mark(at, b',') => {
                self.expects = Expects::Operand;
                Some(1)
            }
            Expects::Bracket if self.is_mark(at, b'(') => {
                let is_window = self.is_word(at.wrapping_sub(1), "OVER");
                let frame = match is_window {
                    true => Frame::Window(self.clause),
                    false => Frame::Group(self.clause),
                };
                self.open(at, frame)
            }
            Expects::Count if token.kind == SqlTokenKind::Number => {
                self.expects = Expects::End;
                Some(1)
            }
            _ => None,
        }
    }

    fn is_word(&self, at: usize, word: &str) -> bool {
        let is_word = |token: &SqlToken| token.kind == SqlTokenKind::Word;
        self.tokens.get(at).is_some_and(is_word) && self.written(at).eq_ignore_ascii_case(word)
    }

    fn open(&mut self, at: usize, frame: Frame) -> Option<usize> {
        if self.frames.len() >= MAX_DEPTH {
            return None;
        }
        let is_table = matches!(frame, Frame::Query { is_table: true, .. });
        let is_call = matches!(frame, Frame::Call(_) | Frame::Window(_));
        let may_be_query = !is_call && self.tokens.len() > at + 1;
        let has_query = may_be_query && self.is_one_of(at + 1, &["SELECT"]);
        // The begin of SELECT may also be that of a column.
        let is_query = is_table || has_query && !self.is_open(at + 1);
        if is_query {
            self.frames.push(Frame::Query {
                around: self.clause,
                is_table,
            });
            self.scopes.push(MaskScope::default());
            self.clause = Clause::Select;
            self.expects = Expects::Words(&["SELECT"]);
            return Some(1);
        }
        self.frames.push(frame);
        self.expects = match frame {
            Frame::Window(_) => Expects::Words(&["PARTITION", "ORDER"]),
            _ => Expects::Operand,
        };
        // Both may follow.
        Some(if has_query { 2 } else { 1 })
    }

    fn close(&mut self) -> Option<usize> {
        let frame = self.frames.pop()?;
        self.expects = Expects::Operator;
        match frame {
            Frame::Group(clause) | Frame::Call(clause) | Frame::Window(clause) => {
                self.clause = clause;
            }
            Frame::Query { around, is_table } => {
                if !self.is_settled() {
                    return None;
                }
                let inner = self.scopes.pop()?;
                self.clause = around;
                if is_table {
                    self.scopes.last_mut()?.sources.push(MaskSource {
                        name: String::new(),
                        table: None,
                        columns: inner.outputs,
                    });
                    self.expects = Expects::AfterTable;
                }
            }
        }
        Some(1)
    }

    /// A keyword that was the only one to come, or that was looked up before.
    fn keyword(&mut self, at: usize) -> Option<usize> {
        let word = self.written(at).to_ascii_uppercase();
        let before = self.written(at.wrapping_sub(1)).to_ascii_uppercase();
        self.expects = match word.as_str() {
            "SELECT" => {
                if self.is_word(at + 1, "DISTINCT") {
                    self.expects = Expects::Operand;
                    return Some(2);
                }
                Expects::Operand
            }
            "JOIN" => Expects::Table,
            "INNER" | "OUTER" => Expects::Words(&["JOIN"]),
            "LEFT" => Expects::Words(&["JOIN", "OUTER"]),
            "GROUP" | "ORDER" | "PARTITION" => Expects::Words(&["BY"]),
            "IS" => Expects::Words(&["NULL", "NOT"]),
            "NOT" if before == "IS" => Expects::Words(&["NULL"]),
            "NOT" => Expects::Words(&["IN", "LIKE", "BETWEEN"]),
            "NULL" | "END" | "ASC" | "DESC" => Expects::Operator,
            "IN" | "OVER" => Expects::Bracket,
            "UNION" => Expects::Words(&["ALL", "SELECT"]),
            "INTERSECT" | "EXCEPT" | "ALL" => Expects::Words(&["SELECT"]),
            "AS" => Expects::Alias,
            "LIMIT" => Expects::Count,
            "FROM" => Expects::Table,
            "EXISTS" => Expects::Bracket,
            "CASE" => Expects::Words(&["WHEN"]),
            _ => Expects::Operand,
        };
        match word.as_str() {
            "CASE" => self.cases += 1,
            "END" => self.cases = self.cases.checked_sub(1)?,
            _ => {}
        }
        Some(1)
    }

    /// A name without its quotes.
    fn name(&self, at: usize) -> String {
        let written = self.written(at);
        match self.tokens.get(at).map(|token| token.kind) {
            Some(SqlTokenKind::Name) => written.trim_matches(['"', '`', '[', ']']).to_owned(),
            _ => written.to_owned(),
        }
    }

    /// Whether the innermost bracket is no query.
    fn is_inside(&self) -> bool {
        let frame = self.frames.last();
        frame.is_some_and(|frame| !matches!(frame, Frame::Query { .. }))
    }
}

/// Whether a name begins so, in any case.
fn begins_with(name: &str, begin: &str) -> bool {
    let head = name.get(..begin.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(begin))
}

/// Whether a name needs no quotes.
fn is_plain(name: &str) -> bool {
    SqlDialect::Sqlite.quoted(name) == name
}

/// Whether a word may be an alias that is declared later, or without AS: `T1`, `c`.
fn is_short_alias(word: &str) -> bool {
    let mut characters = word.chars();
    let is_first = characters.next().is_some_and(|c| c.is_ascii_alphabetic());
    let is_taken = NO_ALIAS
        .iter()
        .any(|taken| taken.eq_ignore_ascii_case(word));
    is_first && word.len() <= 3 && !is_taken && characters.all(|c| c.is_ascii_alphanumeric())
}
