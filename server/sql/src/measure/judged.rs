//! One case: its answers compared with the known query. A judge is made once for the tables of a
//! schema, and judges any number of statements. It never knows how an answer was found, and counts
//! nothing over several cases.

use super::calendar::{TODAY, date};
use super::cases::{ShownColumns, SqlCase, SqlPrediction};
use super::exact::{KeyMap, Part, differences, key_map};
use super::faults::{QueryFault, fault};
use super::hardness::{self, QueryHardness};
use super::parse::parse;
use super::results::{self, Pair, ResultMatch};
use super::rows::prepares;
use super::tables::Tables;
use super::tree::Query;
use rusqlite::Connection;
use serde::Serialize;
use std::collections::BTreeSet;

/// How many answers people are shown when they ask.
const SHOWN_ANSWERS: usize = 3;

/// How the answer to a case fared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaseScore {
    /// The name of the case.
    pub id: String,
    /// Its database.
    pub database: String,
    /// The language of the question.
    pub language: String,
    /// What it may be used for.
    pub split: String,
    /// How hard the known query is.
    pub hardness: QueryHardness,
    /// Whether SQLite accepts the first answer.
    pub is_prepared: bool,
    /// Whether its parts are the same; none if the known query cannot be compared so.
    pub is_exact: Option<bool>,
    /// What the results say of it; none without an answer.
    pub results: Option<ResultMatch>,
    /// The place, from 1, of the first right answer among three.
    pub right_at: Option<usize>,
    /// Whether the first answer would be offered unasked.
    pub is_shown: bool,
    /// How sure it is.
    pub confidence: Option<f64>,
    /// What is wrong with it.
    pub fault: Option<QueryFault>,
}

impl CaseScore {
    /// Whether the first answer is right: the results are the same, or decide nothing while all
    /// parts are the same.
    pub fn is_right(&self) -> bool {
        self.right_at == Some(1)
    }
}

/// Judges statements for the tables of one schema.
pub struct CaseJudge {
    tables: Tables,
    keys: KeyMap,
    empty: Connection,
}

impl CaseJudge {
    /// For the CREATE statements of a schema.
    ///
    /// # Errors
    /// A sentence if SQLite refuses one of the statements.
    pub fn new(schema: &str) -> Result<Self, String> {
        let tables = Tables::read(schema)?;
        Ok(Self {
            keys: key_map(&tables),
            empty: tables.database()?,
            tables,
        })
    }

    /// Whether SQLite accepts a statement, and it only reads.
    pub fn prepares(&self, sql: &str) -> bool {
        prepares(&self.empty, sql)
    }

    /// Whether a statement has the same parts as the known one; none if that cannot be compared.
    pub fn is_exact(&self, known: &str, predicted: &str) -> Option<bool> {
        self.is_exact_in(known, predicted, ShownColumns::All)
    }

    /// The same where an answer may choose the columns: then SELECT is not compared.
    fn is_exact_in(&self, known: &str, predicted: &str, columns: ShownColumns) -> Option<bool> {
        let known = parse(&self.tables, known).ok()?;
        let Ok(predicted) = parse(&self.tables, predicted) else {
            return Some(false);
        };
        Some(self.parts(&predicted, &known, columns).is_empty())
    }

    fn parts(&self, predicted: &Query, known: &Query, columns: ShownColumns) -> BTreeSet<Part> {
        let mut parts = differences(&self.keys, predicted, known);
        if columns == ShownColumns::Some {
            parts.remove(&Part::Select);
        }
        parts
    }

    /// How hard a query is.
    pub fn hardness(&self, sql: &str) -> QueryHardness {
        let parsed = parse(&self.tables, sql);
        parsed.map_or_else(
            |_| hardness::of_statement(sql),
            |query| hardness::of_query(&query),
        )
    }

    /// What the results of a statement say, compared with those of the known one.
    pub fn results(&self, known: &str, predicted: &str, columns: ShownColumns) -> ResultMatch {
        if !self.prepares(predicted) {
            return ResultMatch::Fails;
        }
        let predicted = on_the_day(predicted);
        let pair = Pair {
            known,
            predicted: &predicted,
            columns,
        };
        results::compare(&self.tables, &pair)
    }

    /// Whether a statement finds something on a made database.
    ///
    /// # Errors
    /// Why it does not run.
    pub fn finds_rows(&self, sql: &str) -> Result<bool, String> {
        results::finds_rows(&self.tables, sql)
    }

    /// Judges the answers to a case, the best first.
    pub fn judge(&self, case: &SqlCase, answers: &[SqlPrediction]) -> CaseScore {
        let first = answers.first();
        let columns = case.shown_columns();
        let is_exact = match first {
            Some(first) => self.is_exact_in(&case.sql, &first.sql, columns),
            None => self.is_exact(&case.sql, &case.sql).map(|_| false),
        };
        let results = first.map(|first| self.results(&case.sql, &first.sql, columns));
        let mut score = CaseScore {
            id: case.id.clone(),
            database: case.db_id.clone(),
            language: case.language.clone(),
            split: case.split.clone(),
            hardness: self.hardness(&case.sql),
            is_prepared: first.is_some_and(|first| self.prepares(&first.sql)),
            is_exact,
            results,
            right_at: None,
            is_shown: first.is_some_and(|first| first.is_shown),
            confidence: first.map(|first| first.confidence),
            fault: None,
        };
        score.right_at = match results {
            Some(results) if is_right(results, is_exact) => Some(1),
            _ => self.later_right(case, answers),
        };
        if !score.is_right() {
            score.fault = Some(self.fault(case, first));
        }
        score
    }

    /// The place of the first right answer after the first.
    fn later_right(&self, case: &SqlCase, answers: &[SqlPrediction]) -> Option<usize> {
        let is_right = |answer: &SqlPrediction| {
            let columns = case.shown_columns();
            let results = self.results(&case.sql, &answer.sql, columns);
            is_right(results, self.is_exact_in(&case.sql, &answer.sql, columns))
        };
        let mut later = answers.iter().take(SHOWN_ANSWERS).skip(1);
        later.position(is_right).map(|at| at + 2)
    }

    fn fault(&self, case: &SqlCase, first: Option<&SqlPrediction>) -> QueryFault {
        let Some(first) = first else {
            return QueryFault::NoAnswer;
        };
        if !self.prepares(&first.sql) {
            return QueryFault::NotPrepared;
        }
        let known = parse(&self.tables, &case.sql);
        match known.and_then(|known| Ok((known, parse(&self.tables, &first.sql)?))) {
            Ok((known, predicted)) => fault(
                &self.parts(&predicted, &known, case.shown_columns()),
                &predicted,
                &known,
            ),
            Err(_) => QueryFault::OtherForm,
        }
    }
}

/// A statement that is run on the day that cases call today, whatever the clock says.
fn on_the_day(statement: &str) -> String {
    statement.replace("'now'", &format!("'{}'", date(TODAY)))
}

fn is_right(results: ResultMatch, is_exact: Option<bool>) -> bool {
    match results {
        ResultMatch::Same => true,
        ResultMatch::Inconclusive | ResultMatch::NoReference => is_exact == Some(true),
        ResultMatch::Different | ResultMatch::Fails => false,
    }
}
