//! A table of an SQLite database: rows as text.
//!
//! SQLite itself reads, so that every kind of page, encoding and overflow is right. The file is
//! opened read only and as one that does not change, so nothing is locked or written; schemas are
//! not trusted; views, virtual tables and columns that are computed when they are read are left
//! out; and rows are bounded by the file's size, so a hostile file costs bounded time.

use super::csv::split::Fields;
use super::rows::{RowSink, Scanned};
use super::source::Source;
use super::{FileProblem, ReadOptions};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::io::Write;

/// The longest value.
const MOST_BYTES: i32 = 8 << 20;
/// Tables that are named in a message.
const NAMED: usize = 20;

/// A table and its columns.
#[derive(Clone, Debug)]
pub(crate) struct SqliteLayout {
    pub table: String,
    pub names: Vec<String>,
    /// Columns that are computed, or beyond the most.
    pub left_out: Vec<String>,
    /// Whether a log lies next to the file whose rows are not read.
    pub has_log: bool,
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn open(source: &Source) -> Result<Connection, FileProblem> {
    let mut uri = String::from(if cfg!(windows) { "file:/" } else { "file:" });
    for byte in source.path().as_os_str().as_encoded_bytes() {
        match byte {
            b'\\' if cfg!(windows) => uri.push('/'),
            b':' if cfg!(windows) => uri.push(':'),
            b'/' | b'-' | b'_' | b'.' => uri.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(*byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri.push_str("?mode=ro&immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&uri, flags).map_err(|e| say(source, &e))?;
    let limited = connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MOST_BYTES);
    limited.map_err(|error| say(source, &error))?;
    let settings = "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; \
                    PRAGMA cache_size = -8192; PRAGMA mmap_size = 0;";
    let set = connection.execute_batch(settings);
    set.map_err(|error| say(source, &error))?;
    Ok(connection)
}

fn say(source: &Source, error: &rusqlite::Error) -> FileProblem {
    FileProblem::new(format!("{}: SQLite: {error}", source.path().display()))
}

/// Finds the table that is wanted, or the only one.
pub(crate) fn detect(source: &Source, options: &ReadOptions) -> Result<SqliteLayout, FileProblem> {
    let connection = open(source)?;
    let tables = tables(&connection).map_err(|error| say(source, &error))?;
    let has_log = has_log(source);
    let name = source.path().display();
    let list = || {
        let named: Vec<&str> = tables.iter().take(NAMED).map(String::as_str).collect();
        let more = tables.len().saturating_sub(NAMED);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        format!("{}{more}", named.join(", "))
    };
    let table = match (&options.table, tables.as_slice()) {
        (_, []) if has_log => {
            return Err(FileProblem::new(format!(
                "{name} has no table yet: its rows are in the write-ahead log next to it, which \
                 is not read; close the program that writes them, or run PRAGMA wal_checkpoint"
            )));
        }
        (_, []) => return Err(FileProblem::new(format!("{name} has no table"))),
        (Some(wanted), _) => {
            let same = |table: &&String| table.eq_ignore_ascii_case(wanted);
            let found = tables.iter().find(same).cloned();
            found.ok_or_else(|| {
                let why = if is_view(&connection, wanted) {
                    format!("{wanted} is a view, and views are not read; the tables are")
                } else {
                    format!("{name} has no table {wanted}; it has")
                };
                FileProblem::new(format!("{why} {}", list()))
            })?
        }
        (None, [only]) => only.clone(),
        (None, _) => {
            return Err(FileProblem::new(format!(
                "{name} has several tables; name one: {}",
                list()
            )));
        }
    };
    let columns = columns(&connection, &table).map_err(|error| say(source, &error))?;
    let (mut names, mut left_out) = (Vec::new(), Vec::new());
    for (column, is_stored) in columns {
        if is_stored && names.len() < options.max_columns {
            names.push(column);
        } else {
            left_out.push(column);
        }
    }
    Ok(SqliteLayout {
        table,
        names,
        left_out,
        has_log,
    })
}

/// Whether rows lie in a log next to the file.
fn has_log(source: &Source) -> bool {
    let mut log = source.path().as_os_str().to_owned();
    log.push("-wal");
    let log = std::path::Path::new(&log).metadata();
    log.is_ok_and(|log| log.len() > 0)
}

fn is_view(connection: &Connection, name: &str) -> bool {
    let query = "SELECT 1 FROM sqlite_master WHERE type = 'view' AND name = ?1 COLLATE NOCASE";
    let found = connection.query_row(query, [name], |_| Ok(()));
    found.is_ok()
}

/// The tables that hold rows, by name.
fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let query = "SELECT name FROM sqlite_master WHERE type = 'table' \
                 AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND rootpage > 0 ORDER BY name";
    let mut statement = connection.prepare(query)?;
    let names = statement.query_map([], |row| row.get(0))?;
    names.collect()
}

/// The columns of a table, and whether each is stored.
fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<(String, bool)>> {
    let query = format!("PRAGMA table_xinfo({})", quoted(table));
    let mut statement = connection.prepare(&query)?;
    let columns = statement.query_map([], |row| {
        let hidden: i64 = row.get("hidden")?;
        // 3 is a computed column whose values are stored.
        Ok((row.get("name")?, hidden == 0 || hidden == 3))
    })?;
    columns.collect()
}

impl SqliteLayout {
    /// Gives all rows to `sink`, in the table's own order.
    pub(crate) fn scan<S: RowSink>(
        &self,
        source: &Source,
        sink: &mut S,
    ) -> Result<Scanned, FileProblem> {
        let connection = open(source)?;
        let most = source.size;
        let done = self.rows(&connection, most, sink);
        let done = done.map_err(|error| say(source, &error))?;
        if done.rows > most {
            return Err(FileProblem::new(format!(
                "{} is damaged: its pages give more rows than it has bytes",
                source.path().display()
            )));
        }
        Ok(done)
    }

    fn rows<S: RowSink>(
        &self,
        connection: &Connection,
        most: u64,
        sink: &mut S,
    ) -> rusqlite::Result<Scanned> {
        let names: Vec<String> = self.names.iter().map(|name| quoted(name)).collect();
        let query = format!("SELECT {} FROM {}", names.join(", "), quoted(&self.table));
        let mut statement = connection.prepare(&query)?;
        let mut rows = statement.query([])?;
        let mut done = Scanned::default();
        let mut fields = Fields::default();
        while let Some(row) = rows.next()? {
            fields.reset(self.names.len());
            for at in 0..self.names.len() {
                let from = fields.scratch().len();
                write(row.get_ref(at)?, fields.scratch());
                fields.set(at, from);
            }
            done.rows += 1;
            done.lines += 1;
            if done.rows > most || !sink.row(done.rows, &[], &fields) {
                break;
            }
        }
        Ok(done)
    }
}

fn write(value: ValueRef<'_>, out: &mut Vec<u8>) {
    // Writing to memory does not fail.
    let _ = match value {
        ValueRef::Null => Ok(()),
        ValueRef::Integer(value) => write!(out, "{value}"),
        ValueRef::Real(value) => write!(out, "{value:?}"),
        ValueRef::Text(text) => out.write_all(text),
        ValueRef::Blob(bytes) => write!(out, "({} bytes)", bytes.len()),
    };
}
