//! Whole files of every format, the notes on them, and files that mean harm.

mod databases;
mod delimited;
mod hostile;
mod json;
mod random;

use super::{ColumnProfile, DataFile, FileCell, FileNoteKind, FileProblem, ReadOptions, ValueKind};
use rusqlite::Connection;
use std::path::PathBuf;
use tempfile::TempDir;

/// A file in a folder of its own.
pub(super) fn file(name: &str, content: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

pub(super) fn try_read(name: &str, content: &[u8]) -> Result<DataFile, FileProblem> {
    let (_folder, path) = file(name, content);
    DataFile::read(&path, &ReadOptions::default())
}

/// Reads and keeps the folder.
pub(super) fn read(name: &str, content: &[u8]) -> (TempDir, DataFile) {
    let (folder, path) = file(name, content);
    let read = DataFile::read(&path, &ReadOptions::default()).unwrap();
    (folder, read)
}

pub(super) fn kinds(file: &DataFile) -> Vec<(&str, ValueKind)> {
    let columns = file.columns().iter();
    columns
        .map(|column| (column.name.as_str(), column.kind))
        .collect()
}

/// All rows as text.
pub(super) fn rows(file: &DataFile) -> Vec<String> {
    let wanted: Vec<usize> = (0..file.columns().len()).collect();
    let mut rows = Vec::new();
    let each = &mut |_: u64, cells: &[FileCell<'_>]| {
        let cells: Vec<String> = cells.iter().map(|cell| format!("{cell:?}")).collect();
        rows.push(cells.join(" "));
        true
    };
    file.each_row(&wanted, each).unwrap();
    rows
}

/// Notes of one kind.
pub(super) fn notes(file: &DataFile, kind: FileNoteKind) -> Vec<&str> {
    let notes = file.notes().iter().filter(|note| note.kind == kind);
    notes.map(|note| note.message.as_str()).collect()
}

/// Loads the file and checks that SQLite finds what the profile says.
pub(super) fn verify(file: &DataFile) {
    let connection = Connection::open_in_memory().unwrap();
    let loaded = file.load_into(&connection, "file").unwrap();
    assert_eq!(loaded, file.rows());
    for column in file.columns() {
        verify_column(&connection, column);
    }
}

fn verify_column(connection: &Connection, column: &ColumnProfile) {
    let name = format!("\"{}\"", column.name.replace('"', "\"\""));
    let one = |what: &str| -> rusqlite::types::Value {
        let query = format!("SELECT {what} FROM file");
        connection.query_row(&query, [], |row| row.get(0)).unwrap()
    };
    use rusqlite::types::Value;
    let count = |value: u64| Value::Integer(value.cast_signed());
    assert_eq!(one("count(*)"), count(column.rows));
    assert_eq!(
        one(&format!("count({name})")),
        count(column.values()),
        "{name}"
    );
    if column.distinct.is_exact {
        let distinct = one(&format!("count(DISTINCT {name})"));
        assert_eq!(distinct, count(column.distinct.count), "{column:?}");
    }
    let text = |value: Value| match value {
        Value::Null => None,
        Value::Integer(value) => Some(value.to_string()),
        Value::Real(value) => Some(super::parse::number::decimal_text(value)),
        Value::Text(text) => Some(text),
        Value::Blob(_) => panic!("{name}"),
    };
    if column.kind != ValueKind::Boolean {
        assert_eq!(
            text(one(&format!("min({name})"))),
            column.min_text,
            "{name}"
        );
        assert_eq!(
            text(one(&format!("max({name})"))),
            column.max_text,
            "{name}"
        );
    }
    if column.kind.is_number() {
        let Value::Real(sum) = one(&format!("total({name})")) else {
            panic!("{name}");
        };
        let own = column.sum.unwrap();
        assert!(
            (sum - own).abs() <= 1e-9 * own.abs().max(1.0),
            "{name}: {sum} {own}"
        );
    }
}
