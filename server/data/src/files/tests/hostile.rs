//! Files that are damaged or mean harm: they cost bounded time and memory, and a sentence.

use super::super::{DataFile, ReadOptions};
use super::databases::parquet;
use super::{file, read, try_read, verify};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use rusqlite::Connection;
use std::sync::Arc;

fn problem(name: &str, content: &[u8]) -> String {
    match try_read(name, content) {
        Ok(file) => panic!("{:?}", file.notes()),
        Err(problem) => problem.to_string(),
    }
}

#[test]
fn files_that_are_none() {
    assert!(problem("a.csv", b"").ends_with("is empty"));
    assert!(problem("a.csv", &[0; 5000]).contains("no text"));
    assert!(problem("a.csv", b"\n\n\n").contains("no rows"));
    assert!(problem("a.csv", b"\xff\xfe\0\0a\0\0\0").contains("UTF-32"));
    let folder = tempfile::tempdir().unwrap();
    let read = |path| {
        DataFile::read(path, &ReadOptions::default())
            .unwrap_err()
            .to_string()
    };
    assert!(read(folder.path()).contains("is no file"));
    assert!(read(&folder.path().join("none.csv")).contains("no such file"));
}

#[test]
fn small_files() {
    for text in [
        "a", "a,b", "a,b\n", "1", "\"", "\"\n", "\"\"", ",", ",,\n,,\n", "a\n\"b", "\u{feff}",
    ] {
        if let Ok(file) = try_read("a.csv", text.as_bytes()) {
            assert!(file.rows() <= 2, "{text:?}");
        }
    }
    let (_folder, file) = read("a.csv", b"a,b\n");
    assert_eq!((file.rows(), file.columns().len()), (0, 2));
    verify(&file);
}

#[test]
fn quotes_that_are_never_closed() {
    let mut text = String::from("a,b\n");
    for at in 0..3000 {
        text += if at % 3 == 0 { "\"x,1\n" } else { "y,2\n" };
    }
    let (_folder, file) = read("a.csv", text.as_bytes());
    assert_eq!(file.rows(), 3000);
    let quotes = "\"".repeat(200_000);
    let (_folder, file) = read("a.csv", format!("a,b\n1,2\n{quotes}\n3,4\n").as_bytes());
    assert!(file.rows() >= 2);
}

#[test]
fn a_record_without_end() {
    let long = format!("a,b\n1,{}", "x".repeat(9 << 20));
    assert!(problem("a.csv", long.as_bytes()).contains("8 MB"));
    let object = format!("{{\"a\": 1}}\n{{\"a\": \"{}", "x".repeat(9 << 20));
    assert!(problem("a.jsonl", object.as_bytes()).contains("8 MB"));
}

#[test]
fn many_columns() {
    let width = 5000;
    let header: Vec<String> = (0..width).map(|at| format!("c{at}")).collect();
    let row = vec!["1"; width].join(",");
    let text = format!("{}\n{row}\n{row}\n", header.join(","));
    let (_folder, file) = read("a.csv", text.as_bytes());
    assert_eq!((file.columns().len(), file.rows()), (2000, 2));
    let members: Vec<String> = (0..width).map(|at| format!("\"c{at}\": 1")).collect();
    let (_folder, file) = read(
        "a.jsonl",
        format!("{{{}}}\n", members.join(", ")).as_bytes(),
    );
    assert_eq!(file.columns().len(), 2000);
    assert_eq!(file.notes()[0].count, 3000);
}

#[test]
fn packed_files_that_grow() {
    use std::io::Write;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(b"a,b\n1,2\n").unwrap();
    let mut packed = packer.finish().unwrap();
    packed.truncate(packed.len() - 6);
    // A file that ends early gives a sentence and no rows without a word.
    let problem = problem("a.csv.gz", &packed);
    assert!(!problem.is_empty());
}

#[test]
fn damaged_parquet_files() {
    let whole = parquet(400, Compression::SNAPPY);
    assert!(!problem("a.parquet", b"PAR1").is_empty());
    assert!(!problem("a.parquet", &whole[..whole.len() / 2]).is_empty());
    let mut state = 7_u64;
    for _ in 0..300 {
        let mut damaged = whole.clone();
        for _ in 0..4 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let at = 4 + (state >> 33) as usize % (damaged.len() - 4);
            damaged[at] = (state >> 24) as u8;
        }
        // Any result is right, as long as there is one.
        let _ = try_read("a.parquet", &damaged);
    }
}

#[test]
fn pages_that_unpack_to_too_much() {
    use parquet::data_type::{ByteArray, ByteArrayType};
    let schema = parse_message_type("message m { required binary text (UTF8); }").unwrap();
    let zstd = Compression::ZSTD(ZstdLevel::default());
    let settings = WriterProperties::builder()
        .set_compression(zstd)
        .set_dictionary_enabled(false)
        .build();
    let mut out = Vec::new();
    let schema = Arc::new(schema);
    let mut writer = SerializedFileWriter::new(&mut out, schema, Arc::new(settings)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let value = ByteArray::from(vec![b'x'; 140 << 20]);
    column
        .typed::<ByteArrayType>()
        .write_batch(&[value], None, None)
        .unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    assert!(out.len() < 100_000);
    assert!(problem("a.parquet", &out).contains("unpack to 140 MB at once"));
}

#[test]
fn damaged_databases() {
    let (_folder, path) = file("a.db", b"");
    let connection = Connection::open(&path).unwrap();
    let fill = "CREATE TABLE t (a, b TEXT); WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL \
                SELECT x + 1 FROM n WHERE x < 2000) INSERT INTO t SELECT x, 'text ' || x FROM n;";
    connection.execute_batch(fill).unwrap();
    drop(connection);
    let whole = std::fs::read(&path).unwrap();
    let mut state = 11_u64;
    for _ in 0..100 {
        let mut damaged = whole.clone();
        for _ in 0..8 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let at = 100 + (state >> 33) as usize % (damaged.len() - 100);
            damaged[at] = (state >> 24) as u8;
        }
        if let Ok(file) = try_read("a.db", &damaged) {
            assert!(file.rows() <= damaged.len() as u64);
        }
    }
    assert!(!problem("a.db", &whole[..5000]).is_empty());
}

#[test]
fn a_schema_that_runs_code_is_not_run() {
    let (_folder, path) = file("a.db", b"");
    let connection = Connection::open(&path).unwrap();
    let statements = "CREATE TABLE t (a); INSERT INTO t VALUES (1);
        CREATE VIEW v AS SELECT load_extension('x');
        CREATE TABLE \"odd \"\" name; DROP TABLE t\" (\"a \"\" b\" TEXT);";
    connection.execute_batch(statements).unwrap();
    drop(connection);
    let options = |table: &str| ReadOptions {
        table: Some(table.into()),
        ..ReadOptions::default()
    };
    let odd = DataFile::read(&path, &options("odd \" name; DROP TABLE t")).unwrap();
    assert_eq!(odd.columns()[0].name, "a \" b");
    assert!(DataFile::read(&path, &options("v")).is_err());
    assert_eq!(DataFile::read(&path, &options("t")).unwrap().rows(), 1);
}
