//! The order that a statement asks for, with its ties: rows that compare the same in ORDER BY may
//! come in any order, and LIMIT may cut between them anywhere.
//!
//! The statement is run once more with what it orders by as further columns and without LIMIT.
//! Where that cannot be written, rows must be in the same order.

use super::lex::{SqlToken, TokenKind, tokens};

/// A statement that also gives what it orders by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyedStatement {
    /// The statement, without LIMIT.
    pub(super) sql: String,
    /// The columns of the result that rows are ordered by, from 0.
    pub(super) keys: Vec<KeyColumn>,
}

/// Where a key is in the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum KeyColumn {
    /// A column that the statement has itself.
    Own(usize),
    /// A column that goes by this name.
    Named(String),
    /// One of those that were added, from 0.
    Added(usize),
}

/// Whether the rows of a statement have an order.
pub(super) fn is_ordered(sql: &str) -> bool {
    Outline::read(&tokens(sql)).is_some_and(|outline| outline.order.is_some())
}

/// Where the parts of the outermost query are, by tokens.
#[derive(Debug, Default)]
struct Outline {
    from: usize,
    order: Option<usize>,
    limit: Option<usize>,
    is_combined: bool,
    is_distinct: bool,
}

impl Outline {
    fn read(tokens: &[SqlToken]) -> Option<Self> {
        let mut outline = Self::default();
        let mut depth = 0_usize;
        let mut select = None;
        for (at, token) in tokens.iter().enumerate() {
            if token.is_sign("(") {
                depth += 1;
            } else if token.is_sign(")") {
                depth = depth.checked_sub(1)?;
            }
            if depth > 0 {
                continue;
            }
            let is_first = outline.from == 0 && select.is_some();
            if token.is("select") {
                select = select.or(Some(at));
                outline.is_distinct |= tokens.get(at + 1)?.is("distinct");
            } else if token.is("from") && is_first {
                outline.from = at;
            } else if token.is("order") {
                outline.order = Some(at);
            } else if token.is("limit") {
                outline.limit = Some(at);
            }
            outline.is_combined |= token.is_any(&["union", "intersect", "except"]);
        }
        select.map(|_| outline)
    }
}

impl KeyedStatement {
    /// For a statement with ORDER BY, if it can be written.
    pub(super) fn of(sql: &str) -> Option<Self> {
        let mut tokens = tokens(sql);
        while tokens.last().is_some_and(|token| token.is_sign(";")) {
            tokens.pop();
        }
        let outline = Outline::read(&tokens)?;
        let order = outline.order?;
        let end = outline.limit.unwrap_or(tokens.len());
        let has_offset = tokens[end..]
            .iter()
            .any(|token| token.is("offset") || token.is_sign(","));
        if has_offset || outline.from == 0 || end < order + 3 {
            return None;
        }
        let may_add = !outline.is_combined && !outline.is_distinct;
        let mut added = Vec::new();
        let mut keys = Vec::new();
        for term in terms(&tokens[order + 2..end]) {
            keys.push(key(sql, term, may_add, &mut added)?);
        }
        let from = tokens[outline.from].start;
        let more: String = added.iter().map(|term| format!(", ({term})")).collect();
        let last = tokens[end - 1].end;
        let sql = format!("{}{more} {}", &sql[..from], &sql[from..last]);
        Some(Self { sql, keys })
    }
}

/// The terms of ORDER BY, without their directions.
fn terms(tokens: &[SqlToken]) -> Vec<&[SqlToken]> {
    let mut depth = 0_i32;
    let is_comma = |token: &SqlToken| {
        depth += i32::from(token.is_sign("(")) - i32::from(token.is_sign(")"));
        depth == 0 && token.is_sign(",")
    };
    let parts = tokens.split(is_comma);
    parts
        .map(without_direction)
        .filter(|term| !term.is_empty())
        .collect()
}

fn without_direction(term: &[SqlToken]) -> &[SqlToken] {
    let is_direction = |token: &&SqlToken| token.is_any(&["asc", "desc", "nulls"]);
    let mut depth = 0_i32;
    let end = term.iter().position(|token| {
        depth += i32::from(token.is_sign("(")) - i32::from(token.is_sign(")"));
        depth == 0 && is_direction(&token)
    });
    &term[..end.unwrap_or(term.len())]
}

/// Where the key of a term will be.
fn key(sql: &str, term: &[SqlToken], may_add: bool, added: &mut Vec<String>) -> Option<KeyColumn> {
    let (first, last) = (term.first()?, term.last()?);
    if term.len() == 1 && first.kind == TokenKind::Number {
        let place: usize = first.text.parse().ok()?;
        return place.checked_sub(1).map(KeyColumn::Own);
    }
    if term.len() == 1 && first.is_name() {
        let own = is_alias(sql, first);
        if own || !may_add {
            return Some(KeyColumn::Named(first.text.clone()));
        }
    }
    if !may_add {
        return None;
    }
    added.push(sql[first.start..last.end].to_owned());
    Some(KeyColumn::Added(added.len() - 1))
}

/// Whether a name is given to something in the statement by AS.
fn is_alias(sql: &str, name: &SqlToken) -> bool {
    let tokens = tokens(sql);
    let is_named = |pair: &[SqlToken]| {
        pair[0].is("as") && pair[1].is_name() && pair[1].text.eq_ignore_ascii_case(&name.text)
    };
    tokens.windows(2).any(is_named)
}
