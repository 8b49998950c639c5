//! What is known of a column after all rows were read.
//!
//! Numbers are those of the typed values: of days for dates, of microseconds for times, 0 and 1 for
//! booleans. What is estimated says so. Plain data: nothing here computes.

use super::ValueKind;

/// A column of a data file.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ColumnProfile {
    /// The name in the header, or `column 3` where there is none. No two columns have one name.
    pub name: String,
    /// What the values are.
    pub kind: ValueKind,
    /// How many rows the file has.
    pub rows: u64,
    /// In how many rows the value is missing.
    pub missing: u64,
    /// How often each marker of a missing value occurs; an empty value is `""`.
    pub missing_markers: Vec<(String, u64)>,
    /// How many values are not of the column's kind.
    pub unfit: u64,
    /// The first values that are not of the column's kind, with their lines.
    pub unfit_examples: Vec<UnfitValue>,
    /// The smallest value as a number; none for texts.
    pub min: Option<f64>,
    /// The greatest value as a number; none for texts.
    pub max: Option<f64>,
    /// The smallest value as text: ISO for dates, by bytes for texts. Cut after 200 bytes.
    pub min_text: Option<String>,
    /// The greatest value as text.
    pub max_text: Option<String>,
    /// The mean of the numbers, dates or times.
    pub mean: Option<f64>,
    /// The standard deviation of the sample (by n - 1) of the numbers, dates or times.
    pub deviation: Option<f64>,
    /// The sum of the numbers; none for other kinds.
    pub sum: Option<f64>,
    /// Whether the sum was computed in decimals, without rounding.
    pub sum_is_exact: bool,
    /// How many different values there are.
    pub distinct: Distinct,
    /// The distribution of the numbers, dates or times.
    pub quantiles: Option<Quantiles>,
    /// The most frequent values, the most frequent first.
    pub frequent: Vec<(String, u64)>,
    /// Whether the counts in `frequent` are exact. Otherwise they are lower bounds.
    pub frequent_is_exact: bool,
    /// The first value of the file, as text.
    pub first: Option<String>,
    /// The last value of the file, as text.
    pub last: Option<String>,
    /// Whether no value is smaller than the one before it.
    pub is_sorted: bool,
    /// Whether it was proven that no two values are equal.
    pub is_unique: bool,
    /// Whether the values look like data of persons, which are masked when they are shown.
    pub is_personal: bool,
    /// Why they look so.
    pub personal: Option<PersonalKind>,
    /// How dates are written, such as `DD/MM/YYYY`; both readings where no row decides.
    pub date_format: Option<String>,
    /// Whether no row decides between the day and the month. The column is a text then.
    pub is_ambiguous_date: bool,
    /// The decimal mark of the numbers, `.` or `,`.
    pub decimal_mark: Option<char>,
    /// The characters of the shortest value; of texts only.
    pub min_length: Option<u64>,
    /// The characters of the longest value; of texts only.
    pub max_length: Option<u64>,
}

impl ColumnProfile {
    /// How many values are of the column's kind.
    pub fn values(&self) -> u64 {
        self.rows - self.missing - self.unfit
    }
}

/// A value that is not of its column's kind.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct UnfitValue {
    /// Its line in the file, from 1; the row's number, from 1, where a file has no lines.
    pub line: u64,
    /// The value as the file has it, cut after 60 bytes.
    pub text: String,
}

/// How many different values a column has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Distinct {
    /// The number of different values.
    pub count: u64,
    /// Whether it was counted. Otherwise it is an estimate with an error of about 2 %.
    pub is_exact: bool,
}

/// The distribution of a column's values.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Quantiles {
    /// Values, the smallest first: all, or a sample in which each value is equally likely.
    pub values: Vec<f64>,
    /// Whether these are all values.
    pub is_exact: bool,
}

impl Quantiles {
    /// The value below which this share (0 to 1) of all values lies; interpolated.
    pub fn at(&self, share: f64) -> Option<f64> {
        let last = self.values.len().checked_sub(1)?;
        let place = share.clamp(0.0, 1.0) * last as f64;
        let (low, part) = (place.floor() as usize, place.fract());
        let (a, b) = (self.values[low], self.values[(low + 1).min(last)]);
        Some(a + (b - a) * part)
    }
}

/// Which data of persons a column seems to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonalKind {
    /// Addresses of electronic mail.
    Mail,
    /// Telephone numbers.
    Phone,
    /// Names of persons.
    PersonName,
    /// Keys, tokens or passwords.
    Secret,
    /// Postal addresses.
    Address,
    /// Addresses of computers.
    IpAddress,
    /// Days of birth.
    BirthDate,
    /// Numbers that identify a person, a card or an account.
    PersonNumber,
}
