//! The state that rows are in: `failed runs`, `users that are deleted`, `unassigned issues`.
//!
//! The word before a table or after `are` is a boolean column, a date that is known or not, a value
//! that the schema lists, or one of a column of states. Only the last is a guess: it has the case
//! of the default. A word that fits nothing stays unknown.

use super::Parser;
use crate::query::Comparison;
use crate::query::dates::{DateBound, DatePeriod, DateUnit};
use crate::question::cues::{Cue, cues};
use crate::question::index::{ColumnSort, IndexedColumn};
use crate::question::sketch::{Condition, Literal, Test};
use data::words::stem;

/// Words of columns that say which state a row is in.
const STATES: &[&str] = &["status", "state", "stage"];

/// States and the words for their opposites.
const OPPOSITES: &[(&str, &str)] = &[
    ("open", "closed"),
    ("inactive", "active"),
    ("active", "disabled"),
    ("active", "archived"),
    ("disabled", "enabled"),
    ("disabled", "active"),
    ("enabled", "disabled"),
    ("hidden", "visible"),
    ("visible", "hidden"),
    ("private", "public"),
    ("public", "private"),
    ("missing", "available"),
    ("unread", "read"),
    ("pending", "done"),
    ("pending", "approved"),
    ("incomplete", "complete"),
];

/// States of what has no end yet.
const UNFINISHED: &[&str] = &[
    "running",
    "unfinished",
    "ongoing",
    "incomplete",
    "uncompleted",
];

impl Parser<'_> {
    pub(super) fn read_adjectives(&mut self) {
        for at in 0..self.tokens.len() {
            let token = &self.tokens[at];
            let is_open =
                token.is_word() && self.cue(at).is_none() && !cues().is_stop(&token.lower);
            let Some(table) = self.described(at).filter(|_| is_open) else {
                continue;
            };
            let Some((column, test, is_guess)) = self.state_of(at, table) else {
                continue;
            };
            self.guesses += usize::from(is_guess);
            if let Some(mention) = self.mention_at(at) {
                self.take(mention);
            }
            self.mark_read(at, at + 1);
            self.add_condition(Condition {
                column,
                test,
                at,
                any: None,
            });
        }
    }

    /// The table whose rows a word describes: the next one, or the last before `are`.
    fn described(&self, at: usize) -> Option<usize> {
        let own = self.mention_at(at);
        if own.is_some_and(|m| self.mentions[m].is_table() || self.mentions[m].end != at + 1) {
            return None;
        }
        let has_mark = self.lower(at + 1) == "·";
        let is_small = |at: &usize| has_mark && matches!(self.lower(*at), "·" | "number" | "of");
        let first = (at + 1..).find(|at| !is_small(at)).unwrap_or(at + 1);
        let next = self.mention_at(first).map(|m| &self.mentions[m]);
        if let Some(next) = next.filter(|next| next.start == first && next.is_table()) {
            return next.table();
        }
        let is_after = |word: &str| {
            matches!(
                word,
                "is" | "are" | "was" | "were" | "been" | "not" | "never" | "yet"
            )
        };
        let is_between = |at: &usize| matches!(self.lower(*at), "still" | "currently" | "already");
        let before = at.checked_sub(1)?;
        let before = if is_between(&before) {
            before.checked_sub(1)?
        } else {
            before
        };
        let has_that = self.cue(before) == Some(Cue::Relative);
        let before = Some(before).filter(|at| has_that || is_after(self.lower(*at)))?;
        let table = (before.saturating_sub(3)..before)
            .rev()
            .find_map(|at| self.mention_at(at))?;
        let is_end = self.is_end(at + 1);
        let found = &self.mentions[table];
        found.table().filter(|_| found.is_table() && is_end)
    }

    fn is_end(&self, at: usize) -> bool {
        at >= self.tokens.len() || self.is_break(at) || self.cue(at) == Some(Cue::And)
    }

    /// The column of a state with what it must be, and whether its value is a guess.
    fn state_of(&self, at: usize, table: usize) -> Option<(usize, Test, bool)> {
        let token = &self.tokens[at];
        let is_not = self.is_negated(at);
        let columns = || self.schema.tables[table].columns.clone();
        let bare = token.lower.strip_prefix("un").filter(|rest| rest.len() > 4);
        let (word, is_not) = match bare {
            Some(rest) => (stem(rest), !is_not),
            None => (token.stem.clone(), is_not),
        };
        let of_word = |column: &IndexedColumn| {
            column.words.len() <= 3 && column.words.iter().any(|own| fits(own, &word))
        };
        let find = |is_fit: &dyn Fn(&IndexedColumn) -> bool| {
            columns().find(|column| is_fit(&self.schema.columns[*column]))
        };
        if let Some(column) = find(&|c| c.sort == ColumnSort::Boolean && of_word(c)) {
            let test = Test::Compare(Comparison::Equal, Literal::Boolean(!is_not));
            return Some((column, test, false));
        }
        if let Some((column, test)) = self.number_state(&token.lower, table, is_not) {
            return Some((column, test, false));
        }
        if let Some(column) = self.opposite_flag(&token.lower, table) {
            let test = Test::Compare(Comparison::Equal, Literal::Boolean(is_not));
            return Some((column, test, false));
        }
        let is_moment = |c: &IndexedColumn| {
            let is_time = |word: &String| matches!(word.as_str(), "at" | "on" | "tim" | "dat");
            c.nullable && (c.sort == ColumnSort::Date || c.words.iter().any(is_time)) && of_word(c)
        };
        if let Some((column, value)) = self.listed_state(&token.lower, table) {
            let operator = match self.is_negated(at) {
                true => Comparison::Unequal,
                false => Comparison::Equal,
            };
            return Some((column, Test::Compare(operator, Literal::Text(value)), false));
        }
        let is_past = token.lower.ends_with("ed") || token.lower.ends_with("en");
        if bare.is_some()
            && let Some(column) = find(&|c| (c.is_foreign || c.is_id) && of_word(c))
        {
            return Some((column, Test::Empty(is_not), false));
        }
        if let Some((column, test)) = self.end_state(&token.lower, table, is_not) {
            return Some((column, test, false));
        }
        let state = self.state_column_of(table);
        let moment = find(&is_moment);
        if let Some(column) = moment.filter(|column| self.expires(*column, &token.lower)) {
            return Some((column, expired(is_not), false));
        }
        if let Some(column) = moment.filter(|_| is_past && state.is_none()) {
            return Some((column, Test::Empty(is_not), false));
        }
        self.guessed_state(at, state?, is_not)
    }

    /// A state that a number says: a flag of 0 and 1, or how often.
    fn number_state(&self, word: &str, table: usize, is_not: bool) -> Option<(usize, Test)> {
        let mut columns = self.schema.tables[table].columns.clone();
        let column = columns.find(|column| {
            let column = &self.schema.columns[*column];
            let name = column.name.to_lowercase();
            let is_named = name == word || name.strip_prefix("is_") == Some(word);
            let is_number = column.sort == ColumnSort::Number && !column.is_foreign;
            is_named && word.ends_with("ed") && is_number
        })?;
        let default = self.schema.columns[column].default.as_deref();
        let is_flag = matches!(default, Some("0" | "1"));
        let operator = match (is_not, is_flag) {
            (false, false) => Comparison::Greater,
            _ => Comparison::Equal,
        };
        let number = u8::from(is_flag && !is_not).to_string();
        Some((column, Test::Compare(operator, Literal::Number(number))))
    }

    /// A state that the day of the end says: `overdue`, `unfinished`.
    fn end_state(&self, word: &str, table: usize, is_not: bool) -> Option<(usize, Test)> {
        let is_due = |column: &usize| {
            let column = &self.schema.columns[*column];
            let mut words = column.words.iter();
            column.sort == ColumnSort::Date
                && words.any(|word| matches!(word.as_str(), "due" | "deadlin"))
        };
        if word == "overdue" {
            let due = self.schema.tables[table].columns.clone().find(is_due);
            return due.map(|column| (column, expired(is_not)));
        }
        let end = UNFINISHED.contains(&word).then(|| self.end_of(table));
        end.flatten().map(|column| (column, Test::Empty(!is_not)))
    }

    /// The moment at which rows of a table are finished, if that may be unknown.
    fn end_of(&self, table: usize) -> Option<usize> {
        let ends = ["complet", "finish", "end", "clos", "done", "stop"];
        let mut columns = self.schema.tables[table].columns.clone();
        columns.find(|column| {
            let column = &self.schema.columns[*column];
            let is_end = column
                .words
                .iter()
                .any(|word| ends.contains(&word.as_str()));
            column.sort == ColumnSort::Date && column.nullable && is_end
        })
    }

    /// Whether a word says that the moment of a column is over: `expired`.
    pub(super) fn expires(&self, column: usize, word: &str) -> bool {
        word.starts_with("expir") && self.schema.columns[column].sort == ColumnSort::Date
    }

    /// The column of a table that says which state a row is in.
    fn state_column_of(&self, table: usize) -> Option<usize> {
        let find = |state: &&str| {
            let state = stem(state);
            let mut columns = self.schema.tables[table].columns.clone();
            columns.find(|at| {
                let column = &self.schema.columns[*at];
                let is_state = column.words.contains(&state);
                column.sort == ColumnSort::Text && !column.is_foreign && is_state
            })
        };
        STATES.iter().find_map(find)
    }

    /// A participle or adjective as the value of a column of states that lists none.
    fn guessed_state(&self, at: usize, column: usize, is_not: bool) -> Option<(usize, Test, bool)> {
        let token = &self.tokens[at];
        let found = &self.schema.columns[column];
        let is_own = |(other, _): &(usize, f32)| self.schema.columns[*other].table == found.table;
        let names_column = self
            .mention_at(at)
            .is_some_and(|m| self.mentions[m].columns.iter().any(is_own));
        let ends = ["ed", "en", "ing", "ive"];
        let is_adjective = ends.iter().any(|end| token.lower.ends_with(end));
        if names_column || !found.values.is_empty() || !is_adjective {
            return None;
        }
        let text = match token.is_capital {
            true => token.text.clone(),
            false => self.in_case(column, &token.lower),
        };
        let operator = match is_not {
            true => Comparison::Unequal,
            false => Comparison::Equal,
        };
        Some((column, Test::Compare(operator, Literal::Text(text)), true))
    }

    /// A boolean of a table or of the states that it refers to, which is false for what a word
    /// says: `open` where the schema has `is_closed`.
    fn opposite_flag(&self, word: &str, table: usize) -> Option<usize> {
        let opposites = OPPOSITES.iter().filter(|(one, _)| *one == word);
        let opposites: Vec<String> = opposites.map(|(_, other)| stem(other)).collect();
        let links = self.schema.at[table]
            .iter()
            .map(|link| &self.schema.links[*link]);
        let parents = links.filter(|link| link.from == table).map(|link| link.to);
        let is_state = |table: &usize| {
            let last = self.schema.tables[*table].words.last();
            last.is_some_and(|last| STATES.iter().any(|state| stem(state) == *last))
        };
        let tables = std::iter::once(table).chain(parents.filter(is_state));
        let mut columns = tables.flat_map(|table| self.schema.tables[table].columns.clone());
        columns.find(|column| {
            let column = &self.schema.columns[*column];
            let is_word = column.words.len() <= 2
                && column.words.last().is_some_and(|w| opposites.contains(w));
            column.sort == ColumnSort::Boolean && is_word
        })
    }

    /// The column of a table that lists a value, with the value as the schema has it.
    fn listed_state(&self, word: &str, table: usize) -> Option<(usize, String)> {
        let has = |column: usize| {
            let values = self.schema.columns[column].values.iter();
            let mut values = values.filter(|value| fits(&value.to_lowercase(), word));
            values.next().map(|value| (column, value.clone()))
        };
        self.schema.tables[table].columns.clone().find_map(has)
    }

    /// A value in the case that the default of its column has.
    fn in_case(&self, column: usize, text: &str) -> String {
        let default = self.schema.columns[column].default.as_deref().unwrap_or("");
        let letters = || default.chars().filter(|c| c.is_alphabetic());
        let is_upper = letters().next().is_some() && letters().all(char::is_uppercase);
        let starts_upper = letters().next().is_some_and(char::is_uppercase);
        match (is_upper, starts_upper) {
            (true, _) => text.to_uppercase(),
            (_, true) => {
                let mut rest = text.chars();
                let first = rest.next().into_iter().flat_map(char::to_uppercase);
                first.chain(rest.clone()).collect()
            }
            _ => text.to_owned(),
        }
    }
}

/// Before today, or not.
pub(super) fn expired(is_not: bool) -> Test {
    let today = Some(DateBound::StartOf(DateUnit::Day, 0));
    let (from, until) = if is_not { (today, None) } else { (None, today) };
    Test::During(DatePeriod { from, until })
}

/// Whether two words are forms of one: `deleted` and `delet`.
fn fits(own: &str, word: &str) -> bool {
    own == word || stem(own) == *word || own.len() > 3 && stem(own) == stem(word)
}
