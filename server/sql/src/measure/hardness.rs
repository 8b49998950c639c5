//! How hard a query is, in Spider's four classes.
//!
//! The classes count clauses, nested queries, and what else there is more than one of, as
//! evaluation.py of taoyds/test-suite-sql-eval does; there NOT, and each AND of a HAVING, count
//! as functions. For a statement outside of the comparable subset its words are counted instead.

use super::exact::is_aggregated;
use super::lex::{SqlToken, tokens};
use super::tree::{Comparison, Connective, Query};
use serde::Serialize;

/// How hard a query is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum QueryHardness {
    /// At most one clause.
    Easy,
    /// Up to two clauses, or several columns.
    Medium,
    /// Three clauses, or one nested query.
    Hard,
    /// More.
    Extra,
}

impl QueryHardness {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Easy => "easy",
            Self::Medium => "medium",
            Self::Hard => "hard",
            Self::Extra => "extra",
        }
    }
}

/// The hardness of a query that can be compared.
pub(super) fn of_query(query: &Query) -> QueryHardness {
    let clauses = [
        !query.filter.list.is_empty(),
        !query.group.is_empty(),
        !query.order.is_empty(),
        query.has_limit,
    ];
    let ors = query.connectives().filter(|one| *one == Connective::Or);
    let likes = query.conditions();
    let likes = likes.filter(|one| one.comparison == Comparison::Like);
    let clauses = clauses.into_iter().filter(|is_there| *is_there).count()
        + query.sources.len().saturating_sub(1)
        + ors.count()
        + likes.count();
    class(clauses, query.nested().len(), others(query))
}

fn others(query: &Query) -> usize {
    let selected = query.select.iter().filter(|(one, _)| is_aggregated(*one));
    let negated = query.filter.list.iter().filter(|one| one.is_negated);
    let grouped = query
        .group
        .iter()
        .filter(|term| is_aggregated(term.aggregate));
    let ordered = query.order.iter().flat_map(|operand| {
        let right = operand.right.map(|(_, term)| term);
        [Some(operand.left), right].into_iter().flatten()
    });
    let ordered = ordered.filter(|term| is_aggregated(term.aggregate));
    let having = query.having.list.iter().filter(|one| one.is_negated);
    let functions = selected.count()
        + negated.count()
        + grouped.count()
        + ordered.count()
        + having.count()
        + query.having.between.len();
    let several = [
        functions > 1,
        query.select.len() > 1,
        query.filter.list.len() > 1,
        query.group.len() > 1,
    ];
    several.into_iter().filter(|is_there| *is_there).count()
}

fn class(clauses: usize, nested: usize, others: usize) -> QueryHardness {
    match (clauses, nested, others) {
        (0 | 1, 0, 0) => QueryHardness::Easy,
        (0 | 1, 0, ..=2) | (2, 0, ..=1) => QueryHardness::Medium,
        (..=2, 0, 3..) | (3, 0, ..=2) | (0 | 1, ..=1, 0) => QueryHardness::Hard,
        _ => QueryHardness::Extra,
    }
}

/// The hardness of any statement, by its words.
pub(super) fn of_statement(sql: &str) -> QueryHardness {
    let tokens = tokens(sql);
    let count = |words: &[&str]| tokens.iter().filter(|token| token.is_any(words)).count();
    let is_call = |pair: &[SqlToken]| {
        let functions = ["max", "min", "count", "sum", "avg", "total", "group_concat"];
        pair[0].is_any(&functions) && pair[1].is_sign("(")
    };
    let functions = tokens.windows(2).filter(|pair| is_call(pair)).count();
    let clauses = count(&["where", "group", "order", "limit", "join", "or", "like"]);
    let nested = count(&["select"]).saturating_sub(1);
    let several = [
        functions > 1,
        selects_several(&tokens),
        count(&["and"]) > 0,
        count(&["over", "case", "with"]) > 0,
    ];
    let others = several.into_iter().filter(|is_there| *is_there).count();
    class(clauses, nested, others)
}

/// Whether the outermost SELECT shows more than one column.
fn selects_several(tokens: &[SqlToken]) -> bool {
    let mut depth = 0_i32;
    let mut is_selecting = false;
    for token in tokens {
        depth += i32::from(token.is_sign("(")) - i32::from(token.is_sign(")"));
        if depth != 0 {
            continue;
        }
        if is_selecting && token.is_sign(",") {
            return true;
        }
        is_selecting = (is_selecting || token.is("select")) && !token.is("from");
    }
    false
}
