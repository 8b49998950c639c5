//! Groups: `each`, `per`, `by`, and units of time.
//!
//! A group by a table is by its key and shows what its rows are called by. With a limit, each group
//! has its own first rows. Amounts next to a group of other rows are added up.

use super::Parser;
use super::measure::is_additive;
use crate::query::SqlAggregate;
use crate::query::dates::DateUnit;
use crate::question::cues::Cue;
use crate::question::index::ColumnSort;
use crate::question::periods::group_unit as unit;
use crate::question::sketch::Measure;

/// A group that the question names.
pub(super) enum Group {
    Measure(Measure),
    /// The rows of a table.
    Table(usize),
}

impl Parser<'_> {
    /// All groups that `each`, `per` and `by` name.
    pub(super) fn read_groups(&mut self) -> Vec<Group> {
        let mut groups = Vec::new();
        for at in 0..self.tokens.len() {
            let lower = self.lower(at);
            if matches!(
                lower,
                "yearly" | "annual" | "quarterly" | "monthly" | "weekly" | "daily"
            ) && self.mention_at(at).is_none()
            {
                if let (Some(unit), Some(column)) = (unit(lower), self.best_date()) {
                    if self.has_cue(&[Cue::Aggregate(SqlAggregate::Average)]) {
                        self.sketch.average_over = Some(unit);
                        self.mark_read(at, at + 1);
                        continue;
                    }
                    self.mark_read(at, at + 1);
                    groups.push(Group::Measure(Measure::Bucket(unit, column)));
                }
                continue;
            }
            let is_each = self.cue_from(at).is_some_and(|(_, cue)| cue == Cue::Each);
            let is_by = lower == "by"
                && !self.spent[at]
                && self.cue(at).is_none()
                && self.is_grouping_by(at);
            if is_each || is_by {
                self.count_rows_of(at);
                let after = self.cue_from(at).map_or(at + 1, |(after, _)| after);
                self.group_after(after, &mut groups);
            }
        }
        groups
    }

    /// `sessions by country`, `tokens per user`: rows of a table, the only name before the word.
    fn count_rows_of(&mut self, at: usize) {
        let is_plain = self.is_rows_before(at) && matches!(self.lower(at), "by" | "per");
        let has_items = !self.sketch.items.is_empty() || self.sketch.ranking.is_some();
        let has_function = self.cue_at.iter().flatten().any(|cue| {
            let is_share = matches!(cue, Cue::Share | Cue::Growth | Cue::Median);
            matches!(cue, Cue::Count | Cue::Aggregate(_)) || is_share
        });
        let has_amount = (0..at).any(|at| self.revenue(at).is_some());
        if is_plain && !has_items && !has_function && !has_amount {
            self.push_item(Measure::Count);
        }
    }

    /// `sessions by country`: rows of a table by a column or another table, and no order.
    fn has_rows_by(&self, at: usize) -> bool {
        let next = self.mention_at(at + 1).map(|m| &self.mentions[m]);
        let is_group = next.is_some_and(|next| {
            let is_text = |(column, _): &(usize, f32)| {
                self.schema.columns[*column].sort != ColumnSort::Number
            };
            next.start == at + 1 && (next.is_table() || next.columns.first().is_some_and(is_text))
        });
        is_group && self.is_rows_before(at) && self.sketch.ranking.is_none()
    }

    /// Whether a table is directly before a word, and nothing but words around it before that.
    fn is_rows_before(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|at| self.mention_at(at));
        before.is_some_and(|m| {
            let found = &self.mentions[m];
            let columns = self.mentions[..m].iter().any(|other| other.is_column());
            found.is_table() && !columns
        })
    }

    /// Whether `by` makes groups: something is counted or added up, and no participle is before.
    pub(super) fn is_grouping_by(&self, at: usize) -> bool {
        let before = self.lower(at.wrapping_sub(1));
        let is_participle = before.ends_with("ed")
            || before.ends_with("en")
            || matches!(
                before,
                "led" | "sung" | "built" | "held" | "made" | "taught" | "run"
            );
        let has_agg = self.cue_at.iter().flatten().any(|cue| {
            matches!(
                cue,
                Cue::Count | Cue::Aggregate(_) | Cue::Share | Cue::Growth
            )
        });
        let has_amount = || {
            self.mentions
                .iter()
                .take_while(|mention| mention.end <= at)
                .any(|mention| {
                    mention.columns.iter().any(|(column, fit)| {
                        let column = &self.schema.columns[*column];
                        *fit > 0.7
                            && column.sort == ColumnSort::Number
                            && !column.is_id
                            && is_additive(column)
                    })
                })
                || (0..at).any(|at| self.revenue(at).is_some())
        };
        !is_participle
            && self.lower(at + 1) != "the"
            && (has_agg
                || has_amount()
                || self.has_rows_by(at)
                || unit(self.lower(at + 1)).is_some())
    }

    pub(super) fn group_after(&mut self, after: usize, groups: &mut Vec<Group>) {
        let mut from = after;
        loop {
            let skip = (from..from + 2)
                .take_while(|at| matches!(self.lower(*at), "of" | "the" | "different" | "distinct"))
                .count();
            let at = from + skip;
            let unit = unit(self.lower(at)).filter(|_| {
                let own = self.mention_at(at);
                own.is_none_or(|m| self.mentions[m].column_fit() < 0.95)
            });
            if let Some(unit) = unit
                && let Some(column) = self.best_date()
            {
                self.mark_read(at, at + 1);
                let averages = self.has_cue(&[Cue::Aggregate(SqlAggregate::Average)])
                    && groups.is_empty()
                    && !self.has_plain_average();
                match averages {
                    true => self.sketch.average_over = Some(unit),
                    false => groups.push(Group::Measure(Measure::Bucket(unit, column))),
                }
                from = at + 1;
            } else if let Some(mention) = self.next_mention(at, 1) {
                let is_modifier = self.is_modifier(mention);
                let head = self
                    .mention_at(self.mentions[mention].end)
                    .filter(|_| is_modifier);
                let mention = head.unwrap_or(mention);
                from = self.mentions[mention].end;
                self.group_mention(mention, groups);
                let follow = self
                    .mention_at(from)
                    .filter(|m| self.mentions[*m].is_column());
                if let Some(follow) = follow {
                    from = self.mentions[follow].end;
                }
            } else {
                return;
            }
            // `by region and month`: what follows and is no amount.
            let next_is_group = self.cue(from) == Some(Cue::And) && self.lower(from) == "and" && {
                let next = self.next_mention(from + 1, 1);
                unit_word(self.lower(from + 1))
                    || next.is_some_and(|m| {
                        !self.mentions[m].is_table()
                            && self.mentions[m].columns.first().is_some_and(|(column, _)| {
                                let column = &self.schema.columns[*column];
                                column.sort != ColumnSort::Number
                                    && self.lower(after.wrapping_sub(1)) != "each"
                            })
                    })
            };
            if !next_is_group {
                return;
            }
            from += 1;
        }
    }

    /// Whether the average is of a column that rows have themselves, as an age.
    pub(super) fn has_plain_average(&self) -> bool {
        let place =
            (0..self.tokens.len()).find(|at| self.aggregate_at(*at) == Some(SqlAggregate::Average));
        let next = place.and_then(|at| self.next_mention(at + 1, 3));
        let column = next.and_then(|m| self.mentions[m].columns.first());
        let is_counted =
            place.is_some_and(|at| (at..at + 4).any(|at| self.cue(at) == Some(Cue::Count)));
        !is_counted && column.is_some_and(|(column, _)| !is_additive(&self.schema.columns[*column]))
    }

    pub(super) fn group_mention(&mut self, mention: usize, groups: &mut Vec<Group>) {
        let found = self.mentions[mention].clone();
        if found.is_table() {
            // `each airport code`: a column of the table follows.
            if let Some(next) = self
                .mention_at(found.end)
                .filter(|m| self.mentions[*m].is_column())
                && let Some(column) = self.pick(next)
            {
                self.take(next);
                let table = self.schema.columns[column].table;
                let entry = &self.schema.tables[table];
                // `per product title`: rows by what they are called, equal names apart.
                let is_entity = entry.label == Some(column) && entry.key.is_some();
                groups.push(match is_entity && table != self.subject {
                    true => Group::Table(table),
                    false => Group::Measure(Measure::Column(column)),
                });
                return;
            }
            if let Some(table) = found.table() {
                let own_column = found.columns.iter().find(|(column, fit)| {
                    let column = &self.schema.columns[*column];
                    *fit >= 0.9
                        && column.table == self.subject
                        && column.sort == ColumnSort::Text
                        && !column.is_foreign
                        && self.subject != table
                });
                match own_column {
                    Some((column, _)) => groups.push(Group::Measure(Measure::Column(*column))),
                    None => groups.push(Group::Table(table)),
                }
            }
            self.take(mention);
            return;
        }
        if let Some(column) = self.pick(mention) {
            self.take(mention);
            groups.push(match self.referred_table(mention, column) {
                Some(table) => Group::Table(table),
                None => Group::Measure(Measure::Column(column)),
            });
        }
    }

    /// `orders per city`: rows next to groups are counted.
    fn count_rows(&mut self, groups: &[Group]) {
        let is_counted = (1..self.tokens.len()).any(|at| {
            let is_per = matches!(self.lower(at), "per" | "by");
            let before = self
                .mention_at(at - 1)
                .map(|mention| &self.mentions[mention]);
            let is_rows =
                before.is_some_and(|found| found.is_table() && found.table() == Some(self.subject));
            is_per && is_rows && !self.spent[at]
        });
        let ranking = self.sketch.ranking.as_ref();
        let is_plain = ranking.is_none() || self.is_total_limit;
        let items = &self.sketch.items;
        let label = self.schema.tables[self.subject].label;
        let label = label.or(self.schema.tables[self.subject].key);
        let is_label = |item: &Measure| label.is_some_and(|label| *item == Measure::Column(label));
        let has_label = items.iter().all(is_label);
        let ranks_count = ranking.is_some_and(|ranking| ranking.measure == Measure::Count);
        let has_function = items.iter().any(Measure::is_aggregate);
        let is_total = self.is_total_limit && ranks_count && !has_function;
        if !groups.is_empty() && (is_counted && is_plain && has_label || is_total) {
            self.sketch.items = vec![Measure::Count];
        }
    }

    /// Joins groups, functions and what is returned.
    pub(super) fn finish_groups(&mut self, groups: Vec<Group>) {
        self.count_rows(&groups);
        let limit = self
            .sketch
            .ranking
            .as_ref()
            .and_then(|ranking| ranking.limit);
        for group in &groups {
            let (shown, key) = match group {
                Group::Measure(measure) => (measure.clone(), measure.clone()),
                Group::Table(table) => match self.table_group(*table) {
                    Some(found) => found,
                    None => continue,
                },
            };
            self.sum_plain(&shown);
            let ranking = self.sketch.ranking.as_ref();
            let limit = limit.filter(|_| !self.is_total_limit);
            let is_grouped = self.sketch.items.iter().any(Measure::is_aggregate)
                || ranking.is_some_and(|ranking| ranking.measure.is_aggregate());
            if !is_grouped && limit.is_none() {
                match shown {
                    Measure::Bucket(..) => {
                        self.sketch.items = vec![shown, Measure::Count];
                        self.sketch.groups.push(key);
                    }
                    Measure::Column(_) if matches!(group, Group::Measure(_)) => {
                        self.push_item(shown)
                    }
                    Measure::Column(label) if self.is_shown_apart(label) => {
                        self.sketch.items.insert(0, shown);
                    }
                    _ => {}
                }
                continue;
            }
            self.show_group(&shown, &key, matches!(group, Group::Table(_)));
            if let Some(limit) = limit {
                let (_, mut parts) = self.sketch.per_group.take().unwrap_or_default();
                if key != shown {
                    parts.push(key.clone());
                }
                parts.push(shown);
                self.sketch.per_group = Some((limit, parts));
            }
            if is_grouped {
                self.sketch.groups.push(key);
            }
        }
    }

    /// Whether a group is shown next to what each has: `names used in each study`.
    fn is_shown_apart(&self, label: usize) -> bool {
        let table = |column: &usize| self.schema.columns[*column].table;
        let items = self.sketch.items.iter().flat_map(Measure::columns);
        let mut tables = items.map(|column| table(&column));
        self.has_cue(&[Cue::Each]) && tables.all(|other| other != table(&label))
    }

    /// Returns what a group is called by, before the functions, if nothing of its table is.
    fn show_group(&mut self, shown: &Measure, key: &Measure, is_table: bool) {
        let table = |column: usize| self.schema.columns[column].table;
        let owner = key.columns().first().map(|column| table(*column));
        let is_own = |item: &Measure| match item {
            Measure::Column(column) => {
                let refers = *key == Measure::Column(self.schema.referred(*column));
                Some(table(*column)) == owner || refers
            }
            _ => false,
        };
        let has_own = is_table && self.sketch.items.iter().any(is_own);
        if !self.sketch.items.contains(shown) && !has_own {
            let place = self.sketch.items.iter().position(Measure::is_aggregate);
            let place = place.unwrap_or(self.sketch.items.len());
            self.sketch.items.insert(place, shown.clone());
        }
    }

    pub(super) fn is_key(&self, measure: &Measure) -> bool {
        matches!(measure, Measure::Column(column) if self.schema.columns[*column].is_key)
    }

    /// The name and the key of a table as a group.
    pub(super) fn table_group(&self, table: usize) -> Option<(Measure, Measure)> {
        let entry = &self.schema.tables[table];
        if entry.has_parts && entry.label.is_none() {
            let links = self.schema.at[table]
                .iter()
                .map(|link| &self.schema.links[*link]);
            let mut parents = links.filter(|link| link.from == table).map(|link| link.to);
            let is_part = |parent: &usize| {
                let words = &self.schema.tables[*parent].words;
                *parent != table && words.iter().all(|word| entry.words.contains(word))
            };
            let parent = parents.find(is_part)?;
            return self
                .table_group(parent)
                .filter(|_| !self.schema.tables[parent].has_parts);
        }
        let label = entry.label.or(entry.key)?;
        let key = entry
            .key
            .filter(|_| !self.sketch.groups_by_label)
            .unwrap_or(label);
        Some((Measure::Column(label), Measure::Column(key)))
    }

    /// Amounts next to a group of other rows are added up.
    pub(super) fn sum_plain(&mut self, group: &Measure) {
        let schema = self.schema;
        let column = match group {
            Measure::Column(column) => Some(*column),
            _ => None,
        };
        let owner = column.map(|column| schema.columns[column].table);
        let is_one = column.is_some_and(|column| {
            let found = &schema.columns[column];
            found.is_key || found.is_unique || schema.tables[found.table].label == Some(column)
        });
        for item in &mut self.sketch.items {
            if let Measure::Column(column) = item {
                let found = &schema.columns[*column];
                let is_amount =
                    found.sort == ColumnSort::Number && !found.is_id && !found.is_foreign;
                let is_same_row = is_one && owner == Some(found.table);
                if is_amount && !is_same_row && is_additive(found) {
                    *item = Measure::Of(SqlAggregate::Sum, *column);
                }
            }
        }
    }
}

pub(super) fn unit_word(word: &str) -> bool {
    unit(word).is_some_and(|unit| unit != DateUnit::Day)
}
