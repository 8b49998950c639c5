//! Cuts a delimited text into parts at borders of records, for several threads.
//!
//! A line break may be inside a quoted field, which only reading from the start can tell. So a
//! border is guessed: the first line break after which some records have the right number of
//! fields. The reader of the part before it verifies the guess: its last record must end there.

use super::super::FileProblem;
use super::super::source::Source;
use super::head::CsvLayout;
use super::split::{self, Fields, Step};
use std::io::Read;

/// A part is worth a thread from this size on. Tests cut small texts.
const PART: u64 = if cfg!(test) { 1 << 10 } else { 2 << 20 };
/// Parts for each thread, so that no thread waits long for another that was slower.
const PARTS: usize = 4;
/// The columns of all parts together, whose statistics are in memory at once.
const MOST_COLUMNS: usize = 4000;
/// The bytes in which a border is looked for.
const LOOKED_AT: u64 = 256 << 10;
/// The records that must fit after a border, and the line breaks that are tried.
const FITTING: usize = if cfg!(test) { 2 } else { 16 };
const TRIED: usize = 64;

/// Where parts start, the first excepted; fewer than wanted where no border was found.
pub(crate) fn borders(
    source: &Source,
    layout: &CsvLayout,
    threads: usize,
) -> Result<Vec<u64>, FileProblem> {
    let size = source.size.saturating_sub(layout.start);
    let parts = if threads > 1 {
        let fitting = (MOST_COLUMNS / layout.width).clamp(1, threads * PARTS);
        (size / PART).min(fitting as u64)
    } else {
        1
    };
    let mut borders = Vec::new();
    for part in 1..parts {
        let place = layout.start + size / parts * part;
        let mut bytes = Vec::new();
        let read = source.text(place)?.take(LOOKED_AT).read_to_end(&mut bytes);
        read.map_err(|error| FileProblem::reading(source.path(), &error))?;
        if let Some(at) = border(&bytes, layout) {
            borders.push(place + at as u64);
        }
    }
    borders.dedup();
    Ok(borders)
}

fn border(bytes: &[u8], layout: &CsvLayout) -> Option<usize> {
    let breaks = memchr::memchr_iter(b'\n', bytes).take(TRIED);
    breaks
        .map(|at| at + 1)
        .find(|at| fits(&bytes[*at..], layout))
}

/// Whether records that start here have as many fields as there are columns.
fn fits(bytes: &[u8], layout: &CsvLayout) -> bool {
    let (mut at, mut fields) = (0, Fields::default());
    for _ in 0..FITTING {
        match split::record(&bytes[at..], layout.delimiter, false, &mut fields) {
            Step::Record { next, .. } if fields.len() == layout.width => at += next,
            _ => return false,
        }
    }
    true
}
