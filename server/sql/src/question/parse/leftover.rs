//! What of a question a query does not answer: cues that left no trace, numbers and texts that are
//! not in it, words that only relate others.
//!
//! These are signs that a reading is wrong, not proofs: they lower how sure it is. Nothing here
//! changes a query.

use super::Parser;
use crate::query::SqlAggregate;
use crate::question::cues::{Cue, Degree};
use crate::question::tokens::TokenKind;

impl Parser<'_> {
    /// How many names of the question nothing came from.
    pub(crate) fn unused_names(&self) -> usize {
        let idle = self
            .mentions
            .iter()
            .zip(&self.taken)
            .filter(|(mention, taken)| {
                !**taken && mention.is_column() && mention.column_fit() >= 0.6
            });
        idle.count()
    }

    /// How far names are from fitting fully, added up.
    pub(crate) fn weakness(&self) -> f32 {
        let fits = self
            .mentions
            .iter()
            .map(|mention| mention.column_fit().max(mention.table_fit()));
        fits.map(|fit| (1.0 - fit).max(0.0)).sum()
    }

    /// The words that nothing explains.
    pub(crate) fn unknown_words(&self) -> Vec<String> {
        let is_open = |at: &usize| !self.explained[*at] && !self.is_relating(*at);
        (0..self.tokens.len())
            .filter(is_open)
            .map(|at| self.tokens[at].text.clone())
            .collect()
    }

    /// Whether a word only says how two names of the question belong together: `assigned to`.
    pub(super) fn is_relating(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else {
            return false;
        };
        let word = self.lower(at);
        let is_verb_place =
            matches!(
                self.cue(before),
                Some(Cue::Relative | Cue::Equal | Cue::Not)
            ) || matches!(self.lower(before), "been" | "to" | "do" | "does" | "did")
                || self.mention_at(before).is_some()
                    && (word.ends_with("ed") || word.ends_with("ing"));
        let next = self.next_mention(at + 1, 3);
        is_verb_place && self.tokens[at].is_word() && !self.tokens[at].is_capital && next.is_some()
    }

    /// How many cues, numbers and texts of the question have no trace in the printed query.
    pub(crate) fn leftovers(&self, printed: &str) -> usize {
        let upper = printed.to_uppercase();
        let has = |parts: &[&str]| parts.iter().any(|part| upper.contains(part));
        let missing = |at: usize| {
            let is_superlative = self.degree(at) == Some(Degree::Superlative);
            match self.cue_from(at).map(|(_, cue)| cue) {
                Some(cue) => traces(cue).is_some_and(|parts| !has(parts)),
                None if is_superlative && self.cue(at).is_none() => {
                    !has(&["ORDER BY", "MAX(", "MIN("])
                }
                None => self.is_value_missing(at, &upper),
            }
        };
        (0..self.tokens.len()).filter(|at| missing(*at)).count()
    }

    /// Whether a number, a quoted text or a word in capitals is not in the query.
    fn is_value_missing(&self, at: usize, upper: &str) -> bool {
        let token = &self.tokens[at];
        let is_code = token.text.chars().any(|c| c.is_ascii_digit() || c == '_');
        let is_name = token.is_capital && at > 0 && self.mention_at(at).is_none();
        match &token.kind {
            TokenKind::Number(number) => !upper.contains(number.trim_end_matches('%')),
            TokenKind::Quoted => !upper.contains(&token.text.to_uppercase()),
            TokenKind::Word if is_code || is_name && self.cue(at).is_none() => {
                self.mention_at(at).is_none() && !upper.contains(&token.text.to_uppercase())
            }
            _ => false,
        }
    }

    /// How many words were only taken to say how two names belong together.
    pub(crate) fn relating_words(&self) -> usize {
        let is_relating = |at: &usize| !self.explained[*at] && self.is_relating(*at);
        (0..self.tokens.len()).filter(is_relating).count()
    }

    /// How many tables fit about as well as those that were chosen.
    pub(crate) fn table_rivals(&self) -> usize {
        let rivals = self.mentions.iter().filter(|mention| mention.is_table());
        let rivals = rivals.filter(|mention| mention.table_fit() < 1.0);
        let near = rivals.map(|mention| {
            let best = mention.table_fit();
            let is_near = |(_, fit): &&(usize, f32)| *fit + 0.06 >= best;
            mention
                .tables
                .iter()
                .filter(is_near)
                .count()
                .saturating_sub(1)
                .min(3)
        });
        near.sum()
    }

    /// How many tables of a query the question does not name.
    pub(crate) fn unnamed(&self, tables: &[usize]) -> usize {
        let is_named = |table: &&usize| self.is_mentioned(**table);
        tables.len() - tables.iter().filter(is_named).count()
    }
}

/// What a cue leaves in a query: one of these parts; none if it may leave nothing.
fn traces(cue: Cue) -> Option<&'static [&'static str]> {
    Some(match cue {
        Cue::Each => &["GROUP BY", "PARTITION BY"],
        Cue::Most | Cue::Fewest | Cue::Common => &["ORDER BY", "MAX(", "MIN("],
        Cue::Order | Cue::Ascending | Cue::Descending => &["ORDER BY"],
        Cue::Not => &[" NOT ", "<>", "IS NULL", "= 0", "EXCEPT", "FALSE"],
        Cue::Count => &["COUNT(", "SUM("],
        Cue::Aggregate(SqlAggregate::Average) => &["AVG("],
        Cue::Aggregate(SqlAggregate::Sum) => &["SUM(", "COUNT("],
        Cue::Aggregate(_) => &["MAX(", "MIN(", "ORDER BY"],
        Cue::Share => &["100"],
        Cue::Growth => &["LAG("],
        Cue::Compare(_) | Cue::OrMore | Cue::OrLess => &["<", ">"],
        Cue::Between => &["BETWEEN", "<", ">"],
        Cue::After | Cue::Before => &["<", ">", "ORDER BY"],
        Cue::Distinct => &["DISTINCT"],
        Cue::Contain | Cue::Begin | Cue::Finish => &["LIKE", "="],
        _ => return None,
    })
}
