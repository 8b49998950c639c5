//! As what one value can be read, and how many values of a column are of each class.
//!
//! The counts of the classes are what a column's kind is decided from.

/// As what a value can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// A number that is read alike with a decimal point and with a decimal comma.
    Plain,
    /// A whole number that is a day too: 20240131.
    DayNumber,
    /// A number only if the fraction follows a point.
    Point,
    /// A number only if the fraction follows a comma.
    Comma,
    /// Another number in each style, written with one point: 1.234.
    EitherByPoint,
    /// Another number in each style, written with one comma: 1,234.
    EitherByComma,
    /// Digits with a leading zero, or too many for a number.
    Digits,
    /// A date whose year comes first.
    YearFirst,
    /// A date only if the day comes first.
    DayFirst,
    /// A date only if the month comes first.
    MonthFirst,
    /// Another date in each order.
    EitherOrder,
    /// A word for true or false.
    Truth,
    /// An object or array of JSON.
    Json,
    /// Anything else.
    Text,
}

const CLASSES: usize = 14;
/// All classes, in their order.
const ALL: [Class; CLASSES] = [
    Class::Plain,
    Class::DayNumber,
    Class::Point,
    Class::Comma,
    Class::EitherByPoint,
    Class::EitherByComma,
    Class::Digits,
    Class::YearFirst,
    Class::DayFirst,
    Class::MonthFirst,
    Class::EitherOrder,
    Class::Truth,
    Class::Json,
    Class::Text,
];
/// Values of each class that are shown.
const SHOWN: usize = 3;
/// The bytes of a value that are shown.
const SHOWN_BYTES: usize = 60;

/// How many values are of each class, and the first of each with their lines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    counts: [u64; CLASSES],
    first: Vec<(Class, u64, Vec<u8>)>,
}

impl Tally {
    #[inline]
    pub(crate) fn add(&mut self, class: Class, line: u64, value: &[u8]) {
        let count = &mut self.counts[class as usize];
        *count += 1;
        if *count <= SHOWN as u64 {
            let shown = value[..value.len().min(SHOWN_BYTES)].to_vec();
            self.first.push((class, line, shown));
        }
    }

    pub(crate) fn of(&self, class: Class) -> u64 {
        self.counts[class as usize]
    }

    /// How many values there are.
    pub(crate) fn whole(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How many values are of some classes.
    pub(crate) fn count(&self, is_wanted: impl Fn(Class) -> bool) -> u64 {
        let both = ALL.iter().zip(self.counts);
        let wanted = both.filter(|(class, _)| is_wanted(**class));
        wanted.map(|(_, count)| count).sum()
    }

    /// The first values of some classes, by line.
    pub(crate) fn examples(&self, is_wanted: impl Fn(Class) -> bool) -> Vec<(u64, &[u8])> {
        let wanted = self.first.iter().filter(|(class, ..)| is_wanted(*class));
        let mut found: Vec<(u64, &[u8])> =
            wanted.map(|(_, line, text)| (*line, &text[..])).collect();
        found.sort_unstable();
        found.truncate(SHOWN);
        found
    }

    /// Takes the counts of later rows, whose lines start after `lines`.
    pub(crate) fn merge(&mut self, other: Self, lines: u64) {
        for (class, line, text) in other.first {
            let known = self.first.iter().filter(|(of, ..)| *of == class).count();
            if known < SHOWN {
                self.first.push((class, line + lines, text));
            }
        }
        for (a, b) in self.counts.iter_mut().zip(other.counts) {
            *a += b;
        }
    }
}
