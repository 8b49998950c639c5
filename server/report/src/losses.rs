//! What of a file could not be read: rows that were left out, and values that do not fit.
//!
//! These sentences come first among what is wrong with the data. They have no query: the table of
//! the queries holds only what was read.

use crate::sentence::{Piece, Writer, catalog, format};
use data::files::{ColumnProfile, DataFile};

/// As many columns with unreadable values get a sentence.
const MAX_COLUMNS: usize = 8;
/// A longer value is not shown.
const MAX_VALUE: usize = 40;

fn count(number: u64) -> String {
    format::count(i64::try_from(number).unwrap_or(i64::MAX))
}

/// The sentence that rows were left out; `None` if all were read.
pub(crate) fn rows(file: &DataFile, writer: &Writer) -> Option<Vec<Piece>> {
    let lost = file.rows_left_out();
    if lost == 0 {
        return None;
    }
    let all = lost + file.rows();
    let names = [
        ("lost", count(lost)),
        ("rows", count(all)),
        ("share", format::percent(lost as f64 / all as f64)),
    ];
    Some(writer.fill(catalog::get(writer.language, "page.lost"), &names))
}

/// A sentence for each column that has values which do not fit its kind.
pub(crate) fn values(columns: &[ColumnProfile], writer: &Writer) -> Vec<Vec<Piece>> {
    let unfit = columns.iter().filter(|column| column.unfit > 0);
    unfit
        .take(MAX_COLUMNS)
        .map(|column| of_column(column, writer))
        .collect()
}

fn of_column(column: &ColumnProfile, writer: &Writer) -> Vec<Piece> {
    let is_shown = !column.is_personal || writer.show_values;
    let examples = column.unfit_examples.iter().filter(|_| is_shown);
    let short = examples.filter(|one| one.text.chars().count() <= MAX_VALUE);
    let examples: Vec<String> = short.map(|one| format!("“{}”", one.text)).collect();
    let key = if examples.is_empty() {
        "page.unfit"
    } else {
        "page.unfit.examples"
    };
    let names = [
        ("count", count(column.unfit)),
        ("rows", count(column.values() + column.unfit)),
        ("column", column.name.clone()),
        ("kind", writer.words(&kind_key(column))),
        ("examples", examples.join(", ")),
    ];
    writer.fill(catalog::get(writer.language, key), &names)
}

/// The key of the word for a column's kind.
pub(crate) fn kind_key(column: &ColumnProfile) -> String {
    let key = match column.kind {
        data::files::ValueKind::Time => "time",
        kind => kind.word(),
    };
    format!("kind.{key}")
}
