//! Delimited text: rows, types, notes, parts and encodings.

use super::super::{
    DataFile, FileCell, FileFormat, FileNoteKind, ReadOptions, ValueKind, columns_only,
};
use super::{file, kinds, notes, read, rows, verify};

#[test]
fn a_plain_file() {
    let text = "id,price,day,region\n1,2.50,2024-01-02,north\n2,,2024-01-03,south\n\
                3,4,2024-01-04,north\n4,x,2024-01-05,south\n";
    let (_folder, file) = read("a.csv", text.as_bytes());
    assert_eq!((file.rows(), file.format()), (4, FileFormat::Csv));
    let wanted = [
        ("id", ValueKind::Integer),
        ("price", ValueKind::Text),
        ("day", ValueKind::Date),
        ("region", ValueKind::Category),
    ];
    assert_eq!(kinds(&file), wanted);
    assert_eq!(
        rows(&file)[1],
        "Integer(2) Missing Date(19725) Text(\"south\")"
    );
    verify(&file);
}

#[test]
fn some_columns_of_some_rows() {
    let (_folder, file) = read("a.csv", b"a,b,c\n1,x,2\n3,y,4\n5,z,6\n");
    let mut seen = Vec::new();
    let each = &mut |row: u64, cells: &[FileCell<'_>]| {
        seen.push((row, format!("{cells:?}")));
        row < 1
    };
    file.each_row(&[2, 0], each).unwrap();
    let wanted = [
        (0, "[Integer(2), Integer(1)]".to_owned()),
        (1, "[Integer(4), Integer(3)]".to_owned()),
    ];
    assert_eq!(seen, wanted);
}

#[test]
fn rows_that_do_not_fit() {
    let text = "a,b\n1,2\n3\n4,5,6\n\n7,8,,\na,b\n9,10\n";
    let (_folder, file) = read("a.csv", text.as_bytes());
    assert_eq!(file.rows(), 3);
    let wanted = [
        "1 line is left out, with fewer fields than there are columns: line 3.",
        "1 line is left out, with more fields than there are columns: line 4.",
        "1 line is empty: line 5.",
        "1 line is left out, because the header is repeated: line 7.",
    ];
    assert_eq!(notes(&file, FileNoteKind::Rejected), wanted);
    verify(&file);
}

#[test]
fn a_quote_that_is_not_closed_costs_its_line() {
    let mut text = String::from("id,name,n\n");
    for at in 0..50 {
        text += &match at {
            10 => "10,\"broken,1\n".to_owned(),
            20 => "20,\"two\nlines\",1\n".to_owned(),
            at => format!("{at},\"name {at}\",1\n"),
        };
    }
    let (_folder, file) = read("a.csv", text.as_bytes());
    assert_eq!(file.rows(), 50);
    let decided = notes(&file, FileNoteKind::Decided);
    let wanted = "1 line is read with quotes as text, because a quote is not closed: line 12.";
    assert!(decided.contains(&wanted), "{decided:?}");
    assert_eq!(
        rows(&file)[10],
        "Integer(10) Text(\"\\\"broken\") Integer(1)"
    );
    assert_eq!(
        rows(&file)[20],
        "Integer(20) Text(\"two\\nlines\") Integer(1)"
    );
}

#[test]
fn what_does_not_fit_is_shown() {
    let mut text = String::from("n\n");
    (0..40).for_each(|at| text += if at == 7 { "seven\n" } else { "5\n" });
    text += "NA\n";
    let (_folder, file) = read("a.csv", text.as_bytes());
    let unfit = notes(&file, FileNoteKind::Unfit);
    assert_eq!(unfit, ["`n`: 1 value is not an integer: line 9 `seven`."]);
    let missing = notes(&file, FileNoteKind::Missing);
    assert_eq!(missing, ["`n`: 1 value is `NA`, taken as missing."]);
    verify(&file);
}

#[test]
fn decisions_are_said() {
    let text = "code;when;amount\n007;03/04/2024;1,234\n008;05/06/2024;5,678\n";
    let (_folder, file) = read("a.csv", text.as_bytes());
    let decided = notes(&file, FileNoteKind::Decided);
    assert!(decided[0].contains("separated by `;`"), "{decided:?}");
    assert!(
        decided[1].contains("because line 2 `007` has a leading zero"),
        "{decided:?}"
    );
    let open = notes(&file, FileNoteKind::Ambiguous);
    assert!(open[0].contains("DD/MM/YYYY or MM/DD/YYYY"), "{open:?}");
    assert!(open[1].contains("thousands"), "{open:?}");
}

#[test]
fn a_second_header_is_said() {
    let mut text = String::from("length,weight\ncm,kg\n");
    (0..60).for_each(|at| text += &format!("{at},{at}\n"));
    let (_folder, file) = read("a.csv", text.as_bytes());
    let found = notes(&file, FileNoteKind::Ambiguous);
    assert!(
        found[0].starts_with("Line 2 looks like a second header"),
        "{found:?}"
    );
}

#[test]
fn encodings() {
    let text = "name,n\ncafé,1\nüber,2\n";
    let wide = |big: bool| -> Vec<u8> {
        let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
        let bytes = units.flat_map(|unit| {
            if big {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        });
        bytes.collect()
    };
    let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    let returns = text.replace('\n', "\r").into_bytes();
    let wanted = ["Text(\"café\") Integer(1)", "Text(\"über\") Integer(2)"];
    for content in [
        text.as_bytes().to_vec(),
        marked,
        wide(true),
        wide(false),
        latin.clone(),
        returns,
    ] {
        let (folder, file) = read("a.csv", &content);
        assert_eq!(rows(&file), wanted);
        assert_eq!(file.columns()[0].name, "name");
        drop(folder);
    }
    let (_folder, file) = read("a.csv", &latin);
    let decided = notes(&file, FileNoteKind::Decided).join(" ");
    assert!(
        decided.contains("2 values are no UTF-8, first in line 2"),
        "{decided}"
    );
}

#[test]
fn packed_files() {
    use std::io::Write;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(b"a,b\n1,2\n3,4\n").unwrap();
    let (_folder, file) = read("a.csv.gz", &packer.finish().unwrap());
    assert_eq!(
        rows(&file),
        ["Integer(1) Integer(2)", "Integer(3) Integer(4)"]
    );
    assert!(notes(&file, FileNoteKind::Decided)[0].contains("gzip"));
}

#[test]
fn a_header_is_decided_by_all_rows() {
    // The first records are texts, so that only later ones say what the columns are.
    let mut text = String::new();
    (0..30_000).for_each(|at| text += &format!("{at},{}\n", at * 2));
    let (_folder, file) = read("a.csv", text.as_bytes());
    assert_eq!(file.rows(), 30_000);
    assert_eq!(file.columns()[0].name, "column 1");
    assert!(file.columns()[0].is_unique);
}

#[test]
fn options_decide() {
    let (_folder, path) = file("a.csv", b"a;b,c\n1;2,3\n");
    let options = ReadOptions {
        delimiter: Some(b';'),
        has_header: Some(false),
        max_columns: 1,
        ..ReadOptions::default()
    };
    let file = DataFile::read(&path, &options).unwrap();
    assert_eq!((file.rows(), file.columns().len()), (2, 1));
    let rejected = notes(&file, FileNoteKind::Rejected);
    assert_eq!(
        rejected,
        ["The file has 2 columns; only the first 1 are read."]
    );
}

#[test]
fn a_file_that_changes_is_noticed() {
    let (_folder, path) = file("a.csv", b"a,b\n1,2\n");
    let file = DataFile::read(&path, &ReadOptions::default()).unwrap();
    std::fs::write(&path, b"a,b\n1,2\n3,4\n").unwrap();
    let problem = file.each_row(&[0], &mut |_, _| true).unwrap_err();
    assert!(
        problem.to_string().contains("changed while it was read"),
        "{problem}"
    );
}

#[test]
fn folds_count_what_rows_count() {
    let mut text = String::from("n,t\n");
    (0..2000).for_each(|at| text += &format!("{at},\"x\n{at}\"\n"));
    let (_folder, file) = read("a.csv", text.as_bytes());
    let sum = file.fold(
        &[0],
        || (0_u64, Vec::new()),
        |state, row, cells| {
            if let FileCell::Integer(value) = cells[0] {
                state.0 += value.cast_unsigned();
                state.1.push(row);
            }
        },
        |state, other| {
            state.0 += other.0;
            state.1.extend(other.1);
        },
    );
    let (sum, order) = sum.unwrap();
    assert_eq!(sum, 1999 * 1000);
    assert!(order.iter().copied().eq(0..2000));
}

#[test]
fn columns_from_the_first_bytes() {
    let found = columns_only(
        b"id,day,name\n1,2024-01-01,x\n2,2024-01-02,y\n3,2024-0",
        "a.csv",
    );
    let wanted = [
        ("id".to_owned(), ValueKind::Integer),
        ("day".to_owned(), ValueKind::Date),
        ("name".to_owned(), ValueKind::Text),
    ];
    assert_eq!(found.unwrap(), wanted);
    let found = columns_only(
        b"{\"a\": 1, \"b\": \"x\"}\n{\"a\": 2, \"c\": true}\n",
        "a.jsonl",
    );
    let names: Vec<String> = found.unwrap().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(columns_only(b"a\tb\n1\t2\n", "a.tsv").unwrap().len(), 2);
    assert_eq!(columns_only(b"", "a.csv"), None);
    assert_eq!(columns_only(b"PAR1\0\0\0\0\0\0\0\0", "a.parquet"), None);
}

#[test]
fn values_of_persons_are_not_shown() {
    let mut text = String::from("phone,birthday\n");
    (10..50).for_each(|at| text += &format!("01234567{at},19{at}-01-01\n"));
    text += "0123456799,unknown\n";
    let (_folder, file) = read("a.csv", text.as_bytes());
    assert!(file.columns().iter().all(|column| column.is_personal));
    let found: Vec<&str> = file
        .notes()
        .iter()
        .map(|note| note.message.as_str())
        .collect();
    let wanted = [
        "`phone`: kept as text, because line 2 has a leading zero or more digits than a number \
         holds.",
        "`birthday`: 1 value is not a date: line 42.",
    ];
    assert_eq!(found, wanted);
}

#[test]
fn dates_that_mean_none_are_missing() {
    let mut text = "time,valid_to,n\n0001-01-01 00:00:00,9999-12-31,1\n".to_owned();
    for day in 1..29 {
        text += &format!("2024-02-{day:02} 10:00:00,9999-12-31,{day}\n");
    }
    text += "9999-12-31T23:59:59,2024-05-01,2\n0000-00-00 00:00:00,2024-05-02,2\n";
    let (_folder, file) = read("a.csv", text.as_bytes());
    let [time, valid, _] = file.columns() else {
        panic!("{:?}", file.columns());
    };
    assert_eq!((time.kind, time.missing), (ValueKind::Time, 3));
    assert_eq!(time.max_text.as_deref(), Some("2024-02-28 10:00:00"));
    assert_eq!(
        (valid.kind, valid.missing, valid.unfit),
        (ValueKind::Date, 29, 0)
    );
    let missing = notes(&file, FileNoteKind::Missing).join(" ");
    assert!(
        missing.contains("`0001-01-01`, taken as missing"),
        "{missing}"
    );
    verify(&file);
}

#[test]
fn money_and_percent_are_numbers() {
    let text = "a;b;c;d\n$1,109.50;1.109,50 €;12%;(5)\n-$2.25;€ 7,25;7.5 %;8\n\
                $-3;-€1,00;0%;(1,000)\n";
    let (_folder, file) = read("a.csv", text.as_bytes());
    let first = "Decimal(1109.5) Decimal(1109.5) Decimal(12.0) Integer(-5)";
    assert_eq!(rows(&file)[0], first);
    assert_eq!(
        rows(&file)[1],
        "Decimal(-2.25) Decimal(7.25) Decimal(7.5) Integer(8)"
    );
    assert_eq!(
        rows(&file)[2],
        "Decimal(-3.0) Decimal(-1.0) Decimal(0.0) Integer(-1000)"
    );
    verify(&file);
}

#[test]
fn dates_with_names_of_months() {
    let text = "a,b,c\n\"Jan 5, 2024\",5 Jan 2024,march\n\"Sept. 15, 2023\",15-Sep-2023,may 5\n\
                Feb 1 2000,1 February 2000 10:30:00,June bug 2000\n";
    let (_folder, file) = read("a.csv", text.as_bytes());
    let found: Vec<ValueKind> = file.columns().iter().map(|column| column.kind).collect();
    assert_eq!(found, [ValueKind::Date, ValueKind::Time, ValueKind::Text]);
    assert_eq!(file.columns()[0].min_text.as_deref(), Some("2000-02-01"));
    assert_eq!(file.columns()[0].max_text.as_deref(), Some("2024-01-05"));
    verify(&file);
}

#[test]
fn chinese_text_in_gbk() {
    let mut text = "日期,金额,地区\n".to_owned();
    for day in 1..20 {
        text += &format!("2024-01-{day:02},{day},华南\n");
    }
    let (bytes, _, _) = encoding_rs::GBK.encode(&text);
    let (_folder, file) = read("a.csv", &bytes);
    assert_eq!(file.columns()[2].name, "地区");
    assert_eq!(file.columns()[2].first.as_deref(), Some("华南"));
    assert!(notes(&file, FileNoteKind::Decided).contains(&"The text is in GB18030 (GBK)."));
    verify(&file);
    // Single letters of Western Europe are no Chinese.
    let western = b"name,n\nM\xfcller,1\nCaf\xe9,2\nStra\xdfe,3\nGr\xf6\xdfe,4\nN\xe4\xdfe,5\n";
    let (_folder, file) = read("a.csv", western);
    assert_eq!(file.columns()[0].first.as_deref(), Some("Müller"));
}

#[test]
fn names_differ_in_more_than_case() {
    let (_folder, file) = read("a.csv", b"V_1,v_1,V_1,v_1 2\n1,2,3,4\n5,6,7,8\n");
    let names: Vec<String> = file
        .columns()
        .iter()
        .map(|column| column.name.to_lowercase())
        .collect();
    let different: std::collections::HashSet<&String> = names.iter().collect();
    assert_eq!(different.len(), 4, "{names:?}");
    assert_eq!(file.columns()[0].name, "V_1");
    verify(&file);
}

/// The kind of the second column, its first values and its notes.
fn times(name: &str, values: &[&str]) -> (ValueKind, Vec<String>, Vec<String>) {
    let lines = values.iter().enumerate();
    let lines: String = lines.map(|(at, value)| format!("{at},{value}\n")).collect();
    let (_folder, file) = read("a.csv", format!("id,{name}\n{lines}").as_bytes());
    verify(&file);
    let notes = notes(&file, FileNoteKind::Decided).into_iter();
    let notes = notes.filter(|note| note.contains(name));
    let notes = notes.map(str::to_owned).collect();
    let column = &file.columns()[1];
    let ends = [&column.min_text, &column.max_text];
    let ends = ends.into_iter().flatten().cloned().collect();
    (column.kind, ends, notes)
}

#[test]
fn numbers_that_are_times() {
    let (kind, ends, notes) = times("day", &["20240131", "20240229", "20231231"]);
    assert_eq!(
        (kind, ends),
        (
            ValueKind::Date,
            vec!["2023-12-31".into(), "2024-02-29".into()]
        )
    );
    assert_eq!(
        notes,
        ["`day`: numbers read as days: `20240131` is 2024-01-31."]
    );
    let (kind, ends, notes) = times("created_at", &["1704067200", "1704153600"]);
    assert_eq!(kind, ValueKind::Time);
    assert_eq!(ends, ["2024-01-01 00:00:00", "2024-01-02 00:00:00"]);
    let wanted = "`created_at`: numbers read as seconds since 1970, UTC: `1704067200` is \
                  2024-01-01 00:00:00.";
    assert_eq!(notes, [wanted]);
    let millis = ["1704067200500", "1704153600000", "1704240000000"];
    let (kind, ends, _) = times("t", &millis);
    assert_eq!(
        (kind, ends[0].as_str()),
        (ValueKind::Time, "2024-01-01 00:00:00.500000")
    );
    // An amount in the range of seconds, and numbers that are no days.
    assert_eq!(
        times("population", &["1704067200", "1704153600", "1"]).0,
        ValueKind::Integer
    );
    assert_eq!(
        times("gdp", &["1704067200", "1704153600"]).0,
        ValueKind::Integer
    );
    assert_eq!(
        times("code", &["20240131", "20241331", "20240140"]).0,
        ValueKind::Integer
    );
}

#[test]
fn periods_and_offsets() {
    let cases = [
        (
            ["Jan-15", "Dec-14"],
            "2014-12-01",
            "months of years with two digits",
        ),
        (["Jan 2015", "December 2014"], "2014-12-01", "months"),
        (["2015-Jan", "2014-Dec"], "2014-12-01", "months"),
        (["2024Q1", "2023-Q4"], "2023-10-01", "quarters"),
        (["Q1 2024", "Q4 2023"], "2023-10-01", "quarters"),
        (["2024-W05", "2024W01"], "2024-01-01", "weeks from Monday"),
    ];
    for (values, first, words) in cases {
        let (kind, ends, notes) = times("period", &values);
        assert_eq!(
            (kind, ends[0].as_str()),
            (ValueKind::Date, first),
            "{values:?}"
        );
        assert!(notes[0].contains(words), "{notes:?}");
    }
    let (kind, ends, notes) = times(
        "when",
        &["2024-01-01T00:30:00+02:00", "2024-07-01T00:30:00+03:00"],
    );
    assert_eq!(
        (kind, ends[0].as_str()),
        (ValueKind::Time, "2024-01-01 00:30:00")
    );
    assert!(
        notes[0].contains("2 times are given with an offset from UTC"),
        "{notes:?}"
    );
    assert_eq!(
        times("note", &["Jan 5", "May 12 people"]).0,
        ValueKind::Text
    );
}

#[test]
fn a_header_of_years() {
    let (_folder, file) = read("a.csv", b"country,2019,2020,2021\nfr,1,2,3\nde,4,5,6\n");
    let names: Vec<&str> = file.columns().iter().map(|one| one.name.as_str()).collect();
    assert_eq!(
        (names, file.rows()),
        (vec!["country", "2019", "2020", "2021"], 2)
    );
}
