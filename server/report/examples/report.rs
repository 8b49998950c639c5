//! Writes the report of a data file as Markdown, HTML and JSON, and recomputes its numbers:
//! `cargo run -p report --example report -- FILE FOLDER [QUESTION]`.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example meets the machine"
)]

use data::files::{DataFile, ReadOptions};
use report::ReportOptions;
use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, folder, rest @ ..] = arguments.as_slice() else {
        return Err("give FILE FOLDER [QUESTION]".into());
    };
    let path = Path::new(path);
    let stem = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let file = DataFile::read(path, &ReadOptions::default())?;
    let options = ReportOptions {
        table: stem.clone(),
        question: rest.first().cloned(),
        ..ReportOptions::default()
    };
    let report = report::make(&file, &options)?;
    let folder = Path::new(folder);
    let page = report.to_markdown(&stem);
    for (name, svg) in &page.images {
        std::fs::write(folder.join(name), svg)?;
    }
    std::fs::write(folder.join(format!("{stem}.md")), page.text)?;
    std::fs::write(folder.join(format!("{stem}.html")), report.to_html())?;
    std::fs::write(folder.join(format!("{stem}.json")), report.to_json())?;
    for sentence in &report.sentences {
        println!(
            "- {} {}",
            sentence.text,
            sentence.advice.as_deref().unwrap_or_default()
        );
    }
    for note in &report.notes {
        println!("  note: {note}");
    }
    let outcome = report::verify(&report, &file)?;
    println!(
        "{} of {} sentences equal, {} numbers",
        outcome.equal, outcome.sentences, outcome.numbers
    );
    for mismatch in &outcome.mismatches {
        println!("NOT EQUAL: {mismatch:#?}");
    }
    Ok(())
}
