//! `nigh sql` and `nigh report`, as people and scripts call them.

use crate::program::run;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

const SCHEMA: &str = "\
CREATE TABLE categories (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE sales (
    id INTEGER PRIMARY KEY,
    category_id INTEGER NOT NULL REFERENCES categories (id),
    sold_on DATE NOT NULL,
    amount NUMERIC NOT NULL
);
";

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn shown(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A database with four categories, of which each sells in two quarters of 2023.
fn database(folder: &Path) -> PathBuf {
    let path = folder.join("shop.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch(SCHEMA).unwrap();
    for category in 1..=4 {
        let name = format!("category {category}");
        let insert = "INSERT INTO categories VALUES (?, ?)";
        connection.execute(insert, (category, name)).unwrap();
        for (day, amount) in [("2023-02-01", category), ("2023-05-01", 10 - category)] {
            let insert = "INSERT INTO sales (category_id, sold_on, amount) VALUES (?, ?, ?)";
            connection.execute(insert, (category, day, amount)).unwrap();
        }
    }
    path
}

#[test]
fn the_largest_of_each_quarter_are_as_many_in_each_quarter() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(folder.path());
    for question in [
        "top 3 categories by amount per quarter in 2023",
        "2023年每个季度销售额最高的前三个类别",
    ] {
        let arguments = ["sql", question, "--run", shown(&database), "--json"];
        let output = run(&arguments, b"");
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let rows = answer["rows"].as_array().unwrap();
        assert_eq!(
            rows.len(),
            6,
            "three rows for each of two quarters: {answer:#}"
        );
        let text = out(&output);
        assert!(
            text.contains("category 4") && text.contains("category 1"),
            "{text}"
        );
    }
}

#[test]
fn rows_without_others_are_found_where_a_reference_is_null() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    let script = "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT); \
                  CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER \
                  REFERENCES customers (id)); \
                  INSERT INTO customers VALUES (1, 'Ann'), (2, 'Bob'); \
                  INSERT INTO orders VALUES (1, 1), (2, NULL);";
    connection.execute_batch(script).unwrap();
    let output = run(
        &["sql", "customers without orders", "--run", shown(&path)],
        b"",
    );
    let text = out(&output);
    assert!(text.contains("Bob") && !text.contains("Ann"), "{text}");
}

#[test]
fn a_question_becomes_a_query_of_the_dialect() {
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("schema.sql");
    fs::write(&schema, SCHEMA).unwrap();
    let ask = |question: &str, dialect: &str| {
        let schema = ["--schema", shown(&schema), "--dialect", dialect];
        run(&[&["sql", question][..], &schema].concat(), b"")
    };
    let output = ask("the 5 sales with the largest amount", "tsql");
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out(&output).contains("TOP (5)"), "{}", out(&output));
    let refused = ask("delete all sales", "sqlite");
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        err(&refused).contains("asks to change data"),
        "{}",
        err(&refused)
    );
    let unknown = ask("zxcv qwer", "sqlite");
    assert_eq!(
        (unknown.status.code(), out(&unknown)),
        (Some(1), String::new())
    );
    let missing = run(&["sql", "sales", "--schema", "none.sql"], b"");
    assert_eq!(missing.status.code(), Some(2));
}

#[test]
fn nothing_is_run_but_on_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(folder.path());
    let text = folder.path().join("a.csv");
    fs::write(&text, "a,b\n1,2\n3,4\n5,6\n").unwrap();
    let schema = ["--schema", shown(&database)];
    let arguments = ["sql", "how many sales", "--run", shown(&text)];
    let output = run(&[&arguments[..], &schema].concat(), b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        err(&output).contains("is no SQLite database"),
        "{}",
        err(&output)
    );
    let rows = run(&["sql", "how many sales", "--run", shown(&database)], b"");
    assert!(out(&rows).contains("\n8\n"), "{}", out(&rows));
}

#[test]
fn wrong_names_are_found_in_sql_and_in_code() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let schema = put("schema.sql", SCHEMA);
    let right = put("right.sql", "SELECT amount FROM sales;\n");
    let wrong = put("wrong.py", "db.execute(\"SELECT amont FROM sales\")\n");
    let check = |file: &Path| {
        run(
            &["sql", "--schema", shown(&schema), "--check", shown(file)],
            b"",
        )
    };
    let output = check(&right);
    assert_eq!(
        (output.status.code(), out(&output)),
        (Some(0), String::new())
    );
    let output = check(&wrong);
    assert_eq!(output.status.code(), Some(1));
    let text = out(&output);
    assert!(
        text.contains("wrong.py:1:20: ") && text.contains("[unknown-column]"),
        "{text}"
    );
    assert!(
        text.contains("fix: Change to `amount` (checked: schema)"),
        "{text}"
    );
    let sql =
        "\u{feff}CREATE VIEW v AS SELECT * FROM other; SELECT 1 FROM v; SELECT amont FROM sales;";
    let units: Vec<u8> = sql.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let wide = folder.path().join("wide.sql");
    fs::write(&wide, units).unwrap();
    let files = [&schema, &wide].map(|path| shown(path));
    let output = run(
        &[
            "sql", "--schema", files[0], "--schema", files[1], "--check", files[1],
        ],
        b"",
    );
    assert!(out(&output).contains(&format!(":{}: ", sql.find("amont").unwrap() - 2)));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.contains("1 of 2 statements use tables or views"),
        "{errors}"
    );
}

/// Sales of two regions over three years; those of the north halve in the third.
fn sales(folder: &Path) -> PathBuf {
    let mut text = String::from("date,region,mail,amount\n");
    for month in 0..36 {
        for day in [3, 11, 19, 27] {
            for region in ["north", "south"] {
                let noise = (month * 7 + day * 3) % 5;
                let amount = match region {
                    "north" if month >= 24 => 50 + noise,
                    _ => 100 + noise,
                };
                let (year, month) = (2021 + month / 12, month % 12 + 1);
                let mail = format!("{region}{day}@example.com");
                text += &format!("{year}-{month:02}-{day:02},{region},{mail},{amount}\n");
            }
        }
    }
    let path = folder.join("sales.csv");
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_report_says_what_changed_and_sqlite_recomputes_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = sales(folder.path());
    let question = ["--question", "why did amount fall", "--verify"];
    let output = run(&[&["report", shown(&file)][..], &question].concat(), b"");
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let text = out(&output);
    assert!(text.contains("north") && text.contains("SELECT"), "{text}");
    assert!(
        !text.contains("@example.com"),
        "personal values are masked: {text}"
    );
    assert!(err(&output).contains("are the same"), "{}", err(&output));
}

#[test]
fn a_report_is_written_as_a_page_or_with_images() {
    let folder = tempfile::tempdir().unwrap();
    let file = sales(folder.path());
    let write = |name: &str| {
        let path = folder.path().join(name);
        let output = run(&["report", shown(&file), "--out", shown(&path)], b"");
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        fs::read_to_string(path).unwrap()
    };
    let page = write("a.html");
    assert!(page.contains("<svg") && !page.contains("<script"));
    let markdown = write("a.md");
    assert!(markdown.contains("a-1.svg") && folder.path().join("a-1.svg").is_file());
    let json: Value = serde_json::from_str(&write("a.json")).unwrap();
    assert!(json.is_object());
}

#[test]
fn a_file_without_a_report_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let fails = |path: &Path, more: &[&str]| {
        let output = run(&[&["report", shown(path)][..], more].concat(), b"");
        assert_eq!(output.status.code(), Some(2), "{}", out(&output));
        err(&output)
    };
    fails(&folder.path().join("none.csv"), &[]);
    fails(&put("a.parquet", b"PAR1 and nothing more PAR1"), &[]);
    let file = put("a.csv", b"a,b\n1,x\n2,y\n");
    let error = fails(&file, &["--measure", "c"]);
    assert!(error.contains("has no column `c`"), "{error}");
    let own = put("own.json", b"{\"a\": 1}\n{\"a\": 2}\n");
    let error = fails(&own, &["--out", shown(&own)]);
    assert!(error.contains("is the data file itself"), "{error}");
    assert_eq!(fs::read(&own).unwrap(), b"{\"a\": 1}\n{\"a\": 2}\n");
    let error = fails(&file, &["--out", "report.pdf"]);
    assert!(error.contains(".md, .html or .json"), "{error}");
}
