//! What takes the rows: the statistics of the first pass, and typed cells in later passes.

use super::FileCell;
use super::column::reading::Reading;
use super::column::state::ColumnState;
use super::csv::split::Fields;
use super::parse::text::decode;
use super::parse::word;
use super::rows::RowSink;
use super::sketch::limits::SketchLimits;
use std::borrow::Cow;

/// Columns that are found one by one may be so many before they get less memory.
const FEW: usize = 64;

/// Takes all rows into the statistics of their columns.
pub(crate) struct Profiling {
    pub states: Vec<ColumnState>,
    limits: SketchLimits,
    /// Whether rows may have more columns than those before.
    grows: bool,
}

impl Profiling {
    pub(crate) fn new(columns: usize, limits: SketchLimits) -> Self {
        Self {
            grows: false,
            states: vec![ColumnState::new(limits); columns],
            limits,
        }
    }

    /// One for rows that may have more columns than those before.
    pub(crate) fn growing() -> Self {
        Self {
            grows: true,
            ..Self::new(0, SketchLimits::new(2 * FEW, 1))
        }
    }

    /// Takes what is known of later rows, whose lines start after `lines`.
    pub(crate) fn merge(&mut self, other: Self, lines: u64) {
        for (state, more) in self.states.iter_mut().zip(other.states) {
            state.merge(more, lines);
        }
    }

    /// An empty one of the same size, to which all parts are joined.
    pub(crate) fn like(&self) -> Self {
        let columns = self.states.len();
        Self::new(columns, SketchLimits::new(columns, 1))
    }

    /// Makes room for columns that were found later; the more there are, the less each may take.
    pub(crate) fn widen(&mut self, columns: usize) {
        while self.states.len() < columns {
            let limits = if self.states.len() < FEW {
                self.limits
            } else {
                SketchLimits::new(2 * self.states.len(), 1)
            };
            self.states.push(ColumnState::new(limits));
        }
    }
}

impl RowSink for Profiling {
    #[inline]
    fn row(&mut self, line: u64, data: &[u8], fields: &Fields) -> bool {
        if fields.len() > self.states.len() && self.grows {
            self.widen(fields.len());
        }
        for (at, state) in self.states.iter_mut().enumerate() {
            state.add(line, fields.get(data, at));
        }
        true
    }
}

/// Makes typed cells of the columns that are wanted.
pub(crate) struct Typing<'a, F> {
    pub wanted: &'a [usize],
    pub readings: &'a [Reading],
    /// The number of the next row.
    pub row: u64,
    /// Takes a row's number and cells; whether to go on.
    pub each: F,
}

impl<F: FnMut(u64, &[FileCell<'_>]) -> bool> RowSink for Typing<'_, F> {
    fn row(&mut self, _: u64, data: &[u8], fields: &Fields) -> bool {
        let mut typed = Vec::with_capacity(self.wanted.len());
        for at in self.wanted {
            let value = word::trimmed(fields.get(data, *at));
            let cell = self
                .readings
                .get(*at)
                .unwrap_or(&Reading::TEXT)
                .typed(value);
            let text = match cell {
                Some(_) => Cow::Borrowed(""),
                None => decode(value),
            };
            typed.push((cell, text));
        }
        let cells = typed.iter().zip(self.wanted).map(|((cell, text), at)| {
            let reading = self.readings.get(*at).unwrap_or(&Reading::TEXT);
            cell.unwrap_or_else(|| reading.untyped(text))
        });
        let cells: Vec<FileCell<'_>> = cells.collect();
        self.row += 1;
        (self.each)(self.row - 1, &cells)
    }
}
