//! The kind of error of an answer, so that one knows what to fix first. An answer may differ in
//! several parts; the one that the others follow from counts. Whether an answer is right at all is
//! not decided here.

use super::exact::{Part, is_aggregated};
use super::tree::{Aggregate, ColumnPlace, Operand, Query, Source};
use serde::Serialize;
use std::collections::BTreeSet;

/// What is wrong with an answer; the first that fits counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum QueryFault {
    /// There is none.
    NoAnswer,
    /// SQLite does not accept it.
    NotPrepared,
    /// It or the known statement is outside of what can be compared by its parts.
    OtherForm,
    /// UNION, INTERSECT or EXCEPT, or what they combine.
    SetOperation,
    /// It asks columns of other tables.
    Tables,
    /// It asks columns of the right tables, and joins others on the way.
    JoinPath,
    /// The columns that are shown.
    SelectColumns,
    /// The functions over rows that are shown.
    SelectFunction,
    /// The columns of conditions.
    FilterColumns,
    /// How conditions compare, or are joined.
    FilterOperator,
    /// A query in a condition.
    NestedQuery,
    /// GROUP BY.
    Group,
    /// HAVING.
    Having,
    /// ORDER BY or LIMIT.
    Order,
    /// All parts are the same, so a value is not.
    Value,
}

impl QueryFault {
    /// What it is called in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoAnswer => "no answer",
            Self::NotPrepared => "does not prepare",
            Self::OtherForm => "other form",
            Self::SetOperation => "set operation",
            Self::Tables => "tables",
            Self::JoinPath => "join path",
            Self::SelectColumns => "selected columns",
            Self::SelectFunction => "selected function",
            Self::FilterColumns => "columns of conditions",
            Self::FilterOperator => "operators of conditions",
            Self::NestedQuery => "nested query",
            Self::Group => "group",
            Self::Having => "having",
            Self::Order => "order or limit",
            Self::Value => "value",
        }
    }
}

/// The fault of a query that is not right, by the parts in which it differs from the known one.
pub(super) fn fault(parts: &BTreeSet<Part>, predicted: &Query, known: &Query) -> QueryFault {
    let is = |part: Part| parts.contains(&part);
    if is(Part::SetOperation) {
        return QueryFault::SetOperation;
    }
    if is(Part::Tables) {
        let is_way = used_tables(predicted) == used_tables(known);
        return if is_way {
            QueryFault::JoinPath
        } else {
            QueryFault::Tables
        };
    }
    if is(Part::Select) {
        let is_function = operands(predicted) == operands(known);
        return if is_function {
            QueryFault::SelectFunction
        } else {
            QueryFault::SelectColumns
        };
    }
    if is(Part::Filter) {
        return filter_fault(predicted, known);
    }
    let rest = [
        (Part::Connectives, QueryFault::FilterOperator),
        (Part::Group, QueryFault::Group),
        (Part::Having, QueryFault::Having),
        (Part::Order, QueryFault::Order),
    ];
    let found = rest.iter().find(|(part, _)| is(*part));
    match found {
        Some((_, fault)) => *fault,
        None => keyword_fault(predicted, known),
    }
}

fn filter_fault(predicted: &Query, known: &Query) -> QueryFault {
    let columns = |query: &Query| -> BTreeSet<String> {
        let conditions = query.filter.list.iter();
        conditions
            .map(|condition| format!("{:?}", condition.operand))
            .collect()
    };
    let operators = |query: &Query| -> BTreeSet<String> {
        let conditions = query.filter.list.iter();
        let kind = conditions.map(|one| format!("{:?}{}", one.comparison, one.is_negated));
        kind.collect()
    };
    if columns(predicted) != columns(known) {
        QueryFault::FilterColumns
    } else if operators(predicted) != operators(known) {
        QueryFault::FilterOperator
    } else {
        QueryFault::NestedQuery
    }
}

/// Where only keywords differ.
fn keyword_fault(predicted: &Query, known: &Query) -> QueryFault {
    if predicted.having.list.len() != known.having.list.len() {
        QueryFault::Having
    } else if predicted.has_limit != known.has_limit {
        QueryFault::Order
    } else {
        QueryFault::Value
    }
}

/// What is shown, without the functions.
fn operands(query: &Query) -> Vec<String> {
    let plain = |(_, operand): &(Aggregate, Operand)| format!("{:?}", operand.left.column);
    let mut found: Vec<String> = query.select.iter().map(plain).collect();
    found.sort_unstable();
    found
}

/// The tables of which columns are asked, outside of joins. `*` counts as all tables.
fn used_tables(query: &Query) -> BTreeSet<usize> {
    let selected = query.select.iter().map(|(_, operand)| operand);
    let filtered = query.filter.list.iter().map(|condition| &condition.operand);
    let operands = selected.chain(filtered).chain(&query.order);
    let terms = operands
        .map(|operand| operand.left)
        .chain(query.group.iter().copied());
    let mut found = BTreeSet::new();
    for term in terms {
        match term.column {
            ColumnPlace::Of(table, _) => {
                found.insert(table);
            }
            ColumnPlace::All if is_aggregated(term.aggregate) => {}
            ColumnPlace::All => found.extend(query.sources.iter().filter_map(table_of)),
        }
    }
    found
}

fn table_of(source: &Source) -> Option<usize> {
    match source {
        Source::Table(table) => Some(*table),
        Source::Query(_) => None,
    }
}
