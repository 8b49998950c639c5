//! What readers give and what takes it: rows of raw values, and counts of what was left out.

use super::csv::split::Fields;

/// Takes the rows that a reader finds.
pub(crate) trait RowSink {
    /// Takes a row: the line it starts on, and its values, which lie in `data`. Whether to go on.
    fn row(&mut self, line: u64, data: &[u8], fields: &Fields) -> bool;
}

/// A part of a text that starts at the border of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowRange {
    pub start: u64,
    /// A record that starts here or later is not part of it.
    pub end: u64,
    /// Lines and rows before it.
    pub lines: u64,
    pub rows: u64,
}

/// What a reader did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scanned {
    pub rows: u64,
    /// The line breaks that were read.
    pub lines: u64,
    /// Where the next record would start.
    pub end: u64,
    pub rejects: Rejects,
}

/// How often something was left out, and the first lines where it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LineTally {
    pub count: u64,
    pub lines: Vec<u64>,
}

const SHOWN: usize = 3;

impl LineTally {
    pub(crate) fn add(&mut self, line: u64) {
        self.count += 1;
        if self.lines.len() < SHOWN {
            self.lines.push(line);
        }
    }

    fn merge(&mut self, other: Self, lines: u64) {
        self.count += other.count;
        self.lines
            .extend(other.lines.iter().map(|line| line + lines));
        self.lines.truncate(SHOWN);
    }
}

/// What was left out, and what was read with a guess.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rejects {
    /// Rows with fewer fields than columns.
    pub short: LineTally,
    /// Rows with more fields than columns.
    pub long: LineTally,
    /// Lines with nothing.
    pub empty: LineTally,
    /// Lines with a quote that is not closed, read with quotes as text: they are rows.
    pub quotes: LineTally,
    /// Rows that repeat the header.
    pub headers: LineTally,
    /// Lines that are no JSON object.
    pub invalid: LineTally,
    /// Members of JSON objects beyond the most columns.
    pub columns: LineTally,
}

impl Rejects {
    /// Records that were left out; empty lines and repeated headers are none.
    pub(crate) fn rows(&self) -> u64 {
        self.short.count + self.long.count + self.invalid.count
    }

    /// Takes those of later lines, which start after `lines`.
    pub(crate) fn merge(&mut self, other: Self, lines: u64) {
        self.short.merge(other.short, lines);
        self.long.merge(other.long, lines);
        self.empty.merge(other.empty, lines);
        self.quotes.merge(other.quotes, lines);
        self.headers.merge(other.headers, lines);
        self.invalid.merge(other.invalid, lines);
        self.columns.merge(other.columns, lines);
    }
}
