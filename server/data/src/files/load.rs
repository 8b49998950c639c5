//! Loads a data file into an SQLite table, so that queries can recompute what a profile says.

use super::parse::date;
use super::{DataFile, FileCell, FileProblem, ValueKind};
use rusqlite::Connection;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn say(error: &rusqlite::Error) -> FileProblem {
    FileProblem::new(format!("the rows were not loaded into SQLite: {error}"))
}

impl DataFile {
    /// Loads all rows into a new table of an SQLite database: integers, reals, texts, dates and
    /// times as ISO text, booleans as 0 and 1; missing and unfit values are NULL. Returns how many
    /// rows were loaded. Runs in one transaction, so the connection must not be in one.
    ///
    /// # Errors
    /// If the file cannot be read or has changed, or the table cannot be made or filled: a table
    /// has at most 2,000 columns in SQLite.
    pub fn load_into(&self, connection: &Connection, table: &str) -> Result<u64, FileProblem> {
        let columns: Vec<String> = self.columns().iter().map(definition).collect();
        let create = format!("CREATE TABLE {} ({})", quoted(table), columns.join(", "));
        connection
            .execute_batch(&format!("BEGIN; {create}"))
            .map_err(|error| say(&error))?;
        let loaded = self.fill(connection, table);
        let end = if loaded.is_ok() { "COMMIT" } else { "ROLLBACK" };
        connection.execute_batch(end).map_err(|error| say(&error))?;
        loaded
    }

    fn fill(&self, connection: &Connection, table: &str) -> Result<u64, FileProblem> {
        let marks = vec!["?"; self.columns().len()].join(", ");
        let insert = format!("INSERT INTO {} VALUES ({marks})", quoted(table));
        let mut insert = connection.prepare(&insert).map_err(|error| say(&error))?;
        let wanted: Vec<usize> = (0..self.columns().len()).collect();
        let (mut problem, mut rows) = (None, 0);
        self.each_row(&wanted, &mut |_, cells| {
            let values = cells.iter().map(value);
            problem = insert.execute(rusqlite::params_from_iter(values)).err();
            rows += u64::from(problem.is_none());
            problem.is_none()
        })?;
        match problem {
            Some(error) => Err(say(&error)),
            None => Ok(rows),
        }
    }
}

fn definition(column: &super::ColumnProfile) -> String {
    let kind = match column.kind {
        ValueKind::Integer | ValueKind::Boolean => "INTEGER",
        ValueKind::Decimal => "REAL",
        _ => "TEXT",
    };
    format!("{} {kind}", quoted(&column.name))
}

fn value<'a>(cell: &FileCell<'a>) -> ToSqlOutput<'a> {
    let owned = |value| ToSqlOutput::Owned(value);
    match *cell {
        FileCell::Missing | FileCell::Unfit(_) => owned(Value::Null),
        FileCell::Integer(value) => owned(Value::Integer(value)),
        FileCell::Decimal(value) => owned(Value::Real(value)),
        FileCell::Boolean(value) => owned(Value::Integer(i64::from(value))),
        FileCell::Date(days) => owned(Value::Text(date::iso_date(i64::from(days)))),
        FileCell::Time(micros) => owned(Value::Text(date::iso_time(micros))),
        FileCell::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
    }
}
