//! What is printed for SQLite is read by the real library, and its files are read as it does.

use super::{statements, text};
use crate::SqlDialect;
use crate::find::in_files;
use crate::schema::Schema;
use rusqlite::Connection;

/// Definitions that are hard to print: names, circles, keys of what is not there.
const HARD: &str = "
CREATE TYPE mood AS ENUM ('it''s', 'b');
CREATE SCHEMA shop;
CREATE TABLE shop.\"Order\" (
    \"group\" integer PRIMARY KEY, -- a ) comment; with ' marks
    \"has \"\"quotes\"\"\" text DEFAULT 'it''s' NOT NULL,
    m mood DEFAULT 'b'::mood,
    at timestamptz DEFAULT now(),
    tags text[] DEFAULT '{}',
    price numeric(10,2) DEFAULT 0.0,
    flag boolean DEFAULT true,
    other int REFERENCES later (id) ON DELETE SET NULL,
    no_type_known point,
    UNIQUE (price, flag), UNIQUE (flag, price)
);
CREATE TABLE later (id bigserial PRIMARY KEY, back int REFERENCES shop.\"Order\", gone int REFERENCES missing (x));
CREATE TABLE \"Order\" (id int, PRIMARY KEY (id));
CREATE INDEX i ON later (lower(back));
CREATE INDEX i2 ON later (back DESC);
CREATE INDEX later_back_idx ON later (back, gone);
CREATE VIEW v AS SELECT id FROM later;
CREATE TABLE nothing ();
CREATE TABLE comp (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE refs (a int, b int, FOREIGN KEY (a, b) REFERENCES comp (a, b) ON UPDATE CASCADE);
COMMENT ON TABLE comp IS 'two
lines';
";

fn schema(text: &str) -> Schema {
    in_files(vec![("a.sql".into(), text.as_bytes().to_vec())])
}

#[test]
fn sqlite_reads_what_is_printed_for_it() {
    let schema = schema(HARD);
    let printed = statements(&schema, SqlDialect::Sqlite);
    let base = Connection::open_in_memory().unwrap();
    base.execute_batch(&printed)
        .unwrap_or_else(|error| panic!("{error}\n{printed}"));
    for table in schema
        .tables
        .iter()
        .filter(|table| table.name.name != "nothing" && table.name.name != "v")
    {
        let name = match &table.name.namespace {
            Some(_) => table.name.name.clone(),
            None if table.name.name == "Order" => continue,
            None => table.name.name.clone(),
        };
        let columns = table
            .columns
            .iter()
            .map(|column| SqlDialect::Sqlite.quoted(&column.name));
        let columns: Vec<String> = columns.collect();
        let query = format!(
            "SELECT {} FROM {}",
            columns.join(", "),
            SqlDialect::Sqlite.quoted(&name)
        );
        assert!(
            base.prepare(&query).is_ok() || table.name.name == "Order",
            "{query}\n{printed}"
        );
    }
}

#[test]
fn what_is_printed_is_read_back_as_the_same() {
    let first = schema(HARD);
    for (name, dialect) in SqlDialect::ALL {
        let printed = statements(&first, dialect);
        let second = schema(&printed);
        assert_eq!(second.notes, [], "{name}\n{printed}");
        for table in first
            .tables
            .iter()
            .filter(|table| table.name.name == "refs" || table.name.name == "comp")
        {
            let again = second.table(&table.name.to_string()).unwrap();
            let names = |table: &crate::schema::SqlTable| -> Vec<String> {
                table
                    .columns
                    .iter()
                    .map(|column| column.name.clone())
                    .collect()
            };
            assert_eq!(names(again), names(table), "{name}");
            assert_eq!(again.primary_key, table.primary_key, "{name}");
            assert_eq!(
                again.foreign_keys.len(),
                table.foreign_keys.len(),
                "{name}\n{printed}"
            );
        }
    }
}

#[test]
fn the_text_for_people_says_what_matters() {
    let schema = schema(
        "-- People\nCREATE TABLE a (id int PRIMARY KEY, b text NOT NULL UNIQUE, -- the b\n c int REFERENCES a (id), d text CHECK (d IN ('x')));",
    );
    assert_eq!(
        text(&schema),
        "table a  -- a.sql:2\n  -- People\n  id  int   primary key\n  b   text  not null, unique  -- the b\n  \
         c   int   -> a.id\n  d   text  in ('x')\n\n"
    );
}

/// The tables and columns of a file as the library sees them.
fn by_library(base: &Connection) -> Vec<(String, Vec<String>)> {
    let mut tables = base
        .prepare("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY lower(name)")
        .unwrap();
    let names: Vec<String> = tables
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let columns = |name: &String| -> Vec<String> {
        let mut found = base
            .prepare("SELECT name FROM pragma_table_xinfo(?1)")
            .unwrap();
        found
            .query_map([name], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    };
    names
        .iter()
        .map(|name| (name.clone(), columns(name)))
        .collect()
}

fn by_us(path: &std::path::Path) -> Vec<(String, Vec<String>)> {
    let schema = in_files(vec![("a.db".into(), std::fs::read(path).unwrap())]);
    assert_eq!(schema.notes, []);
    let columns = |table: &crate::schema::SqlTable| {
        table
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect()
    };
    schema
        .tables
        .iter()
        .map(|table| (table.name.name.clone(), columns(table)))
        .collect()
}

#[test]
fn files_of_sqlite_are_read_as_the_library_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    for (number, (page, encoding)) in [
        (512, "UTF-8"),
        (4096, "UTF-16le"),
        (65_536, "UTF-16be"),
        (1024, "UTF-8"),
    ]
    .into_iter()
    .enumerate()
    {
        let path = folder.path().join(format!("{number}.db"));
        let base = Connection::open(&path).unwrap();
        base.execute_batch(&format!(
            "PRAGMA page_size = {page}; PRAGMA encoding = '{encoding}'; VACUUM;"
        ))
        .unwrap();
        for table in 0..120 {
            let columns: Vec<String> = (0..1 + table * 2)
                .map(|column| format!("\"cölumn {column}\" VARCHAR(20) NOT NULL"))
                .collect();
            base.execute_batch(&format!("CREATE TABLE t{table} ({})", columns.join(",\n")))
                .unwrap();
        }
        base.execute_batch("DROP TABLE t5; ALTER TABLE t6 ADD COLUMN more; CREATE VIEW v (a, b) AS SELECT 1, 2; CREATE INDEX i ON t7 (\"cölumn 1\");").unwrap();
        let expected = by_library(&base);
        drop(base);
        assert_eq!(by_us(&path), expected, "page {page}, {encoding}");
    }
}

#[test]
fn damaged_files_of_sqlite_are_notes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let base = Connection::open(&path).unwrap();
    base.execute_batch("CREATE TABLE a (b int); CREATE TABLE c (d int);")
        .unwrap();
    drop(base);
    let whole = std::fs::read(&path).unwrap();
    let read = |bytes: Vec<u8>| in_files(vec![("a.db".into(), bytes)]);
    assert_eq!(read(whole.clone()).tables.len(), 2);
    assert_eq!(read(whole[..2_000].to_vec()).notes.len(), 1);
    assert_eq!(read(b"\0something else".to_vec()).notes.len(), 1);
    assert_eq!(read(b"CREATE TABLE a (b int);".to_vec()).tables.len(), 1);
    assert!(read(Vec::new()).notes.is_empty());
    // Each byte of the first page damaged in turn: never a panic, never endless.
    for at in 0..whole.len().min(4096) {
        for value in [0, 1, 0x7f, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] = value;
            read(bytes);
        }
    }
}
