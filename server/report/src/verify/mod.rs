//! Recomputes every number of a report with SQLite, from the file, by the printed queries.
//!
//! The file is loaded into a private temporary database, which SQLite keeps in memory while it is
//! small. A number is equal if it differs by less than a billionth of itself; texts must be equal.

#[cfg(test)]
mod tests;

use crate::finding::{NumberValue, ReportFinding};
use crate::problem::ReportProblem;
use crate::report::Report;
use data::files::DataFile;
use rusqlite::Connection;
use rusqlite::types::Value;

/// How far a recomputed number may be from a number, as a share of the larger one.
const TOLERANCE: f64 = 1e-9;
/// As a share of the largest number of the same sentence: a difference of two large numbers has
/// their rounding.
const ROUNDING: f64 = 1e-13;

/// A number that was not the same when it was recomputed.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct VerifyMismatch {
    /// The sentence.
    pub text: String,
    /// The name of the number.
    pub number: String,
    /// What the report says.
    pub expected: String,
    /// What the query gives, or why it gives nothing.
    pub found: String,
    /// The query.
    pub sql: String,
}

/// What the recomputation of a report gave.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct VerifyOutcome {
    /// Sentences whose numbers are all equal.
    pub equal: usize,
    /// All sentences.
    pub sentences: usize,
    /// All numbers that were compared.
    pub numbers: usize,
    /// What was not equal.
    pub mismatches: Vec<VerifyMismatch>,
}

impl VerifyOutcome {
    /// Whether every number was equal.
    pub fn is_equal(&self) -> bool {
        self.mismatches.is_empty() && self.equal == self.sentences
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(value) => value.to_string(),
        Value::Real(value) => format!("{value:?}"),
        Value::Text(text) => text.clone(),
        Value::Blob(_) => "(bytes)".to_owned(),
    }
}

fn is_equal(expected: &NumberValue, found: &Value, scale: f64) -> bool {
    let close = |a: f64, b: f64| {
        let limit = TOLERANCE * a.abs().max(b.abs());
        (a - b).abs() <= limit.max(ROUNDING * scale)
    };
    match (expected, found) {
        (NumberValue::Count(a), Value::Integer(b)) => a == b,
        (NumberValue::Count(a), Value::Real(b)) => close(*a as f64, *b),
        (NumberValue::Real(a), Value::Real(b)) => close(*a, *b),
        (NumberValue::Real(a), Value::Integer(b)) => close(*a, *b as f64),
        (NumberValue::Text(a), Value::Text(b)) => a == b,
        _ => false,
    }
}

/// The largest size among the numbers of a finding.
fn scale(finding: &ReportFinding) -> f64 {
    let sizes = finding.numbers.iter().map(|number| match number.value {
        NumberValue::Real(value) => value.abs(),
        NumberValue::Count(_) | NumberValue::Text(_) => 0.0,
    });
    sizes.fold(0.0, f64::max)
}

/// The query's only row, by column.
fn row(connection: &Connection, sql: &str) -> Result<Vec<(String, Value)>, rusqlite::Error> {
    let mut statement = connection.prepare(sql)?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else {
        return Ok(Vec::new());
    };
    let mut values = Vec::new();
    for (at, name) in names.into_iter().enumerate() {
        values.push((name, row.get::<_, Value>(at)?));
    }
    Ok(values)
}

/// Compares the numbers of a finding with a database that holds the table.
fn check(connection: &Connection, text: &str, finding: &ReportFinding) -> Vec<VerifyMismatch> {
    let mismatch = |number: &str, expected: String, found: String| VerifyMismatch {
        text: text.to_owned(),
        number: number.to_owned(),
        expected,
        found,
        sql: finding.sql.clone(),
    };
    let values = match row(connection, &finding.sql) {
        Ok(values) => values,
        Err(error) => return vec![mismatch("", String::new(), error.to_string())],
    };
    let scale = scale(finding);
    let mut mismatches = Vec::new();
    for number in &finding.numbers {
        let found = values.iter().find(|(name, _)| name == number.name);
        let found = found.map_or(&Value::Null, |(_, value)| value);
        if !is_equal(&number.value, found, scale) {
            let expected = format!("{:?}", number.value);
            mismatches.push(mismatch(number.name, expected, shown(found)));
        }
    }
    mismatches
}

/// Recomputes all numbers of a report.
///
/// # Errors
/// If the file cannot be read again, or SQLite cannot hold it.
pub fn verify(report: &Report, file: &DataFile) -> Result<VerifyOutcome, ReportProblem> {
    // An empty name is a private database that is removed at the end.
    let connection = Connection::open("")?;
    connection.execute_batch("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;")?;
    file.load_into(&connection, &report.table)?;
    let mut outcome = VerifyOutcome::default();
    for sentence in &report.sentences {
        let mismatches = check(&connection, &sentence.text, &sentence.finding);
        outcome.sentences += 1;
        outcome.numbers += sentence.finding.numbers.len();
        outcome.equal += usize::from(mismatches.is_empty());
        outcome.mismatches.extend(mismatches);
    }
    Ok(outcome)
}
