//! Names that only the rows of a table hold: `lowest val_loss` where metrics have a key and a
//! value.
//!
//! A word that nothing explains, where an amount or a value is expected, is a name in the nearest
//! table of names and values. This is a guess, and counted so.

use super::Parser;
use crate::query::Comparison;
use crate::question::cues::{Cue, Degree, cues};
use crate::question::index::ColumnSort;
use crate::question::link::Mention;
use crate::question::sketch::{Condition, Literal, Test};
use crate::question::tokens::TokenKind;

impl Parser<'_> {
    pub(super) fn read_keys(&mut self) {
        for (at, name) in self.keys.clone() {
            self.add_name(at, name);
        }
        for at in 1..self.tokens.len() {
            let word = &self.tokens[at];
            let is_open = word.is_word()
                && !self.explained[at]
                && !cues().is_stop(&word.lower)
                && self.degree(at).is_none()
                && (!word.is_capital || word.text.contains('_'));
            if !is_open {
                continue;
            }
            let value = self.value_next(at + 1);
            let is_measured = self.is_measured(at);
            let Some((name, column)) = self.pair_for(is_measured && value.is_none()) else {
                return;
            };
            if let Some(place) = value {
                self.named_value(at, name, column, place);
            } else if is_measured {
                self.named_amount(at, name, column);
            }
        }
    }

    /// Whether a word is where an amount is expected.
    fn is_measured(&self, at: usize) -> bool {
        let before = self.cue(at - 1);
        let is_cue = matches!(before, Some(Cue::Most | Cue::Fewest | Cue::Aggregate(_)));
        let is_best = self.degree(at - 1) == Some(Degree::Superlative);
        is_cue || is_best || self.lower(at - 1) == "by" && before.is_none()
    }

    /// The number or quoted text after a word.
    fn value_next(&self, at: usize) -> Option<usize> {
        let skip =
            usize::from(matches!(self.lower(at), "=" | "of") || self.cue(at) == Some(Cue::Equal));
        let token = self.tokens.get(at + skip)?;
        let is_value = token.number().is_some() || token.kind == TokenKind::Quoted;
        is_value.then_some(at + skip)
    }

    /// The names and values of the nearest table that has such: one that is mentioned before
    /// others.
    fn pair_for(&self, needs_number: bool) -> Option<(usize, usize)> {
        let fit = (0..self.schema.tables.len()).filter(|table| {
            let pair = self.schema.tables[*table].pair;
            let is_number =
                |pair: (usize, usize)| self.schema.columns[pair.1].sort == ColumnSort::Number;
            let is_near = self.hops.get(*table).is_some_and(|hops| *hops <= 2);
            is_near && pair.is_some_and(|pair| !needs_number || is_number(pair))
        });
        let rank = |table: &usize| {
            // Of two such tables, one may hold the last value of each name.
            let words = self.schema.tables[*table].words.iter();
            let mut latest = words.filter(|word| matches!(word.as_str(), "latest" | "current"));
            (
                !self.is_mentioned(*table),
                self.hops[*table],
                latest.next().is_none(),
            )
        };
        let table = fit.min_by_key(rank)?;
        self.schema.tables[table].pair
    }

    fn add_name(&mut self, at: usize, column: usize) {
        let text = self.tokens[at].text.clone();
        self.guesses += 1;
        self.mark_read(at, at + 1);
        self.add_condition(Condition {
            column,
            test: Test::Compare(Comparison::Equal, Literal::Text(text)),
            at,
            any: None,
        });
    }

    /// `learning_rate 0.01`: the value of that name.
    fn named_value(&mut self, at: usize, name: usize, column: usize, place: usize) {
        let token = &self.tokens[place];
        let literal = match self.schema.columns[column].sort {
            ColumnSort::Number if token.number().is_some() => self.literal(place),
            _ => Literal::Text(token.text.clone()),
        };
        self.add_name(at, name);
        self.condition(
            column,
            Test::Compare(Comparison::Equal, literal),
            place,
            place + 1,
        );
    }

    /// `lowest val_loss`: the values of that name.
    fn named_amount(&mut self, at: usize, name: usize, column: usize) {
        self.add_name(at, name);
        let mention = Mention {
            start: at,
            end: at + 1,
            tables: Vec::new(),
            columns: vec![(column, 0.95)],
        };
        self.mentions.push(mention);
        self.mentions.sort_by_key(|mention| mention.start);
        self.taken = vec![false; self.mentions.len()];
        for (place, mention) in self.mentions.iter().enumerate() {
            self.at[mention.start..mention.end].fill(Some(place));
        }
        self.keys.push((at, name));
    }
}
