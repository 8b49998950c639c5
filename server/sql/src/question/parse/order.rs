//! The largest and the smallest, the first few, and the order of all.
//!
//! `the oldest`, `top 3 by sales`, `most pets`, `least common`, `sorted by age descending`. Where
//! the largest value itself is asked for, it is a function; where rows with it are, an order with a
//! limit; where the most partners are, the order of a count.

use super::Parser;
use super::measure::{is_amount, is_amount_or_text_number};
use crate::query::SqlAggregate;
use crate::question::cues::{Cue, Degree, cues};
use crate::question::index::{ColumnSort, IndexedColumn};
use crate::question::sketch::{Measure, Ranking};

impl Parser<'_> {
    pub(super) fn read_order(&mut self) {
        for at in 0..self.tokens.len() {
            if self.sketch.ranking.is_some() {
                break;
            }
            self.superlative(at);
        }
        if self.sketch.ranking.is_none() {
            self.plain_order();
        }
    }

    /// A number next to a superlative: `top 3`, `3 youngest`.
    pub(super) fn limit_near(&mut self, at: usize, after: usize) -> Option<u64> {
        let far = if self.mention_at(at.wrapping_sub(2)).is_some() {
            at.wrapping_sub(3)
        } else {
            after
        };
        let places = [
            after,
            at.wrapping_sub(1),
            at.wrapping_sub(2),
            after + 1,
            far,
        ];
        for place in places {
            let is_free = !self
                .sketch
                .conditions
                .iter()
                .any(|condition| condition.at == place);
            let number = self.tokens.get(place).and_then(|token| token.number());
            if let Some(number) = number.filter(|_| is_free && !self.is_break(place))
                && let Ok(number) = number.parse::<u64>()
                && (1..=100_000).contains(&number)
                && self.tokens[place].year().is_none()
            {
                self.mark_read(place, place + 1);
                return Some(number);
            }
        }
        self.limit_before(at).or_else(|| self.limit_apart(after))
    }

    /// `most expensive products, top 5`: the number is in another place.
    fn limit_apart(&mut self, after: usize) -> Option<u64> {
        let place = (after..self.tokens.len()).find(|place| {
            let is_table = |m: usize| self.mentions[m].is_table();
            let before = self.lower(place.wrapping_sub(1));
            let is_top = matches!(before, "top" | "first" | "limit" | "last" | "bottom");
            let is_counted = self.is_chinese
                && self.mention_at(place + 1).is_some_and(is_table)
                && !matches!(self.cue(place.wrapping_sub(1)), Some(Cue::Compare(_)));
            let is_free = self
                .sketch
                .conditions
                .iter()
                .all(|known| known.at != *place);
            let is_number = self.tokens[*place].number().is_some();
            is_number && is_free && self.tokens[*place].year().is_none() && (is_top || is_counted)
        })?;
        let number: u64 = self.tokens[place].number()?.parse().ok()?;
        self.mark_read(place - 1, place + 1);
        self.spend(place - 1, place);
        (1..=100_000).contains(&number).then_some(number)
    }

    /// `the 3 shops with the most ...`: a number before the name of what is asked for.
    fn limit_before(&mut self, at: usize) -> Option<u64> {
        let place = (0..at).find(|place| {
            let is_free = self.tokens[*place].year().is_none()
                && !self
                    .sketch
                    .conditions
                    .iter()
                    .any(|known| known.at == *place)
                && (place.saturating_sub(2)..*place)
                    .all(|at| matches!(self.cue(at), None | Some(Cue::Request | Cue::And)));
            let mention = self
                .mention_at(place + 1)
                .filter(|m| self.mentions[*m].is_table());
            self.tokens[*place].number().is_some() && is_free && mention.is_some()
        })?;
        let number = self.tokens[place].number()?.parse().ok()?;
        self.mark_read(place, place + 1);
        (1..=100_000).contains(&number).then_some(number)
    }

    /// `second highest`: how many rows come before.
    fn read_offset(&mut self, at: usize) {
        let is_skipped = |word: &str| matches!(word, "the" | "most" | "·");
        let place = (at.saturating_sub(2)..at)
            .rev()
            .find(|at| !is_skipped(self.lower(*at)));
        let place = place.filter(|place| self.mention_at(*place).is_none());
        let offset = place.and_then(|place| match self.lower(place) {
            "second" | "2nd" => Some(1),
            "third" | "3rd" => Some(2),
            "fourth" | "4th" => Some(3),
            "fifth" | "5th" => Some(4),
            _ => None,
        });
        if let (Some(offset), Some(place)) = (offset, place) {
            self.sketch.offset = offset;
            self.mark_read(place, place + 1);
        }
    }

    pub(super) fn superlative(&mut self, at: usize) {
        let before = at.checked_sub(1).map_or("", |at| self.lower(at)).to_owned();
        let cue = self.cue_from(at);
        let two_before = at.checked_sub(2).map_or("", |at| self.lower(at));
        let is_range = |word: &str| matches!(word, "from" | "to");
        if is_range(&before) || before == "the" && is_range(two_before) {
            return;
        }
        if let Some((after, cue @ (Cue::Most | Cue::Fewest))) = cue {
            if before == "at" {
                return;
            }
            self.read_offset(at);
            let is_most = cue == Cue::Most;
            let weak = |m: usize| {
                self.mentions[m]
                    .column_fit()
                    .max(self.mentions[m].table_fit())
                    < 0.9
            };
            if self.degree(after) == Some(Degree::Base) && self.mention_at(after).is_none_or(weak) {
                if let Some(mention) = self.mention_at(after) {
                    self.take(mention);
                }
                return self.adjective(at, after, after + 1, is_most);
            }
            return self.most(at, after, is_most);
        }
        let is_order = matches!(cue, Some((_, Cue::Ascending | Cue::Descending)));
        let is_best = self.degree(at) == Some(Degree::Superlative) && !is_order;
        if is_best && self.mention_at(at).is_none() {
            self.read_offset(at);
            return self.adjective(at, at, at + 1, true);
        }
        self.last_rows(at);
    }

    /// `oldest`, `most recent`.
    pub(super) fn adjective(&mut self, at: usize, word: usize, after: usize, is_most: bool) {
        let Some((column, is_up)) = self.adjective_column(self.lower(word)) else {
            return;
        };
        let limit = self.limit_near(at, after);
        self.mark_read(at, after);
        let column = self.date_named(after, column).unwrap_or(column);
        let descending = is_up == is_most;
        // `the youngest age`: the value itself.
        if let Some(mention) = self.next_mention(after, 1)
            && self.mentions[mention]
                .columns
                .iter()
                .any(|(known, fit)| *known == column && *fit > 0.3)
            && !self.mentions[mention].is_table()
        {
            self.take(mention);
            if self.is_head(at) && limit.is_none() && self.sketch.offset == 0 {
                let function = if descending {
                    SqlAggregate::Greatest
                } else {
                    SqlAggregate::Least
                };
                self.sketch.items.push(Measure::Of(function, column));
                return;
            }
        }
        let ranking = Ranking {
            measure: Measure::Column(column),
            descending,
            limit: limit.or(Some(1)),
            of: None,
        };
        self.sketch.ranking = Some(ranking);
    }

    /// `newest` and `oldest` where no column is called so: by the date of the rows.
    pub(super) fn adjective_date(&self, word: &str) -> Option<(usize, bool)> {
        let is_late = cues().is_late(word)?;
        let date = self.best_date()?;
        // A date of many partners is not that of the row.
        let is_own = !self
            .schema
            .is_many(self.subject, self.schema.columns[date].table);
        is_own.then_some((date, is_late))
    }

    /// `last 10 orders`, `first order of each customer`: by the date of the rows.
    fn last_rows(&mut self, at: usize) {
        let is_last = match self.lower(at) {
            "last" => true,
            "first" => false,
            _ => return,
        };
        let skip = usize::from(
            self.tokens
                .get(at + 1)
                .is_some_and(|t| t.number().is_some()),
        );
        let named = self.mention_at(at + 1 + skip);
        let is_named = named.is_some_and(|m| self.mentions[m].is_table());
        let is_ranked = skip == 1 || self.has_cue(&[Cue::Each]);
        if !is_named || !is_ranked || self.mention_at(at).is_some() || self.cue(at).is_some() {
            return;
        }
        if let Some(date) = self.best_date() {
            let limit = self.limit_near(at, at + 1);
            self.mark_read(at, at + 1);
            self.sketch.ranking = Some(Ranking::first(Measure::Column(date), is_last, limit));
        }
    }

    /// `latest created`: the date that the next word names.
    fn date_named(&mut self, after: usize, column: usize) -> Option<usize> {
        let is_date = |column: &IndexedColumn| column.sort == ColumnSort::Date;
        let mention = self.mention_at(after)?;
        let is_other = !self.mentions[mention].is_table();
        if !is_other || !is_date(&self.schema.columns[column]) {
            return None;
        }
        let named = self.pick_where(mention, &is_date)?;
        self.take(mention);
        Some(named)
    }

    /// Whether what is here is asked for: nothing with columns comes before it.
    pub(super) fn is_head(&self, at: usize) -> bool {
        let has_relative = (0..at).any(|at| {
            at > 0 && self.cue(at) == Some(Cue::Relative)
                || matches!(self.lower(at), "with" | "by" | "of" | "whose")
        });
        let has_names = self.mentions.iter().any(|mention| mention.end <= at);
        !has_relative && !has_names && !self.is_chinese
    }

    /// `most` and `fewest` with what follows.
    pub(super) fn most(&mut self, at: usize, after: usize, is_most: bool) {
        let limit = self.limit_near(at, after);
        let mut from = after;
        while matches!(self.lower(from), "of" | "the")
            || self
                .tokens
                .get(from)
                .is_some_and(|token| token.number().is_some())
        {
            from += 1;
        }
        self.mark_read(at, from);
        if self.cue(from) == Some(Cue::Common) || matches!(self.lower(from), "common" | "popular") {
            return self.rank_count(None, is_most, limit);
        }
        if matches!(self.lower(from), "times" | "time" | "often" | "frequently") {
            return self.most_times(from, is_most, limit);
        }
        if let Some((words_end, Cue::Count)) = self.cue_from(from) {
            self.spend(from, words_end);
            return self.most_of(words_end, is_most, limit, at);
        }
        if matches!(self.cue(from), Some(Cue::Most | Cue::Fewest)) && from > at {
            return;
        }
        // `top 3 products by sales`: what is returned comes first, the measure after `by`.
        let measure = self
            .measure_after_by(from)
            .or_else(|| self.function_after(from))
            .or_else(|| self.amount_before(at, from));
        if let Some(measure) = measure {
            self.sketch.ranking = Some(Ranking::first(measure, is_most, limit));
            return;
        }
        match self.named_after(from) {
            Some(mention) => self.most_named(mention, is_most, limit, at),
            None => match self.revenue(from).or_else(|| self.revenue_before(at)) {
                Some(measure) => {
                    self.sketch.ranking = Some(Ranking::first(measure, is_most, limit));
                }
                None => self.rank_count(None, is_most, limit),
            },
        }
    }

    /// `spent the most`.
    fn revenue_before(&self, at: usize) -> Option<Measure> {
        let before = at.checked_sub(1).filter(|at| self.lower(*at) != "the");
        self.revenue(before.or(at.checked_sub(2))?)
    }

    /// `most times in the evaluation`, `most often`.
    fn most_times(&mut self, from: usize, is_most: bool, limit: Option<u64>) {
        let next = self.next_mention(from + 1, 4);
        let next = next.filter(|m| self.mentions[*m].is_table());
        let before = (0..self.mentions.len()).rfind(|m| {
            let found = &self.mentions[*m];
            found.end < from && found.is_table() && found.table() != Some(self.subject)
        });
        let next = next.or(before);
        let of = next.and_then(|m| self.mentions[m].table());
        if let Some(mention) = self.mention_at(from) {
            self.take(mention);
        }
        self.rank_count(of, is_most, limit);
    }

    /// `highest average salary`.
    fn function_after(&mut self, from: usize) -> Option<Measure> {
        let mut places = from..self.tokens.len().min(from + 3);
        let place = places.find(|at| self.aggregate_at(*at).is_some())?;
        let function = self.aggregate_at(place)?;
        let mention = self.next_mention(place + 1, 2)?;
        let column = self.pick_where(mention, &is_amount)?;
        self.take(mention);
        self.spend(place, place + 1);
        Some(Measure::Of(function, column))
    }

    fn has_amount(&self, mention: usize) -> bool {
        let columns = &self.mentions[mention].columns;
        columns
            .iter()
            .any(|(column, fit)| *fit >= 0.6 && is_amount(&self.schema.columns[*column]))
    }

    /// The next break from a token on.
    fn stop_after(&self, from: usize) -> usize {
        let stop = (from..self.tokens.len()).find(|at| self.is_break(*at));
        stop.unwrap_or(self.tokens.len())
    }

    /// `whose number of products is the largest`: nothing follows, so it is what comes before.
    fn amount_before(&mut self, at: usize, from: usize) -> Option<Measure> {
        let stop = self.stop_after(from);
        let next = self.next_mention(from, 3);
        let mention = self.mention_before(at, 4)?;
        let is_followed = next.is_some_and(|m| self.mentions[m].start < stop);
        if is_followed || !self.has_amount(mention) || self.taken[mention] {
            return None;
        }
        let column = self.pick_where(mention, &is_amount)?;
        self.take(mention);
        Some(self.summed(column))
    }

    /// The name that a superlative is of: an amount before a name that hardly fits.
    fn named_after(&self, from: usize) -> Option<usize> {
        let stop = self.stop_after(from);
        let next = self.next_mention(from, 3);
        let next = next.filter(|m| self.mentions[*m].start < stop);
        let is_weak = next.is_none_or(|m| {
            let found = &self.mentions[m];
            found.column_fit().max(found.table_fit()) < 0.6
        });
        let places = from..stop.min(from + 5);
        let mut names = places.filter_map(|at| self.mention_at(at));
        let better = names.find(|mention| self.has_amount(*mention));
        better.filter(|_| is_weak).or(next)
    }

    /// `most number of X`.
    pub(super) fn most_of(&mut self, from: usize, is_most: bool, limit: Option<u64>, at: usize) {
        match self.next_mention(from, 3) {
            Some(mention) if self.mentions[mention].is_table() => {
                self.take(mention);
                self.rank_count(self.mentions[mention].table(), is_most, limit);
            }
            Some(mention) => self.most_named(mention, is_most, limit, at),
            None => self.rank_count(None, is_most, limit),
        }
    }

    pub(super) fn rank_count(&mut self, of: Option<usize>, descending: bool, limit: Option<u64>) {
        let ranking = Ranking {
            measure: Measure::Count,
            descending,
            limit: limit.or(Some(1)),
            of,
        };
        self.sketch.ranking = Some(ranking);
    }

    /// `highest X`, `most X`: a column, or rows of a table.
    pub(super) fn most_named(
        &mut self,
        mention: usize,
        is_most: bool,
        limit: Option<u64>,
        at: usize,
    ) {
        let end = self.mentions[mention].end;
        let followed = self
            .mention_at(end)
            .filter(|next| self.mentions[*next].is_column());
        let followed = followed.filter(|_| self.mentions[mention].is_table());
        let mention = followed.unwrap_or(mention);
        let found = self.mentions[mention].clone();
        let is_plain = matches!(self.lower(at), "most" | "least" | "fewest");
        if is_plain
            && !found.is_table()
            && self.is_only_date(mention)
            && let Some(column) = self.pick(mention)
        {
            self.take(mention);
            return self.rank_count(Some(self.schema.columns[column].table), is_most, limit);
        }
        let has_own = found.columns.iter().any(|(column, fit)| {
            let column = &self.schema.columns[*column];
            *fit >= 0.5 && column.table == self.subject && is_amount(column)
        });
        let is_column = !found.is_table() || has_own && found.table() != Some(self.subject);
        if is_column && let Some(column) = self.pick_where(mention, &is_amount_or_text_number) {
            self.take(mention);
            let is_value = self.is_head(at) && limit.is_none() && !is_plain;
            let is_value = self.value_in_place(mention, column, is_value);
            return self.rank_column(column, is_value, is_most, limit);
        }
        // `top 3 products`: only the number is said.
        if limit.is_some() && found.table() == Some(self.subject) && !is_plain {
            let size = self.adjective_column(self.lower(at));
            let size = size.map(|(column, _)| Measure::Column(column));
            let measure = self.measure_after_by(found.end).or(size);
            let ranking = measure.map(|measure| Ranking::first(measure, is_most, limit));
            self.sketch.ranking = ranking;
            return;
        }
        if found.table() == Some(self.subject)
            && !is_plain
            && let Some((column, _)) = self.adjective_column(self.lower(at))
        {
            return self.rank_column(column, false, is_most, limit);
        }
        if found.is_table() {
            self.take(mention);
            return self.rank_count(found.table(), is_most, limit);
        }
        self.most_rows(mention, is_most, limit);
    }

    /// The most rows of the table that a column other than the subject's is in.
    fn most_rows(&mut self, mention: usize, is_most: bool, limit: Option<u64>) {
        let column = self.pick(mention);
        let other = column
            .map(|column| &self.schema.columns[column])
            .filter(|column| column.table != self.subject && column.sort != ColumnSort::Text);
        let of = other.map(|column| column.table);
        if of.is_some() {
            self.take(mention);
        }
        self.rank_count(of, is_most, limit);
    }

    /// `second highest price`: the values in their order. Whether the largest one is meant.
    fn value_in_place(&mut self, mention: usize, column: usize, is_value: bool) -> bool {
        if self.sketch.offset > 0 && (is_value || self.is_chinese_value(mention)) {
            self.sketch.items.push(Measure::Column(column));
            self.sketch.distinct = true;
        }
        is_value && self.sketch.offset == 0
    }

    /// `第二高的价格`: only the value is named.
    fn is_chinese_value(&self, mention: usize) -> bool {
        self.is_chinese && (0..self.mentions.len()).all(|other| other == mention)
    }

    fn is_only_date(&self, mention: usize) -> bool {
        self.mentions[mention].columns.iter().all(|(column, _)| {
            let column = &self.schema.columns[*column];
            column.sort == ColumnSort::Date || column.is_year
        })
    }

    /// The largest value of a column, or the rows that have it.
    fn rank_column(&mut self, column: usize, is_value: bool, is_most: bool, limit: Option<u64>) {
        if is_value {
            let function = if is_most {
                SqlAggregate::Greatest
            } else {
                SqlAggregate::Least
            };
            self.sketch.items.push(Measure::Of(function, column));
            return;
        }
        let measure = self.summed(column);
        self.sketch.ranking = Some(Ranking::first(measure, is_most, limit));
    }
}
