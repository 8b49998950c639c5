//! Periods that are written as one value, and places in time that are written as one number.
//!
//! `Jan 2015`, `Jan-15`, `2015-Jan`, `2024Q1` and `2024-W05` are read as the first day of their
//! period; `20240131` as a day; seconds or milliseconds since 1970 as a time. Whether the numbers
//! of a column are times is decided from the whole column, not here.

use super::date::{DAY, Moment, after_marks, civil, days, digits, month_name};
use super::number::Number;

/// A period that a value can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PeriodForm {
    /// `Jan-15`: the year has two digits.
    ShortMonth,
    Month,
    Quarter,
    Week,
}

/// Reads a value as a period: its form, and its first day since 1970-01-01.
pub(crate) fn read(value: &[u8]) -> Option<(PeriodForm, i32)> {
    if !(6..=14).contains(&value.len()) {
        return None;
    }
    if !value[0].is_ascii_digit() {
        return quarter_first(value).or_else(|| name_first(value));
    }
    let (year, 4, rest) = digits(value, 4)? else {
        return None;
    };
    let rest = rest.strip_prefix(b"-").unwrap_or(rest);
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    match rest {
        [b'Q' | b'q', quarter @ b'1'..=b'4'] => of_quarter(year, *quarter),
        [b'W' | b'w', week @ ..] => of_week(year, week),
        _ => match month_name(rest)? {
            (month, []) => Some((PeriodForm::Month, days(year as i32, month, 1)?)),
            _ => None,
        },
    }
}

/// `Q1 2024`, `Q1-2024`.
fn quarter_first(value: &[u8]) -> Option<(PeriodForm, i32)> {
    let [b'Q' | b'q', quarter @ b'1'..=b'4', rest @ ..] = value else {
        return None;
    };
    match digits(after_marks(rest)?, 4)? {
        (year, 4, []) => of_quarter(year, *quarter),
        _ => None,
    }
}

fn of_quarter(year: u32, quarter: u8) -> Option<(PeriodForm, i32)> {
    let month = u32::from(quarter - b'1') * 3 + 1;
    Some((PeriodForm::Quarter, days(year as i32, month, 1)?))
}

/// The Monday of a week of ISO 8601: week 1 has the fourth of January.
fn of_week(year: u32, week: &[u8]) -> Option<(PeriodForm, i32)> {
    let (week, 2, []) = digits(week, 2)? else {
        return None;
    };
    let fourth = days(year as i32, 1, 4)?;
    let monday = fourth - (fourth + 3).rem_euclid(7);
    let first = monday + (week as i32 - 1) * 7;
    let thursday = civil(i64::from(first) + 3).0;
    (thursday == i64::from(year)).then_some((PeriodForm::Week, first))
}

/// `Jan 2015`, `January 2015`, `Jan-15`.
fn name_first(value: &[u8]) -> Option<(PeriodForm, i32)> {
    let (month, rest) = month_name(value)?;
    let is_dashed = rest.starts_with(b"-");
    match digits(after_marks(rest)?, 4)? {
        (year, 4, []) => Some((PeriodForm::Month, days(year as i32, month, 1)?)),
        (year, 2, []) if is_dashed => {
            let century = if year >= 70 { 1900 } else { 2000 };
            let first = days((year + century) as i32, month, 1)?;
            Some((PeriodForm::ShortMonth, first))
        }
        _ => None,
    }
}

/// The day that a number such as 20240131 is, from 1900 to 2100.
#[inline]
pub(crate) fn of_digits(number: &Number) -> Option<Moment> {
    let value = u32::try_from(number.mantissa).ok()?;
    if !number.is_integer() || !(19_000_101..=21_001_231).contains(&value) {
        return None;
    }
    let day = days((value / 10_000) as i32, value / 100 % 100, value % 100)?;
    Some(Moment {
        micros: i64::from(day) * DAY,
        has_time: false,
        has_offset: false,
    })
}

/// The unit of numbers that count from the start of 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EpochUnit {
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

impl EpochUnit {
    pub(crate) const ALL: [Self; 4] = [
        Self::Seconds,
        Self::Milliseconds,
        Self::Microseconds,
        Self::Nanoseconds,
    ];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
            Self::Microseconds => "microseconds",
            Self::Nanoseconds => "nanoseconds",
        }
    }

    /// How many make a second.
    pub(crate) fn per_second(self) -> f64 {
        match self {
            Self::Seconds => 1.0,
            Self::Milliseconds => 1e3,
            Self::Microseconds => 1e6,
            Self::Nanoseconds => 1e9,
        }
    }

    /// Microseconds since 1970-01-01.
    pub(crate) fn micros(self, number: &Number) -> i64 {
        if !number.is_integer() {
            return (number.value * 1e6 / self.per_second()).round() as i64;
        }
        match self {
            Self::Seconds => number.mantissa.saturating_mul(1_000_000),
            Self::Milliseconds => number.mantissa.saturating_mul(1_000),
            Self::Microseconds => number.mantissa,
            Self::Nanoseconds => number.mantissa.div_euclid(1_000),
        }
    }
}
