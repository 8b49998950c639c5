//! The kind of a column, from how many of all its values can be read as what.
//!
//! A kind is taken if at least 95 % of the values fit it; the rest is counted as unfit. Numbers and
//! dates that could be read in two ways are read in the way that fits more values. If no value
//! decides, numbers are read with a decimal point, and dates are not read at all.

use super::super::ValueKind;
use super::super::parse::number::Number;
use super::super::parse::period::EpochUnit;
use super::class::Class;
use super::reading::Reading;
use super::state::ColumnState;
use crate::words;

/// Texts that occur at least twice on average are categories, if there are at most so many.
const MOST_CATEGORIES: u64 = 512;

/// Fewer numbers than this are days or times by their name only.
const FEWEST_DAYS: u64 = 3;
/// The start of 1990 and of 2100, in seconds since 1970: what counts from 1970 lies in between.
const FIRST_SECOND: f64 = 631_152_000.0;
const LAST_SECOND: f64 = 4_102_444_800.0;
/// Words in the names of columns that count from 1970.
const TIME_WORDS: &[&str] = &[
    "time",
    "timestamp",
    "ts",
    "epoch",
    "unix",
    "date",
    "datetime",
    "at",
    "created",
    "updated",
    "utc",
    "when",
    "start",
    "end",
];
const TIME_PARTS: &[&str] = &["时间", "日期"];

/// What a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub reading: Reading,
    /// Dates of which no value says whether the day or the month comes first.
    pub is_ambiguous_date: bool,
    /// Dates of which some fit only with the day first, and as many only with the month first.
    pub is_mixed_date: bool,
    /// Numbers of which no value says what the mark means: 1,234.
    pub is_ambiguous_number: bool,
}

impl Decision {
    fn of(kind: ValueKind) -> Self {
        Self {
            reading: Reading {
                kind,
                ..Reading::TEXT
            },
            is_ambiguous_date: false,
            is_mixed_date: false,
            is_ambiguous_number: false,
        }
    }

    /// Whether values of a class are of the column's kind.
    pub(crate) fn fits(&self, class: Class) -> bool {
        let Reading {
            kind,
            is_comma,
            is_month_first,
            epoch,
        } = self.reading;
        match kind {
            ValueKind::Time if epoch.is_some() => {
                matches!(class, Class::Plain | Class::DayNumber) || class == Class::Point
            }
            ValueKind::Integer | ValueKind::Decimal => match class {
                Class::Plain | Class::DayNumber => true,
                Class::EitherByPoint | Class::EitherByComma => true,
                Class::Point => !is_comma,
                Class::Comma => is_comma,
                _ => false,
            },
            ValueKind::Date | ValueKind::Time => match class {
                Class::YearFirst | Class::DayNumber | Class::EitherOrder => true,
                Class::DayFirst => !is_month_first,
                Class::MonthFirst => is_month_first,
                _ => false,
            },
            ValueKind::Boolean => class == Class::Truth,
            ValueKind::Json => class == Class::Json,
            _ => true,
        }
    }
}

impl ColumnState {
    /// Whether this many values are enough to make the kind of the column.
    fn is_most(&self, count: u64) -> bool {
        let whole = self.tally.whole();
        count * 20 >= whole * 19 && count > 0
    }

    /// Chooses the kind that fits the values.
    pub(crate) fn decide(&self, name: &str) -> Decision {
        if self.tally.whole() == 0 {
            return Decision::of(ValueKind::Empty);
        }
        let found = self.as_day_number().or_else(|| self.as_epoch(name));
        let found = found
            .or_else(|| self.as_number())
            .or_else(|| self.as_date());
        if let Some(decision) = found {
            return decision;
        }
        if self.is_most(self.tally.of(Class::Truth)) {
            return Decision::of(ValueKind::Boolean);
        }
        if self.is_most(self.tally.of(Class::Json)) {
            return Decision::of(ValueKind::Json);
        }
        Decision::of(self.text_kind())
    }

    fn text_kind(&self) -> ValueKind {
        let distinct = self.variety.count();
        let is_repeated = self.tally.whole() >= 2 * distinct && distinct <= MOST_CATEGORIES;
        if self.variety.is_exact() && is_repeated && self.texts.max_length <= 200 {
            ValueKind::Category
        } else {
            ValueKind::Text
        }
    }

    /// Numbers of which nearly all are days are days: among other numbers, one in thirty is.
    fn as_day_number(&self) -> Option<Decision> {
        let count = self.tally.of(Class::DayNumber);
        (count >= FEWEST_DAYS && self.is_most(count)).then(|| Decision::of(ValueKind::Date))
    }

    /// Numbers that count from 1970: by the name of the column and the range of its values, or by
    /// a range in which hardly anything else lies.
    fn as_epoch(&self, name: &str) -> Option<Decision> {
        let (plain, point) = (self.tally.of(Class::Plain), self.tally.of(Class::Point));
        if plain + point != self.tally.whole() {
            return None;
        }
        let stats = self.numbers.in_style(false)?;
        let second = |number: &Number, unit: EpochUnit| number.value / unit.per_second();
        let is_in = |unit: &EpochUnit| {
            second(&stats.min, *unit) >= FIRST_SECOND && second(&stats.max, *unit) <= LAST_SECOND
        };
        let unit = EpochUnit::ALL.into_iter().find(is_in)?;
        let is_sure = unit != EpochUnit::Seconds && point == 0 && stats.count >= FEWEST_DAYS;
        let words = words::of_name(name);
        let is_named = words.iter().any(|word| TIME_WORDS.contains(&word.as_str()))
            || TIME_PARTS.iter().any(|part| name.contains(part));
        (is_sure || is_named).then(|| {
            let mut decision = Decision::of(ValueKind::Time);
            decision.reading.epoch = Some(unit);
            decision
        })
    }

    fn as_number(&self) -> Option<Decision> {
        let of = |class| self.tally.of(class);
        let by_point = of(Class::EitherByPoint);
        let by_comma = of(Class::EitherByComma);
        let is_comma = of(Class::Comma) > of(Class::Point);
        let styled = of(if is_comma { Class::Comma } else { Class::Point });
        let count = of(Class::Plain) + of(Class::DayNumber) + by_point + by_comma + styled;
        let stats = self.numbers.in_style(is_comma);
        let has_fractions = stats.is_some_and(|stats| stats.fractions > 0);
        let digits = of(Class::Digits);
        if digits > 0 && !has_fractions && self.is_most(count + digits) {
            return Some(Decision::of(ValueKind::Identifier));
        }
        if !self.is_most(count) {
            return None;
        }
        let kind = if has_fractions {
            ValueKind::Decimal
        } else {
            ValueKind::Integer
        };
        let mut decision = Decision::of(kind);
        decision.reading.is_comma = is_comma;
        decision.is_ambiguous_number = by_point + by_comma > 0 && styled == 0;
        Some(decision)
    }

    fn as_date(&self) -> Option<Decision> {
        let of = |class| self.tally.of(class);
        let (day, month) = (of(Class::DayFirst), of(Class::MonthFirst));
        let either = of(Class::EitherOrder);
        let count = of(Class::YearFirst) + of(Class::DayNumber) + either + day.max(month);
        if !self.is_most(count) {
            let is_mixed = day > 0 && month > 0 && self.is_most(count + day.min(month));
            return is_mixed.then(|| Decision {
                is_mixed_date: true,
                ..Decision::of(self.text_kind())
            });
        }
        let is_undecided = day == month && day + either > 0;
        if is_undecided {
            return Some(Decision {
                is_ambiguous_date: day == 0,
                is_mixed_date: day > 0,
                ..Decision::of(self.text_kind())
            });
        }
        let is_month_first = month > day;
        let stats = self.dates.in_order(is_month_first);
        let kind = if stats.is_some_and(|stats| stats.times > 0) {
            ValueKind::Time
        } else {
            ValueKind::Date
        };
        let mut decision = Decision::of(kind);
        decision.reading.is_month_first = is_month_first;
        Some(decision)
    }
}
