//! Columns for values that no name is next to: places, codes, and what rows are called by.
//!
//! `in Aberdeen` is a place of the table that was named last, `AHD` a code, and `drivers who drove
//! for X` names rows at the other side of the table between. These are guesses, and counted so.

use super::Parser;
use super::spans::ValueSpan;
use crate::question::cues::Cue;
use crate::question::index::{ColumnSort, IndexedColumn};

impl Parser<'_> {
    /// What rows at the other side of a table between are called by: `drivers who drove for X`.
    pub(super) fn partner_label(&self, start: usize) -> Option<usize> {
        let relative = (0..start).rfind(|at| self.cue(*at) == Some(Cue::Relative))?;
        let name = self
            .mentions
            .iter()
            .position(|m| m.is_table() && m.table() == Some(self.subject));
        if name.is_none_or(|name| self.mentions[name].start > relative) {
            return None;
        }
        let links = |table: usize| {
            self.schema.at[table]
                .iter()
                .map(|link| &self.schema.links[*link])
        };
        let mut children: Vec<usize> = links(self.subject)
            .filter(|link| link.to == self.subject && link.from != self.subject)
            .map(|link| link.from)
            .collect();
        children.sort_by_key(|table| !self.is_mentioned(*table));
        let parents = children.iter().flat_map(|child| {
            links(*child).filter(|link| link.from == *child && link.to != self.subject)
        });
        let mut labels = parents.filter_map(|link| self.schema.tables[link.to].label);
        labels.find(|label| self.schema.columns[*label].sort == ColumnSort::Text)
    }

    /// The code that is the key of a table that the subject refers to.
    pub(super) fn code_column(&self) -> Option<usize> {
        let links = self.schema.at[self.subject]
            .iter()
            .map(|link| &self.schema.links[*link]);
        let keys = links
            .filter(|link| link.from == self.subject)
            .filter_map(|link| link.pairs.first());
        let mut keys = keys.map(|(_, key)| *key);
        keys.find(|key| {
            let column = &self.schema.columns[*key];
            column.sort == ColumnSort::Text && column.words.last().is_some_and(|word| word == "cod")
        })
    }

    /// A column of places of the table that is named last before, else of the subject. Kinds are
    /// places too: `books in 'Drama'`.
    pub(super) fn place_column(&self, start: usize, from: bool) -> Option<usize> {
        let is_text = |column: &IndexedColumn| {
            let other = |word: &String| {
                matches!(
                    word.as_str(),
                    "email" | "mail" | "web" | "ip" | "url" | "mac"
                )
            };
            column.sort == ColumnSort::Text && !column.is_foreign && !column.words.iter().any(other)
        };
        let mut words = vec![
            "city", "country", "location", "state", "region", "hometown", "address",
        ];
        if from {
            words.push("nationality");
        }
        let last = self
            .mentions
            .iter()
            .rfind(|m| m.end <= start && m.is_table());
        let last = last.and_then(|mention| mention.table());
        let place = |table: usize| {
            let stems = words.iter().map(|word| data::words::stem(word));
            stems
                .filter_map(|word| self.column_in(&[table], &word, &is_text))
                .next()
        };
        let own = last.and_then(|table| {
            let kind = self
                .category(table)
                .filter(|_| !from && table != self.subject);
            place(table).or(kind)
        });
        own.or_else(|| place(self.subject)).or_else(|| {
            let columns = words
                .iter()
                .filter_map(|word| self.column_for(&data::words::stem(word), &is_text));
            let hops = |column: &usize| {
                let table = self.schema.columns[*column].table;
                self.hops.get(table).copied().unwrap_or(9)
            };
            columns.filter(|column| hops(column) <= 1).min_by_key(hops)
        })
    }

    /// The column of a table that a value after or before its name is in.
    pub(super) fn table_value(&self, mention: usize, span: &ValueSpan) -> Option<usize> {
        let table = self.mentions[mention].table()?;
        let is_code = self.is_code(span.start) && span.end == span.start + 1;
        let mut columns = self.schema.tables[table].columns.clone();
        let code = columns.find(|&column| {
            let column = &self.schema.columns[column];
            let last = column.words.last().map(String::as_str);
            column.sort == ColumnSort::Text && matches!(last, Some("cod")) && !column.is_foreign
        });
        let is_before = self.mentions[mention].start >= span.end;
        let is_lower = span.text.chars().all(|c| !c.is_uppercase());
        let kind = self.category(table).filter(|_| is_before && is_lower);
        let label = self.schema.tables[table].label.filter(|label| {
            let column = &self.schema.columns[*label];
            !column.is_key || column.sort == ColumnSort::Text
        });
        kind.or(code.filter(|_| is_code)).or(label)
    }
}
