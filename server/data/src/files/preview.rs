//! The columns of a file from its first bytes: cheap, for editors that ask while someone types.

use super::column::reading::Reading;
use super::csv::scan::CsvScan;
use super::format::{self, Layout};
use super::pass::Profiling;
use super::sketch::limits::SketchLimits;
use super::window::Window;
use super::{ReadOptions, ValueKind};
use std::io::Cursor;

/// The names and likely kinds of the columns of delimited text or JSON lines, from the first bytes
/// of a file. The file's name says what the delimiter is if it ends with `.tsv`. None if these
/// bytes are of no such format. The kinds are those of these bytes only.
pub fn columns_only(bytes: &[u8], name: &str) -> Option<Vec<(String, ValueKind)>> {
    let options = ReadOptions {
        delimiter: name.ends_with(".tsv").then_some(b'\t'),
        ..ReadOptions::default()
    };
    let (mut layout, text) = format::detect_text(bytes, &options, false).ok()?;
    // The last line may be cut.
    let whole = memchr::memrchr(b'\n', &text).map_or(text.len(), |end| end + 1);
    let range = layout.whole();
    let mut window = Window::new(Box::new(Cursor::new(text[..whole].to_vec())), 0);
    window.skip(range.start).ok()?;
    let mut sink = match &layout {
        Layout::Json(_) => Profiling::growing(),
        _ => Profiling::new(layout.width(), SketchLimits::new(layout.width(), 2)),
    };
    match &mut layout {
        Layout::Csv(csv) => CsvScan::new(csv).run(window, range, &mut sink).ok()?,
        Layout::Json(json) => json.scan(window, &mut sink).ok()?,
        Layout::Parquet(_) | Layout::Sqlite(_) => return None,
    };
    let names = layout.names(options.max_columns);
    let states = names.iter().zip(&sink.states);
    let kinds: Vec<ValueKind> = states
        .map(|(name, state)| {
            let Reading { kind, .. } = state.decide(name).reading;
            kind
        })
        .collect();
    Some(names.into_iter().zip(kinds).collect())
}
