//! Parts of texts, columns that are true or false, and values that are missing.
//!
//! `name contains x`, `starts with S`, `active users`, `without an email`. What is found becomes a
//! condition; names that were used are taken.

use super::Parser;
use super::states::expired;
use super::when::is_kin;
use crate::query::Comparison;
use crate::question::cues::{Cue, cues};
use crate::question::index::{ColumnSort, IndexedColumn};
use crate::question::sketch::{Condition, Literal, Test};
use crate::question::tokens::TokenKind;

impl Parser<'_> {
    /// Texts that contain, begin or end so.
    pub(super) fn read_patterns(&mut self) {
        for at in 0..self.tokens.len() {
            let Some((after, cue)) = self.cue_from(at) else {
                continue;
            };
            if !matches!(cue, Cue::Contain | Cue::Begin | Cue::Finish) {
                continue;
            }
            let value = (after..self.tokens.len().min(after + 4)).find(|at| {
                let token = &self.tokens[*at];
                let is_letter =
                    token.is_word() && token.text.chars().count() == 1 && token.lower != "a";
                token.kind == TokenKind::Quoted
                    || is_letter
                    || (token.is_capital && token.is_word() && cue != Cue::Contain)
            });
            let Some(value) = value else {
                continue;
            };
            // `contains the text 'Brazil'`: the named column is that text.
            let inner = self
                .next_mention(after, value - after)
                .filter(|m| self.mentions[*m].start < value);
            if inner.is_some() && cue == Cue::Contain {
                continue;
            }
            self.pattern(at, after, value, cue);
        }
    }

    pub(super) fn pattern(&mut self, at: usize, after: usize, value: usize, cue: Cue) {
        let is_text = |column: &IndexedColumn| column.sort == ColumnSort::Text;
        let next = self
            .next_mention(value + 1, 3)
            .filter(|m| !self.mentions[*m].is_table());
        let before = self.mention_before(at, 3);
        let column = match (before, next) {
            (_, Some(mention)) if self.mentions[mention].is_column() => {
                self.take(mention);
                self.pick_where(mention, &is_text)
            }
            (Some(mention), _) if self.mentions[mention].is_column() => {
                self.take(mention);
                self.pick_where(mention, &is_text)
            }
            (Some(mention), _) => self.mentions[mention]
                .table()
                .and_then(|t| self.schema.tables[t].label),
            _ => self.schema.tables[self.subject].label,
        };
        let Some(column) = column else {
            return;
        };
        let text = &self.tokens[value].text.replace('%', "");
        let pattern = match cue {
            Cue::Begin => format!("{text}%"),
            Cue::Finish => format!("%{text}"),
            _ => format!("%{text}%"),
        };
        let is_not = self.is_negated(at);
        self.add_condition(Condition {
            column,
            test: Test::Like(pattern, is_not),
            at: value,
            any: None,
        });
        self.mark_read(at, value + 1);
        self.mark_read(after, value + 1);
    }

    /// `active users`, `paid orders`: columns that are true or false.
    pub(super) fn read_flags(&mut self) {
        for mention in 0..self.mentions.len() {
            let hops = self.hops.clone();
            let is_flag = |column: &IndexedColumn| {
                let is_near = hops.get(column.table).is_some_and(|hops| *hops <= 1);
                column.sort == ColumnSort::Boolean && is_near
            };
            let found = &self.mentions[mention];
            let has_flag = found
                .columns
                .iter()
                .any(|(column, fit)| *fit >= 0.69 && is_flag(&self.schema.columns[*column]));
            let start = found.start;
            if self.taken[mention] || !has_flag || found.column_fit() > 0.99 && found.is_table() {
                continue;
            }
            if let Some(column) = self.pick_where(mention, &is_flag) {
                let is_not = self.is_negated(start) || self.is_awaited(start);
                let test = Test::Compare(Comparison::Equal, Literal::Boolean(!is_not));
                self.take(mention);
                self.add_condition(Condition {
                    column,
                    test,
                    at: start,
                    any: None,
                });
            }
        }
    }

    /// `sets with failed tests`: more than none, where a column has their number.
    pub(super) fn read_counters(&mut self) {
        for mention in 0..self.mentions.len() {
            let found = &self.mentions[mention];
            let (start, end) = (found.start, found.end);
            let before = start.checked_sub(1).map_or("", |at| self.lower(at));
            let not = matches!(before, "without" | "no");
            let is_with = matches!(before, "with" | "having" | "any") || not;
            let is_plural = self.lower(end - 1).ends_with('s');
            if self.taken[mention] || found.is_table() || !is_with || !is_plural {
                continue;
            }
            let own = self.subject;
            let is_count = |column: &IndexedColumn| {
                let is_number = column.sort == ColumnSort::Number && !column.is_foreign;
                is_number && column.table == own && !column.is_id
            };
            if let Some(column) = self.pick_where(mention, &is_count) {
                let operator = if not {
                    Comparison::Equal
                } else {
                    Comparison::Greater
                };
                let test = Test::Compare(operator, Literal::Number("0".into()));
                self.take(mention);
                self.condition(column, test, start, end);
            }
        }
    }

    /// `waiting for approval`: what is not yet.
    fn is_awaited(&self, start: usize) -> bool {
        (start.saturating_sub(3)..start).any(|at| {
            matches!(
                self.lower(at),
                "waiting" | "awaiting" | "pending" | "needs" | "need"
            )
        })
    }

    /// `bakeries that open on sunday`: a text that says yes or no, by its name.
    pub(super) fn read_yes(&mut self) {
        let starts = [
            "is", "ha", "open", "can", "allow", "support", "accept", "includ",
        ];
        for mention in 0..self.mentions.len() {
            let found = &self.mentions[mention];
            let (start, end) = (found.start, found.end);
            let is_clause =
                (start.saturating_sub(2)..start).any(|at| self.cue(at) == Some(Cue::Relative));
            let is_yes = |column: &IndexedColumn| {
                let first = column.words.first().map_or("", String::as_str);
                column.sort == ColumnSort::Text && column.words.len() > 1 && starts.contains(&first)
            };
            if self.taken[mention] || end - start < 2 || found.column_fit() < 0.85 || !is_clause {
                continue;
            }
            if let Some(column) = self.pick_where(mention, &is_yes) {
                let operator = match self.is_negated(start) {
                    true => Comparison::Unequal,
                    false => Comparison::Equal,
                };
                let test = Test::Compare(operator, Literal::Text("yes".into()));
                self.take(mention);
                self.guesses += 1;
                self.add_condition(Condition {
                    column,
                    test,
                    at: start,
                    any: None,
                });
            }
        }
    }

    /// `never completed`, `unassigned`, `deleted users`: a date or a reference is there or not.
    pub(super) fn read_states(&mut self) {
        for at in 0..self.tokens.len() {
            if !self.tokens[at].is_word() || self.tokens[at].kind == TokenKind::Quoted {
                continue;
            }
            let word = self.lower(at).to_owned();
            let plain = word.strip_prefix("un").unwrap_or("");
            let is_un = plain.ends_with("ed") && plain.len() > 5;
            let is_participle = word.ends_with("ed") || is_un;
            let not = (at.saturating_sub(3)..at)
                .rev()
                .find(|at| self.cue(*at) == Some(Cue::Not));
            let not = not.filter(|not| {
                let between = *not + 1..at;
                between
                    .into_iter()
                    .all(|at| matches!(self.lower(at), "been" | "yet" | "be" | "the"))
            });
            let table = self
                .mention_at(at + 1)
                .filter(|m| self.mentions[*m].is_table());
            let is_before = table.is_some_and(|m| self.mentions[m].table() == Some(self.subject));
            let has_period = (at + 1..self.tokens.len().min(at + 4)).any(|at| {
                matches!(
                    self.tokens[at].kind,
                    TokenKind::Period(_) | TokenKind::Number(_)
                )
            });
            let is_state = is_participle && (is_un || not.is_some() || is_before) && !has_period;
            let is_read = self
                .sketch
                .conditions
                .iter()
                .any(|condition| condition.at == at);
            if !is_state || is_read || self.mention_at(at).is_some_and(|m| self.taken[m]) {
                continue;
            }
            let stem = data::words::stem(if is_un { plain } else { &word });
            let Some((column, test)) = self.state_column(&stem, is_un || not.is_some()) else {
                continue;
            };
            if let Some(mention) = self.mention_at(at) {
                self.take(mention);
            }
            self.mark_read(not.unwrap_or(at), at + 1);
            self.add_condition(Condition {
                column,
                test,
                at,
                any: None,
            });
        }
    }

    /// The date or reference of the subject that a participle names, and what it must be.
    fn state_column(&self, stem: &str, is_not: bool) -> Option<(usize, Test)> {
        let own = self.schema.tables[self.subject].columns.clone();
        let named = own.filter(|column| {
            let words = &self.schema.columns[*column].words;
            words
                .iter()
                .any(|word| is_kin(word, stem) || cues().are_same(word, stem))
        });
        let named: Vec<usize> = named.collect();
        // A column that says it itself, such as a status, is better.
        let is_open = |column: &&usize| {
            let column = &self.schema.columns[**column];
            column.sort == ColumnSort::Date || column.is_foreign
        };
        // All rows are created at some time: `created users` are all users.
        let always = ["creat", "updat", "modif", "join", "plac", "regist"];
        if !is_not && always.iter().any(|begin| stem.starts_with(begin)) {
            return None;
        }
        let mut open = named.iter().filter(is_open);
        let column = *open.next().filter(|_| named.len() == 1 || is_not)?;
        if open.next().is_some() {
            return None;
        }
        if self.expires(column, stem) {
            return Some((column, expired(is_not)));
        }
        Some((column, Test::Empty(is_not)))
    }

    /// `without an email`, `missing phone`, `is null`.
    pub(super) fn read_empty(&mut self) {
        for at in 0..self.tokens.len() {
            let Some((after, cue)) = self.cue_from(at) else {
                continue;
            };
            let is_without = cue == Cue::Not
                && matches!(
                    self.lower(at),
                    "without" | "no" | "lack" | "lacks" | "lacking"
                );
            if cue != Cue::Empty && !is_without {
                continue;
            }
            let near = self.next_mention(after, 1).or_else(|| match is_without {
                true => None,
                false => self.mention_before(at, 2),
            });
            let Some(mention) = near.filter(|m| self.mentions[*m].is_column() && !self.taken[*m])
            else {
                continue;
            };
            let next_is_value = self
                .tokens
                .get(self.mentions[mention].end)
                .is_some_and(|token| token.number().is_some() || token.kind == TokenKind::Quoted);
            let fit = self.mentions[mention]
                .columns
                .first()
                .map_or(0.0, |(column, fit)| {
                    fit + if self.schema.columns[*column].is_foreign {
                        0.15
                    } else {
                        0.0
                    }
                });
            let own = self.subject;
            let is_moment = |column: &IndexedColumn| {
                column.sort == ColumnSort::Date && column.nullable && column.table == own
            };
            let mut columns = self.mentions[mention].columns.iter();
            let has_moment = columns
                .any(|(column, fit)| *fit >= 0.4 && is_moment(&self.schema.columns[*column]));
            let is_vague = is_without && fit < 0.9;
            if is_without && next_is_value || is_vague && !has_moment {
                continue;
            }
            let is_fit = |column: &IndexedColumn| !is_vague || is_moment(column);
            if let Some(column) = self.pick_where(mention, &is_fit) {
                let is_not = cue == Cue::Empty && at > 0 && self.cue(at - 1) == Some(Cue::Not);
                self.take(mention);
                self.mark_read(at, after);
                self.add_condition(Condition {
                    column,
                    test: Test::Empty(!is_not),
                    at,
                    any: None,
                });
            }
        }
    }
}
