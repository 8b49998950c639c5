//! Data files for tests, written into a folder that is removed with them.

use crate::{Report, ReportOptions};
use data::files::{DataFile, ReadOptions};
use tempfile::TempDir;

/// A file with some text; the folder lives as long as the pair.
pub(crate) fn file(text: &str) -> (TempDir, DataFile) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.csv");
    std::fs::write(&path, text).unwrap();
    let file = DataFile::read(&path, &ReadOptions::default()).unwrap();
    (folder, file)
}

/// The options of tests: the table is `data`.
pub(crate) fn options() -> ReportOptions {
    ReportOptions {
        table: "data".to_owned(),
        ..ReportOptions::default()
    }
}

/// The report of a text; all its numbers are recomputed.
pub(crate) fn report(text: &str, options: &ReportOptions) -> Report {
    let (_folder, file) = file(text);
    let report = crate::make(&file, options).unwrap();
    let outcome = crate::verify(&report, &file).unwrap();
    assert!(outcome.is_equal(), "{:#?}", outcome.mismatches);
    report
}

/// A file with `rows` rows for each of `months` months; `cells` gives the cells after the date.
pub(crate) fn monthly(
    header: &str,
    months: usize,
    rows: usize,
    cells: &mut dyn FnMut(usize, usize) -> String,
) -> String {
    let mut text = format!("date,{header}\n");
    for month in 0..months {
        let (year, of_year) = (2020 + month / 12, month % 12 + 1);
        for row in 0..rows {
            let day = row * 27 / rows.max(1) + 1;
            let rest = cells(month, row);
            text.push_str(&format!("{year}-{of_year:02}-{day:02},{rest}\n"));
        }
    }
    text
}
