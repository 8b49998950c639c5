//! Runs one query on a file of SQLite that the user named: read-only, with a limit of time and of
//! rows. Nothing else in nigh runs a query.

use anyhow::{Context, bail, ensure};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use sql::judge::allow_reading;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a query may run.
const TIME: Duration = Duration::from_secs(2);
/// How many steps of SQLite lie between two looks at the clock.
const STEPS: i32 = 10_000;
/// The longest value that is shown, in characters.
const MAX_SHOWN: usize = 60;
/// The bytes that every file of SQLite begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// The rows of a query.
pub struct Rows {
    pub names: Vec<String>,
    pub rows: Vec<Vec<Value>>,
    /// Whether there are more rows than were asked for.
    pub has_more: bool,
}

/// Opens a file of SQLite that nothing can be written to.
pub fn open(path: &Path) -> anyhow::Result<Connection> {
    let shown = path.display();
    let found = std::fs::metadata(path).with_context(|| format!("cannot read {shown}"))?;
    ensure!(
        found.is_file(),
        "{shown} is no file: --run takes a SQLite database"
    );
    let start = first_bytes(path).with_context(|| format!("cannot read {shown}"))?;
    ensure!(
        start == MAGIC || start.is_empty(),
        "{shown} is no SQLite database: --run takes only those"
    );
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)
        .with_context(|| format!("SQLite cannot open {shown}"))?;
    connection.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA query_only = ON;")?;
    connection.authorizer(Some(allow_reading))?;
    Ok(connection)
}

fn first_bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut start = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(MAGIC.len() as u64).read_to_end(&mut start)?;
    Ok(start)
}

/// The first rows of a query.
pub fn rows(connection: &mut Connection, sql: &str, most: usize) -> anyhow::Result<Rows> {
    let end = Instant::now() + TIME;
    connection.progress_handler(STEPS, Some(move || Instant::now() > end))?;
    let mut statement = connection.prepare(sql)?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut found = Rows {
        names,
        rows: Vec::new(),
        has_more: false,
    };
    let mut rows = statement.query([])?;
    loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => return Ok(found),
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted) =>
            {
                bail!("the query was stopped after {} seconds", TIME.as_secs())
            }
            Err(error) => return Err(error.into()),
        };
        if found.rows.len() == most {
            found.has_more = true;
            return Ok(found);
        }
        let values = (0..found.names.len()).map(|at| Ok(value(row.get_ref(at)?)));
        found.rows.push(values.collect::<rusqlite::Result<_>>()?);
    }
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => json!(number),
        ValueRef::Real(number) => json!(number),
        ValueRef::Text(text) => json!(String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => json!(format!("({} bytes)", bytes.len())),
    }
}

impl Rows {
    /// A table for people.
    pub fn text(&self) -> String {
        let shown: Vec<Vec<String>> = std::iter::once(self.names.clone())
            .chain(self.rows.iter().map(|row| row.iter().map(cell).collect()))
            .collect();
        let width = |column: usize| {
            let cells = shown.iter().map(|row| row[column].chars().count());
            cells.max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.names.len()).map(width).collect();
        let mut text = String::new();
        for (at, row) in shown.iter().enumerate() {
            let cells = row.iter().zip(&widths);
            let line: Vec<String> = cells
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            text.push_str(line.join("  ").trim_end());
            text.push('\n');
            if at == 0 {
                let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
                text.push_str(&rule.join("  "));
                text.push('\n');
            }
        }
        let count = self.rows.len();
        let more = if self.has_more {
            " shown, there are more"
        } else {
            ""
        };
        text.push_str(&format!("({count} rows{more})\n"));
        text
    }

    /// One JSON object for each row.
    pub fn json(&self) -> Vec<Value> {
        let object = |row: &Vec<Value>| {
            let fields = self.names.iter().cloned().zip(row.iter().cloned());
            Value::Object(fields.collect())
        };
        self.rows.iter().map(object).collect()
    }
}

/// A value in one line, cut where it is long.
fn cell(value: &Value) -> String {
    let whole = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut shown: String = whole
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_SHOWN)
        .collect();
    if whole.chars().count() > MAX_SHOWN {
        shown.push_str("...");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(folder: &Path) -> std::path::PathBuf {
        let path = folder.join("a.db");
        let connection = Connection::open(&path).unwrap();
        let script = "CREATE TABLE a (b INTEGER, c TEXT); \
                      INSERT INTO a VALUES (1, 'x'), (2, NULL), (3, 'z');";
        connection.execute_batch(script).unwrap();
        path
    }

    #[test]
    fn rows_are_shown_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = open(&database(folder.path())).unwrap();
        let found = rows(&mut connection, "SELECT b, c FROM a ORDER BY b", 2).unwrap();
        assert_eq!(
            found.text(),
            "b  c\n-  -\n1  x\n2\n(2 rows shown, there are more)\n"
        );
        assert_eq!(found.json()[1], json!({"b": 2, "c": null}));
    }

    #[test]
    fn nothing_is_written_and_nothing_runs_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = database(folder.path());
        let mut connection = open(&path).unwrap();
        for sql in [
            "DELETE FROM a",
            "CREATE TABLE x (y)",
            "ATTACH 'other.db' AS o",
            "PRAGMA query_only = OFF",
            "SELECT load_extension('x')",
        ] {
            assert!(rows(&mut connection, sql, 1).is_err(), "{sql}");
        }
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                       SELECT max(i) FROM n";
        let error = rows(&mut connection, endless, 1).err().unwrap();
        assert_eq!(error.to_string(), "the query was stopped after 2 seconds");
    }

    #[test]
    fn other_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "a,b\n1,2\nand some more text\n").unwrap();
        let error = open(&path).err().unwrap().to_string();
        assert!(error.contains("is no SQLite database"), "{error}");
        assert!(open(&folder.path().join("none.db")).is_err());
    }
}
