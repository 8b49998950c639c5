//! Prints how long a check with a completion takes on made-up schemas of 30 and of 2,000 tables.
//!
//! `cargo run --release -p sql --example times`: each statement is checked as it is, and completed
//! at each of its blanks.

#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use sql::names::{SchemaNames, check, complete};
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

const STATEMENTS: &[&str] = &[
    "SELECT a.id, b.name FROM table_1 a JOIN table_2 b ON b.id = a.table_2_id WHERE a.name = 'x'",
    "WITH t AS (SELECT id, name AS n FROM table_3) SELECT t.n, count(*) FROM t GROUP BY t.n",
    "INSERT INTO table_4 (id, name, table_5_id) VALUES (1, 'a', 2) RETURNING id",
    "UPDATE table_5 SET name = (SELECT name FROM table_6 WHERE id = 1) WHERE amuont > 3",
    "SELECT * FROM table_7 WHERE EXISTS (SELECT 1 FROM tabel_8 WHERE id = table_7.id)",
];

fn schema(tables: usize) -> String {
    let mut out = String::new();
    for at in 0..tables {
        let other = (at + 1) % tables;
        let _ = write!(
            out,
            "CREATE TABLE table_{at} (id int PRIMARY KEY, name text NOT NULL, amount numeric, \
             created_at timestamp, status text CHECK (status IN ('a', 'b')), \
             table_{other}_id int REFERENCES table_{other} (id)"
        );
        for column in 0..10 {
            let _ = write!(out, ", column_{at}_{column} text");
        }
        out.push_str(");\n");
    }
    out
}

fn main() {
    for tables in [30, 2_000] {
        let files = vec![("schema.sql".to_owned(), schema(tables).into_bytes())];
        let start = Instant::now();
        let schema = Arc::new(data::find::in_files(files));
        let read = start.elapsed();
        let start = Instant::now();
        let names = SchemaNames::new(schema);
        let index = start.elapsed();
        let mut times: Vec<Duration> = Vec::new();
        for round in 0..20 {
            for (sql, at) in STATEMENTS.iter().flat_map(|sql| places(sql)) {
                let start = Instant::now();
                let problems = check(&names, sql, None).len();
                let items = complete(&names, sql, at, None).len();
                times.push(start.elapsed());
                assert!(round > 0 || problems + items < 100_000);
            }
        }
        times.sort();
        let share = |percent: usize| times[times.len() * percent / 100];
        println!(
            "{tables} tables: read {read:?}, index {index:?}, p50 {:?}, p95 {:?}, most {:?}",
            share(50),
            share(95),
            share(99)
        );
    }
}

/// Each place after a blank.
fn places(sql: &'static str) -> Vec<(&'static str, usize)> {
    sql.match_indices(' ')
        .map(|(at, _)| (sql, at + 1))
        .collect()
}
