//! The place in a statement that is read, and the small steps: keywords, signs, aliases.
//! `operand.rs` and `parse.rs` read larger parts with these. Nothing here looks at a table.

use super::lex::SqlToken;
use super::scope::Scope;
use super::tables::Tables;

/// Words that begin what follows a name, so that they are no alias.
const CLAUSE_WORDS: &[&str] = &[
    "from",
    "where",
    "group",
    "having",
    "order",
    "limit",
    "offset",
    "intersect",
    "union",
    "except",
    "join",
    "inner",
    "left",
    "right",
    "full",
    "outer",
    "cross",
    "natural",
    "on",
    "using",
    "as",
    "and",
    "or",
    "not",
    "in",
    "is",
    "like",
    "between",
    "asc",
    "desc",
    "nulls",
    "collate",
    "window",
    "over",
    "when",
    "then",
    "end",
    "else",
];

/// Whether a word begins what follows a name.
fn is_clause_end(token: &SqlToken) -> bool {
    token.is_any(CLAUSE_WORDS)
}

/// That a statement is not one that can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OutsideSubset;

pub(super) type Parsed<T> = Result<T, OutsideSubset>;

/// Where the reading is.
pub(super) struct Parser<'a> {
    pub(super) tables: &'a Tables,
    pub(super) tokens: &'a [SqlToken],
    pub(super) at: usize,
    /// The innermost query is last.
    pub(super) scopes: Vec<Scope>,
}

impl Parser<'_> {
    pub(super) fn peek(&self, ahead: usize) -> Option<&SqlToken> {
        self.tokens.get(self.at + ahead)
    }

    pub(super) fn is_at(&self, keyword: &str) -> bool {
        self.peek(0).is_some_and(|token| token.is(keyword))
    }

    pub(super) fn take(&mut self, keyword: &str) -> bool {
        let is_here = self.is_at(keyword);
        self.at += usize::from(is_here);
        is_here
    }

    pub(super) fn take_sign(&mut self, sign: &str) -> bool {
        let is_here = self.peek(0).is_some_and(|token| token.is_sign(sign));
        self.at += usize::from(is_here);
        is_here
    }

    pub(super) fn expect(&mut self, keyword: &str) -> Parsed<()> {
        self.take(keyword).then_some(()).ok_or(OutsideSubset)
    }

    pub(super) fn expect_sign(&mut self, sign: &str) -> Parsed<()> {
        self.take_sign(sign).then_some(()).ok_or(OutsideSubset)
    }

    /// The name after AS, or without it.
    pub(super) fn alias(&mut self) -> Parsed<Option<String>> {
        let is_written = self.take("as");
        let token = self.peek(0).filter(|token| token.is_name());
        let token = token.filter(|token| is_written || !is_clause_end(token));
        let name = token.map(|token| token.text.clone());
        self.at += usize::from(name.is_some());
        match is_written && name.is_none() {
            true => Err(OutsideSubset),
            false => Ok(name),
        }
    }
}
