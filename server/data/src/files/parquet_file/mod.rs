//! Parquet files: rows as text, from columns that are read in step.
//!
//! The crate `parquet` decodes. What a file says about its own sizes is checked first, the rows are
//! bounded by the file's size, and a panic inside the crate costs this file only. Nested and
//! repeated columns are left out, with a note.

mod pages;
mod values;

use super::csv::split::Fields;
use super::rows::{RowSink, Scanned};
use super::source::Source;
use super::{FileProblem, ReadOptions};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use std::fs::File;
use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};
use values::{Meaning, TextBatch};

/// How such files begin and end.
pub(crate) const MAGIC: &[u8] = b"PAR1";
/// Rows that are read at once.
const BATCH: usize = 256;
/// Rows that a file may have for each of its bytes, and in any case.
const MOST_ROWS: (u64, u64) = (64, 10_000_000);
/// The most bytes of one column in one group of rows.
const MOST_BYTES: i64 = 4 << 30;

/// The columns of a file that are read.
#[derive(Clone, Debug)]
pub(crate) struct ParquetLayout {
    pub names: Vec<String>,
    places: Vec<usize>,
    meanings: Vec<Meaning>,
    /// The names of columns that are nested or repeated.
    pub left_out: Vec<String>,
}

/// Runs something of the crate; a panic becomes a problem.
fn guarded<T>(
    source: &Source,
    work: impl FnOnce() -> Result<T, ParquetError>,
) -> Result<T, FileProblem> {
    let name = source.path().display();
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(FileProblem::new(format!("{name}: {error}"))),
        Err(_) => Err(FileProblem::new(format!(
            "{name}: the Parquet file is damaged; write it again"
        ))),
    }
}

/// Reads the columns of a file.
pub(crate) fn detect(source: &Source, options: &ReadOptions) -> Result<ParquetLayout, FileProblem> {
    let file = source.file()?;
    let reader = guarded(source, || SerializedFileReader::new(file))?;
    check(source, reader.metadata())?;
    let mut layout = ParquetLayout {
        names: Vec::new(),
        places: Vec::new(),
        meanings: Vec::new(),
        left_out: Vec::new(),
    };
    let schema = reader.metadata().file_metadata().schema_descr();
    for (place, column) in schema.columns().iter().enumerate() {
        let name = column.path().string();
        if column.max_rep_level() > 0 || layout.names.contains(&name) {
            layout.left_out.push(name);
        } else if layout.names.len() < options.max_columns {
            layout.names.push(name);
            layout.places.push(place);
            layout.meanings.push(Meaning::of(column));
        } else {
            layout.left_out.push(name);
        }
    }
    if layout.names.is_empty() {
        return Err(FileProblem::new(format!(
            "{} has no columns without nesting",
            source.path().display()
        )));
    }
    Ok(layout)
}

/// Whether the sizes that a file states of itself can be true.
fn check(source: &Source, known: &ParquetMetaData) -> Result<(), FileProblem> {
    let mut rows = 0_u64;
    let mut is_fit = true;
    for group in known.row_groups() {
        let count = u64::try_from(group.num_rows());
        rows = rows.saturating_add(count.unwrap_or(u64::MAX));
        for column in group.columns() {
            let (packed, plain) = (column.compressed_size(), column.uncompressed_size());
            is_fit &= (0..=source.size as i64).contains(&packed);
            is_fit &= (0..=MOST_BYTES).contains(&plain);
        }
    }
    let (by_byte, at_least) = MOST_ROWS;
    if is_fit && rows <= source.size.saturating_mul(by_byte).max(at_least) {
        return check_pages(source, known);
    }
    Err(FileProblem::new(format!(
        "{} states sizes that its {} bytes cannot have",
        source.path().display(),
        source.size
    )))
}

/// Whether the pages that are read at once fit into memory.
fn check_pages(source: &Source, known: &ParquetMetaData) -> Result<(), FileProblem> {
    let name = source.path().display();
    let mut file = BufReader::with_capacity(1 << 16, source.file()?);
    for group in known.row_groups() {
        let mut whole = 0_u64;
        for column in group.columns() {
            let first = column.dictionary_page_offset();
            let start = first.map_or(column.data_page_offset(), |at| {
                at.min(column.data_page_offset())
            });
            let place = u64::try_from(start).and_then(|start| {
                let length = u64::try_from(column.compressed_size())?;
                Ok((start, length))
            });
            let (start, length) = place.unwrap_or((0, 0));
            let largest = pages::largest(&mut file, start, length);
            whole += largest.map_err(|error| FileProblem::new(format!("{name}: {error}")))?;
        }
        if whole > pages::MOST_BYTES {
            return Err(FileProblem::new(format!(
                "{name}: its pages unpack to {} MB at once; write it with smaller pages",
                whole >> 20
            )));
        }
    }
    Ok(())
}

impl ParquetLayout {
    /// Gives all rows to `sink`.
    pub(crate) fn scan<S: RowSink>(
        &self,
        source: &Source,
        sink: &mut S,
    ) -> Result<Scanned, FileProblem> {
        let file = source.file()?;
        let reader = guarded(source, || SerializedFileReader::new(file))?;
        check(source, reader.metadata())?;
        guarded(source, || self.groups(&reader, sink))
    }

    fn groups<S: RowSink>(
        &self,
        reader: &SerializedFileReader<File>,
        sink: &mut S,
    ) -> Result<Scanned, ParquetError> {
        let mut done = Scanned::default();
        let schema = reader.metadata().file_metadata().schema_descr_ptr();
        let levels = self
            .places
            .iter()
            .map(|at| schema.column(*at).max_def_level());
        let levels: Vec<i16> = levels.collect();
        let mut batches: Vec<TextBatch> =
            self.places.iter().map(|_| TextBatch::default()).collect();
        for at in 0..reader.num_row_groups() {
            let group = reader.get_row_group(at)?;
            let readers = self.places.iter().map(|at| group.get_column_reader(*at));
            let mut readers = readers.collect::<Result<Vec<_>, _>>()?;
            let mut left = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
            while left > 0 {
                let count = left.min(BATCH);
                for (at, reader) in readers.iter_mut().enumerate() {
                    batches[at].fill(reader, self.meanings[at], levels[at], count)?;
                }
                if !give(&batches, count, &mut done, sink) {
                    return Ok(done);
                }
                left -= count;
            }
        }
        Ok(done)
    }
}

/// Gives the rows of batches to the sink; whether to go on.
fn give<S: RowSink>(batches: &[TextBatch], count: usize, done: &mut Scanned, sink: &mut S) -> bool {
    let mut fields = Fields::default();
    for row in 0..count {
        fields.reset(batches.len());
        for (at, batch) in batches.iter().enumerate() {
            let from = fields.scratch().len();
            fields.scratch().extend_from_slice(batch.text(row));
            fields.set(at, from);
        }
        done.rows += 1;
        done.lines += 1;
        if !sink.row(done.rows, &[], &fields) {
            return false;
        }
    }
    true
}
