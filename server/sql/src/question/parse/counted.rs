//! Numbers of rows that a comparison is about: `more than 3 orders`, `cities with more than 10`.
//!
//! A number next to the name of a table counts its rows for each of the subject; a column that
//! holds such a number itself is better.

use super::Parser;
use crate::question::cues::Cue;
use crate::question::index::{ColumnSort, IndexedColumn};
use crate::question::sketch::{Having, Measure, Test};

impl Parser<'_> {
    /// A number of rows whose table is named before the comparison. Where the comparison ends.
    pub(super) fn counted_around(
        &mut self,
        start: usize,
        end: usize,
        test: &Test,
    ) -> Option<usize> {
        let of = self.counted_before(start);
        if of.is_none() && !self.counts_group(start, end) {
            return None;
        }
        self.sketch.having.push(Having {
            measure: Measure::Count,
            test: test.clone(),
            of,
        });
        self.mark_read(start, end);
        Some(end)
    }

    /// `with a number of orders above 3`: the table whose rows are counted.
    fn counted_before(&mut self, start: usize) -> Option<usize> {
        let mention = self.mention_before(start, 1)?;
        let begin = self.mentions[mention].start;
        let table = self.mentions[mention].table();
        let table = table.filter(|table| *table != self.subject);
        let has_count = begin > 0 && self.cue(begin - 1) == Some(Cue::Count);
        let table = table.filter(|_| has_count && self.mentions[mention].is_table())?;
        self.take(mention);
        self.spend(begin.saturating_sub(2), begin);
        Some(table)
    }

    /// `orders per city, only cities with more than 10`: no name follows, and the name before is
    /// that of the groups.
    fn counts_group(&mut self, start: usize, end: usize) -> bool {
        let is_end = end >= self.tokens.len() || self.is_break(end);
        let has_with = matches!(
            self.lower(start.wrapping_sub(1)),
            "with" | "having" | "have"
        );
        let each = (0..start).find(|at| self.cue(*at) == Some(Cue::Each));
        let group = each.and_then(|each| self.next_mention(each + 1, 2));
        let before = self.mention_before(start, 2);
        let (Some(group), Some(before)) = (group, before) else {
            return false;
        };
        let columns = |mention: usize| self.mentions[mention].columns.first().map(|found| found.0);
        let is_same = columns(group) == columns(before)
            && self.mentions[group].table() == self.mentions[before].table();
        let is_group = is_end && has_with && is_same && group != before;
        if is_group {
            self.take(before);
        }
        is_group
    }

    /// The rows of a table, or a number of these that a column has.
    pub(super) fn counted(&mut self, mention: usize, test: &Test, start: usize) -> Option<usize> {
        let end = self.mentions[mention].end;
        let (is_table, fit) = (
            self.mentions[mention].is_table(),
            self.mentions[mention].column_fit(),
        );
        if let Some(column) = self.counter(mention) {
            return self.condition(column, test.clone(), start, end);
        }
        let is_column = !is_table && fit >= 0.5;
        if is_column && let Some(column) = self.pick_where(mention, &is_counter) {
            self.take(mention);
            return self.condition(column, test.clone(), start, end);
        }
        let table = self.mentions[mention].table().filter(|_| is_table);
        let (measure, of) = match table {
            Some(table) => (Measure::Count, table),
            None => {
                let column = self.pick(mention)?;
                let measure = match self.schema.columns[column].is_key {
                    true => Measure::Count,
                    false => Measure::CountDistinct(column),
                };
                (measure, self.schema.columns[column].table)
            }
        };
        self.sketch.having.push(Having {
            measure,
            test: test.clone(),
            of: Some(of),
        });
        self.take(mention);
        self.mark_read(start, end);
        Some(end)
    }

    /// The column of the subject that holds the number of what is named.
    pub(super) fn counter(&mut self, mention: usize) -> Option<usize> {
        if !self.has_counter(mention) {
            return None;
        }
        let column = self.pick_where(mention, &is_counter)?;
        self.take(mention);
        self.counters.push(mention);
        Some(column)
    }

    /// Whether the subject has a column with the number of what is named: `number_products`.
    fn has_counter(&self, mention: usize) -> bool {
        let counts = [
            "number", "count", "total", "quantiti", "amount", "num", "size",
        ];
        let found = &self.mentions[mention];
        found.columns.iter().any(|(column, fit)| {
            let column = &self.schema.columns[*column];
            let is_count = column
                .words
                .iter()
                .any(|word| counts.contains(&word.as_str()));
            let is_whole = *fit >= 0.89;
            let is_named = *fit >= 0.4 && (is_count || is_whole || !found.is_table());
            is_named && is_counter(column) && column.table == self.subject
        })
    }
}

/// Whether a column holds numbers that are no identifiers.
fn is_counter(column: &IndexedColumn) -> bool {
    column.sort == ColumnSort::Number && !column.is_id && !column.is_foreign
}
