//! Statistics of a column's values as texts: the smallest and greatest by bytes, order, lengths.
//!
//! All values are taken, numbers too, because a column may turn out to be a text late. Most are
//! decided by their first sixteen bytes, compared as one number.

use std::cmp::Ordering;

/// The bytes that are kept of the smallest and greatest value.
pub(crate) const TEXT: usize = 200;
/// The bits that ASCII does not use.
const HIGH_BITS: u128 = 0x8080_8080_8080_8080_8080_8080_8080_8080;

/// A value with its first sixteen bytes as a number, in which shorter values are whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Edge {
    start: u128,
    length: usize,
    /// The value, if it is longer.
    long: Vec<u8>,
}

/// The bytes of a value that are in the number.
const SHORT: usize = 16;

impl Edge {
    #[inline]
    fn set(&mut self, start: u128, value: &[u8]) {
        self.start = start;
        self.length = value.len();
        if value.len() > SHORT {
            self.long.clear();
            self.long.extend_from_slice(&value[..value.len().min(TEXT)]);
        }
    }

    /// How this value compares with another.
    #[inline]
    fn order(&self, start: u128, value: &[u8]) -> Ordering {
        if self.start != start {
            return self.start.cmp(&start);
        }
        if self.length > SHORT && value.len() > SHORT {
            return self.long[..].cmp(value);
        }
        self.length.cmp(&value.len())
    }

    fn text(&self) -> Vec<u8> {
        if self.length > SHORT {
            return self.long.clone();
        }
        self.start.to_be_bytes()[..self.length].to_vec()
    }

    fn order_of(&self, other: &Self) -> Ordering {
        self.text().cmp(&other.text())
    }
}

/// Statistics of texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct TextStats {
    count: u64,
    min: Edge,
    max: Edge,
    first: Edge,
    last: Edge,
    is_unsorted: bool,
    is_repeated: bool,
    pub min_length: u64,
    pub max_length: u64,
    /// Values that are no UTF-8.
    pub foreign: u64,
    /// The line of the first of these.
    pub foreign_line: u64,
}

impl TextStats {
    /// Takes a value whose first bytes are the number `start`.
    #[inline]
    pub(crate) fn add(&mut self, line: u64, value: &[u8], start: u128) {
        if self.count == 0 {
            self.begin(start, value);
        }
        self.count += 1;
        if start <= self.min.start && self.min.order(start, value).is_gt() {
            self.min.set(start, value);
        }
        if start >= self.max.start && self.max.order(start, value).is_lt() {
            self.max.set(start, value);
        }
        if !self.is_unsorted && self.count > 1 {
            let order = self.last.order(start, value);
            self.is_unsorted = order.is_gt();
            self.is_repeated |= order.is_eq();
        }
        self.last.set(start, value);
        let is_ascii = start & HIGH_BITS == 0 && (value.len() <= SHORT || value.is_ascii());
        let length = if is_ascii {
            value.len() as u64
        } else {
            self.characters(line, value)
        };
        self.min_length = self.min_length.min(length);
        self.max_length = self.max_length.max(length);
    }

    fn begin(&mut self, start: u128, value: &[u8]) {
        self.min.set(start, value);
        self.max.set(start, value);
        self.first.set(start, value);
        self.min_length = u64::MAX;
    }

    fn characters(&mut self, line: u64, value: &[u8]) -> u64 {
        match str::from_utf8(value) {
            Ok(text) => text.chars().count() as u64,
            Err(_) => {
                if self.foreign == 0 {
                    self.foreign_line = line;
                }
                self.foreign += 1;
                value.len() as u64
            }
        }
    }

    /// Takes the texts of later rows, whose lines start after `lines`.
    pub(crate) fn merge(&mut self, other: Self, lines: u64) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = other;
            self.foreign_line += lines;
            return;
        }
        if self.foreign == 0 {
            self.foreign_line = other.foreign_line + lines;
        }
        self.foreign += other.foreign;
        let order = self.last.order_of(&other.first);
        self.is_unsorted |= other.is_unsorted || order.is_gt();
        self.is_repeated |= other.is_repeated || order.is_eq();
        if other.min.order_of(&self.min).is_lt() {
            self.min = other.min;
        }
        if other.max.order_of(&self.max).is_gt() {
            self.max = other.max;
        }
        self.last = other.last;
        self.min_length = self.min_length.min(other.min_length);
        self.max_length = self.max_length.max(other.max_length);
        self.count += other.count;
    }

    /// The smallest, greatest, first and last value.
    pub(crate) fn edges(&self) -> Option<[Vec<u8>; 4]> {
        let edges = [&self.min, &self.max, &self.first, &self.last];
        (self.count > 0).then(|| edges.map(Edge::text))
    }

    /// Whether no value is smaller than the one before it.
    pub(crate) fn is_sorted(&self) -> bool {
        !self.is_unsorted
    }

    /// Whether each value is greater than the one before it.
    pub(crate) fn is_rising(&self) -> bool {
        !self.is_unsorted && !self.is_repeated
    }
}
