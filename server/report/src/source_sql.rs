//! The rows and values that a query reads, written for SQLite, and for DuckDB as far as possible.
//!
//! Names are quoted, values are literals, divisions are of doubles, and dates are compared as their
//! ISO texts. Only weeks and weekdays use functions that only SQLite has.

use crate::period::{PeriodSpan, TimeKind};
use crate::sql::{quoted, text};

/// What the values of a measure are joined to in a period or segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureAggregate {
    /// The sum.
    Sum,
    /// The mean.
    Mean,
    /// The number of rows.
    Rows,
}

/// Which rows and values a query reads.
#[derive(Clone, Debug)]
pub(crate) struct SourceSql {
    pub(crate) table: String,
    /// The column, its kind, and the span of its periods.
    pub(crate) time: Option<(String, TimeKind, PeriodSpan)>,
    /// The measure's column, whether it is boolean, and what is computed.
    pub(crate) measure: Option<(String, bool)>,
    pub(crate) aggregate: MeasureAggregate,
    /// Conditions that all rows satisfy.
    pub(crate) conditions: Vec<String>,
    /// Labels of the first and last period that count.
    pub(crate) range: Option<(String, String)>,
}

impl SourceSql {
    /// The measure's value of a row.
    pub(crate) fn value(&self) -> String {
        match &self.measure {
            Some((column, true)) => format!("CAST({} AS INTEGER)", quoted(column)),
            Some((column, false)) => quoted(column),
            None => "1".to_owned(),
        }
    }

    /// The measure's value of many rows, as a double.
    pub(crate) fn total(&self) -> String {
        match self.aggregate {
            MeasureAggregate::Sum => format!("CAST(SUM({}) AS DOUBLE)", self.value()),
            MeasureAggregate::Mean => format!("CAST(AVG({}) AS DOUBLE)", self.value()),
            MeasureAggregate::Rows => "CAST(COUNT(*) AS DOUBLE)".to_owned(),
        }
    }

    /// The label of a row's period.
    pub(crate) fn period(&self) -> String {
        let time = self.time.as_ref();
        time.map_or_else(
            || "''".to_owned(),
            |(column, kind, span)| span.sql(column, *kind),
        )
    }

    /// ` WHERE ...` for the rows that count; empty if all do.
    pub(crate) fn rows_where(&self) -> String {
        let mut conditions = self.conditions.clone();
        if let Some((column, _)) = &self.measure {
            conditions.push(format!("{} IS NOT NULL", quoted(column)));
        }
        if let Some((column, _, _)) = &self.time {
            conditions.push(format!("{} IS NOT NULL", quoted(column)));
        }
        if let Some((first, last)) = &self.range {
            let period = self.period();
            conditions.push(format!(
                "{period} BETWEEN {} AND {}",
                text(first),
                text(last)
            ));
        }
        if conditions.is_empty() {
            return String::new();
        }
        format!(" WHERE {}", conditions.join(" AND "))
    }

    pub(crate) fn table(&self) -> String {
        quoted(&self.table)
    }

    /// `WITH series AS (...)`: a row for each period, with `period`, `value` and `n`.
    pub(crate) fn series(&self) -> String {
        format!(
            "WITH series AS (\n  SELECT {} AS period, {} AS value, COUNT(*) AS n\n  FROM {}{}\n  \
             GROUP BY 1\n)",
            self.period(),
            self.total(),
            self.table(),
            self.rows_where()
        )
    }

    /// The series with the number of each period from 1 as `i`, and of all periods as `c`.
    pub(crate) fn numbered(&self) -> String {
        format!(
            "{}, numbered AS (\n  SELECT period, value, n, ROW_NUMBER() OVER (ORDER BY period) AS \
             i, COUNT(*) OVER () AS c\n  FROM series\n)",
            self.series()
        )
    }
}
