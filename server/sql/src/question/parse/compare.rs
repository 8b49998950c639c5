//! Comparisons with numbers, averages, days and years.
//!
//! `older than 20`, `capacity at least 5000`, `more than 2 pets`, `between 10 and 20`,
//! `after 2014`, `2 or more`, `in 2023`, `last month`. A number next to the name of a table counts
//! its rows; next to a column it is compared with that.

use super::Parser;
use crate::query::Comparison;
use crate::query::dates::{CalendarDay, DateBound, DatePeriod};
use crate::question::cues::{Cue, Degree};
use crate::question::index::{ColumnSort, IndexedColumn};
use crate::question::periods::unit;
use crate::question::sketch::{Condition, Having, Literal, Measure, Test};

/// A number in a comparison, with the words around it.
#[derive(Clone, Copy)]
pub(super) struct Compared {
    /// Where the comparing words begin and end.
    pub(super) start: usize,
    pub(super) after: usize,
    pub(super) number: usize,
}

impl Parser<'_> {
    pub(super) fn read_comparisons(&mut self) {
        let mut at = 0;
        while at < self.tokens.len() {
            let end = self.comparison(at);
            at = end.unwrap_or(at + 1).max(at + 1);
        }
        for at in 0..self.tokens.len() {
            self.period(at);
            self.equal_number(at);
        }
    }

    /// Reads a comparison that begins at a token. Where it ends.
    pub(super) fn comparison(&mut self, at: usize) -> Option<usize> {
        if self.tokens[at].number().is_some() {
            return self.number_first(at);
        }
        let cue = self.cue_from(at);
        match cue {
            Some((after, Cue::Between)) => return self.between(at, after),
            Some((after, Cue::Compare(operator))) => {
                return self.compare(at, after, operator, None);
            }
            Some((after, Cue::After)) => return self.after_or_before(at, after, true),
            Some((after, Cue::Before)) => return self.after_or_before(at, after, false),
            _ if self.lower(at) == "past" => return self.past(at),
            _ => {}
        }
        let is_than = self.lower(at + 1) == "than";
        if is_than && self.degree(at) == Some(Degree::Comparative) {
            if let Some(end) = self.aged(at) {
                return Some(end);
            }
            let adjective = self.adjective_column(self.lower(at));
            let is_up = adjective.is_none_or(|(_, is_up)| is_up);
            let operator = if is_up {
                Comparison::Greater
            } else {
                Comparison::Less
            };
            return self.compare(at, at + 2, operator, adjective.map(|(column, _)| column));
        }
        None
    }

    /// The number after comparing words: names and small words may stand between.
    pub(super) fn number_after(&self, from: usize, within: usize) -> Option<usize> {
        for at in from..self.tokens.len().min(from + within + 1) {
            if self.tokens[at].number().is_some() {
                return Some(at);
            }
            if self.is_break(at) || matches!(self.cue(at), Some(Cue::And | Cue::Or | Cue::Relative))
            {
                return None;
            }
        }
        None
    }

    pub(super) fn compare(
        &mut self,
        start: usize,
        after: usize,
        operator: Comparison,
        adjective: Option<usize>,
    ) -> Option<usize> {
        if let Some(end) = self.against_average(start, after, operator, adjective) {
            return Some(end);
        }
        if let Some(end) = self.against_column(start, after, operator) {
            return Some(end);
        }
        let number = self.number_after(after, 4)?;
        let compared = Compared {
            start,
            after,
            number,
        };
        let test = Test::Compare(operator, self.literal(number));
        self.place_test(compared, test, adjective)
    }

    pub(super) fn literal(&self, number: usize) -> Literal {
        Literal::Number(self.tokens[number].number().unwrap_or("0").to_owned())
    }

    /// Gives a test of a number to a column, or to the rows that are counted.
    pub(super) fn place_test(
        &mut self,
        compared: Compared,
        test: Test,
        adjective: Option<usize>,
    ) -> Option<usize> {
        let Compared {
            start,
            after,
            number,
        } = compared;
        let is_number = |column: &IndexedColumn| {
            (column.sort == ColumnSort::Number || column.is_year) && !column.is_foreign
        };
        let inner = self.next_mention(after, number.saturating_sub(after));
        let inner = inner.filter(|m| self.mentions[*m].start < number);
        let next = self
            .next_mention(number + 1, 1)
            .filter(|_| self.lower(number + 1) != "·");
        let end = number + 1;
        // `price more than 20`, `more than the price 20`.
        if let Some(mention) = inner
            && let Some(column) = self.pick_where(mention, &is_number)
        {
            self.take(mention);
            return self.condition(column, test, start, end);
        }
        if let Some(column) = adjective {
            self.mark_read(start, end);
            let test = self.age_test(column, number, test);
            return self.condition(column, test, start, end);
        }
        if let Some(end) = next.and_then(|mention| self.counted(mention, &test, start)) {
            return Some(end);
        }
        if matches!(self.lower(end), "time" | "times") {
            let having = Having {
                measure: Measure::Count,
                test,
                of: None,
            };
            self.sketch.having.push(having);
            self.mark_read(start, end + 1);
            return Some(end + 1);
        }
        if let Some(end) = self.counted_around(start, end, &test) {
            return Some(end);
        }
        self.before_or_any(compared, test)
    }

    /// The column before the comparison, or the only one that it can be.
    pub(super) fn before_or_any(&mut self, compared: Compared, test: Test) -> Option<usize> {
        let Compared { start, number, .. } = compared;
        let end = number + 1;
        let is_number = |column: &IndexedColumn| {
            let is_counted = column.sort == ColumnSort::Number || column.is_year;
            is_counted && !column.is_foreign && !column.is_key
                || column.sort == ColumnSort::Text && !column.is_id && has_number_word(column)
        };
        for within in [4, 8] {
            let before = self.mention_before(start, within);
            if let Some(mention) = before.filter(|m| !self.mentions[*m].is_table() || within == 4)
                && let Some(column) = self.pick_where(mention, &is_number)
            {
                self.take(mention);
                if let Some(function) = self.function_before(mention, column) {
                    let measure = Measure::Of(function, column);
                    self.sketch.having.push(Having {
                        measure,
                        test,
                        of: None,
                    });
                    self.mark_read(start, end);
                    return Some(end);
                }
                return self.condition(column, test, start, end);
            }
        }
        // `spent more than 100` without a name: the only amount, the year, or the age.
        let is_year = self.tokens[number].year().is_some();
        let words: &[&str] = match is_year {
            true => &["year", "date"],
            false => &["amount", "total", "price", "age"],
        };
        let stems = words.iter().map(|word| data::words::stem(word));
        let column = stems
            .filter_map(|word| self.column_for(&word, &is_number))
            .next()?;
        self.guesses += 1;
        self.condition(column, test, start, end)
    }

    /// The function of a column of many rows: `average rating above 4` is of each group.
    pub(super) fn function_before(
        &mut self,
        mention: usize,
        column: usize,
    ) -> Option<crate::query::SqlAggregate> {
        let start = self.mentions[mention].start;
        let table = self.schema.columns[column].table;
        let place = (start.saturating_sub(2)..start).find(|at| self.aggregate_at(*at).is_some())?;
        let is_many = table != self.subject && self.schema.is_many(self.subject, table);
        let function = self.aggregate_at(place).filter(|_| is_many)?;
        self.spend(place, start);
        Some(function)
    }

    pub(super) fn condition(
        &mut self,
        column: usize,
        test: Test,
        start: usize,
        end: usize,
    ) -> Option<usize> {
        self.add_condition(Condition {
            column,
            test,
            at: start,
            any: None,
        });
        self.mark_read(start, end);
        if matches!(
            self.lower(end),
            "years" | "year" | "dollars" | "kg" | "cm" | "meters" | "feet"
        ) {
            self.mark_read(end, end + 1);
        }
        Some(end)
    }

    /// `above the average age`, `older than average`.
    pub(super) fn against_average(
        &mut self,
        start: usize,
        after: usize,
        operator: Comparison,
        adjective: Option<usize>,
    ) -> Option<usize> {
        let average = (after..self.tokens.len().min(after + 4))
            .take_while(|at| self.tokens[*at].number().is_none())
            .find(|at| self.aggregate_at(*at) == Some(crate::query::SqlAggregate::Average))?;
        let is_number = |column: &IndexedColumn| column.sort == ColumnSort::Number && !column.is_id;
        let next = self
            .next_mention(average + 1, 3)
            .filter(|m| !self.mentions[*m].is_table());
        let inner = self.next_mention(after, average - after);
        let inner = inner.filter(|m| self.mentions[*m].start < average);
        let before = inner.or_else(|| self.mention_before(start, 4));
        let mut end = average + 1;
        let column = match (adjective, next, before) {
            (Some(column), _, _) => column,
            (None, Some(mention), _) => {
                end = self.mentions[mention].end;
                self.take(mention);
                self.pick_where(mention, &is_number)?
            }
            (None, None, Some(mention)) => self.pick_where(mention, &is_number)?,
            (None, None, None) => return None,
        };
        if let Some(mention) = before
            && next.is_some()
            && self.mentions[mention]
                .columns
                .iter()
                .any(|(known, _)| *known == column)
        {
            self.take(mention);
        } else if let (None, Some(mention)) = (next, before.filter(|_| adjective.is_none())) {
            self.take(mention);
        }
        if let Some(mention) = next {
            self.take(mention);
            end = end.max(self.mentions[mention].end);
        }
        self.spend(average, end);
        self.condition(column, Test::Average(operator), start, end)
    }

    /// `between 10 and 20`.
    pub(super) fn between(&mut self, start: usize, after: usize) -> Option<usize> {
        let first = self.number_after(after, 2)?;
        let middle = self.lower(first + 1);
        if !matches!(middle, "and" | "to" | "or" | "-") {
            return None;
        }
        let second = self.number_after(first + 2, 1)?;
        let compared = Compared {
            start,
            after,
            number: second,
        };
        if let (Some(from), Some(to)) = (self.tokens[first].year(), self.tokens[second].year()) {
            let period = DatePeriod {
                from: Some(DateBound::Day(CalendarDay::year(from))),
                until: Some(DateBound::Day(CalendarDay::year(to + 1))),
            };
            if let Some(column) = self.date_for(start, second + 1) {
                return self.condition(column, Test::During(period), start, second + 1);
            }
        }
        let test = Test::Between(self.literal(first), self.literal(second));
        let end = self.place_test(compared, test, None)?;
        self.mark_read(start, end);
        Some(end)
    }

    /// `2 or more`, `20 to 30 years old`, `1 to 2 paragraphs`, `20 years or older`.
    pub(super) fn number_first(&mut self, at: usize) -> Option<usize> {
        let skip = usize::from(matches!(self.lower(at + 1), "years" | "year"));
        if let Some((after, cue)) = self.cue_from(at + 1 + skip)
            && matches!(cue, Cue::OrMore | Cue::OrLess)
        {
            let operator = match cue {
                Cue::OrMore => Comparison::AtLeast,
                _ => Comparison::AtMost,
            };
            let test = Test::Compare(operator, self.literal(at));
            let next = self.next_mention(after, 1);
            if let Some(end) = next.and_then(|mention| self.counted(mention, &test, at)) {
                return Some(end);
            }
            let adjective = (at + 1..after).find_map(|at| self.adjective_column(self.lower(at)));
            if let Some((column, _)) = adjective {
                return self.condition(column, test, at, after);
            }
            let compared = Compared {
                start: at,
                after,
                number: at,
            };
            self.before_or_any(compared, test)?;
            self.mark_read(at, after);
            return Some(after);
        }
        let second = at + 2;
        let is_range = matches!(self.lower(at + 1), "to" | "-" | "~");
        if is_range
            && self
                .tokens
                .get(second)
                .is_some_and(|token| token.number().is_some())
        {
            let compared = Compared {
                start: at,
                after: at,
                number: second,
            };
            let test = Test::Between(self.literal(at), self.literal(second));
            return self.place_test(compared, test, None);
        }
        None
    }

    /// A number after the name of a column, or a year after `in`.
    pub(super) fn equal_number(&mut self, at: usize) {
        if self.tokens[at].number().is_none() || self.is_compared(at) {
            return;
        }
        let article = usize::from(self.lower(at.wrapping_sub(1)) == "a");
        let before = self.lower(at.wrapping_sub(1 + article)).to_owned();
        if self.tokens[at].year().is_some()
            && (matches!(before.as_str(), "in" | "during" | "of" | "for")
                || unit(&before).is_some())
        {
            self.year_equal(at);
            return;
        }
        if matches!(
            self.cue(at.wrapping_sub(1)),
            Some(Cue::Most | Cue::Fewest | Cue::Request)
        ) {
            return;
        }
        if matches!(self.cue(at.wrapping_sub(1)), Some(Cue::Or | Cue::And)) {
            return self.same_as_before(at);
        }
        let next = self.next_mention(at + 1, 0);
        let is_other = next.is_some_and(|m| {
            self.mentions[m].is_table() && self.mentions[m].table() != Some(self.subject)
        });
        let exactly = matches!(before.as_str(), "exactly" | "only")
            || is_other && matches!(before.as_str(), "with" | "has" | "have" | "having");
        let test = Test::Compare(Comparison::Equal, self.literal(at));
        if let Some(mention) = next.filter(|_| exactly) {
            self.counted(mention, &test, at);
            return;
        }
        let skip = (1..=3).take_while(|back| {
            let place = at.wrapping_sub(*back);
            self.mention_at(place).is_none()
                && (self.cue(place) == Some(Cue::Equal)
                    || matches!(self.lower(place), "of" | "to" | "="))
        });
        let back = skip.count() + 1;
        let is_top =
            self.cue(at + 1) == Some(Cue::Most) || self.degree(at + 1) == Some(Degree::Superlative);
        let Some(mention) = at
            .checked_sub(back)
            .and_then(|at| self.mention_at(at))
            .filter(|_| !is_top)
        else {
            return;
        };
        self.equals(mention, test, at);
    }

    /// A number that a column, or the key of a table, is equal to.
    fn equals(&mut self, mention: usize, test: Test, at: usize) {
        let is_number = |column: &IndexedColumn| {
            column.sort == ColumnSort::Number || column.is_id || column.is_year
        };
        if let Some(column) = self.pick_where(mention, &is_number) {
            self.take(mention);
            self.condition(column, test, at, at + 1);
        } else if let Some(key) = self.mentions[mention]
            .table()
            .and_then(|t| self.schema.tables[t].key)
        {
            self.condition(key, test, at, at + 1);
        }
    }

    pub(super) fn is_compared(&self, at: usize) -> bool {
        self.sketch
            .conditions
            .iter()
            .any(|condition| condition.at == at)
            || self.explained[at]
    }
}

/// Whether the name of a text column says that it holds numbers.
pub(super) fn has_number_word(column: &IndexedColumn) -> bool {
    let words = [
        "age", "number", "count", "rat", "scor", "pric", "year", "weight", "height", "length",
        "amount", "point", "populat", "viewer", "salari",
    ];
    column
        .words
        .iter()
        .any(|word| words.contains(&word.as_str()))
}
