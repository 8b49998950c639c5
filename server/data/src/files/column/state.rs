//! Takes the values of one column, one by one.
//!
//! Each value is read once: its class is counted, and it goes into the statistics of all readings
//! that its class allows. Equal numbers and equal dates have one hash however they are written.

use super::super::parse::date::{self, DateReading};
use super::super::parse::number::{self, NumberReading};
use super::super::parse::text::decode_cut;
use super::super::parse::{json, period, word};
use super::super::sketch::hash;
use super::super::sketch::limits::SketchLimits;
use super::super::sketch::variety::Variety;
use super::class::{Class, Tally};
use super::dates::DateOrders;
use super::numbers::NumberStyles;
use super::texts::TextStats;

/// All that is known of a column's values so far.
#[derive(Clone)]
pub(crate) struct ColumnState {
    pub(super) tally: Tally,
    pub(super) markers: [u64; word::MARKERS.len()],
    pub(super) numbers: NumberStyles,
    pub(super) dates: DateOrders,
    pub(super) texts: TextStats,
    pub(super) variety: Variety,
    limits: SketchLimits,
    /// The class of the last value that is no text: read first.
    is_dated: bool,
}

impl ColumnState {
    pub(crate) fn new(limits: SketchLimits) -> Self {
        Self {
            tally: Tally::default(),
            markers: [0; word::MARKERS.len()],
            numbers: NumberStyles::default(),
            dates: DateOrders::default(),
            texts: TextStats::default(),
            variety: Variety::new(limits, meaning_of),
            limits,
            is_dated: false,
        }
    }

    /// Takes the value of the next row.
    #[inline]
    pub(crate) fn add(&mut self, line: u64, value: &[u8]) {
        let value = word::trimmed(value);
        if let Some(marker) = word::missing(value) {
            self.markers[marker] += 1;
            return;
        }
        let start = hash::start(value);
        self.texts.add(line, value, start);
        let (class, meaning) = self.classify(value);
        self.tally.add(class, line, value);
        let bytes = hash::bytes(value, start);
        let meaning = meaning.map_or(bytes, hash::number);
        self.variety.add(bytes, meaning, value);
    }

    /// The class of a value, and the bits of its number or moment.
    #[inline]
    fn classify(&mut self, value: &[u8]) -> (Class, Option<u64>) {
        match value[0] {
            b'0'..=b'9' => {
                if self.is_dated
                    && let Some(found) = self.date(value)
                {
                    return found;
                }
                if let Some(found) = self.number(value) {
                    return found;
                }
                self.date(value).unwrap_or_else(|| (other(value), None))
            }
            b'-' | b'+' | b'.' | b',' | b'$' | b'(' | 0xc2 | 0xe2 | 0xef => {
                self.number(value).unwrap_or_else(|| (other(value), None))
            }
            _ if date::may_have_month_name(value) => {
                self.date(value).unwrap_or_else(|| (other(value), None))
            }
            _ => (other(value), None),
        }
    }

    #[inline]
    fn number(&mut self, value: &[u8]) -> Option<(Class, Option<u64>)> {
        match number::read(value) {
            NumberReading::Plain(number) => {
                self.numbers.add_plain(&number, self.limits);
                if value.len() == 8
                    && let Some(moment) = period::of_digits(&number)
                {
                    self.dates.add_plain(&moment, self.limits);
                    return Some((Class::DayNumber, Some(moment_bits(moment.micros))));
                }
                Some((Class::Plain, Some(number_bits(&number))))
            }
            NumberReading::Styled(point, comma) => {
                let (a, b) = (point.as_ref(), comma.as_ref());
                self.numbers.add_styled(a, b, self.limits);
                let class = match (a, b) {
                    (Some(_), Some(_)) if value.contains(&b'.') => Class::EitherByPoint,
                    (Some(_), Some(_)) => Class::EitherByComma,
                    (Some(_), None) => Class::Point,
                    _ => Class::Comma,
                };
                Some((class, Some(number_bits(a.or(b)?))))
            }
            NumberReading::Digits => Some((Class::Digits, None)),
            NumberReading::No => None,
        }
    }

    #[inline]
    fn date(&mut self, value: &[u8]) -> Option<(Class, Option<u64>)> {
        let (class, micros) = match date::read(value) {
            DateReading::Plain(moment) => {
                self.dates.add_plain(&moment, self.limits);
                (Class::YearFirst, moment.micros)
            }
            DateReading::Ordered(day_first, month_first) => {
                let (a, b) = (day_first.as_ref(), month_first.as_ref());
                self.dates.add_ordered(a, b, self.limits);
                let class = match (a, b) {
                    (Some(_), Some(_)) => Class::EitherOrder,
                    (Some(_), None) => Class::DayFirst,
                    _ => Class::MonthFirst,
                };
                (class, a.or(b)?.micros)
            }
            DateReading::No => {
                self.is_dated = false;
                return None;
            }
        };
        self.is_dated = true;
        Some((class, Some(moment_bits(micros))))
    }

    /// Whether one of the frequent values is this one.
    pub(crate) fn has_value(&self, value: &[u8]) -> bool {
        self.variety.values().any(|(known, _)| known == value)
    }

    /// How many values are no UTF-8, and the line of the first.
    pub(crate) fn foreign(&self) -> (u64, u64) {
        (self.texts.foreign, self.texts.foreign_line)
    }

    /// The first value of a class, with its line.
    pub(crate) fn example(&self, class: Class) -> Option<(u64, String)> {
        let found = self.tally.examples(|of| of == class);
        let first = found.first();
        first.map(|(line, text)| (*line, decode_cut(text)))
    }

    /// How many times are given with an offset.
    pub(crate) fn offsets(&self, is_month_first: bool) -> u64 {
        let stats = self.dates.in_order(is_month_first);
        stats.map_or(0, |stats| stats.offsets)
    }

    /// Takes what is known of later rows, whose lines start after `lines`.
    pub(crate) fn merge(&mut self, other: Self, lines: u64) {
        self.tally.merge(other.tally, lines);
        for (count, more) in self.markers.iter_mut().zip(other.markers) {
            *count += more;
        }
        self.numbers.merge(other.numbers, self.limits);
        self.dates.merge(other.dates, self.limits);
        self.texts.merge(other.texts, lines);
        self.variety.merge(other.variety);
    }
}

/// The bits of a number, the same for 1 and 1.0.
#[inline]
fn number_bits(number: &number::Number) -> u64 {
    const WHOLE: u64 = 1 << 53;
    if number.is_integer() && number.mantissa.unsigned_abs() > WHOLE {
        return number.mantissa.cast_unsigned();
    }
    // Adding zero makes one of the two zeros.
    (number.value + 0.0).to_bits()
}

/// The bits of a place in time, which are those of no usual number.
#[inline]
fn moment_bits(micros: i64) -> u64 {
    micros.cast_unsigned() ^ 1 << 63
}

/// The hash of what a value means, as `ColumnState::classify` finds it.
fn meaning_of(value: &[u8]) -> u64 {
    let number = match number::read(value) {
        NumberReading::Plain(number) => {
            if let Some(moment) = period::of_digits(&number).filter(|_| value.len() == 8) {
                return hash::number(moment_bits(moment.micros));
            }
            Some(number)
        }
        NumberReading::Styled(point, comma) => point.or(comma),
        NumberReading::Digits | NumberReading::No => None,
    };
    let moment = match date::read(value) {
        DateReading::Plain(moment) => Some(moment),
        DateReading::Ordered(day_first, month_first) => day_first.or(month_first),
        DateReading::No => None,
    };
    let bits = number.map(|number| number_bits(&number));
    match bits.or(moment.map(|moment| moment_bits(moment.micros))) {
        Some(bits) => hash::number(bits),
        None => hash::bytes(value, hash::start(value)),
    }
}

/// The class of a value that is neither a number nor a date.
#[inline]
fn other(value: &[u8]) -> Class {
    if value.len() <= word::LONGEST_TRUTH && word::boolean(value).is_some() {
        Class::Truth
    } else if matches!(value[0], b'{' | b'[') && json::is_nested(value) {
        Class::Json
    } else {
        Class::Text
    }
}
