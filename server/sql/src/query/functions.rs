//! What differs between the dialects within an expression: dates, texts, patterns, booleans.

use super::dates::{DateBound, DateUnit};
use data::SqlDialect;

impl DateUnit {
    /// The word of SQL.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Year => "YEAR",
            Self::Quarter => "QUARTER",
            Self::Month => "MONTH",
            Self::Week => "WEEK",
            Self::Day => "DAY",
            Self::Weekday => "WEEKDAY",
            Self::Hour => "HOUR",
        }
    }
}

/// The unit that a date is in, as a value that orders in time.
pub(super) fn bucket(dialect: SqlDialect, unit: DateUnit, date: &str) -> String {
    match dialect {
        SqlDialect::Sqlite => match unit {
            DateUnit::Year => format!("strftime('%Y', {date})"),
            DateUnit::Quarter => format!(
                "strftime('%Y', {date}) || '-Q' || \
                 ((CAST(strftime('%m', {date}) AS INTEGER) + 2) / 3)"
            ),
            DateUnit::Month => format!("strftime('%Y-%m', {date})"),
            DateUnit::Week => format!("strftime('%Y-W%W', {date})"),
            DateUnit::Day => format!("date({date})"),
            DateUnit::Weekday => format!("CAST(strftime('%w', {date}) AS INTEGER)"),
            DateUnit::Hour => format!("CAST(strftime('%H', {date}) AS INTEGER)"),
        },
        SqlDialect::Postgres | SqlDialect::DuckDb => match unit {
            DateUnit::Year => format!("EXTRACT(YEAR FROM {date})"),
            DateUnit::Day => format!("CAST({date} AS DATE)"),
            DateUnit::Weekday => format!("EXTRACT(DOW FROM {date})"),
            DateUnit::Hour => format!("EXTRACT(HOUR FROM {date})"),
            _ => format!("DATE_TRUNC('{}', {date})", unit.word().to_lowercase()),
        },
        SqlDialect::MySql => match unit {
            DateUnit::Year => format!("YEAR({date})"),
            DateUnit::Quarter => format!("CONCAT(YEAR({date}), '-Q', QUARTER({date}))"),
            DateUnit::Month => format!("DATE_FORMAT({date}, '%Y-%m')"),
            DateUnit::Week => format!("DATE_FORMAT({date}, '%x-W%v')"),
            DateUnit::Day => format!("DATE({date})"),
            DateUnit::Weekday => format!("DAYOFWEEK({date}) - 1"),
            DateUnit::Hour => format!("HOUR({date})"),
        },
        SqlDialect::TSql => match unit {
            DateUnit::Year => format!("YEAR({date})"),
            DateUnit::Quarter => {
                format!("CONCAT(YEAR({date}), '-Q', DATEPART(QUARTER, {date}))")
            }
            DateUnit::Month => format!("FORMAT({date}, 'yyyy-MM')"),
            DateUnit::Week => format!("DATEADD(WEEK, DATEDIFF(WEEK, 0, {date}), 0)"),
            DateUnit::Day => format!("CAST({date} AS DATE)"),
            // The number of a weekday depends on the first day of the week of the session.
            DateUnit::Weekday => {
                format!("(DATEPART(WEEKDAY, {date}) + @@DATEFIRST - 1) % 7")
            }
            DateUnit::Hour => format!("DATEPART(HOUR, {date})"),
        },
    }
}

/// The moment of a number of seconds or milliseconds since 1970.
pub(super) fn moment(dialect: SqlDialect, number: &str, is_milli: bool) -> String {
    let whole = if is_milli { " / 1000" } else { "" };
    match dialect {
        SqlDialect::Sqlite => format!("datetime({number}{whole}, 'unixepoch')"),
        SqlDialect::Postgres | SqlDialect::DuckDb => format!("TO_TIMESTAMP({number}{whole})"),
        SqlDialect::MySql => format!("FROM_UNIXTIME({number}{whole})"),
        SqlDialect::TSql => format!("DATEADD(SECOND, {number}{whole}, '1970-01-01')"),
    }
}

/// An end of a period.
pub(super) fn bound(dialect: SqlDialect, bound: DateBound) -> String {
    match bound {
        DateBound::Day(day) => format!("'{}'", day.iso()),
        DateBound::StartOf(unit, before) => start_of(dialect, unit, before),
        DateBound::Ago(unit, count) => ago(dialect, unit, count),
    }
}

fn months_or_days(unit: DateUnit, count: i32) -> String {
    let (count, word) = match unit {
        DateUnit::Year => (count, "years"),
        DateUnit::Quarter => (count.saturating_mul(3), "months"),
        DateUnit::Month => (count, "months"),
        DateUnit::Week => (count.saturating_mul(7), "days"),
        DateUnit::Day | DateUnit::Weekday => (count, "days"),
        DateUnit::Hour => (count, "hours"),
    };
    format!("{:+} {word}", count.saturating_neg())
}

fn ago(dialect: SqlDialect, unit: DateUnit, count: i32) -> String {
    let word = unit.word();
    let ahead = count.saturating_neg();
    match dialect {
        SqlDialect::Postgres | SqlDialect::DuckDb if count < 0 => {
            format!("CURRENT_DATE + INTERVAL '{}'", interval(unit, ahead))
        }
        SqlDialect::MySql if count < 0 => format!("CURDATE() + INTERVAL {ahead} {word}"),
        SqlDialect::TSql if count < 0 => {
            format!("DATEADD({word}, {ahead}, CAST(GETDATE() AS DATE))")
        }
        SqlDialect::Sqlite => format!("date('now', '{}')", months_or_days(unit, count)),
        SqlDialect::Postgres | SqlDialect::DuckDb => {
            format!("CURRENT_DATE - INTERVAL '{}'", interval(unit, count))
        }
        SqlDialect::MySql => format!("CURDATE() - INTERVAL {count} {word}"),
        SqlDialect::TSql => format!("DATEADD({word}, -{count}, CAST(GETDATE() AS DATE))"),
    }
}

/// PostgreSQL has no quarters in an interval.
fn interval(unit: DateUnit, count: i32) -> String {
    match unit {
        DateUnit::Quarter => format!("{} month", count.saturating_mul(3)),
        _ => format!("{count} {}", unit.word().to_lowercase()),
    }
}

fn start_of(dialect: SqlDialect, unit: DateUnit, before: i32) -> String {
    let word = unit.word();
    match dialect {
        SqlDialect::Sqlite => {
            let start = match unit {
                DateUnit::Year => "'start of year'",
                DateUnit::Month => "'start of month'",
                DateUnit::Quarter => {
                    "'start of month', '-' || ((strftime('%m', 'now') - 1) % 3) || ' months'"
                }
                DateUnit::Week => "'weekday 0', '-6 days'",
                DateUnit::Day | DateUnit::Weekday | DateUnit::Hour => "'start of day'",
            };
            match before {
                0 => format!("date('now', {start})"),
                _ => format!("date('now', {start}, '{}')", months_or_days(unit, before)),
            }
        }
        SqlDialect::Postgres | SqlDialect::DuckDb => {
            let start = match unit {
                DateUnit::Day => "CURRENT_DATE".to_owned(),
                _ => format!("DATE_TRUNC('{}', CURRENT_DATE)", word.to_lowercase()),
            };
            match before {
                0 => start,
                _ if before > 0 => format!("{start} - INTERVAL '{}'", interval(unit, before)),
                _ => format!("{start} + INTERVAL '{}'", interval(unit, -before)),
            }
        }
        SqlDialect::MySql => {
            let year = "MAKEDATE(YEAR(CURDATE()), 1)";
            let start = match unit {
                DateUnit::Year => year.to_owned(),
                DateUnit::Quarter => format!("{year} + INTERVAL QUARTER(CURDATE()) - 1 QUARTER"),
                DateUnit::Month => "CURDATE() - INTERVAL DAY(CURDATE()) - 1 DAY".to_owned(),
                DateUnit::Week => "CURDATE() - INTERVAL WEEKDAY(CURDATE()) DAY".to_owned(),
                DateUnit::Day | DateUnit::Weekday | DateUnit::Hour => "CURDATE()".to_owned(),
            };
            match before {
                0 => start,
                _ if before > 0 => format!("{start} - INTERVAL {before} {word}"),
                _ => format!("{start} + INTERVAL {} {word}", before.saturating_neg()),
            }
        }
        SqlDialect::TSql => {
            format!("DATEADD({word}, DATEDIFF({word}, 0, GETDATE()) - {before}, 0)")
                .replace(" - 0,", ",")
                .replace("- -", "+ ")
        }
    }
}

/// True or false.
pub(super) fn boolean(dialect: SqlDialect, value: bool) -> &'static str {
    match (dialect, value) {
        (SqlDialect::Sqlite | SqlDialect::TSql, true) => "1",
        (SqlDialect::Sqlite | SqlDialect::TSql, false) => "0",
        (_, true) => "TRUE",
        (_, false) => "FALSE",
    }
}

/// The operator of patterns that does not mind case.
pub(super) fn like(dialect: SqlDialect) -> &'static str {
    match dialect {
        SqlDialect::Postgres | SqlDialect::DuckDb => "ILIKE",
        _ => "LIKE",
    }
}
