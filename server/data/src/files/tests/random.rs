//! Random files: nothing panics, no thread count changes the result, and SQLite agrees.

use super::super::parse::date;
use super::super::{DataFile, FileCell, FileNote, FileNoteKind, ReadOptions, columns_only};
use super::{file, rows, try_read, verify};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// A runner whose cases are the same each time.
fn runner(cases: u32) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let seed = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    TestRunner::new_with_rng(config, seed)
}

/// A field, quoted where it must be.
fn field() -> impl Strategy<Value = String> {
    let plain = prop_oneof![
        4 => "-?[0-9]{1,6}",
        2 => "[0-9]{1,3}\\.[0-9]{1,3}",
        2 => "20[0-2][0-9]-0[1-9]-[0-2][1-8]",
        1 => "[0-3][0-9]/[01][0-9]/20[0-9]{2}",
        1 => "[a-c]",
        1 => "[a-zé ]{0,12}",
        1 => "0[0-9]{2}",
        1 => Just("NA".to_owned()),
        1 => Just(String::new()),
        1 => "[a-z\",\n;]{0,10}",
    ];
    plain.prop_map(|text| {
        if text.contains(['"', ',', '\n', ';']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text
        }
    })
}

/// Rows of one width, in which most columns have values of one kind.
fn table() -> impl Strategy<Value = String> {
    (1..5_usize).prop_flat_map(|width| {
        let row = prop::collection::vec(field(), width);
        let rows = prop::collection::vec(row, 1..120);
        (rows, 1..4_usize).prop_map(|(rows, repeats)| {
            let name = |at: usize| format!("name {at}");
            let header: Vec<String> = (0..rows[0].len()).map(name).collect();
            let mut text = header.join(",") + "\n";
            for _ in 0..repeats {
                for row in &rows {
                    text += &row.join(",");
                    text += "\n";
                }
            }
            text
        })
    })
}

#[test]
fn threads_do_not_change_the_result() {
    let run = runner(100).run(&table(), |text| {
        let (_folder, path) = file("a.csv", text.as_bytes());
        let read = |threads| {
            let options = ReadOptions {
                threads,
                delimiter: Some(b','),
                ..ReadOptions::default()
            };
            DataFile::read(&path, &options).unwrap()
        };
        let one = read(1);
        for threads in [2, 5] {
            let more = read(threads);
            prop_assert_eq!(one.rows(), more.rows());
            prop_assert_eq!(format!("{:?}", one.notes()), format!("{:?}", more.notes()));
            for (a, b) in one.columns().iter().zip(more.columns()) {
                let (mut a, mut b) = (a.clone(), b.clone());
                near(&mut a.deviation, &mut b.deviation);
                near(&mut a.mean, &mut b.mean);
                prop_assert_eq!(format!("{a:?}"), format!("{b:?}"));
            }
        }
        Ok(())
    });
    run.unwrap();
}

/// Makes two numbers equal that differ by rounding only.
fn near(a: &mut Option<f64>, b: &mut Option<f64>) {
    if let (Some(one), Some(other)) = (&a, &b)
        && (one - other).abs() <= 1e-9 * one.abs().max(1e-3)
    {
        *b = *a;
    }
}

#[test]
fn profiles_are_what_sqlite_computes() {
    let run = runner(80).run(&table(), |text| {
        if let Ok(read) = try_read("a.csv", text.as_bytes()) {
            prop_assert!(read.rows() > 0 || text.lines().count() < 3);
        }
        let (_folder, path) = file("a.csv", text.as_bytes());
        if let Ok(read) = DataFile::read(&path, &ReadOptions::default()) {
            verify(&read);
        }
        Ok(())
    });
    run.unwrap();
}

/// Lines with any number of fields, quotes that are closed in their line, and some that are empty.
fn ragged() -> impl Strategy<Value = String> {
    let field = field().prop_map(|text| text.replace('\n', " "));
    let row = prop::collection::vec(field, 0..5);
    prop::collection::vec(row, 1..60).prop_map(|rows| {
        let lines = rows.iter().map(|row| row.join(",") + "\n");
        "first,second,third\n1,2,3\n4,5,6\n".to_owned() + &lines.collect::<String>()
    })
}

#[test]
fn no_row_is_lost_in_silence() {
    let run = runner(150).run(&ragged(), |text| {
        let (_folder, path) = file("a.csv", text.as_bytes());
        let options = ReadOptions {
            delimiter: Some(b','),
            has_header: Some(true),
            ..ReadOptions::default()
        };
        let read = DataFile::read(&path, &options).unwrap();
        let is_rejected = |note: &&FileNote| {
            note.kind == FileNoteKind::Rejected && !note.message.contains("before the columns")
        };
        let rejected = read.notes().iter().filter(is_rejected);
        let rejected: u64 = rejected.map(|note| note.count).sum();
        let before = read
            .notes()
            .iter()
            .filter(|n| n.message.contains("before the columns"));
        let before: u64 = before.map(|note| note.count).sum();
        // Each line is a row, the header, rejected, or before the header.
        if before == 0 {
            let lines = text.lines().count() as u64;
            prop_assert_eq!(read.rows() + rejected + 1, lines, "{}", text);
        }
        prop_assert_eq!(rows(&read).len() as u64, read.rows());
        Ok(())
    });
    run.unwrap();
}

#[test]
fn json_is_read_as_the_same_table() {
    let run = runner(60).run(&table(), |text| {
        let (_folder, path) = file("a.csv", text.as_bytes());
        let options = ReadOptions {
            delimiter: Some(b','),
            has_header: Some(true),
            ..ReadOptions::default()
        };
        let csv = DataFile::read(&path, &options).unwrap();
        let wanted: Vec<usize> = (0..csv.columns().len()).collect();
        let mut lines = String::new();
        let each = &mut |_: u64, cells: &[FileCell<'_>]| {
            let members = cells.iter().enumerate().map(|(at, cell)| {
                let name = &csv.columns()[at].name;
                format!("{:?}: {}", name, json_text(cell))
            });
            lines += &format!("{{{}}}\n", members.collect::<Vec<_>>().join(", "));
            true
        };
        csv.each_row(&wanted, each).unwrap();
        if csv.rows() > 0 {
            let (_folder, path) = file("a.jsonl", lines.as_bytes());
            let json = DataFile::read(&path, &options).unwrap();
            prop_assert_eq!(rows(&csv).len(), rows(&json).len());
            verify(&json);
        }
        Ok(())
    });
    run.unwrap();
}

fn json_text(cell: &FileCell<'_>) -> String {
    match *cell {
        FileCell::Missing => "null".into(),
        FileCell::Integer(value) => value.to_string(),
        FileCell::Decimal(value) => format!("{value:?}"),
        FileCell::Boolean(value) => value.to_string(),
        FileCell::Date(days) => format!("\"{}\"", date::iso_date(i64::from(days))),
        FileCell::Time(micros) => format!("\"{}\"", date::iso_time(micros)),
        FileCell::Text(text) | FileCell::Unfit(text) => {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{}\"", text.replace('\n', "\\n"))
        }
    }
}

#[test]
fn no_bytes_panic() {
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..600),
        prop::collection::vec(
            prop::sample::select(b"a1,;\"\n\r\t{}[]:. -\\\xe9".to_vec()),
            0..600
        ),
    ];
    let starts: [&[u8]; 6] = [
        b"",
        b"PAR1",
        b"SQLite format 3\0",
        b"\x1f\x8b\x08",
        b"{\"a\":1}\n",
        b"[{\"a\":",
    ];
    let strategy = (prop::sample::select(starts.to_vec()), bytes);
    let run = runner(400).run(&strategy, |(start, bytes)| {
        let content = [start, &bytes].concat();
        let _ = columns_only(&content, "a.csv");
        if let Ok(read) = try_read("a", &content) {
            for column in read.columns() {
                prop_assert!(column.missing + column.unfit <= column.rows);
            }
        }
        Ok(())
    });
    run.unwrap();
}
