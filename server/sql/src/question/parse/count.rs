//! What is counted: rows of a table, different values, a number that a column has.
//!
//! `how many singers` counts rows, `different countries` counts values, and `number of products`
//! of a shop may be a column. Nothing here joins tables.

use super::Parser;
use crate::query::SqlAggregate;
use crate::question::cues::Cue;
use crate::question::index::ColumnSort;
use crate::question::sketch::Measure;

impl Parser<'_> {
    /// `how many X`, `number of X`. Where what was counted ends.
    pub(super) fn count_item(&mut self, after: usize, functions: &[SqlAggregate]) -> usize {
        let next = self.next_mention(after, 5);
        // `number of expired tokens`: the state was read.
        let follow = next.filter(|m| self.taken[*m]);
        let follow = follow.and_then(|m| self.mention_at(self.mentions[m].end));
        let next = follow.filter(|m| self.mentions[*m].is_table()).or(next);
        let until = next.map_or(after, |mention| self.mentions[mention].start);
        let is_distinct =
            (after.saturating_sub(4)..until).any(|at| self.cue(at) == Some(Cue::Distinct));
        let breaks = (after..until).any(|at| self.is_break(at) || self.cue(at) == Some(Cue::And));
        let Some(mention) = next.filter(|_| !breaks) else {
            self.push_item(Measure::Count);
            return after;
        };
        let found = self.mentions[mention].clone();
        let follow = self
            .mention_at(found.end)
            .filter(|m| self.mentions[*m].is_column());
        let (mention, found) = match follow.filter(|_| found.is_table() && is_distinct) {
            Some(follow) => (follow, self.mentions[follow].clone()),
            None => (mention, found),
        };
        let is_table = found.is_table();
        if is_table && !is_distinct {
            self.take(mention);
            self.count_table(found.table());
            return found.end;
        }
        if is_table {
            self.take(mention);
            self.count_different(found.table());
            return found.end;
        }
        let Some(column) = self.pick(mention) else {
            self.push_item(Measure::Count);
            return after;
        };
        self.take(mention);
        let of = &self.schema.columns[column];
        let is_amount = of.sort == ColumnSort::Number && !of.is_id && !of.is_foreign;
        if is_amount && !is_distinct && !functions.is_empty() {
            for function in functions {
                self.push_item(Measure::Of(*function, column));
            }
            return found.end;
        }
        let item = match of.sort {
            _ if is_amount && !is_distinct => Measure::Column(column),
            _ if (of.is_key || of.is_foreign) && !is_distinct => Measure::Count,
            _ => Measure::CountDistinct(column),
        };
        self.push_item(item);
        match is_distinct {
            true => self.count_more(found.end),
            false => found.end,
        }
    }

    /// `different templates` of documents: the references.
    fn count_different(&mut self, table: Option<usize>) {
        let reference = table.and_then(|table| self.reference_to(table));
        match reference.filter(|_| table != Some(self.subject)) {
            Some(column) => self.push_item(Measure::CountDistinct(column)),
            None => self.count_table(table),
        }
    }

    /// `different names and cities`: each is counted.
    pub(super) fn count_more(&mut self, mut end: usize) -> usize {
        while self.cue(end) == Some(Cue::And)
            && let Some(mention) = self
                .mention_at(end + 1)
                .filter(|m| self.mentions[*m].is_column())
            && let Some(column) = self.pick(mention)
        {
            self.take(mention);
            self.push_item(Measure::CountDistinct(column));
            end = self.mentions[mention].end;
        }
        end
    }

    pub(super) fn count_table(&mut self, table: Option<usize>) {
        self.push_item(Measure::Count);
        if let Some(table) = table.filter(|table| !self.sketch.tables.contains(table)) {
            self.sketch.tables.push(table);
        }
    }

    /// The column of another table of the question that refers to a table.
    pub(super) fn reference_to(&self, table: usize) -> Option<usize> {
        let links = self.schema.at[table]
            .iter()
            .map(|link| &self.schema.links[*link]);
        let mut from = links.filter(|link| link.to == table && self.is_mentioned(link.from));
        from.next()
            .and_then(|link| link.pairs.first().map(|(here, _)| *here))
    }
}
