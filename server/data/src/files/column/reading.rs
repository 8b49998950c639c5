//! How the values of one column are read once its kind is decided.

use super::super::parse::date::{self, DateReading, Moment};
use super::super::parse::number::{self, Number, NumberReading};
use super::super::parse::period::{self, EpochUnit};
use super::super::parse::word;
use super::super::{FileCell, ValueKind};

/// How a column's values are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub kind: ValueKind,
    /// Whether fractions follow a comma.
    pub is_comma: bool,
    /// Whether months come before days.
    pub is_month_first: bool,
    /// The unit of times that are written as numbers.
    pub epoch: Option<EpochUnit>,
}

impl Reading {
    pub(crate) const TEXT: Self = Self {
        kind: ValueKind::Text,
        is_comma: false,
        is_month_first: false,
        epoch: None,
    };

    /// The typed value; none if only its text says what it is: it is a text, or unfit.
    #[inline]
    pub(crate) fn typed(&self, value: &[u8]) -> Option<FileCell<'static>> {
        if word::missing(value).is_some() {
            return Some(FileCell::Missing);
        }
        match self.kind {
            ValueKind::Integer => {
                let number = self.number(value)?;
                number
                    .is_integer()
                    .then_some(FileCell::Integer(number.mantissa))
            }
            ValueKind::Decimal => self.number(value).map(|n| FileCell::Decimal(n.value)),
            ValueKind::Boolean => word::boolean(value).map(FileCell::Boolean),
            ValueKind::Date => {
                let moment = self.moment(value)?;
                let days = moment.micros.div_euclid(date::DAY);
                (!moment.has_time).then_some(FileCell::Date(days as i32))
            }
            ValueKind::Time => self.moment(value).map(|m| FileCell::Time(m.micros)),
            _ => None,
        }
    }

    /// The cell of a value that has no type but its text.
    pub(crate) fn untyped<'a>(&self, text: &'a str) -> FileCell<'a> {
        if self.kind.is_text() {
            FileCell::Text(text)
        } else {
            FileCell::Unfit(text)
        }
    }

    fn number(&self, value: &[u8]) -> Option<Number> {
        match number::read(value) {
            NumberReading::Plain(number) => Some(number),
            NumberReading::Styled(_, comma) if self.is_comma => comma,
            NumberReading::Styled(point, _) => point,
            NumberReading::Digits | NumberReading::No => None,
        }
    }

    fn moment(&self, value: &[u8]) -> Option<Moment> {
        if let Some(unit) = self.epoch {
            return Some(Moment {
                micros: unit.micros(&self.number(value)?),
                has_time: true,
                has_offset: false,
            });
        }
        match date::read(value) {
            DateReading::No if value.len() == 8 => period::of_digits(&self.number(value)?),
            DateReading::Plain(moment) => Some(moment),
            DateReading::Ordered(_, month_first) if self.is_month_first => month_first,
            DateReading::Ordered(day_first, _) => day_first,
            DateReading::No => None,
        }
    }
}

/// A typed value as text: ISO for dates and times, `true` and `false`.
pub(crate) fn cell_text(cell: &FileCell<'_>) -> Option<String> {
    Some(match *cell {
        FileCell::Missing => return None,
        FileCell::Integer(value) => value.to_string(),
        FileCell::Decimal(value) => number::decimal_text(value),
        FileCell::Boolean(value) => value.to_string(),
        FileCell::Date(days) => date::iso_date(i64::from(days)),
        FileCell::Time(micros) => date::iso_time(micros),
        FileCell::Text(text) | FileCell::Unfit(text) => text.to_owned(),
    })
}
