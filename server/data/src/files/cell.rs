//! The value of one cell, and what kinds of values a column can hold.
//!
//! A cell is what a column's type makes of the text in the file; the rules are those of `parse/`.
//! Nothing here knows files or formats.

/// What the values of a column are. Decided from all rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    /// Whole numbers that fit 64 bits.
    Integer,
    /// Numbers, of which at least one has a fraction or an exponent.
    Decimal,
    /// Words for true and false.
    Boolean,
    /// Days.
    Date,
    /// Days with a time of day.
    Time,
    /// Texts of which there are few different ones.
    Category,
    /// Digits that are no quantity: with leading zeros, or more than a number holds. Kept as text.
    Identifier,
    /// Objects and arrays of JSON.
    Json,
    /// Any text.
    Text,
    /// No row has a value.
    Empty,
}

impl ValueKind {
    /// Whether values are numbers that can be added up.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal)
    }

    /// Whether values are places in time.
    pub fn is_time(self) -> bool {
        matches!(self, Self::Date | Self::Time)
    }

    /// Whether values are kept as the text that the file has.
    pub fn is_text(self) -> bool {
        matches!(
            self,
            Self::Category | Self::Identifier | Self::Json | Self::Text
        )
    }

    /// The kind in one plain word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Time => "date and time",
            Self::Category => "category",
            Self::Identifier => "identifier",
            Self::Json => "json",
            Self::Text => "text",
            Self::Empty => "empty",
        }
    }
}

/// A cell, read as the type of its column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FileCell<'a> {
    /// Empty, or a marker such as `NA`.
    Missing,
    /// A value that is not of the column's type, as the file has it.
    Unfit(&'a str),
    /// A value of an integer column.
    Integer(i64),
    /// A value of a decimal column.
    Decimal(f64),
    /// A value of a boolean column.
    Boolean(bool),
    /// A value of a date column, in days since 1970-01-01.
    Date(i32),
    /// A value of a date-time column, in microseconds since 1970-01-01 by its own clock.
    Time(i64),
    /// A value of any other column.
    Text(&'a str),
}

impl FileCell<'_> {
    /// The value as a number: of days for dates, of microseconds for times, 0 and 1 for booleans.
    pub fn number(&self) -> Option<f64> {
        match *self {
            Self::Integer(value) | Self::Time(value) => Some(value as f64),
            Self::Decimal(value) => Some(value),
            Self::Boolean(value) => Some(f64::from(u8::from(value))),
            Self::Date(value) => Some(f64::from(value)),
            Self::Missing | Self::Unfit(_) | Self::Text(_) => None,
        }
    }

    /// Whether the cell has a value of the column's type.
    pub fn is_value(&self) -> bool {
        !matches!(self, Self::Missing | Self::Unfit(_))
    }
}
