//! Queries that a model writes: what it is asked, what it may write, and what is taken of it.
//!
//! A model of this machine writes under a [`SqlMask`]; one on a server writes freely. What either
//! wrote is judged as any other query: it must prepare, so every name is one of the schema. Nothing
//! here runs a model.

mod dialect;
mod mask;
#[cfg(test)]
mod tests;

pub use mask::SqlMask;

use super::index::{NameId, QuestionSchema};
use super::{Answer, Reading, tokens};
use data::{SqlDialect, SqlToken, SqlTokenKind, sql_statements};
use std::fmt::Write;

/// The most tables that a model is shown.
const MAX_TABLES: usize = 40;
/// The most columns of a table that a model is shown.
const MAX_COLUMNS: usize = 60;
/// How sure a query of a model is: it is never shown unasked.
const CONFIDENCE: f32 = 0.5;

/// What a model is asked to write.
pub struct QueryTask<'s> {
    /// The tables as comments, the question, and the begin of the answer.
    pub prompt: String,
    /// What the answer may be, its begin included.
    pub mask: SqlMask<'s>,
    schema: &'s QuestionSchema,
    dialect: SqlDialect,
}

/// The word that each answer begins with.
pub const BEGIN: &str = "SELECT";

/// What to ask a model for a question.
pub fn task<'s>(schema: &'s QuestionSchema, question: &str, dialect: SqlDialect) -> QueryTask<'s> {
    let tables = shown_tables(schema, question);
    QueryTask {
        prompt: prompt_of(schema, &tables, question),
        mask: SqlMask::new(schema, tables, dialect != SqlDialect::Sqlite),
        schema,
        dialect,
    }
}

impl QueryTask<'_> {
    /// A reading of what a model wrote.
    ///
    /// # Errors
    /// Why it is none, in one sentence.
    pub fn accept(&self, written: &str) -> Result<Reading, String> {
        let sql = statement(written)?;
        self.schema.judge.as_ref().map_or_else(
            || Err("no database could be made of the schema".to_owned()),
            |judge| judge.prepares(&sql),
        )?;
        let tokens = tokens_of(&sql)?;
        let printed = dialect::in_dialect(self.schema, &sql, &tokens, self.dialect)?;
        Ok(Reading {
            title: title(&sql, &tokens),
            sql: printed,
            confidence: CONFIDENCE,
            unknown_words: Vec::new(),
            signs: Vec::new(),
        })
    }

    /// What to ask after an answer that was not taken.
    pub fn again(&self, written: &str, why: &str) -> String {
        let sql = statement(written).unwrap_or_default();
        let prompt = self.prompt.strip_suffix(BEGIN).unwrap_or(&self.prompt);
        let (sql, why) = (one_line(&sql), one_line(why));
        format!("{prompt}-- not {sql}\n-- because: {why}\n{BEGIN}")
    }
}

/// What a model that ranks is shown before a reading: the tables, the question, and the begin.
pub fn prompt(schema: &QuestionSchema, question: &str) -> String {
    prompt_of(schema, &shown_tables(schema, question), question)
}

/// Whether a query of SQLite prepares on the schema.
fn prepares(schema: &QuestionSchema, sql: &str) -> bool {
    let judge = schema.judge.as_ref();
    judge.is_some_and(|judge| judge.prepares(sql).is_ok())
}

/// The tables of a schema, those that the question names and their neighbours first.
fn shown_tables(schema: &QuestionSchema, question: &str) -> Vec<usize> {
    let mut scores = vec![0.0_f32; schema.tables.len()];
    let (tokens, _) = tokens::tokens(question, schema);
    for token in tokens.iter().filter(|token| token.is_word()) {
        for id in schema.postings.get(&token.stem).into_iter().flatten() {
            match *id {
                NameId::Table(table) => scores[table] += 3.0,
                NameId::Column(column) => scores[schema.columns[column].table] += 1.0,
            }
        }
    }
    let own = scores.clone();
    for link in &schema.links {
        scores[link.from] += own[link.to] / 4.0;
        scores[link.to] += own[link.from] / 4.0;
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    order.truncate(MAX_TABLES);
    order.sort_unstable();
    order
}

fn prompt_of(schema: &QuestionSchema, tables: &[usize], question: &str) -> String {
    let mut out = String::new();
    for table in tables.iter().map(|table| &schema.tables[*table]) {
        let columns = schema.columns[table.columns.clone()].iter();
        let columns: Vec<&str> = columns
            .take(MAX_COLUMNS)
            .map(|column| column.name.as_str())
            .collect();
        let _ = writeln!(out, "-- {}({})", table.name, columns.join(", "));
    }
    let is_shown = |table: usize| tables.binary_search(&table).is_ok();
    let shown = schema
        .links
        .iter()
        .filter(|link| is_shown(link.from) && is_shown(link.to));
    for (from, to) in shown.flat_map(|link| &link.pairs) {
        let (from, to) = (&schema.columns[*from], &schema.columns[*to]);
        let name = |table: usize| &schema.tables[table].name;
        let (a, b) = (name(from.table), name(to.table));
        let _ = writeln!(out, "-- {a}.{} = {b}.{}", from.name, to.name);
    }
    let _ = write!(out, "-- {}\n{BEGIN}", one_line(question));
    out
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first statement of what a model wrote after [`BEGIN`], without fences and prose around it.
fn statement(written: &str) -> Result<String, String> {
    let inside = written.split_once("```").map_or(written, |(_, block)| {
        let block = block.split("```").next().unwrap_or(block);
        let first = block.lines().next().unwrap_or_default().trim();
        let is_language = !first.is_empty() && first.chars().all(char::is_alphanumeric);
        match is_language && !first.eq_ignore_ascii_case(BEGIN) {
            true => block.split_once('\n').map_or("", |(_, rest)| rest),
            false => block,
        }
    });
    let statement = inside.split(';').next().unwrap_or(inside).trim();
    let first = statement.split_whitespace().next();
    match first.ok_or("the model wrote nothing")?.to_ascii_uppercase() {
        word if word == BEGIN || word == "WITH" => Ok(statement.to_owned()),
        _ => Ok(format!("{BEGIN} {statement}")),
    }
}

fn tokens_of(sql: &str) -> Result<Vec<SqlToken>, String> {
    let mut statements = sql_statements(sql, Some(SqlDialect::Sqlite)).into_iter();
    match (statements.next(), statements.next()) {
        (Some(statement), None) => Ok(statement.tokens),
        _ => Err("the model wrote more than one statement".into()),
    }
}

/// A query of a model in words: which tables it reads.
fn title(sql: &str, tokens: &[SqlToken]) -> String {
    let written = |token: &SqlToken| &sql[token.start..token.end];
    let is_before = |token: &SqlToken| {
        let word = written(token);
        word.eq_ignore_ascii_case("from") || word.eq_ignore_ascii_case("join")
    };
    let mut tables: Vec<&str> = Vec::new();
    for pair in tokens.windows(2).filter(|pair| is_before(&pair[0])) {
        let is_name = matches!(pair[1].kind, SqlTokenKind::Word | SqlTokenKind::Name);
        let name = written(&pair[1]);
        if is_name && !tables.contains(&name) {
            tables.push(name);
        }
    }
    match tables.is_empty() {
        true => "written by the model".into(),
        false => format!("written by the model; reads {}", tables.join(", ")),
    }
}

/// Puts readings into the order of a model's likelihoods, in nats; missing ones go last.
pub fn rank_by(answer: &mut Answer, likelihoods: &[f64]) {
    let readings = std::mem::take(&mut answer.readings).into_iter();
    let nats = |at: usize| likelihoods.get(at).copied().unwrap_or(f64::NEG_INFINITY);
    let mut scored: Vec<(f64, Reading)> = readings
        .enumerate()
        .map(|(at, of)| (nats(at), of))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    answer.readings = scored.into_iter().map(|(_, reading)| reading).collect();
}
