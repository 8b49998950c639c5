//! What must not be, and what must be both: NOT IN, EXCEPT, INTERSECT.
//!
//! `shops without employees` needs rows of another table to be missing; conditions after the name
//! of that table are conditions of the missing rows. Two values of one column that one row cannot
//! have at once need two selections.

use super::Parser;
use crate::query::{Comparison, SetOperator};
use crate::question::cues::Cue;
use crate::question::sketch::{Combined, Condition, Literal, Test, Without};

impl Parser<'_> {
    pub(super) fn read_negations(&mut self) {
        for at in 0..self.tokens.len() {
            if let Some((after, Cue::Not)) = self.cue_from(at) {
                self.missing_rows(at, after);
            }
        }
        self.negated_partners();
        self.combine();
    }

    /// `not ... TABLE`: rows of the table that must not exist.
    fn missing_rows(&mut self, at: usize, after: usize) {
        let is_value = |condition: &Condition| {
            matches!(
                condition.test,
                Test::Compare(Comparison::Unequal, _) | Test::Like(_, true)
            ) && condition.at >= after
                && condition.at < after + 5
        };
        if self.sketch.conditions.iter().any(is_value) {
            return;
        }
        let limit = (after..self.tokens.len().min(after + 7))
            .find(|at| self.is_break(*at))
            .unwrap_or(self.tokens.len().min(after + 7));
        let mentions: Vec<usize> = (0..self.mentions.len())
            .filter(|m| (after..limit).contains(&self.mentions[*m].start))
            .collect();
        for &mention in &mentions {
            let found = &self.mentions[mention];
            let table = match found.is_table() {
                true => found.table(),
                false if self.taken[mention] => None,
                false => self.partner_of(mention),
            };
            let Some(table) = table.filter(|table| *table != self.subject) else {
                continue;
            };
            if self.hops.get(table).copied().unwrap_or(usize::MAX) > 3 {
                continue;
            }
            let more = mentions.iter().filter(|m| self.mentions[**m].is_table());
            let more: Vec<usize> = more.filter_map(|m| self.mentions[*m].table()).collect();
            self.sketch.excepts |= matches!(self.lower(at), "except" | "excluding");
            self.sketch
                .absent
                .extend(more.iter().filter(|table| **table != self.subject));
            self.take(mention);
            self.mark_read(at, after);
            let is_inner = |condition: &Condition| {
                let owner = self.schema.columns[condition.column].table;
                condition.at > at && owner != self.subject
            };
            let (inner, outer) = self.sketch.conditions.drain(..).partition(is_inner);
            self.sketch.conditions = outer;
            self.sketch.without.push(Without {
                table,
                conditions: inner,
            });
            return;
        }
    }

    /// The table of a column that many of its rows belong to one of the subject.
    fn partner_of(&self, mention: usize) -> Option<usize> {
        let (column, fit) = *self.mentions[mention].columns.first()?;
        let table = self.schema.columns[column].table;
        let refers = |link: &usize| {
            let link = &self.schema.links[*link];
            link.from == table && link.to == self.subject
        };
        (fit >= 0.4 && self.schema.at[self.subject].iter().any(refers)).then_some(table)
    }

    /// A value that a partner must not have is a partner that must not exist.
    fn negated_partners(&mut self) {
        let all = std::mem::take(&mut self.sketch.conditions);
        let is_partner = |condition: &Condition| {
            let table = self.schema.columns[condition.column].table;
            let is_not = matches!(condition.test, Test::Compare(Comparison::Unequal, _))
                || matches!(condition.test, Test::During(_)) && self.is_negated(condition.at);
            is_not && table != self.subject && self.schema.is_many(self.subject, table)
        };
        let (partners, rest): (Vec<Condition>, Vec<Condition>) =
            all.into_iter().partition(is_partner);
        self.sketch.conditions = rest;
        for mut condition in partners {
            let table = self.schema.columns[condition.column].table;
            if let Test::Compare(operator, _) = &mut condition.test {
                *operator = Comparison::Equal;
            }
            let is_date = matches!(condition.test, Test::During(_));
            let same = self
                .sketch
                .conditions
                .iter()
                .position(|known| known.column == condition.column);
            match same.filter(|_| !is_date) {
                Some(place) => {
                    let first = self.sketch.conditions.remove(place);
                    let operator = SetOperator::Except;
                    self.sketch.combined = Some(Combined {
                        operator,
                        first,
                        second: condition,
                    });
                }
                None => {
                    if !is_date {
                        self.sketch.absent.push(table);
                    }
                    self.sketch.without.push(Without {
                        table,
                        conditions: vec![condition],
                    });
                }
            }
        }
    }

    /// Two values or ranges of one column that both must occur.
    fn combine(&mut self) {
        if self.sketch.combined.is_some() {
            return;
        }
        let conditions = &self.sketch.conditions;
        let mut found = None;
        for (b, second) in conditions.iter().enumerate() {
            for (a, first) in conditions[..b].iter().enumerate() {
                let is_open = first.any.is_none() && second.any.is_none();
                if first.column == second.column && is_open {
                    found = found.or(self
                        .conflict(first, second)
                        .map(|operator| (a, b, operator)));
                }
            }
        }
        let Some((a, b, operator)) = found else {
            return;
        };
        let is_function = |cue: &Cue| matches!(cue, Cue::Count | Cue::Aggregate(_));
        let computes = self.cue_at.iter().flatten().any(is_function) && !self.has_cue(&[Cue::Both]);
        let is_equal = matches!(
            self.sketch.conditions[a].test,
            Test::Compare(Comparison::Equal, _)
        );
        if computes && operator != SetOperator::Except && is_equal {
            let between = self.sketch.conditions[a].at..self.sketch.conditions[b].at;
            let has_or = between.clone().any(|at| self.cue(at) == Some(Cue::Or));
            self.split = (!has_or).then_some(self.sketch.conditions[a].column);
            self.sketch.conditions[a].any = Some(a);
            self.sketch.conditions[b].any = Some(a);
            return;
        }
        let mut second = self.sketch.conditions.remove(b);
        let first = self.sketch.conditions.remove(a);
        if let (SetOperator::Except, Test::Compare(sign, _)) = (operator, &mut second.test) {
            *sign = Comparison::Equal;
        }
        self.sketch.combined = Some(Combined {
            operator,
            first,
            second,
        });
    }

    /// How two conditions of a column are combined if no value fulfils both.
    fn conflict(&self, first: &Condition, second: &Condition) -> Option<SetOperator> {
        let between = first.at.min(second.at)..first.at.max(second.at);
        let has_or = between.clone().any(|at| self.cue(at) == Some(Cue::Or));
        let (Test::Compare(a, x), Test::Compare(b, y)) = (&first.test, &second.test) else {
            return None;
        };
        let number = |literal: &Literal| match literal {
            Literal::Number(number) => number.parse::<f64>().ok(),
            _ => None,
        };
        match (a, b) {
            (Comparison::Equal, Comparison::Equal) if x != y => Some(if has_or {
                SetOperator::Union
            } else {
                SetOperator::Intersect
            }),
            (Comparison::Equal, Comparison::Unequal) if x != y => Some(SetOperator::Except),
            (Comparison::Less | Comparison::AtMost, Comparison::Greater | Comparison::AtLeast) => {
                let is_empty = number(x)? <= number(y)?;
                is_empty.then_some(if has_or {
                    SetOperator::Union
                } else {
                    SetOperator::Intersect
                })
            }
            (Comparison::Greater | Comparison::AtLeast, Comparison::Less | Comparison::AtMost) => {
                let is_empty = number(x)? >= number(y)?;
                is_empty.then_some(if has_or {
                    SetOperator::Union
                } else {
                    SetOperator::Intersect
                })
            }
            _ => None,
        }
    }
}
