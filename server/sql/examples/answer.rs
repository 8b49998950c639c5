//! Answers questions: those of a file of cases, which it scores and times, or one about a schema.
//!
//! `answer CASES.jsonl [--only DB,DB] [--without DB,DB] [--wrong] [--signs]` scores; `--wrong` lists
//! what is wrong, `--signs` prints what each confidence is computed of. `answer SCHEMA... --ask
//! QUESTION [--dialect NAME]` prints the readings. `answer --large` times made-up schemas of 30 and
//! 2,000 tables. It reads files and the clock, as a program may.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::print_stderr)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use data::SqlDialect;
use sql::measure::{AnswerTimes, SqlCase, SqlPrediction, read_cases, score};
use sql::query::dates::CalendarDay;
use sql::question::{QuestionSchema, answer};
use std::collections::HashMap;
use std::time::Instant;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    if has("--large") {
        return large();
    }
    let options = ["--cases", "--only", "--without", "--ask", "--dialect"];
    let is_path = |at: usize| {
        let is_value = at > 0 && options.contains(&arguments[at - 1].as_str());
        !arguments[at].starts_with("--") && !is_value
    };
    let paths: Vec<&String> = (0..arguments.len())
        .filter(|at| is_path(*at))
        .map(|at| &arguments[at])
        .collect();
    if let Some(path) = value("--cases") {
        return print_cases(&path);
    }
    if let Some(question) = value("--ask") {
        let dialect = value("--dialect").and_then(|name| SqlDialect::named(&name));
        return ask(&paths, &question, dialect.unwrap_or(SqlDialect::Sqlite));
    }
    let Some(path) = paths.first() else {
        eprintln!("give a file of cases, or schemas and --ask QUESTION");
        return;
    };
    let text = std::fs::read_to_string(path).expect("the cases");
    let mut cases = read_cases(&text).expect("cases");
    let listed = |name: &str| -> Option<Vec<String>> {
        value(name).map(|list| list.split(',').map(str::to_owned).collect())
    };
    if let Some(only) = listed("--only") {
        cases.retain(|case| only.contains(&case.db_id));
    }
    if let Some(without) = listed("--without") {
        cases.retain(|case| !without.contains(&case.db_id));
    }
    score_cases(&cases, has("--wrong"), has("--signs"));
}

fn today() -> CalendarDay {
    CalendarDay::new(2026, 6, 15).unwrap_or_else(|| CalendarDay::year(2026))
}

fn schema_of(sql: &str) -> QuestionSchema {
    let files = vec![("schema.sql".to_owned(), sql.as_bytes().to_vec())];
    QuestionSchema::new(&data::find::in_files(files))
}

fn ask(paths: &[&String], question: &str, dialect: SqlDialect) {
    let read = |path: &&String| {
        let bytes = std::fs::read(path.as_str()).expect("the schema");
        (path.to_string(), bytes)
    };
    let schema = data::find::in_files(paths.iter().map(read).collect());
    let index = QuestionSchema::new(&schema);
    let answer = answer(&index, question, dialect, today());
    for reading in &answer.readings {
        let sure = if reading.is_sure() { ", sure" } else { "" };
        println!("-- {} ({:.2}{sure})", reading.title, reading.confidence);
        if !reading.unknown_words.is_empty() {
            println!("-- not understood: {}", reading.unknown_words.join(", "));
        }
        println!("{};\n", reading.sql);
    }
    if let Some(refusal) = answer.refusal {
        println!("{refusal}");
    }
}

/// A file of `cases/questions` with the answers of today, for review.
fn print_cases(path: &str) {
    let text = std::fs::read_to_string(path).expect("the cases");
    let (sql, questions) = text.split_once("\n---\n").expect("a line of three hyphens");
    let schema = schema_of(sql);
    println!("{sql}\n---");
    for question in questions.lines().filter_map(|line| line.strip_prefix("? ")) {
        let answer = answer(&schema, question, SqlDialect::Sqlite, today());
        println!("? {question}");
        match (answer.readings.first(), answer.refusal) {
            (Some(first), _) => println!("{}\n", first.sql),
            (None, refusal) => println!("! {}\n", refusal.unwrap_or_default()),
        }
    }
}

fn score_cases(cases: &[SqlCase], shows_wrong: bool, shows_signs: bool) {
    let mut schemas: HashMap<String, QuestionSchema> = HashMap::new();
    let mut seconds = Vec::new();
    let mut given: HashMap<String, (String, f64)> = HashMap::new();
    let mut signs: HashMap<String, Vec<(&'static str, f32)>> = HashMap::new();
    let mut find = |case: &SqlCase| -> Vec<SqlPrediction> {
        let schema = schemas
            .entry(case.schema.clone())
            .or_insert_with(|| schema_of(&case.schema));
        let start = Instant::now();
        let answer = answer(schema, &case.question, SqlDialect::Sqlite, today());
        seconds.push(start.elapsed().as_secs_f64());
        if let Some(first) = answer.readings.first() {
            signs.insert(case.id.clone(), first.signs.clone());
            given.insert(
                case.id.clone(),
                (first.sql.clone(), f64::from(first.confidence)),
            );
        }
        let predictions = answer.readings.into_iter().map(|reading| SqlPrediction {
            confidence: f64::from(reading.confidence),
            is_shown: reading.is_sure(),
            sql: reading.sql,
        });
        predictions.collect()
    };
    let mut scored = score(cases, &mut find);
    scored.times = AnswerTimes::of(&seconds);
    if shows_signs {
        // For whoever fits the weights: the database, whether the first reading is right, its signs.
        for (case, result) in cases.iter().zip(&scored.cases) {
            let found = signs.get(&case.id).cloned().unwrap_or_default();
            let found: Vec<String> = found.iter().map(|(n, v)| format!(",\"{n}\":{v}")).collect();
            let is_right = u8::from(result.is_right());
            println!(
                "{{\"db\":\"{}\",\"right\":{is_right}{}}}",
                case.db_id,
                found.concat()
            );
        }
        return;
    }
    if shows_wrong {
        for (case, result) in cases.iter().zip(&scored.cases) {
            if result.is_exact == Some(true) && result.is_right() {
                continue;
            }
            let (sql, sure) = given.get(&case.id).cloned().unwrap_or_default();
            let one_line = |sql: &str| sql.split_whitespace().collect::<Vec<_>>().join(" ");
            println!(
                "{} | {} [exact {:?}, right at {:?}, {sure:.2}]\n   K {}\n   A {}",
                case.db_id,
                case.question,
                result.is_exact,
                result.right_at,
                one_line(&case.sql),
                one_line(&sql)
            );
        }
    }
    println!("{}", scored.text());
}

/// A made-up schema of many tables in a chain of references.
fn made_up(tables: usize) -> String {
    let words = [
        "customer", "product", "invoice", "shipment", "payment", "employee", "ticket",
    ];
    let mut sql = String::new();
    for table in 0..tables {
        let word = words[table % words.len()];
        let before = match table {
            0 => String::new(),
            _ => format!(
                ", {w}_{n}_id INTEGER REFERENCES {w}_{n} (id)",
                w = words[(table - 1) % words.len()],
                n = table - 1
            ),
        };
        sql.push_str(&format!(
            "CREATE TABLE {word}_{table} (id INTEGER PRIMARY KEY, name TEXT, status TEXT, \
             amount NUMERIC, created_at TIMESTAMP, city TEXT, note TEXT{before});\n"
        ));
    }
    sql
}

fn large() {
    let questions = [
        "top 3 customer 7 by amount per quarter in 2023",
        "how many payments are there for each city",
        "name and status of invoice 9 created last month",
        "employees without tickets",
        "average amount of shipments with status 'open'",
    ];
    for tables in [30, 2_000] {
        let sql = made_up(tables);
        let start = Instant::now();
        let schema = schema_of(&sql);
        let built = start.elapsed().as_secs_f64();
        let mut seconds = Vec::new();
        for _ in 0..8 {
            for question in questions {
                let start = Instant::now();
                let answer = answer(&schema, question, SqlDialect::Sqlite, today());
                seconds.push(start.elapsed().as_secs_f64());
                assert!(answer.readings.len() <= 3);
            }
        }
        let times = AnswerTimes::of(&seconds).expect("times");
        println!(
            "{tables} tables: built in {:.0} ms, p50 {:.1} ms, p95 {:.1} ms",
            built * 1e3,
            times.p50 * 1e3,
            times.p95 * 1e3
        );
    }
}
