//! SQLite tables and Parquet files.

use super::super::{DataFile, FileFormat, FileNoteKind, ReadOptions, ValueKind};
use super::{file, kinds, notes, rows, try_read, verify};
use parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use rusqlite::Connection;
use std::sync::Arc;

/// The bytes of a database made by statements.
fn database(statements: &str) -> Vec<u8> {
    let (_folder, path) = file("a.db", b"");
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch(statements).unwrap();
    drop(connection);
    std::fs::read(&path).unwrap()
}

#[test]
fn a_table_of_a_database() {
    let content = database(
        "CREATE TABLE sale (id INTEGER PRIMARY KEY, price REAL, day TEXT, code TEXT, raw BLOB,
             twice AS (price * 2), half AS (price / 2) STORED);
         INSERT INTO sale (price, day, code, raw) VALUES
             (1.5, '2024-01-02', '007', x'00ff'), (NULL, '2024-01-03', '12', NULL),
             (2, '2024-01-04', '13', NULL);
         CREATE VIEW v AS SELECT 1;",
    );
    let (_folder, path) = file("a.db", &content);
    let file = DataFile::read(&path, &ReadOptions::default()).unwrap();
    assert_eq!((file.format(), file.rows()), (FileFormat::Sqlite, 3));
    let wanted = [
        ("id", ValueKind::Integer),
        ("price", ValueKind::Decimal),
        ("day", ValueKind::Date),
        ("code", ValueKind::Identifier),
        ("raw", ValueKind::Text),
        ("half", ValueKind::Decimal),
    ];
    assert_eq!(kinds(&file), wanted);
    assert_eq!(
        rows(&file)[1],
        "Integer(2) Missing Date(19725) Text(\"12\") Missing Missing"
    );
    let rejected = notes(&file, FileNoteKind::Rejected);
    assert_eq!(
        rejected,
        ["1 column is not read, because it is computed, or beyond the most columns: `twice`."]
    );
    verify(&file);
}

#[test]
fn one_table_must_be_named() {
    let content = database("CREATE TABLE a (x); CREATE TABLE b (y); INSERT INTO b VALUES (5);");
    let problem = try_read("a.db", &content).unwrap_err().to_string();
    assert!(
        problem.ends_with("has several tables; name one: a, b"),
        "{problem}"
    );
    let (_folder, path) = file("a.db", &content);
    let table = |name: &str| ReadOptions {
        table: Some(name.into()),
        ..ReadOptions::default()
    };
    let read = DataFile::read(&path, &table("B")).unwrap();
    assert_eq!(rows(&read), ["Integer(5)"]);
    let problem = DataFile::read(&path, &table("c")).unwrap_err().to_string();
    assert!(
        problem.ends_with("has no table c; it has a, b"),
        "{problem}"
    );
    let content = database("CREATE TABLE a (x); CREATE VIEW v AS SELECT x FROM a;");
    let (_folder, path) = file("a.db", &content);
    let problem = DataFile::read(&path, &table("v")).unwrap_err().to_string();
    assert_eq!(
        problem,
        "v is a view, and views are not read; the tables are a"
    );
    let (_folder, path) = file("b.db", &database("PRAGMA user_version = 1;"));
    std::fs::write(path.with_extension("db-wal"), "log").unwrap();
    let problem = DataFile::read(&path, &ReadOptions::default()).unwrap_err();
    assert!(
        problem.to_string().contains("PRAGMA wal_checkpoint"),
        "{problem}"
    );
    let problem = try_read("a.db", &database("PRAGMA user_version = 1;")).unwrap_err();
    assert!(problem.to_string().ends_with("has no table"), "{problem}");
}

const SCHEMA: &str = "message sale {
    required int64 id;
    optional double price;
    optional binary name (UTF8);
    required int32 day (DATE);
    required int64 at (TIMESTAMP_MILLIS);
    required int64 cost (DECIMAL(18, 2));
    required boolean ok;
    repeated int32 many;
}";

/// Writes rows in two groups.
pub(super) fn parquet(rows: i64, compression: Compression) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let settings = WriterProperties::builder()
        .set_compression(compression)
        .build();
    let mut out = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut out, schema, Arc::new(settings)).unwrap();
    for range in [0..rows / 2, rows / 2..rows] {
        let mut group = writer.next_row_group().unwrap();
        write_group(&mut group, &range.collect::<Vec<i64>>());
        group.close().unwrap();
    }
    writer.close().unwrap();
    out
}

fn write_group<W: std::io::Write + Send>(group: &mut SerializedRowGroupWriter<'_, W>, ids: &[i64]) {
    let ints: Vec<i32> = ids.iter().map(|id| *id as i32).collect();
    let levels: Vec<i16> = ids.iter().map(|id| i16::from(id % 3 != 0)).collect();
    let some = ids.iter().filter(|id| *id % 3 != 0);
    let prices: Vec<f64> = some.clone().map(|id| *id as f64 / 4.0).collect();
    let names: Vec<ByteArray> = some
        .map(|id| ByteArray::from(&*format!("name {id}")))
        .collect();
    let times: Vec<i64> = ids.iter().map(|id| id * 3_600_000).collect();
    let truths: Vec<bool> = ids.iter().map(|id| id % 2 == 0).collect();
    let none = vec![0_i16; ids.len()];
    let mut at = 0;
    while let Some(mut column) = group.next_column().unwrap() {
        match at {
            0 | 5 => column.typed::<Int64Type>().write_batch(ids, None, None),
            1 => column
                .typed::<DoubleType>()
                .write_batch(&prices, Some(&levels), None),
            2 => column
                .typed::<ByteArrayType>()
                .write_batch(&names, Some(&levels), None),
            3 => column.typed::<Int32Type>().write_batch(&ints, None, None),
            4 => column.typed::<Int64Type>().write_batch(&times, None, None),
            6 => column.typed::<BoolType>().write_batch(&truths, None, None),
            _ => column
                .typed::<Int32Type>()
                .write_batch(&[], Some(&none), Some(&none)),
        }
        .unwrap();
        column.close().unwrap();
        at += 1;
    }
}

#[test]
fn a_parquet_file() {
    let zstd = Compression::ZSTD(ZstdLevel::default());
    let gzip = Compression::GZIP(GzipLevel::default());
    let brotli = Compression::BROTLI(BrotliLevel::default());
    let plain = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::LZ4_RAW,
    ];
    for compression in plain.into_iter().chain([zstd, gzip, brotli]) {
        let (_folder, path) = file("a.parquet", &parquet(1000, compression));
        let file = DataFile::read(&path, &ReadOptions::default()).unwrap();
        assert_eq!((file.format(), file.rows()), (FileFormat::Parquet, 1000));
        let wanted = [
            ("id", ValueKind::Integer),
            ("price", ValueKind::Decimal),
            ("name", ValueKind::Text),
            ("day", ValueKind::Date),
            ("at", ValueKind::Time),
            ("cost", ValueKind::Decimal),
            ("ok", ValueKind::Boolean),
        ];
        assert_eq!(kinds(&file), wanted);
        assert_eq!(file.columns()[1].missing, 334);
        let row = "Integer(2) Decimal(0.5) Text(\"name 2\") Date(2) Time(7200000000) \
                   Decimal(0.02) Boolean(true)";
        assert_eq!(rows(&file)[2], row);
        assert!(notes(&file, FileNoteKind::Rejected)[0].contains("nested"));
        verify(&file);
    }
}
