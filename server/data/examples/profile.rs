//! Prints the profile of a data file, and how long the first and a second pass took.
//!
//! `cargo run --release -p data --example profile -- FILE [THREADS]`

use data::files::{DataFile, FileCell, FileProblem, ReadOptions};
use std::time::Instant;

fn main() {
    let path = std::env::args().nth(1).unwrap_or_default();
    let threads = std::env::args().nth(2).and_then(|text| text.parse().ok());
    let options = ReadOptions {
        threads: threads.unwrap_or(2),
        ..Default::default()
    };
    let start = Instant::now();
    match DataFile::read(path.as_ref(), &options) {
        Ok(file) => {
            print(&file, start.elapsed().as_secs_f64());
            second_pass(&file);
        }
        Err(problem) => eprintln!("{problem}"),
    }
}

#[allow(clippy::print_stdout)]
fn print(file: &DataFile, seconds: f64) {
    for note in file.notes() {
        println!("{}", note.message);
    }
    for column in file.columns() {
        println!(
            "{} {}: missing {}, unfit {}, distinct {}{}, min {:?}, max {:?}, mean {:?}",
            column.name,
            column.kind.word(),
            column.missing,
            column.unfit,
            column.distinct.count,
            if column.distinct.is_exact { "" } else { "~" },
            column.min_text,
            column.max_text,
            column.mean,
        );
    }
    println!("{} rows in {seconds:.3} s", file.rows());
}

/// Counts the cells that are values, on as many threads.
#[allow(clippy::print_stdout)]
fn second_pass(file: &DataFile) {
    let wanted: Vec<usize> = (0..file.columns().len()).collect();
    let start = Instant::now();
    let count = |state: &mut usize, _: u64, cells: &[FileCell<'_>]| {
        *state += cells.iter().filter(|cell| cell.is_value()).count();
    };
    let counted: Result<usize, FileProblem> =
        file.fold(&wanted, || 0, count, |state, other| *state += other);
    let seconds = start.elapsed().as_secs_f64();
    match counted {
        Ok(count) => println!("{count} values again within {seconds:.3} s"),
        Err(problem) => eprintln!("{problem}"),
    }
}
