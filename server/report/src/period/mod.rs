//! Periods: hours, days, weeks, months, quarters and years, each with an ordinal number.
//!
//! A period has one label, and the SQL of [`PeriodSpan::sql`] gives the same text, so that labels
//! compare as texts in the order of time. How people read a label is the concern of `sentence/`.

#[cfg(test)]
mod tests;

use crate::calendar;
use crate::sql::quoted;

const MICROS_PER_HOUR: i64 = 3_600_000_000;
/// The microseconds of a day.
pub(crate) const MICROS_PER_DAY: i64 = 24 * MICROS_PER_HOUR;

/// How long a period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PeriodSpan {
    /// An hour of a day.
    Hour,
    /// A day.
    Day,
    /// Seven days from Monday.
    Week,
    /// A month.
    Month,
    /// Three months from January, April, July or October.
    Quarter,
    /// A year.
    Year,
}

/// What the values of the time column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeKind {
    /// Days or times.
    Dated,
    /// Whole numbers that are years.
    Years,
}

impl PeriodSpan {
    /// All spans, the shortest first.
    pub(crate) const ALL: [Self; 6] = [
        Self::Hour,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::Year,
    ];

    /// The ordinal number of the period of a day. Hours are those of midnight.
    pub(crate) fn of_day(self, day: i64) -> i64 {
        let (year, month, _) = calendar::date(day);
        match self {
            Self::Hour => day * 24,
            Self::Day => day,
            Self::Week => (day + 3).div_euclid(7),
            Self::Month => year * 12 + month - 1,
            Self::Quarter => year * 4 + (month - 1) / 3,
            Self::Year => year,
        }
    }

    /// The ordinal number of the period of a time in microseconds since 1970-01-01.
    pub(crate) fn of_micros(self, micros: i64) -> i64 {
        match self {
            Self::Hour => micros.div_euclid(MICROS_PER_HOUR),
            _ => self.of_day(micros.div_euclid(MICROS_PER_DAY)),
        }
    }

    /// The first day of a period.
    pub(crate) fn first_day(self, ordinal: i64) -> i64 {
        match self {
            Self::Hour => ordinal.div_euclid(24),
            Self::Day => ordinal,
            Self::Week => ordinal * 7 - 3,
            Self::Month => calendar::days(ordinal.div_euclid(12), ordinal.rem_euclid(12) + 1, 1),
            Self::Quarter => {
                calendar::days(ordinal.div_euclid(4), ordinal.rem_euclid(4) * 3 + 1, 1)
            }
            Self::Year => calendar::days(ordinal, 1, 1),
        }
    }

    /// How many days a period has; hours have 0.
    pub(crate) fn days(self, ordinal: i64) -> i64 {
        self.first_day(ordinal + 1) - self.first_day(ordinal)
    }

    /// SQL for the number of days of a period from its label; `None` where all have the same.
    pub(crate) fn days_sql(self) -> Option<&'static str> {
        match self {
            Self::Month => Some(
                "CASE WHEN substr(period, 6, 2) IN ('04', '06', '09', '11') THEN 30 WHEN \
                 substr(period, 6, 2) <> '02' THEN 31 WHEN CAST(substr(period, 1, 4) AS INTEGER) \
                 % 4 = 0 AND (CAST(substr(period, 1, 4) AS INTEGER) % 100 <> 0 OR \
                 CAST(substr(period, 1, 4) AS INTEGER) % 400 = 0) THEN 29 ELSE 28 END",
            ),
            Self::Quarter => Some(
                "CASE WHEN substr(period, 6, 2) IN ('Q3', 'Q4') THEN 92 WHEN substr(period, 6, 2) \
                 = 'Q2' THEN 91 WHEN CAST(substr(period, 1, 4) AS INTEGER) % 4 = 0 AND \
                 (CAST(substr(period, 1, 4) AS INTEGER) % 100 <> 0 OR CAST(substr(period, 1, 4) AS \
                 INTEGER) % 400 = 0) THEN 91 ELSE 90 END",
            ),
            Self::Hour | Self::Day | Self::Week | Self::Year => None,
        }
    }

    /// Where a period starts, in microseconds since 1970-01-01.
    pub(crate) fn start(self, ordinal: i64) -> i64 {
        match self {
            Self::Hour => ordinal.saturating_mul(MICROS_PER_HOUR),
            _ => self.first_day(ordinal).saturating_mul(MICROS_PER_DAY),
        }
    }

    /// The text that names a period in SQL: `2023-08-31 14`, `2023-08-31` (of a week its Monday),
    /// `2023-08`, `2023-Q3` or `2023`.
    pub fn label(self, ordinal: i64) -> String {
        let day = self.first_day(ordinal);
        let (year, month, _) = calendar::date(day);
        match self {
            Self::Hour => format!("{} {:02}", calendar::iso(day), ordinal.rem_euclid(24)),
            Self::Day | Self::Week => calendar::iso(day),
            Self::Month => format!("{year:04}-{month:02}"),
            Self::Quarter => format!("{year:04}-Q{}", (month - 1) / 3 + 1),
            Self::Year => format!("{year:04}"),
        }
    }

    /// The lengths of the cycles that a series of these periods may have.
    pub(crate) fn cycles(self) -> &'static [usize] {
        match self {
            Self::Hour => &[24],
            Self::Day => &[7],
            Self::Week => &[52],
            Self::Month => &[12],
            Self::Quarter => &[4],
            Self::Year => &[],
        }
    }

    /// How many periods a year has, if a year has a fixed number.
    pub(crate) fn per_year(self) -> Option<i64> {
        match self {
            Self::Hour | Self::Day => None,
            Self::Week => Some(52),
            Self::Month => Some(12),
            Self::Quarter => Some(4),
            Self::Year => Some(1),
        }
    }

    /// The phase of a period within its cycle, as [`PeriodSpan::phase_sql`] gives it.
    pub(crate) fn phase(self, ordinal: i64) -> String {
        let label = self.label(ordinal);
        match self {
            Self::Hour => label[label.len() - 2..].to_owned(),
            Self::Day => calendar::weekday(ordinal).to_string(),
            Self::Week => format!("{:02}", ordinal.rem_euclid(52)),
            Self::Month => label[label.len() - 2..].to_owned(),
            Self::Quarter => label[label.len() - 2..].to_owned(),
            Self::Year => String::new(),
        }
    }

    /// SQL for the label of the period of a column.
    pub(crate) fn sql(self, column: &str, kind: TimeKind) -> String {
        let text = format!("CAST({} AS VARCHAR)", quoted(column));
        if kind == TimeKind::Years {
            return text;
        }
        match self {
            Self::Hour => format!("replace(substr({text}, 1, 13), 'T', ' ')"),
            Self::Day => format!("substr({text}, 1, 10)"),
            Self::Week => format!("date(substr({text}, 1, 10), '-6 days', 'weekday 1')"),
            Self::Month => format!("substr({text}, 1, 7)"),
            Self::Quarter => format!(
                "substr({text}, 1, 4) || CASE WHEN substr({text}, 6, 2) <= '03' THEN '-Q1' \
                 WHEN substr({text}, 6, 2) <= '06' THEN '-Q2' \
                 WHEN substr({text}, 6, 2) <= '09' THEN '-Q3' ELSE '-Q4' END"
            ),
            Self::Year => format!("substr({text}, 1, 4)"),
        }
    }

    /// SQL for the phase of a period from its label; `None` where there are no cycles.
    pub(crate) fn phase_sql(self) -> Option<&'static str> {
        match self {
            Self::Hour => Some("substr(period, 12, 2)"),
            Self::Day => Some("strftime('%w', period)"),
            Self::Month => Some("substr(period, 6, 2)"),
            Self::Quarter => Some("substr(period, 6, 2)"),
            Self::Week | Self::Year => None,
        }
    }

    /// The word that the catalogs use for the span.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }
}
