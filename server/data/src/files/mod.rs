//! Data files as typed columns: CSV and other delimited text, JSON lines, Parquet, SQLite.
//!
//! [`DataFile::read`] reads all rows once and knows the type and the statistics of each column
//! then; [`DataFile::each_row`] and [`DataFile::fold`] read the rows again as typed cells. No type
//! comes from a sample, and no row or value is lost without a [`FileNote`]. The memory does not
//! grow with the file. Files are opened in `source.rs` only.
//!
//! How values are read, everywhere alike:
//! - Spaces around a value do not belong to it. An empty value, `-`, `\\N`, and in any case of
//!   letters `NA`, `N/A`, `#N/A`, `NaN` and `null` mean that the value is missing.
//! - Numbers have a decimal point or a decimal comma, and may have groups of three digits cut by
//!   the other mark, a space or `'`. The mark is the one that fits more values of the column.
//! - Digits with a leading zero, or more than 64 bits hold, make the column an identifier.
//! - Dates are `Y-M-D`, `Y/M/D`, `Y.M.D`, `Y-M`, `Y年M月D日`, and `D/M/Y` or `M/D/Y` with any of these
//!   marks; a time of day may follow. The order is the one that fits more values; if none decides,
//!   the column is a text. Times with an offset keep the time of their own clock. `Jan 2024`,
//!   `2024Q1`, `2024-W05` are the first days of their periods; numbers are days (`20240131`) or
//!   count from 1970 if all values of the column allow it (`parse/period.rs`).
//! - `true`, `false`, `yes`, `no`, `t`, `f`, `y`, `n`, `是` and `否` are truths.
//! - A column has the kind that fits at least 95 % of its values; the others are unfit.

mod cell;
mod column;
mod csv;
mod data_file;
mod encoding;
mod format;
mod json_lines;
mod load;
mod notes;
mod options;
mod parquet_file;
mod parse;
mod pass;
mod preview;
mod problem;
mod profile;
mod rows;
mod sketch;
mod source;
mod sqlite_table;
#[cfg(test)]
mod tests;
mod threads;
mod window;

pub use cell::{FileCell, ValueKind};
pub use data_file::DataFile;
pub use format::FileFormat;
pub use options::ReadOptions;
pub use preview::columns_only;
pub use problem::{FileNote, FileNoteKind, FileProblem};
pub use profile::{ColumnProfile, Distinct, PersonalKind, Quantiles, UnfitValue};
