//! Two columns that are compared with each other: `shipped after the due date`, `more downvotes
//! than upvotes`, `stock below the threshold`.
//!
//! The columns are of one table and hold the same sort of values. Where a number follows, it is
//! what is compared with, and nothing here is tried. Two values of one column are joined here too.

use super::Parser;
use super::values::is_equal;
use crate::query::Comparison;
use crate::question::cues::Cue;
use crate::question::index::ColumnSort;
use crate::question::sketch::{Condition, Test};

/// The least fit of a name that is compared.
const LEAST: f32 = 0.35;

impl Parser<'_> {
    /// Two values of one column: OR, unless they are both wanted.
    pub(super) fn join_values(&mut self) {
        let conditions = &self.sketch.conditions;
        let mut joins: Vec<(usize, usize)> = Vec::new();
        for (b, second) in conditions.iter().enumerate() {
            for (a, first) in conditions[..b].iter().enumerate() {
                let is_same = first.column == second.column && is_equal(first) && is_equal(second);
                let between = first.at.min(second.at)..first.at.max(second.at);
                let has_or = between.clone().any(|at| self.cue(at) == Some(Cue::Or));
                let has_and = between
                    .clone()
                    .any(|at| matches!(self.cue(at), Some(Cue::And)) && self.lower(at) != ",");
                let is_both = self.has_cue(&[Cue::Both]) && !has_or;
                let has_and = has_and && !self.is_own_label(first.column);
                if is_same && (has_or || !is_both && !has_and) {
                    joins.push((a, b));
                }
            }
        }
        for (a, b) in joins {
            let group = self.sketch.conditions[a].any.unwrap_or(a);
            self.sketch.conditions[a].any = Some(group);
            self.sketch.conditions[b].any = Some(group);
        }
    }

    /// Reads a comparison with a column, between the words before `after` and those after it. Where
    /// it ends.
    pub(super) fn against_column(
        &mut self,
        start: usize,
        after: usize,
        operator: Comparison,
    ) -> Option<usize> {
        let stop = (after..self.tokens.len()).find(|at| self.is_break(*at));
        let stop = stop.unwrap_or(self.tokens.len()).min(after + 8);
        if (after..stop).any(|at| !self.tokens[at].is_word()) {
            return None;
        }
        let next = self.next_mention(after, 4)?;
        // `more A than B`: both follow.
        let than = (after..stop).find(|at| self.lower(*at) == "than");
        let (first, second) = match than.filter(|than| self.mentions[next].end <= *than) {
            Some(than) => (next, self.next_mention(than + 1, 4)?),
            None => (self.mention_before(start, 4)?, next),
        };
        let end = self.mentions[second].end;
        if first == second || end > stop {
            return None;
        }
        let (column, other) = self.comparable(first, second)?;
        for mention in [first, second] {
            self.take(mention);
            self.counters.push(mention);
        }
        self.mark_read(start.min(self.mentions[first].start), end);
        self.add_condition(Condition {
            column,
            test: Test::Column(operator, other),
            at: start,
            any: None,
        });
        Some(end)
    }

    /// Two columns of one table that two names mean, if these can be compared.
    fn comparable(&self, first: usize, second: usize) -> Option<(usize, usize)> {
        let mut best: Option<(f32, (usize, usize))> = None;
        for &(a, fit) in &self.mentions[first].columns {
            for &(b, other) in &self.mentions[second].columns {
                let (one, two) = (&self.schema.columns[a], &self.schema.columns[b]);
                let is_fit = fit.min(other) >= LEAST
                    && a != b
                    && one.table == two.table
                    && one.sort == two.sort
                    && matches!(one.sort, ColumnSort::Number | ColumnSort::Date)
                    && !(one.is_foreign || one.is_id || two.is_foreign || two.is_id);
                let hops = self.hops.get(one.table).copied().unwrap_or(9);
                let score = fit + other - 0.4 * hops.min(9) as f32;
                if is_fit && hops <= 1 && best.is_none_or(|(known, _)| score > known) {
                    best = Some((score, (a, b)));
                }
            }
        }
        best.map(|(_, pair)| pair)
    }
}
