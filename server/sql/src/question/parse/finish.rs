//! What is still open when all parts are read: something to return, groups, tables that count.
//!
//! Plain columns next to a function make groups. A table that is only mentioned counts if rows
//! without a partner in it must not be there; the builder prunes the others.

use super::Parser;
use super::measure::is_additive;
use crate::query::SqlAggregate;
use crate::question::cues::Cue;
use crate::question::index::ColumnSort;
use crate::question::sketch::{Measure, Ranking};

impl Parser<'_> {
    /// What is still missing: something to return, groups of what is next to a function.
    pub(super) fn finish_items(&mut self) {
        if self.sketch.items.is_empty() && self.sketch.median.is_none() {
            match self.sketch.groups.is_empty() {
                true => self.push_label(self.subject),
                false => self.push_item(Measure::Count),
            }
        }
        self.sum_total();
        self.order_by_function();
        self.order_by_item();
        self.sketch.distinct |= self.has_cue(&[Cue::Distinct]) || self.choices.distinct;
        let ranking = self.sketch.ranking.as_ref();
        let ranks_group = ranking.is_some_and(|ranking| ranking.measure.is_aggregate());
        let has_function = self.sketch.items.iter().any(Measure::is_aggregate);
        let needs = has_function || ranks_group || !self.sketch.having.is_empty();
        if needs && self.sketch.groups.is_empty() {
            self.group_by_items();
        }
        self.order_by_time();
        if self.sketch.per_group.is_some() && ranks_group {
            self.group_within_parts();
        }
        let ranking = self.sketch.ranking.as_ref();
        let ranks_rows = ranking.is_some_and(|r| r.limit.is_some() && !r.measure.is_aggregate());
        let is_one_row = self.sketch.per_group.is_none() && self.sketch.groups.is_empty();
        if ranks_rows && has_function && is_one_row {
            // `average of ... the oldest`: an order of one row is nothing.
            self.sketch.ranking = None;
        }
    }

    /// `hours per user, highest first`: by the function that is returned.
    fn order_by_function(&mut self) {
        let Some(descending) = self.open_order else {
            return;
        };
        let items = &self.sketch.items;
        let measure = items.iter().rfind(|item| item.is_aggregate()).cloned();
        let measure =
            measure.or_else(|| self.schema.tables[self.subject].label.map(Measure::Column));
        if let (Some(measure), None) = (measure, &self.sketch.ranking) {
            self.sketch.ranking = Some(Ranking {
                measure,
                descending,
                limit: None,
                of: None,
            });
        }
    }

    /// Groups by units of time come in the order of time.
    fn order_by_time(&mut self) {
        let is_bucket = |group: &&Measure| matches!(group, Measure::Bucket(..));
        let bucket = self.sketch.groups.iter().find(is_bucket).cloned();
        if let Some(measure) = bucket.filter(|_| self.sketch.ranking.is_none()) {
            self.sketch.ranking = Some(Ranking {
                measure,
                descending: false,
                limit: None,
                of: None,
            });
        }
    }

    /// What is ranked within each part is a group of its own: `products per quarter`.
    fn group_within_parts(&mut self) {
        let groups = std::mem::take(&mut self.sketch.groups);
        let parts = self
            .sketch
            .per_group
            .as_ref()
            .map_or(Vec::new(), |(_, parts)| parts.clone());
        self.sketch.items.retain(|item| !parts.contains(item));
        self.group_by_items();
        self.sketch.groups.extend(groups);
        let items = std::mem::take(&mut self.sketch.items);
        let shown: Vec<Measure> = parts
            .into_iter()
            .filter(|part| !self.is_key(part))
            .collect();
        self.sketch.items = shown.into_iter().chain(items).collect();
    }

    /// `total amount of orders` where a column is called so: the sum of all.
    pub(super) fn sum_total(&mut self) {
        if let [Measure::Column(column)] = self.sketch.items[..] {
            let found = &self.schema.columns[column];
            let is_total = found.words.iter().any(|word| word == "total") && is_additive(found);
            if is_total && found.sort == ColumnSort::Number && self.sketch.ranking.is_none() {
                self.sketch.items = vec![Measure::Of(SqlAggregate::Sum, column)];
            }
        }
    }

    /// An order by a name that several columns have is by the one that is returned.
    pub(super) fn order_by_item(&mut self) {
        let (Some(mention), Some(ranking)) = (self.ordered_by, &mut self.sketch.ranking) else {
            return;
        };
        let Measure::Column(column) = ranking.measure else {
            return;
        };
        let columns = &self.mentions[mention].columns;
        let fit = columns
            .iter()
            .find(|(known, _)| *known == column)
            .map_or(0.0, |(_, fit)| *fit);
        let near = columns.iter().filter(|(_, other)| *other + 0.05 >= fit);
        let keys: Vec<usize> = near
            .map(|(known, _)| self.schema.referred(*known))
            .collect();
        let same = self.sketch.items.iter().find(|item| match item {
            Measure::Column(item) => keys.contains(&self.schema.referred(*item)),
            _ => false,
        });
        if let Some(same) = same {
            ranking.measure = same.clone();
        }
    }

    /// Groups of the plain columns next to a function.
    pub(super) fn group_by_items(&mut self) {
        let plain: Vec<usize> = self
            .sketch
            .items
            .iter()
            .filter_map(|item| match item {
                Measure::Column(column) => Some(*column),
                _ => None,
            })
            .collect();
        if plain.is_empty() {
            return;
        }
        if let Some(key) = plain
            .iter()
            .find(|column| self.schema.columns[**column].is_key)
        {
            self.sketch.groups.push(Measure::Column(*key));
            return;
        }
        let labels: Vec<usize> = plain
            .iter()
            .copied()
            .filter(|column| {
                let table = &self.schema.tables[self.schema.columns[*column].table];
                table.label == Some(*column) && table.key.is_some()
            })
            .collect();
        if let Some(&label) = labels.first() {
            let table = &self.schema.tables[self.schema.columns[label].table];
            let is_joined = self.is_joined(self.schema.columns[label].table);
            let by_key = is_joined && !self.sketch.groups_by_label;
            let key = table.key.filter(|_| by_key).unwrap_or(label);
            self.sketch.groups.push(Measure::Column(key));
            return;
        }
        let owner = self.schema.columns[plain[0]].table;
        let is_one = plain
            .iter()
            .all(|column| self.schema.columns[*column].table == owner);
        let counts_own = self
            .sketch
            .ranking
            .as_ref()
            .is_some_and(|r| r.of == Some(owner));
        let is_entity = is_one && !counts_own && owner == self.subject && self.is_joined(owner);
        if is_entity
            && self.is_mentioned(owner)
            && self.sketch.ranking.is_some()
            && let Some(key) = self.schema.tables[owner].key
        {
            self.sketch.groups.push(Measure::Column(key));
            return;
        }
        self.sketch
            .groups
            .extend(plain.into_iter().map(Measure::Column));
    }

    /// Whether the query reads another table than this one, as far as it is known yet.
    pub(super) fn is_joined(&self, own: usize) -> bool {
        let sketch = &self.sketch;
        let measures = sketch
            .items
            .iter()
            .chain(sketch.ranking.iter().map(|ranking| &ranking.measure))
            .chain(sketch.having.iter().map(|having| &having.measure));
        let columns = measures.flat_map(Measure::columns);
        let mut tables = columns
            .map(|column| self.schema.columns[column].table)
            .chain(sketch.tables.iter().copied())
            .chain(
                self.mentions
                    .iter()
                    .filter(|m| m.is_table())
                    .filter_map(|m| m.table()),
            );
        tables.any(|table| table != own)
            || sketch
                .ranking
                .as_ref()
                .is_some_and(|ranking| ranking.of.is_some())
    }

    /// Tables that are mentioned and must have a row.
    pub(super) fn read_tables(&mut self) {
        if self.choices.drops_tables {
            self.sketch.tables.retain(|table| *table == self.subject);
            return;
        }
        let without: Vec<usize> = self.sketch.absent.clone();
        for (at, mention) in self.mentions.iter().enumerate() {
            let is_table = mention.is_table() && mention.table_fit() >= 0.65;
            let Some(table) = mention
                .table()
                .filter(|_| is_table && !self.counters.contains(&at))
            else {
                continue;
            };
            if !without.contains(&table) && !self.sketch.tables.contains(&table) {
                self.sketch.tables.push(table);
            }
        }
        let counted = self.sketch.having.iter().filter_map(|having| having.of);
        let ranked = self.sketch.ranking.iter().filter_map(|ranking| ranking.of);
        let more: Vec<usize> = counted.chain(ranked).collect();
        for table in more {
            if !self.sketch.tables.contains(&table) {
                self.sketch.tables.push(table);
            }
        }
    }
}
