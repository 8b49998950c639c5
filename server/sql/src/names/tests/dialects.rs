//! Names in what only one dialect has: every statement of a file of cases is right, and mistakes
//! next to such clauses are still found.

use super::{names_of, problems_of};
use data::SqlDialect;

/// A file of cases: its schema, and its statements.
fn parts(file: &str) -> (&str, impl Iterator<Item = &str>) {
    let mut parts = file.split("\n\n").skip(1);
    (parts.next().unwrap(), parts)
}

const FILES: &[(SqlDialect, &str)] = &[
    (SqlDialect::Postgres, include_str!("../cases/postgres.sql")),
    (SqlDialect::MySql, include_str!("../cases/mysql.sql")),
    (SqlDialect::TSql, include_str!("../cases/tsql.sql")),
    (SqlDialect::DuckDb, include_str!("../cases/duckdb.sql")),
];

#[test]
fn right_statements_of_each_dialect_have_no_problems() {
    for (dialect, file) in FILES {
        let (schema, statements) = parts(file);
        let names = names_of(schema);
        for sql in statements {
            for dialect in [Some(*dialect), None] {
                assert_eq!(problems_of(&names, sql, dialect), [], "{sql}");
            }
        }
    }
}

#[test]
fn mistakes_next_to_clauses_of_one_dialect_are_found() {
    let wrong = [
        (
            0,
            "ALTER TABLE orders DROP COLUMN x; SELECT totl FROM orders",
            "totl",
        ),
        (
            0,
            "SELECT id INTO TEMP y FROM orders; SELECT ido FROM y",
            "ido",
        ),
        (0, "SELECT ttal FROM recent", "ttal"),
        (
            0,
            "SELECT total FROM orders UNION SELECT id FROM customers ORDER BY ttal",
            "ttal",
        ),
        (
            2,
            "SELECT Name FROM dbo.Items\nSELECT Msgg FROM dbo.Logs",
            "Msgg",
        ),
        (0, "SELECT :\"a\", totl FROM orders", "totl"),
        (
            0,
            "SELECT t.b FROM orders, JSON_TABLE(data, '$' COLUMNS (a int PATH '$')) AS t",
            "b",
        ),
        (
            1,
            "SELECT titel FROM posts, JSON_TABLE(dat, '$' COLUMNS (a int)) j",
            "titel",
        ),
        (3, "SELECT [y for y in tgas] FROM trips", "tgas"),
        (
            3,
            "SELECT list_filter(tgas, lambda z: z = 'a') FROM trips",
            "tgas",
        ),
        (
            3,
            "SELECT t.fra FROM trips t POSITIONAL JOIN stops v",
            "fra",
        ),
    ];
    for (file, sql, name) in wrong {
        let (dialect, file) = FILES[file];
        let names = names_of(parts(file).0);
        let found = problems_of(&names, sql, Some(dialect));
        assert!(found.iter().any(|of| of.1 == name), "{sql}: {found:?}");
    }
}
