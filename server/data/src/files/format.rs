//! Which format a file has, and one interface to the readers of all formats.
//!
//! To add a format, add a module with a layout, a function that finds it and one that scans, and a
//! row in each `match` here. The format is found from the first bytes, not from the file's name.

use super::csv::head::CsvLayout;
use super::csv::scan::CsvScan;
use super::json_lines::JsonLayout;
use super::parquet_file::ParquetLayout;
use super::rows::{RowRange, RowSink, Scanned};
use super::source::Source;
use super::sqlite_table::SqliteLayout;
use super::window::Window;
use super::{FileProblem, ReadOptions, csv, encoding, json_lines, parquet_file, sqlite_table};

/// The formats that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileFormat {
    /// Delimited text.
    Csv,
    /// One JSON object a line, or an array of objects.
    JsonLines,
    /// Apache Parquet.
    Parquet,
    /// A table of an SQLite database.
    Sqlite,
}

/// How a file is cut into rows.
#[derive(Clone, Debug)]
pub(crate) enum Layout {
    Csv(CsvLayout),
    Json(JsonLayout),
    Parquet(ParquetLayout),
    Sqlite(SqliteLayout),
}

/// Finds the format and layout of a file that starts with `head`.
pub(crate) fn detect(
    source: &mut Source,
    head: &[u8],
    options: &ReadOptions,
) -> Result<Layout, FileProblem> {
    let name = source.path().display().to_string();
    if head.is_empty() {
        return Err(FileProblem::new(format!("{name} is empty")));
    }
    if head.starts_with(parquet_file::MAGIC) {
        return parquet_file::detect(source, options).map(Layout::Parquet);
    }
    if head.starts_with(crate::readers::sqlite_file::MAGIC) {
        return sqlite_table::detect(source, options).map(Layout::Sqlite);
    }
    let say = |why: String| FileProblem::new(format!("{name}: {why}"));
    source.encoding = encoding::detect(head).map_err(say)?.0;
    let is_end = head.len() < super::source::HEAD;
    let (layout, _) = detect_text(head, options, is_end).map_err(say)?;
    Ok(layout)
}

/// Finds the layout of a text that starts so, and its start in UTF-8; `is_end` if that is all.
pub(crate) fn detect_text(
    head: &[u8],
    options: &ReadOptions,
    is_end: bool,
) -> Result<(Layout, Vec<u8>), String> {
    let (encoding, mark) = encoding::detect(head)?;
    // A mark of UTF-16 becomes one of UTF-8.
    let mark = if mark == 2 { 3 } else { mark };
    let text = encoding::recode(head, encoding);
    if let Some(layout) = json_lines::detect(&text, mark, options.max_columns) {
        return Ok((Layout::Json(layout), text));
    }
    let (delimiter, header) = (options.delimiter, options.has_header);
    match csv::head::detect(&text, mark, is_end, delimiter, header) {
        Some(layout) => Ok((Layout::Csv(layout), text)),
        None => Err("no rows were found in it".into()),
    }
}

impl Layout {
    pub(crate) fn format(&self) -> FileFormat {
        match self {
            Self::Csv(_) => FileFormat::Csv,
            Self::Json(_) => FileFormat::JsonLines,
            Self::Parquet(_) => FileFormat::Parquet,
            Self::Sqlite(_) => FileFormat::Sqlite,
        }
    }

    /// How many columns are known.
    pub(crate) fn width(&self) -> usize {
        match self {
            Self::Csv(layout) => layout.width,
            Self::Json(layout) => layout.names.len(),
            Self::Parquet(layout) => layout.names.len(),
            Self::Sqlite(layout) => layout.names.len(),
        }
    }

    /// The names of the first columns.
    pub(crate) fn names(&self, most: usize) -> Vec<String> {
        match self {
            Self::Csv(layout) => layout.names(most).0,
            Self::Json(layout) => layout.names.clone(),
            Self::Parquet(layout) => layout.names.clone(),
            Self::Sqlite(layout) => layout.names.clone(),
        }
    }

    /// The whole file as one range.
    pub(crate) fn whole(&self) -> RowRange {
        let (start, lines) = match self {
            Self::Csv(layout) => (layout.start, layout.lines),
            _ => (0, 0),
        };
        RowRange {
            start,
            end: u64::MAX,
            lines,
            rows: 0,
        }
    }

    /// Where other parts of the file may start.
    pub(crate) fn borders(&self, source: &Source, threads: usize) -> Result<Vec<u64>, FileProblem> {
        match self {
            Self::Csv(layout) if source.is_direct() => csv::cut::borders(source, layout, threads),
            _ => Ok(Vec::new()),
        }
    }

    /// Gives the rows of a range to `sink`; lines are counted from the start of the range.
    pub(crate) fn scan<S: RowSink>(
        &mut self,
        source: &Source,
        range: RowRange,
        sink: &mut S,
    ) -> Result<Scanned, FileProblem> {
        match self {
            Self::Csv(layout) => CsvScan::new(layout).run(window(source, range)?, range, sink),
            Self::Json(layout) => layout.scan(window(source, range)?, sink),
            Self::Parquet(layout) => layout.scan(source, sink),
            Self::Sqlite(layout) => layout.scan(source, sink),
        }
    }
}

/// A window at the start of a range.
fn window(source: &Source, range: RowRange) -> Result<Window, FileProblem> {
    if source.is_direct() {
        return Ok(Window::new(source.text(range.start)?, range.start));
    }
    let mut window = Window::new(source.text(0)?, 0);
    let skipped = window.skip(range.start);
    skipped.map_err(|error| FileProblem::reading(source.path(), &error))?;
    Ok(window)
}
