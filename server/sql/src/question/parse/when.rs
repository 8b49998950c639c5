//! When something was: years, days and periods, and the column that they are about.
//!
//! A date is that of the table whose rows the question counts or adds up, unless a column is named.
//! Columns of whole years are compared as numbers, texts that hold dates by their parts.

use super::Parser;
use super::compare::Compared;
use super::states::expired;
use crate::query::Comparison;
use crate::query::dates::{CalendarDay, DateBound, DatePeriod, DateUnit};
use crate::question::cues::{Cue, cues};
use crate::question::index::{ColumnSort, IndexedColumn};
use crate::question::link::Mention;
use crate::question::sketch::{Condition, Literal, Test};
use crate::question::tokens::TokenKind;

impl Parser<'_> {
    /// `older than 40` where only the day of birth is known.
    pub(super) fn age_test(&self, column: usize, number: usize, test: Test) -> Test {
        let is_date = self.schema.columns[column].sort == ColumnSort::Date;
        let years = self.tokens[number]
            .number()
            .and_then(|years| years.parse::<i32>().ok());
        let Some(years) = years.filter(|years| is_date && (1..=200).contains(years)) else {
            return test;
        };
        let bound = Some(DateBound::Ago(DateUnit::Year, years));
        match test {
            Test::Compare(Comparison::Less | Comparison::AtMost, _) => Test::During(DatePeriod {
                from: None,
                until: bound,
            }),
            Test::Compare(Comparison::Greater | Comparison::AtLeast, _) => {
                Test::During(DatePeriod {
                    from: bound,
                    until: None,
                })
            }
            test => test,
        }
    }

    /// `after 2014`, `before 1990`, `since 2020`.
    pub(super) fn after_or_before(
        &mut self,
        start: usize,
        after: usize,
        is_after: bool,
    ) -> Option<usize> {
        let operator = if is_after {
            Comparison::Greater
        } else {
            Comparison::Less
        };
        let number = match self.number_after(after, 2) {
            Some(number) => number,
            None => return self.against_column(start, after, operator),
        };
        let includes = self.lower(start) == "since";
        let operator = match (is_after, includes) {
            (true, true) => Comparison::AtLeast,
            (true, false) => Comparison::Greater,
            (false, _) => Comparison::Less,
        };
        let Some(year) = self.tokens[number].year() else {
            return self.compare(start, after, operator, None);
        };
        if let Some(column) = self.date_for(start, number + 1) {
            let first = |year| Some(DateBound::Day(CalendarDay::year(year)));
            let (from, until) = match operator {
                Comparison::AtLeast => (first(year), None),
                Comparison::Greater => (first(year + 1), None),
                _ => (None, first(year)),
            };
            let test = Test::During(DatePeriod { from, until });
            return self.condition(column, test, start, number + 1);
        }
        let Some(column) = self.year_column(start) else {
            let test = Test::Compare(operator, self.literal(number));
            let compared = Compared {
                start,
                after,
                number,
            };
            return self.place_test(compared, test, None);
        };
        let found = &self.schema.columns[column];
        let is_text = found.sort == ColumnSort::Text && !found.is_year;
        let literal = match (is_text, operator) {
            (true, Comparison::Greater) => Literal::Text(format!("{year}-12-31")),
            (true, _) => Literal::Text(format!("{year}-01-01")),
            (false, _) => self.literal(number),
        };
        self.condition(column, Test::Compare(operator, literal), start, number + 1)
    }

    /// `past their due date`: it is over.
    pub(super) fn past(&mut self, at: usize) -> Option<usize> {
        let own = self.subject;
        let is_own =
            |column: &IndexedColumn| column.sort == ColumnSort::Date && column.table == own;
        let mention = self.next_mention(at + 1, 1)?;
        let end = self.mentions[mention].end;
        let column = self.pick_where(mention, &is_own)?;
        self.take(mention);
        self.condition(column, expired(false), at, end)
    }

    /// A column of years or of dates as text, named before or the only one.
    pub(super) fn year_column(&mut self, start: usize) -> Option<usize> {
        let is_year = |column: &IndexedColumn| column.is_year || has_date_word(column);
        let before = self.mention_before(start, 4);
        if let Some(mention) = before.filter(|m| self.mentions[*m].is_column())
            && let Some(column) = self.pick_where(mention, &is_year)
        {
            self.take(mention);
            return Some(column);
        }
        let mut found: Vec<usize> = Vec::new();
        for table in self.near_tables() {
            if table == self.subject || self.is_mentioned(table) {
                let year = self.column_in(&[table], "year", &is_year);
                found.extend(year.or_else(|| self.column_in(&[table], "dat", &is_year)));
            }
        }
        let table = |column: usize| self.schema.columns[column].table;
        // What happened refers to what it happened to: its own date counts.
        let is_referred = |column: &usize| {
            let links = self.schema.at[table(*column)]
                .iter()
                .map(|link| &self.schema.links[*link]);
            let to = |link: &&crate::question::index::TableLink| link.to == table(*column);
            links
                .filter(to)
                .any(|link| found.iter().any(|other| table(*other) == link.from))
        };
        let event = found.iter().find(|column| !is_referred(column)).copied();
        event
            .or_else(|| self.column_for("year", &is_year))
            .or_else(|| self.column_for("dat", &is_year))
    }

    /// The date column that a period is about: the one named next to it, else the best of the
    /// tables of the question.
    pub(super) fn date_for(&mut self, start: usize, end: usize) -> Option<usize> {
        let is_date = |column: &IndexedColumn| column.sort == ColumnSort::Date;
        for mention in [self.mention_before(start, 4), self.next_mention(end, 2)]
            .into_iter()
            .flatten()
        {
            let found = &self.mentions[mention];
            if found.is_table() || found.column_fit() < 0.4 {
                continue;
            }
            if let Some(column) = self.pick_where(mention, &is_date) {
                if !self.mentions[mention].is_table() {
                    self.take(mention);
                }
                return Some(column);
            }
        }
        let years: Vec<usize> = self
            .mentions
            .iter()
            .flat_map(|m| m.columns.first().map(|c| c.0))
            .collect();
        let year_first = years
            .iter()
            .any(|column| self.schema.columns[*column].is_year);
        let date = self.best_date().filter(|_| !year_first)?;
        let own = self.schema.tables[self.schema.columns[date].table]
            .columns
            .clone();
        let has_year = own
            .clone()
            .any(|column| self.schema.columns[column].words == ["year"]);
        let is_year = self
            .tokens
            .get(start..end)
            .is_some_and(|tokens| tokens.iter().any(|token| token.year().is_some()));
        (!has_year || !is_year).then_some(date)
    }

    /// The date that most likely says when the rows of the question happened.
    pub(super) fn best_date(&self) -> Option<usize> {
        let mut best: Option<(f32, usize)> = None;
        let amounts = self.amount_tables();
        let mut tables = self.near_tables();
        for table in amounts.iter().copied().chain(self.dated_parents(&amounts)) {
            if !tables.contains(&table) {
                tables.push(table);
            }
        }
        for (place, table) in tables.into_iter().enumerate() {
            for at in self.schema.tables[table].columns.clone() {
                let column = &self.schema.columns[at];
                if column.sort != ColumnSort::Date {
                    continue;
                }
                let score = self.date_score(column, table, &amounts) - place as f32 * 0.02;
                if best.is_none_or(|(known, _)| score > known) {
                    best = Some((score, at));
                }
            }
        }
        best.map(|(_, column)| column)
    }

    /// The date of the rows of the subject, if they have one.
    pub(super) fn own_date(&self) -> Option<usize> {
        let columns = self.schema.tables[self.subject].columns.clone();
        let dates = columns.filter(|at| self.schema.columns[*at].sort == ColumnSort::Date);
        let amounts = self.amount_tables();
        let score = |at: &usize| self.date_score(&self.schema.columns[*at], self.subject, &amounts);
        dates.reduce(|a, b| if score(&b) > score(&a) { b } else { a })
    }

    /// The tables of the amounts that the question names.
    fn amount_tables(&self) -> Vec<usize> {
        let is_amount = |column: &IndexedColumn| {
            column.sort == ColumnSort::Number && !column.is_id && !column.is_foreign
        };
        let named = self.mentions.iter().filter_map(|mention| {
            let (column, fit) = mention.columns.first()?;
            let column = &self.schema.columns[*column];
            (*fit > 0.8 && is_amount(column)).then_some(column.table)
        });
        let revenue = (0..self.tokens.len()).filter_map(|at| self.revenue(at));
        let revenue = revenue.flat_map(|measure| measure.columns());
        let revenue = revenue.map(|column| self.schema.columns[column].table);
        let mut tables: Vec<usize> = named.chain(revenue).collect();
        tables.sort_unstable();
        tables.dedup();
        tables
    }

    /// The tables that rows of amounts without a date of their own belong to.
    fn dated_parents(&self, amounts: &[usize]) -> Vec<usize> {
        let has_date = |table: usize| {
            let mut columns = self.schema.tables[table].columns.clone();
            columns.any(|column| self.schema.columns[column].sort == ColumnSort::Date)
        };
        let open = amounts.iter().copied().filter(|table| !has_date(*table));
        let links = open.flat_map(|table| {
            let links = self.schema.at[table].iter();
            let links = links.map(|link| &self.schema.links[*link]);
            links.filter(move |link| link.from == table && link.to != table)
        });
        links
            .map(|link| link.to)
            .filter(|to| has_date(*to))
            .collect()
    }

    fn date_score(&self, column: &IndexedColumn, table: usize, amounts: &[usize]) -> f32 {
        let has = |wanted: &[&str]| {
            column
                .words
                .iter()
                .any(|word| wanted.contains(&word.as_str()))
        };
        let mut score = 0.0;
        if has(&[
            "updat", "delet", "modif", "birth", "expiri", "expir", "due", "end", "chang", "clos",
            "finish", "complet", "until",
        ]) {
            score -= 0.6;
        }
        let is_meant = |word: &String| {
            self.tokens
                .iter()
                .any(|t| t.stem.get(..5).is_some_and(|s| word.starts_with(s)))
        };
        let is_use = |word: &String| {
            let uses = [
                "last", "activ", "activiti", "login", "seen", "edit", "access", "view",
            ];
            uses.contains(&word.as_str())
        };
        if column.words.iter().any(is_use) && !column.words.iter().any(is_meant) {
            score -= 0.4;
        }
        let is_own = |word: &&String| self.schema.tables[table].words.contains(word);
        if column.words.iter().any(|word| is_own(&word)) || has(&["order", "sale", "transaction"]) {
            score += 0.3;
        }
        // `hired in 2020`: a word of the question is in the name.
        let is_near = table == self.subject || self.is_mentioned(table);
        let is_said = |word: &String| {
            let is_it = |stem: &str| is_kin(stem, word) || cues().are_same(stem, word);
            word != "dat" && self.tokens.iter().any(|token| is_it(&token.stem))
        };
        let named = column.words.iter().filter(|word| is_said(word)).count();
        if named > 0 {
            let rest = column.bare.len().saturating_sub(named) as f32;
            score += if is_near { 0.7 - 0.06 * rest } else { 0.4 };
        }
        if self.is_mentioned(table) {
            score += 0.5;
        }
        // What happened refers to what it happened to: its own date counts.
        let links = self.schema.at[table]
            .iter()
            .map(|link| &self.schema.links[*link]);
        let mut parents = links.filter(|link| link.from == table && link.to != table);
        if self.is_mentioned(table) && parents.any(|link| self.is_mentioned(link.to)) {
            score += 0.3;
        }
        let hops = self.hops.get(table).copied().unwrap_or(6).min(6);
        score + self.amount_score(table, amounts) - 0.2 * hops as f32
    }

    /// How much the amounts of the question speak for the dates of a table.
    fn amount_score(&self, table: usize, amounts: &[usize]) -> f32 {
        let mut score = 0.0;
        let has_amount = |mention: &Mention| {
            mention.columns.iter().any(|(column, fit)| {
                let column = &self.schema.columns[*column];
                *fit > 0.8 && column.table == table && column.sort == ColumnSort::Number
            })
        };
        if self.mentions.iter().any(has_amount) {
            score += 0.4;
        }
        let is_parent = self.dated_parents(amounts).contains(&table);
        let amounts = (0..self.tokens.len()).filter_map(|at| self.revenue(at));
        let mut amounts = amounts.flat_map(|measure| measure.columns());
        if amounts.any(|amount| self.schema.columns[amount].table == table) || is_parent {
            score += 0.8;
        }
        score
    }

    /// A period by itself: `last month`, `in Q3 2022`.
    pub(super) fn period(&mut self, at: usize) {
        let TokenKind::Period(period) = self.tokens[at].kind else {
            return;
        };
        if let Some(column) = self.date_for(at, at + 1) {
            // `not active in the last 90 days`: before these.
            let found = &self.schema.columns[column];
            let is_named = (at.saturating_sub(4)..at).any(|at| {
                let stem = self.tokens[at].stem.as_str();
                found.words.iter().any(|word| is_kin(word, stem))
            });
            let is_own = found.table == self.subject && is_named;
            let is_open = period.from.is_some() && period.until.is_none();
            let period = match is_own && is_open && self.is_negated(at) {
                true => DatePeriod {
                    from: None,
                    until: period.from,
                },
                false => period,
            };
            self.condition(column, Test::During(period), at, at + 1);
            return;
        }
        let year = period.as_year();
        if let Some(column) = self.year_column(at)
            && let Some(year) = year
        {
            let test = Test::Compare(Comparison::Equal, Literal::Number(year.to_string()));
            self.condition(column, test, at, at + 1);
        } else {
            self.explained[at] = false;
        }
    }

    /// `2014 or 2015`: the second is of the column of the first.
    pub(super) fn same_as_before(&mut self, at: usize) {
        let before = self
            .sketch
            .conditions
            .iter()
            .find(|known| known.at + 2 == at)
            .cloned();
        let Some(before) = before else {
            return;
        };
        let year = self.tokens[at].year();
        let test = match (&before.test, year) {
            (Test::Compare(Comparison::Equal, Literal::Number(_)), _) => {
                Test::Compare(Comparison::Equal, self.literal(at))
            }
            (Test::During(_), Some(year)) => Test::During(DatePeriod::year(year)),
            (Test::Like(..), Some(year)) => Test::Like(format!("%{year}%"), false),
            _ => return,
        };
        if self.cue(at - 1) == Some(Cue::Or) || matches!(test, Test::During(_)) {
            let any = before.any.unwrap_or(1_000 + at);
            for known in self
                .sketch
                .conditions
                .iter_mut()
                .filter(|known| known.at + 2 == at)
            {
                known.any = Some(any);
            }
            self.add_condition(Condition {
                column: before.column,
                test,
                at,
                any: Some(any),
            });
        } else {
            self.add_condition(Condition {
                column: before.column,
                test,
                at,
                any: None,
            });
        }
        self.mark_read(at, at + 1);
    }

    pub(super) fn year_equal(&mut self, at: usize) {
        let Some(year) = self.tokens[at].year() else {
            return;
        };
        if let Some(column) = self.date_for(at, at + 1) {
            self.condition(column, Test::During(DatePeriod::year(year)), at, at + 1);
        } else if let Some(column) = self.year_column(at) {
            let test = match self.schema.columns[column].is_year {
                true => Test::Compare(Comparison::Equal, self.literal(at)),
                false => Test::Like(format!("%{year}%"), false),
            };
            self.condition(column, test, at, at + 1);
        }
    }
}

/// Whether two stems are forms of one word: `activ` and `activiti`.
pub(super) fn is_kin(a: &str, b: &str) -> bool {
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    a == b || same >= 5 && same + 3 >= a.len().max(b.len())
}

/// Whether the name of a column says that it holds dates.
pub(super) fn has_date_word(column: &IndexedColumn) -> bool {
    column
        .words
        .iter()
        .any(|word| matches!(word.as_str(), "dat" | "year" | "birth" | "dai"))
}
