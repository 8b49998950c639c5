//! The order of all rows: `sorted by age`, `in descending order of capacity`, `alphabetically`.
//!
//! The direction and the measure may stand on either side of each other. The largest and smallest
//! are read in `order.rs` before.

use super::Parser;
use crate::question::cues::{Cue, Degree, cues};
use crate::question::sketch::{Measure, Ranking};

impl Parser<'_> {
    /// `sorted by age`, `in descending order of capacity`, `alphabetically`.
    pub(super) fn plain_order(&mut self) {
        let direction = self.direction();
        let start = self.order_start(direction);
        let Some((start, from)) = start else {
            return;
        };
        let descending = direction.is_some_and(|(_, _, descending)| descending);
        let measure = self.order_measure(from);
        let is_open = direction.is_some_and(|(at, _, _)| at == start);
        let computes = self.has_cue(&[Cue::Each, Cue::Count]);
        if measure.is_none() && is_open && computes {
            let is_early = matches!(self.lower(start), "oldest" | "earliest");
            self.open_order = (!is_early).then_some(descending);
            self.mark_read(start, from);
            return;
        }
        let times = ["newest", "latest", "oldest", "earliest"];
        let is_time = is_open && (start..from).any(|at| times.contains(&self.lower(at)));
        let date = || self.best_date().map(Measure::Column);
        let measure = measure.or_else(|| is_time.then(date).flatten());
        let measure = measure.or_else(|| self.order_fallback(start));
        self.mark_read(start, from);
        if let Some(measure) = measure {
            let mut descending = descending;
            if let Some(at) =
                (from..self.tokens.len().min(from + 3)).find(|at| self.degree(*at).is_some())
            {
                let first = self.lower(at + 1) == "first";
                descending |= first && cues().adjectives(self.lower(at))[0].0.attributes[0].1;
            }
            self.sketch.ranking = Some(Ranking {
                measure,
                descending,
                limit: None,
                of: None,
            });
        }
    }

    pub(super) fn direction(&self) -> Option<(usize, usize, bool)> {
        let found = (0..self.tokens.len()).find_map(|at| match self.cue_from(at) {
            Some((after, Cue::Descending)) => Some((at, after, true)),
            Some((after, Cue::Ascending)) => Some((at, after, false)),
            _ => None,
        });
        found.or_else(|| (0..self.tokens.len()).find_map(|at| self.superlative_range(at)))
    }

    /// `from the youngest to the oldest`.
    fn superlative_range(&self, at: usize) -> Option<(usize, usize, bool)> {
        let skip = |at: usize| at + usize::from(self.lower(at) == "the");
        let first = skip(at + 1);
        let second = skip(first + 2);
        let is_superlative = |at: usize| self.degree(at) == Some(Degree::Superlative);
        let is_range = self.lower(at) == "from" && self.lower(first + 1) == "to";
        if !is_range || !is_superlative(first) || !is_superlative(second) {
            return None;
        }
        let (_, is_up) = self.adjective_column(self.lower(first))?;
        Some((at, second + 1, is_up))
    }

    /// Where the order is spoken of, and where its measure begins.
    pub(super) fn order_start(
        &self,
        direction: Option<(usize, usize, bool)>,
    ) -> Option<(usize, usize)> {
        let named = (0..self.tokens.len()).find_map(|at| match self.cue_from(at) {
            Some((after, Cue::Order)) => Some((at, after)),
            Some((after, Cue::Ordering)) => {
                let by = (after..self.tokens.len()).find(|at| self.lower(*at) == "by")?;
                Some((by, by + 1))
            }
            _ => None,
        });
        match (named, direction) {
            (Some((start, after)), Some((at, end, _)))
                if at >= after
                    && self
                        .next_mention(after, at - after)
                        .is_none_or(|m| self.mentions[m].start >= at)
                    && (after..at).all(|at| self.cue(at).is_none()) =>
            {
                Some((start, end))
            }
            (Some(named), _) => Some(named),
            (None, Some((at, end, _))) => {
                let by = (end..self.tokens.len().min(end + 4)).find(|place| {
                    self.lower(*place) == "by" || self.lower(*place) == "of" && *place == end
                });
                Some((at, by.map_or(end, |by| by + 1)))
            }
            (None, None) => None,
        }
    }

    pub(super) fn order_measure(&mut self, from: usize) -> Option<Measure> {
        let until = (from..self.tokens.len())
            .find(|at| {
                self.is_break(*at)
                    || matches!(
                        self.cue(*at),
                        Some(Cue::Request | Cue::Ascending | Cue::Descending)
                    )
            })
            .unwrap_or(self.tokens.len())
            .min(from + 8);
        for at in from..until {
            if self.cue(at) == Some(Cue::Count) {
                self.spend(at, at + 1);
                if self.next_mention(at, 5).is_none() {
                    return Some(Measure::Count);
                }
                let mention = self
                    .next_mention(at, 5)
                    .filter(|m| self.mentions[*m].is_table());
                if let Some(mention) = mention {
                    let table = self.mentions[mention].table();
                    if table != Some(self.subject) {
                        self.sketch.tables.extend(table);
                        self.take(mention);
                    }
                    return Some(Measure::Count);
                }
            }
            let Some(mention) = self
                .mention_at(at)
                .filter(|m| self.mentions[*m].start == at)
            else {
                continue;
            };
            let next = self.mention_at(self.mentions[mention].end);
            let next_is_column = next.is_some_and(|next| self.mentions[next].is_column());
            if self.mentions[mention].is_table() && next_is_column {
                continue;
            }
            let function = (from..at).find_map(|at| self.aggregate_at(at));
            if self.mentions[mention].column_fit() < 0.5 && self.mentions[mention].is_table() {
                continue;
            }
            let column = self.pick(mention)?;
            self.take(mention);
            self.ordered_by = Some(mention);
            let grouped = self.has_cue(&[Cue::Each]) && function.is_none();
            return Some(match function {
                Some(function) => Measure::Of(function, column),
                None if grouped => self.summed(column),
                None => Measure::Column(column),
            });
        }
        let adjective = (from..until).find_map(|at| self.adjective_column(self.lower(at)));
        adjective.map(|(column, _)| Measure::Column(column))
    }

    /// An order without a measure: by what is returned, or what comes before.
    pub(super) fn order_fallback(&mut self, start: usize) -> Option<Measure> {
        let mention = (0..self.mentions.len()).find(|m| {
            self.mentions[*m].end <= start && self.mentions[*m].is_column() && !self.taken[*m]
        });
        match mention {
            Some(mention) => self.pick(mention).map(Measure::Column),
            None => self.schema.tables[self.subject].label.map(Measure::Column),
        }
    }
}
