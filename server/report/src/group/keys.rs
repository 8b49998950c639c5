//! Values of keys, and whole rows, that occur more than once.
//!
//! A hash of 64 bits is kept for each row, sorted at the end. Files with more rows than fit into
//! the bound are not checked, and the report says so.

use crate::problem::ReportProblem;
use data::files::{DataFile, FileCell};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Above this many rows nothing is checked: the hashes would need more than 64 MB.
pub(crate) const MAX_ROWS: u64 = 8_000_000;

/// What occurs more than once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Repeats {
    /// Different values that occur more than once.
    pub(crate) values: u64,
    /// Rows that have such a value.
    pub(crate) rows: u64,
    /// Rows that have any value.
    pub(crate) all: u64,
}

fn hash_cell(cell: &FileCell<'_>, hasher: &mut DefaultHasher) {
    match cell {
        FileCell::Missing | FileCell::Unfit(_) => 0_u8.hash(hasher),
        FileCell::Integer(value) => (1_u8, value).hash(hasher),
        FileCell::Decimal(value) => (2_u8, (value + 0.0).to_bits()).hash(hasher),
        FileCell::Boolean(value) => (3_u8, value).hash(hasher),
        FileCell::Date(value) => (4_u8, value).hash(hasher),
        FileCell::Time(value) => (5_u8, value).hash(hasher),
        FileCell::Text(value) => (6_u8, value).hash(hasher),
    }
}

fn repeats(mut hashes: Vec<u64>) -> Repeats {
    hashes.sort_unstable();
    let mut found = Repeats {
        all: hashes.len() as u64,
        ..Repeats::default()
    };
    for group in hashes
        .chunk_by(|a, b| a == b)
        .filter(|group| group.len() > 1)
    {
        found.values += 1;
        found.rows += group.len() as u64;
    }
    found
}

/// Counts what occurs more than once in the columns together; rows without any value are left out.
///
/// # Errors
/// If the file cannot be read again.
pub(crate) fn count(file: &DataFile, columns: &[usize]) -> Result<Repeats, ReportProblem> {
    let hashes = file.fold(
        columns,
        Vec::new,
        |hashes: &mut Vec<u64>, _, row| {
            if row.iter().any(FileCell::is_value) {
                let mut hasher = DefaultHasher::new();
                row.iter().for_each(|cell| hash_cell(cell, &mut hasher));
                hashes.push(hasher.finish());
            }
        },
        |hashes, other| hashes.extend(other),
    )?;
    Ok(repeats(hashes))
}
