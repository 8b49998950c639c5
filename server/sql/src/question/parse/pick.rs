//! Which column a mention means, by the tables that stand around it.

use super::Parser;
use crate::question::cues::{Cue, cues};
use crate::question::index::{ColumnSort, IndexedColumn};

/// The lead of a best column below which a second one is worth a reading of its own.
const CLOSE: f32 = 0.3;

impl Parser<'_> {
    /// The column that a mention means, among those that a test lets through.
    pub(super) fn pick_where(
        &mut self,
        mention: usize,
        is_fit: &dyn Fn(&IndexedColumn) -> bool,
    ) -> Option<usize> {
        let columns = self.mentions[mention].columns.clone();
        if let Some(label) = self
            .label_instead(mention)
            .filter(|label| is_fit(&self.schema.columns[*label]))
        {
            return Some(label);
        }
        let mut scored: Vec<(f32, usize)> = columns
            .into_iter()
            .filter(|(column, _)| is_fit(&self.schema.columns[*column]))
            .filter(|(column, _)| self.is_reachable(*column))
            .map(|(column, fit)| (self.column_score(mention, column, fit), column))
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        if let [(first, _), (second, _), ..] = scored[..] {
            self.margin = self.margin.min(first - second);
            if first - second < CLOSE && !self.open_mentions.contains(&mention) {
                self.open_mentions.push(mention);
            }
        }
        let place = usize::from(self.choices.second == Some(mention));
        scored
            .get(place)
            .or(scored.first())
            .map(|(_, column)| *column)
    }

    /// Whether references lead from the subject to the table of a column, or it is named itself.
    fn is_reachable(&self, column: usize) -> bool {
        let table = self.schema.columns[column].table;
        let hops = self.hops.get(table).copied().unwrap_or(usize::MAX);
        hops < usize::MAX || self.names(table) || !self.names(self.subject)
    }

    /// `names of airlines` where airlines have no column of that name: what they are called by.
    fn label_instead(&self, mention: usize) -> Option<usize> {
        let found = &self.mentions[mention];
        let is_name = found.end == found.start + 1
            && matches!(self.tokens[found.start].stem.as_str(), "nam" | "titl");
        let table = self
            .table_before(found.start)
            .or_else(|| self.table_after(found.end));
        let table = table.filter(|_| is_name)?;
        let has = found
            .columns
            .iter()
            .any(|(column, fit)| *fit >= 0.5 && self.schema.columns[*column].table == table);
        let label = self.schema.tables[table].label?;
        let is_text = self.schema.columns[label].sort == ColumnSort::Text
            && !self.schema.columns[label].is_id;
        (!has && is_text).then_some(label)
    }

    /// The column that a mention means.
    pub(super) fn pick(&mut self, mention: usize) -> Option<usize> {
        self.pick_where(mention, &|_| true)
    }

    /// The table that a reference leads to, if its rows are meant and not their numbers: `author`
    /// is what the user is called by, `author id` is not.
    pub(super) fn referred_table(&mut self, mention: usize, column: usize) -> Option<usize> {
        let found = &self.schema.columns[column];
        let (start, end) = (self.mentions[mention].start, self.mentions[mention].end);
        let says_key = (start..end + 1).any(|at| {
            let stem = self.tokens.get(at).map_or("", |token| token.stem.as_str());
            matches!(stem, "id" | "cod" | "kei" | "number")
        });
        let link = self.schema.at[found.table].iter().copied().find(|link| {
            let link = &self.schema.links[*link];
            link.from == found.table && matches!(link.pairs[..], [(from, _)] if from == column)
        })?;
        let table = self.schema.links[link].to;
        let label = &self.schema.columns[self.schema.tables[table].label?];
        let is_named = label.sort == ColumnSort::Text && !label.is_key && !label.is_foreign;
        let is_other = table != found.table && table != self.subject;
        let is_fit = found.is_id && !says_key && is_named && is_other;
        if is_fit && !self.sketch.links.contains(&link) {
            self.sketch.links.push(link);
        }
        is_fit.then_some(table)
    }

    fn column_score(&self, mention: usize, column: usize, fit: f32) -> f32 {
        let table = self.schema.columns[column].table;
        let (start, end) = (self.mentions[mention].start, self.mentions[mention].end);
        let mut score = fit * 1.4;
        if self.table_before(start) == Some(table) || self.table_after(end) == Some(table) {
            score += 1.0;
        }
        if self.last_table_before(start) == Some(table) {
            score += if self.follows_relative(start) {
                0.4
            } else {
                0.15
            };
        }
        if table == self.subject {
            score += 0.4;
        }
        let is_it = |(known, fit): &(usize, f32)| *known == table && *fit >= 0.5;
        let others = self
            .mentions
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != mention);
        if others
            .into_iter()
            .any(|(_, other)| other.tables.iter().any(is_it))
        {
            score += 0.25;
        }
        let hops = self.hops.get(table).copied().unwrap_or(usize::MAX);
        score -= match hops {
            usize::MAX => 0.8,
            hops => 0.12 * hops.min(4) as f32 + if hops > 2 { 0.3 } else { 0.0 },
        };
        // Tables that many others refer to are what people talk about.
        score += 0.02 * self.schema.children(table).min(5) as f32;
        let found = &self.schema.columns[column];
        let is_agent = ["or", "er"]
            .iter()
            .any(|ending| self.lower(end - 1).ends_with(ending));
        if is_agent && found.is_foreign && self.is_person_reference(column) {
            score += 0.3;
        } else if found.is_foreign && !found.is_key {
            score -= 0.05;
        }
        score
    }

    /// Whether a table is mentioned by its name.
    pub(super) fn is_mentioned(&self, table: usize) -> bool {
        self.mentions.iter().any(|mention| {
            let least = (mention.table_fit() - 0.25).max(0.5);
            let mut tables = mention.tables.iter();
            tables.any(|(known, fit)| *known == table && *fit >= least)
        })
    }

    /// The table directly before: `airport name`, `the shop's name`.
    fn table_before(&self, start: usize) -> Option<usize> {
        let mut before = start.checked_sub(1)?;
        if matches!(self.lower(before), "'s" | "·") {
            before = before.checked_sub(1)?;
        }
        let mention = &self.mentions[self.mention_at(before)?];
        mention.is_table().then(|| mention.table()).flatten()
    }

    /// The table that `of` and the like lead to, over further columns: `name and age of singers`.
    fn table_after(&self, end: usize) -> Option<usize> {
        let mut at = end;
        let mut has_preposition = false;
        while at < self.tokens.len() && at < end + 16 {
            if let Some(mention) = self.mention_at(at) {
                let mention = &self.mentions[mention];
                if mention.is_table() && has_preposition {
                    return mention.table();
                }
                if mention.is_table() {
                    return None;
                }
                let has_of = (mention.start..mention.end)
                    .any(|at| matches!(self.lower(at), "of" | "'s" | "·"));
                if has_of && mention.column_fit() > 0.9 {
                    return mention
                        .columns
                        .first()
                        .map(|(column, _)| self.schema.columns[*column].table);
                }
                at = mention.end;
                continue;
            }
            match self.lower(at) {
                "of" | "for" | "in" | "from" | "on" => has_preposition = true,
                "and" | "," | "the" | "a" | "an" | "all" | "each" | "every" | "any" | "their"
                | "its" | "as" | "well" | "different" | "distinct" | "those" => {}
                _ if self.tokens[at].number().is_some() => {}
                _ if self.cue(at) == Some(Cue::Each) => {}
                _ => return None,
            }
            at += 1;
        }
        None
    }

    fn last_table_before(&self, start: usize) -> Option<usize> {
        let mut before = self.mentions.iter().filter(|mention| mention.end <= start);
        before.rfind(|mention| mention.is_table())?.table()
    }

    /// Whether `whose`, `with`, `their` and the like stand shortly before.
    fn follows_relative(&self, start: usize) -> bool {
        (start.saturating_sub(4)..start).any(|at| {
            matches!(self.lower(at), "their" | "its" | "his" | "her")
                || self.cue(at) == Some(Cue::Relative)
        })
    }

    /// The best column for an attribute, nearest to the subject first.
    pub(super) fn column_for(
        &self,
        attribute: &str,
        is_fit: &dyn Fn(&IndexedColumn) -> bool,
    ) -> Option<usize> {
        self.column_in(&self.near_tables(), attribute, is_fit)
    }

    /// The best column for an attribute in some tables.
    pub(super) fn column_in(
        &self,
        tables: &[usize],
        attribute: &str,
        is_fit: &dyn Fn(&IndexedColumn) -> bool,
    ) -> Option<usize> {
        let mut best: Option<(f32, usize)> = None;
        for &table in tables {
            for at in self.schema.tables[table].columns.clone() {
                let column = &self.schema.columns[at];
                let has = column.words.iter().any(|word| word == attribute);
                let is_like = !has
                    && column
                        .words
                        .iter()
                        .any(|word| cues().are_same(word, attribute));
                if !(has || is_like) || !is_fit(column) {
                    continue;
                }
                let hops = self.hops.get(table).copied().unwrap_or(4).min(4) as f32;
                let extra = column.words.len().saturating_sub(1) as f32 * 0.05;
                let mentioned = if self.is_mentioned(table) { 0.3 } else { 0.0 };
                let score = if has { 1.0 } else { 0.7 } - hops * 0.25 - extra + mentioned;
                if best.is_none_or(|(known, _)| score > known) {
                    best = Some((score, at));
                }
            }
        }
        best.map(|(_, column)| column)
    }

    /// Tables of the question and those next to them, the subject first.
    pub(super) fn near_tables(&self) -> Vec<usize> {
        let mut tables = vec![self.subject];
        let add = |table: usize, tables: &mut Vec<usize>| {
            if !tables.contains(&table) && tables.len() < 24 {
                tables.push(table);
            }
        };
        for mention in &self.mentions {
            for &(table, fit) in &mention.tables {
                if fit >= 0.5 {
                    add(table, &mut tables);
                }
            }
        }
        for at in 0..tables.len() {
            for &link in &self.schema.at[tables[at]] {
                let link = &self.schema.links[link];
                add(link.from, &mut tables);
                add(link.to, &mut tables);
            }
        }
        tables
    }

    /// The same with those that are a step further.
    pub(super) fn wide_tables(&self) -> Vec<usize> {
        let mut tables = self.near_tables();
        for at in 0..tables.len() {
            for &link in &self.schema.at[tables[at]] {
                let next = self.schema.links[link].other(tables[at]);
                if !tables.contains(&next) && tables.len() < 48 {
                    tables.push(next);
                }
            }
        }
        tables
    }

    /// The column of an adjective, and whether large values are what it means.
    pub(super) fn adjective_column(&self, word: &str) -> Option<(usize, bool)> {
        let is_fit = |column: &IndexedColumn| {
            let is_text_year = column.words.iter().any(|word| {
                matches!(
                    word.as_str(),
                    "age" | "year" | "dat" | "birth" | "tim" | "rat" | "scor"
                )
            });
            !column.is_id && !column.is_foreign && (column.sort != ColumnSort::Text || is_text_year)
        };
        let own = |(date, _): &(usize, bool)| self.schema.columns[*date].table == self.subject;
        if let Some(date) = self.adjective_date(word).filter(own)
            && cues().is_late_or_early(word)
        {
            return Some(date);
        }
        for (adjective, _) in cues().adjectives(word) {
            for (attribute, is_up) in &adjective.attributes {
                if attribute == "dat"
                    && let Some(column) = self.own_date()
                {
                    return Some((column, *is_up));
                }
                if let Some(column) = self.column_for(attribute, &is_fit) {
                    return Some((column, *is_up));
                }
            }
        }
        self.adjective_date(word)
    }
}
