//! Whether two statements give the same results on made databases.
//!
//! Where the known statement finds nothing in all databases, more are made that hold more of the
//! named values; if it still finds nothing, the results decide nothing.

use super::cases::ShownColumns;
use super::fill::{DATABASES, database};
use super::hints::Hints;
use super::ordered::{KeyedStatement, is_ordered};
use super::rows::{OrderedRows, ResultRows, RowOrder, run};
use super::tables::Tables;
use rusqlite::Connection;
use serde::Serialize;

/// How often databases are made for a case.
const ROUNDS: u64 = 3;

/// What the results of two statements say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ResultMatch {
    /// They are the same on all databases, and not always empty.
    Same,
    /// They differ on one.
    Different,
    /// The known statement finds nothing on any database.
    Inconclusive,
    /// The predicted statement does not run, or takes too long.
    Fails,
    /// The known statement does not run.
    NoReference,
}

/// Two statements whose results are compared.
pub(super) struct Pair<'a> {
    pub(super) known: &'a str,
    pub(super) predicted: &'a str,
    pub(super) columns: ShownColumns,
}

/// Compares the results of a predicted statement with those of the known one.
pub(super) fn compare(tables: &Tables, pair: &Pair<'_>) -> ResultMatch {
    let hints = Hints::read(tables, &[pair.known, pair.predicted]);
    let keyed = KeyedStatement::of(pair.known);
    let mut found = ResultMatch::Inconclusive;
    for round in 0..ROUNDS {
        for number in 0..DATABASES {
            let Ok(connection) = database(tables, &hints, number, round) else {
                return ResultMatch::NoReference;
            };
            match compare_on(&connection, pair, keyed.as_ref()) {
                ResultMatch::Inconclusive => {}
                ResultMatch::Same => found = ResultMatch::Same,
                decided => return decided,
            }
        }
        if found == ResultMatch::Same {
            break;
        }
    }
    found
}

fn compare_on(
    connection: &Connection,
    pair: &Pair<'_>,
    keyed: Option<&KeyedStatement>,
) -> ResultMatch {
    let Ok(reference) = run(connection, pair.known) else {
        return ResultMatch::NoReference;
    };
    let Ok(answer) = run(connection, pair.predicted) else {
        return ResultMatch::Fails;
    };
    let order = row_order(connection, pair.known, keyed, &reference);
    match reference.says(&answer, &order, pair.columns) {
        false => ResultMatch::Different,
        true if reference.is_blank() => ResultMatch::Inconclusive,
        true => ResultMatch::Same,
    }
}

fn row_order(
    connection: &Connection,
    known: &str,
    keyed: Option<&KeyedStatement>,
    reference: &ResultRows,
) -> RowOrder {
    if !is_ordered(known) {
        return RowOrder::Any;
    }
    let ordered =
        keyed.and_then(|keyed| OrderedRows::read(connection, keyed, reference.width).ok());
    ordered.map_or(RowOrder::AsIs, RowOrder::Keys)
}

/// Whether a statement finds something on a made database of its schema.
///
/// # Errors
/// Why it does not run.
pub(super) fn finds_rows(tables: &Tables, sql: &str) -> Result<bool, String> {
    let hints = Hints::read(tables, &[sql]);
    for round in 0..ROUNDS {
        for number in 0..DATABASES {
            let connection = database(tables, &hints, number, round)?;
            if !run(&connection, sql)?.is_blank() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
