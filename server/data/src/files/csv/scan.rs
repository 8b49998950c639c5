//! Reads the rows of a delimited text, or of a part of it, in order.
//!
//! A row has as many fields as there are columns; any other is left out and counted. A quote that
//! is not closed costs its own line only: a record of several lines that does not fit is read again
//! line by line, with quotes as text.

use super::super::FileProblem;
use super::super::rows::{RowRange, RowSink, Scanned};
use super::super::window::Window;
use super::head::CsvLayout;
use super::split::{self, Fields, Step};

/// The longest record.
const MOST_BYTES: usize = 8 << 20;
/// How many quotes that are not closed within `MOST_BYTES` are followed.
const MOST_OPEN: u32 = 64;

/// Reads rows from a window that starts at the border of a record.
pub(crate) struct CsvScan<'a> {
    layout: &'a CsvLayout,
    fields: Fields,
    done: Scanned,
    open: u32,
    /// Lines before the range.
    before: u64,
}

impl<'a> CsvScan<'a> {
    pub(crate) fn new(layout: &'a CsvLayout) -> Self {
        Self {
            layout,
            fields: Fields::default(),
            done: Scanned::default(),
            open: 0,
            before: 0,
        }
    }

    /// Gives the rows of a range to `sink`. Lines are counted from the start of the range.
    pub(crate) fn run<S: RowSink>(
        mut self,
        mut window: Window,
        range: RowRange,
        sink: &mut S,
    ) -> Result<Scanned, FileProblem> {
        let say = |error: std::io::Error| FileProblem::new(format!("reading failed: {error}"));
        self.before = range.lines;
        window.fill().map_err(say)?;
        while window.offset < range.end {
            let data = window.data();
            if data.is_empty() && window.is_end {
                break;
            }
            let (delimiter, is_end) = (self.layout.delimiter, window.is_end);
            let step = split::record(data, delimiter, is_end, &mut self.fields);
            let (next, lines) = match step {
                Step::Record { next, lines } => (next, lines),
                Step::Unfinished { .. } if !is_end && data.len() < MOST_BYTES => {
                    window.fill().map_err(say)?;
                    continue;
                }
                Step::Unfinished { in_quotes } => self.unfinished(data, in_quotes)?,
            };
            let (next, lines, goes_on) = self.take(data, next, lines, sink);
            self.done.lines += lines;
            window.advance(next);
            if !goes_on {
                break;
            }
        }
        self.done.end = window.offset;
        Ok(self.done)
    }

    /// A record that does not end: its first line, with quotes as text.
    fn unfinished(&mut self, data: &[u8], in_quotes: bool) -> Result<(usize, u64), FileProblem> {
        let line = self.done.lines + 1;
        self.open += 1;
        let has_line = memchr::memchr(b'\n', data).is_some() || data.len() < MOST_BYTES;
        if !in_quotes || !has_line || self.open > MOST_OPEN {
            return Err(FileProblem::new(format!(
                "the record in line {} does not end within 8 MB; this is no delimited text, or \
                 its quotes are not closed",
                self.before + line
            )));
        }
        self.done.rejects.quotes.add(line);
        match split::unquoted(data, self.layout.delimiter, &mut self.fields) {
            Step::Record { next, lines } => Ok((next, lines)),
            Step::Unfinished { .. } => Ok((data.len(), 1)),
        }
    }

    /// Gives the record in `fields` to the sink if it is a row: the bytes and lines that were read,
    /// and whether to go on.
    #[inline]
    fn take<S: RowSink>(
        &mut self,
        data: &[u8],
        next: usize,
        lines: u64,
        sink: &mut S,
    ) -> (usize, u64, bool) {
        let line = self.done.lines + 1;
        if self.fields.len() == self.layout.width && !self.is_odd(data) {
            self.done.rows += 1;
            return (next, lines, sink.row(line, data, &self.fields));
        }
        self.take_odd(data, next, lines, sink)
    }

    /// Whether a record with the right number of fields may be no row.
    #[inline]
    fn is_odd(&self, data: &[u8]) -> bool {
        let first = self.fields.get(data, 0);
        self.fields.is_malformed
            || first.is_empty() && self.layout.width == 1
            || self.layout.has_header && first == self.layout.first[0]
    }

    #[cold]
    fn take_odd<S: RowSink>(
        &mut self,
        data: &[u8],
        next: usize,
        lines: u64,
        sink: &mut S,
    ) -> (usize, u64, bool) {
        let line = self.done.lines + 1;
        let (width, count) = (self.layout.width, self.fields.len());
        let is_blank = |at: usize| self.fields.get(data, at).is_empty();
        if count == 1 && is_blank(0) {
            self.done.rejects.empty.add(line);
            return (next, lines, true);
        }
        // A quote that closes in a later line, and not at the end of a field, is another one.
        if self.fields.is_malformed && lines > 1 {
            return self.take_line(data, sink);
        }
        if count >= width && (width..count).all(is_blank) {
            if self.is_header(data) {
                self.done.rejects.headers.add(line);
                return (next, lines, true);
            }
            self.done.rows += 1;
            return (next, lines, sink.row(line, data, &self.fields));
        }
        if lines > 1 {
            return self.take_line(data, sink);
        }
        let rejects = &mut self.done.rejects;
        let tally = if count < width {
            &mut rejects.short
        } else {
            &mut rejects.long
        };
        tally.add(line);
        (next, lines, true)
    }

    fn is_header(&self, data: &[u8]) -> bool {
        let first = self.layout.first.iter().enumerate();
        self.layout.has_header
            && first
                .into_iter()
                .all(|(at, name)| self.fields.get(data, at) == name)
    }

    /// Reads the first line of a record that does not fit, with quotes as text.
    fn take_line<S: RowSink>(&mut self, data: &[u8], sink: &mut S) -> (usize, u64, bool) {
        let line = self.done.lines + 1;
        self.done.rejects.quotes.add(line);
        let step = split::unquoted(data, self.layout.delimiter, &mut self.fields);
        let Step::Record { next, lines } = step else {
            return (data.len(), 1, true);
        };
        if self.fields.len() == self.layout.width {
            self.done.rows += 1;
            return (next, lines, sink.row(line, data, &self.fields));
        }
        let rejects = &mut self.done.rejects;
        if self.fields.len() < self.layout.width {
            rejects.short.add(line);
        } else {
            rejects.long.add(line);
        }
        (next, lines, true)
    }
}
