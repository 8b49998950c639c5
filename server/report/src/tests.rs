//! Whole reports: each folder of `cases/` has a file, perhaps a question, and the expected page.
//!
//! `UPDATE_EXPECT=1 cargo test -p report` writes the pages again after a change that was meant.

use crate::{ReportOptions, make, verify};
use data::files::{DataFile, ReadOptions};
use std::fs;
use std::path::{Path, PathBuf};

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let entries = fs::read_dir(folder).unwrap();
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// The page of a case, with the outcome of its recomputation at the end.
fn page(folder: &Path) -> String {
    let file = DataFile::read(&folder.join("data.csv"), &ReadOptions::default()).unwrap();
    let question = fs::read_to_string(folder.join("question.txt")).ok();
    let options = ReportOptions {
        table: "data".to_owned(),
        question: question.map(|text| text.trim().to_owned()),
        ..ReportOptions::default()
    };
    let report = make(&file, &options).unwrap();
    let outcome = verify(&report, &file).unwrap();
    assert!(outcome.is_equal(), "{:#?}", outcome.mismatches);
    let numbers = format!("<!-- {} numbers recomputed -->\n", outcome.numbers);
    report.to_markdown("data").text + &numbers
}

#[test]
fn reports_are_as_expected() {
    let mut different = Vec::new();
    for folder in cases() {
        let (found, path) = (page(&folder), folder.join("report.md"));
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&path, &found).unwrap();
        }
        if fs::read_to_string(&path).unwrap_or_default() != found {
            different.push(folder);
        }
    }
    assert!(
        different.is_empty(),
        "other pages than expected: {different:#?}"
    );
}

#[test]
fn the_same_file_has_the_same_report() {
    let folder = &cases()[0];
    assert_eq!(page(folder), page(folder));
}
