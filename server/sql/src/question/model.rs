//! The door for a larger model: what it is asked, and what of its answer is taken.
//!
//! A model that only scores ranks the readings by its likelihoods. One that writes gets the schema
//! and the question, and its SQL is judged as any other: it must prepare, so every name is one of
//! the schema. Nothing here runs a model.

use super::index::QuestionSchema;
use super::{Answer, Reading};
use crate::query::QueryTree;
use std::fmt::Write;

/// The most tables that a prompt shows.
const MAX_TABLES: usize = 60;

/// What a model is asked: the tables as comments, the question, and the begin of the answer.
pub fn prompt(schema: &QuestionSchema, question: &str) -> String {
    let mut out = String::new();
    for table in schema.tables.iter().take(MAX_TABLES) {
        let columns: Vec<&str> = table
            .columns
            .clone()
            .map(|column| schema.columns[column].name.as_str())
            .collect();
        let _ = writeln!(out, "-- {}({})", table.name, columns.join(", "));
    }
    for link in &schema.links {
        for &(from, to) in &link.pairs {
            let (from, to) = (&schema.columns[from], &schema.columns[to]);
            let (a, b) = (
                &schema.tables[from.table].name,
                &schema.tables[to.table].name,
            );
            let _ = writeln!(out, "-- {a}.{} = {b}.{}", from.name, to.name);
        }
    }
    let question = question.replace(['\n', '\r'], " ");
    let _ = write!(out, "-- {}\nSELECT", question.trim());
    out
}

/// A reading of what a model wrote, if it is one SELECT of SQLite that prepares.
pub fn accept(schema: &QuestionSchema, written: &str) -> Option<Reading> {
    let text = written
        .trim()
        .trim_start_matches("```sql")
        .trim_start_matches("```");
    let text = text.split("```").next().unwrap_or(text);
    let statement = text.split(';').next().unwrap_or(text).trim();
    let first = statement.split_whitespace().next()?.to_ascii_uppercase();
    let sql = match first.as_str() {
        "SELECT" | "WITH" => statement.to_owned(),
        _ => format!("SELECT {statement}"),
    };
    schema.judge.as_ref()?.prepares(&sql).ok()?;
    Some(Reading {
        title: "written by the model".into(),
        sql,
        confidence: 0.5,
        unknown_words: Vec::new(),
        tree: QueryTree::default(),
    })
}

/// Puts readings into the order of a model's likelihoods, in nats; missing ones go last.
pub fn rank_by(answer: &mut Answer, likelihoods: &[f64]) {
    let mut scored: Vec<(f64, Reading)> = answer
        .readings
        .drain(..)
        .enumerate()
        .map(|(at, reading)| {
            (
                likelihoods.get(at).copied().unwrap_or(f64::NEG_INFINITY),
                reading,
            )
        })
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    answer.readings = scored.into_iter().map(|(_, reading)| reading).collect();
}
