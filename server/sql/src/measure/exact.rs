//! Exact set match: whether two statements have the same parts, as Spider's evaluation defines it
//! (taoyds/test-suite-sql-eval, evaluation.py, values and DISTINCT disabled).
//!
//! Its peculiarities are kept, so that numbers can be compared: columns that a foreign key makes
//! the same count as the same at the top only; a query in a condition must be equal with its order
//! and DISTINCT; a query in FROM must have the same values too; GROUP BY and HAVING keep their
//! order; one direction counts for all of ORDER BY. A difference is named by its part.

use super::tables::Tables;
use super::tree::{
    Aggregate, ColumnPlace, Compared, Comparison, Condition, Conditions, Connective, Operand,
    Query, Source, Term,
};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::Hash;

/// A part in which two statements differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Tables,
    Select,
    Filter,
    Group,
    Having,
    Order,
    Connectives,
    SetOperation,
    Keywords,
}

/// The column that replaces all that foreign keys make equal to it.
pub(super) type KeyMap = BTreeMap<(usize, usize), (usize, usize)>;

/// Groups the columns that foreign keys make equal, in the order of the keys. Two groups that a
/// later key would join stay two.
pub(super) fn key_map(tables: &Tables) -> KeyMap {
    let mut groups: Vec<BTreeSet<(usize, usize)>> = Vec::new();
    for (at, table) in tables.list.iter().enumerate() {
        for link in &table.links {
            let ends = [(at, link.from), (link.table, link.to)];
            let has_end = |group: &&mut BTreeSet<_>| ends.iter().any(|end| group.contains(end));
            match groups.iter_mut().find(has_end) {
                Some(group) => group.extend(ends),
                None => groups.push(ends.into()),
            }
        }
    }
    let mut map = KeyMap::new();
    for group in groups {
        if let Some(first) = group.first().copied() {
            map.extend(group.into_iter().map(|column| (column, first)));
        }
    }
    map
}

/// The parts in which a predicted query differs from the known one; none means that they match.
pub(super) fn differences(keys: &KeyMap, predicted: &Query, known: &Query) -> BTreeSet<Part> {
    let predicted = comparable(keys, &own_tables(predicted), predicted);
    let known = comparable(keys, &own_tables(known), known);
    parts(&predicted, &known)
}

fn own_tables(query: &Query) -> HashSet<usize> {
    let table = |source: &Source| match source {
        Source::Table(table) => Some(*table),
        Source::Query(_) => None,
    };
    query.sources.iter().filter_map(table).collect()
}

/// A query without values, without DISTINCT at the top, and with one name for equal columns of the
/// tables that the first query reads.
fn comparable(keys: &KeyMap, tables: &HashSet<usize>, query: &Query) -> Query {
    let mut query = without_values(query);
    query.is_distinct = false;
    let replace = |term: &mut Term| {
        term.is_distinct = false;
        if let ColumnPlace::Of(table, column) = term.column
            && tables.contains(&table)
            && let Some((table, column)) = keys.get(&(table, column))
        {
            term.column = ColumnPlace::Of(*table, *column);
        }
    };
    let selected = query.select.iter_mut().map(|(_, operand)| operand);
    for operand in selected.chain(&mut query.order) {
        each_term(operand, replace);
    }
    for conditions in [&mut query.joins, &mut query.filter, &mut query.having] {
        for condition in &mut conditions.list {
            each_term(&mut condition.operand, replace);
        }
    }
    query.group.iter_mut().for_each(replace);
    let combined = query.combined.take();
    query.combined = combined.map(|(how, other)| (how, comparable(keys, tables, &other).into()));
    query
}

fn each_term(operand: &mut Operand, change: impl Fn(&mut Term)) {
    change(&mut operand.left);
    if let Some((_, term)) = &mut operand.right {
        change(term);
    }
}

/// A query without the values of its conditions; those of queries in FROM stay.
fn without_values(query: &Query) -> Query {
    let mut query = query.clone();
    for conditions in [&mut query.joins, &mut query.filter, &mut query.having] {
        for condition in &mut conditions.list {
            condition.compared = nested_without_values(&condition.compared);
        }
    }
    let combined = query.combined.take();
    query.combined = combined.map(|(how, other)| (how, without_values(&other).into()));
    query
}

fn nested_without_values(compared: &[Compared]) -> Vec<Compared> {
    let nested = compared.iter().filter_map(|compared| match compared {
        Compared::Query(query) => Some(Compared::Query(without_values(query).into())),
        Compared::Literal(_) | Compared::Term(_) => None,
    });
    nested.collect()
}

fn parts(predicted: &Query, known: &Query) -> BTreeSet<Part> {
    let filters = (&predicted.filter, &known.filter);
    let checks = [
        (Part::Select, same_items(&predicted.select, &known.select)),
        (Part::Filter, same_items(&filters.0.list, &filters.1.list)),
        (Part::Group, same_group(predicted, known)),
        (Part::Having, same_having(predicted, known)),
        (Part::Order, same_order(predicted, known)),
        (Part::Connectives, kinds(filters.0) == kinds(filters.1)),
        (Part::SetOperation, same_combined(predicted, known)),
        (Part::Keywords, keywords(predicted) == keywords(known)),
        (Part::Tables, same_items(&predicted.sources, &known.sources)),
    ];
    let different = checks.into_iter().filter(|(_, is_same)| !is_same);
    different.map(|(part, _)| part).collect()
}

/// Whether two lists hold the same, in any order.
fn same_items<T: PartialEq>(one: &[T], other: &[T]) -> bool {
    let mut left: Vec<&T> = other.iter().collect();
    let mut is_there = |item: &T| {
        let at = left.iter().position(|other| *other == item);
        at.map(|at| left.swap_remove(at)).is_some()
    };
    one.len() == other.len() && one.iter().all(&mut is_there)
}

fn same_group(predicted: &Query, known: &Query) -> bool {
    predicted.group == known.group
}

/// Only groups have a HAVING to compare; that one is there is a keyword.
fn same_having(predicted: &Query, known: &Query) -> bool {
    predicted.group.is_empty() || known.group.is_empty() || predicted.having == known.having
}

fn same_order(predicted: &Query, known: &Query) -> bool {
    let is_ordered = !known.order.is_empty();
    predicted.order == known.order
        && predicted.is_descending == known.is_descending
        && (!is_ordered || predicted.has_limit == known.has_limit)
}

fn kinds(conditions: &Conditions) -> HashSet<Connective> {
    conditions.between.iter().copied().collect()
}

fn same_combined(predicted: &Query, known: &Query) -> bool {
    match (&predicted.combined, &known.combined) {
        (None, None) => true,
        (Some((how, one)), Some((other_how, other))) => {
            how == other_how && parts(one, other).is_empty()
        }
        _ => false,
    }
}

/// A word that a query has or has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Keyword {
    Where,
    Group,
    Having,
    Order(bool),
    Limit,
    Combined(super::tree::SetOperation),
    Or,
    Not,
    In,
    Like,
}

fn keywords(query: &Query) -> HashSet<Keyword> {
    let is = |comparison: Comparison| {
        let mut all = query.conditions();
        all.any(|condition: &Condition| condition.comparison == comparison)
    };
    let present = [
        (Keyword::Where, !query.filter.list.is_empty()),
        (Keyword::Group, !query.group.is_empty()),
        (Keyword::Having, !query.having.list.is_empty()),
        (Keyword::Order(query.is_descending), !query.order.is_empty()),
        (Keyword::Limit, query.has_limit),
        (
            Keyword::Or,
            query.connectives().any(|one| one == Connective::Or),
        ),
        (Keyword::Not, query.conditions().any(|one| one.is_negated)),
        (Keyword::In, is(Comparison::In)),
        (Keyword::Like, is(Comparison::Like)),
    ];
    let mut found = members(present);
    found.extend(
        query
            .combined
            .iter()
            .map(|(how, _)| Keyword::Combined(*how)),
    );
    found
}

fn members<T: Eq + Hash, const N: usize>(items: [(T, bool); N]) -> HashSet<T> {
    let there = items.into_iter().filter(|(_, is_there)| *is_there);
    there.map(|(item, _)| item).collect()
}

/// Whether something is computed over rows.
pub(super) fn is_aggregated(aggregate: Aggregate) -> bool {
    aggregate != Aggregate::Plain
}
