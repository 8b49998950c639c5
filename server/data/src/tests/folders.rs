//! A folder as a workspace: ignored and secret files are not read, sources are joined.

use crate::find::in_folder;
use std::fs;
use std::path::Path;

fn put(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn ignored_and_secret_files_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    put(root, ".gitignore", "made/\n");
    put(root, "made/a.sql", "CREATE TABLE made (a int);");
    put(root, "node_modules/a.sql", "CREATE TABLE fetched (a int);");
    put(root, "secrets.sql", "CREATE TABLE hidden_by_name (a int);");
    let token = format!("ghp_{}", "a1".repeat(20));
    put(
        root,
        "b.sql",
        &format!("CREATE TABLE b (a text DEFAULT '{token}');"),
    );
    put(root, "c.sql", "CREATE TABLE c (a int);");
    let schema = in_folder(root);
    let names: Vec<&str> = schema
        .tables
        .iter()
        .map(|table| table.name.name.as_str())
        .collect();
    assert_eq!(names, ["c"]);
    assert_eq!(schema.notes.len(), 1);
    assert!(schema.notes[0].message.contains("secret") && schema.notes[0].is_gap);
    assert!(!schema.is_complete());
}

const MODELS: &str = "
from sqlalchemy import Column, Integer, String
class User(Base):
    '''People.'''
    __tablename__ = 'users'
    id = Column(Integer, primary_key=True)
    mail = Column(String(20), unique=True, comment='where to write')
    born = Column(Integer)
    extra = Column(Integer)
";

#[test]
fn sources_are_joined_and_contradictions_are_notes() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let first = "CREATE TABLE users (id int PRIMARY KEY, mail text NOT NULL, born date);";
    put(root, "migrations/1_users.sql", first);
    put(root, "app/models.py", MODELS);
    put(
        root,
        "tests/fixture.sql",
        "CREATE TABLE users (x int, y int, z int);",
    );
    put(
        root,
        "other/2_more.sql",
        "ALTER TABLE gone ADD COLUMN a int;",
    );
    put(
        root,
        "other/3_more.sql",
        "ALTER TABLE users ADD COLUMN later int;",
    );
    let schema = in_folder(root);
    let users = schema.table("users").unwrap();
    let names: Vec<&str> = users
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(names, ["id", "mail", "born", "extra", "later"]);
    assert_eq!(users.comment.as_deref(), Some("People."));
    assert!(users.is_unique("MAIL") && !users.column("mail").unwrap().nullable);
    let messages: Vec<String> = schema
        .notes
        .iter()
        .map(|note| format!("{}: {}", note.at, note.message))
        .collect();
    let has = |part: &str| messages.iter().any(|message| message.contains(part));
    assert!(
        has("`born` of `users` is `Integer` here, but `date`"),
        "{messages:#?}"
    );
    assert!(has("`extra` of `users` is only here"), "{messages:#?}");
    assert!(has("another table `users`"), "{messages:#?}");
    assert!(
        has("a change of `gone`, which no source defines"),
        "{messages:#?}"
    );
    assert!(
        has("`later` of `users` is only added here"),
        "{messages:#?}"
    );
    assert_eq!(messages.len(), 5, "{messages:#?}");
}

#[test]
fn texts_of_other_encodings_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let script = "CREATE TABLE wide (größe int);";
    let mut wide = vec![0xff, 0xfe];
    wide.extend(script.encode_utf16().flat_map(u16::to_le_bytes));
    fs::write(root.join("a.sql"), wide).unwrap();
    fs::write(
        root.join("b.sql"),
        b"-- caf\xe9\nCREATE TABLE narrow (b int);",
    )
    .unwrap();
    fs::write(root.join("c.sql"), b"\0\0\0CREATE TABLE no (b int);").unwrap();
    let schema = in_folder(root);
    assert_eq!(schema.tables.len(), 2);
    assert_eq!(schema.table("wide").unwrap().columns[0].name, "größe");
    assert_eq!(schema.table("narrow").unwrap().defined.line, 2);
    assert_eq!(schema.notes.len(), 1);
}

#[test]
fn a_write_ahead_log_is_noted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE a (b INTEGER);")
        .unwrap();
    let schema = crate::find::in_folder(folder.path());
    let notes: Vec<&str> = schema.notes.iter().map(|note| &*note.message).collect();
    assert!(
        notes.iter().any(|note| note.contains("a.db-wal")),
        "{notes:?}"
    );
    assert!(!schema.is_complete());
}

#[test]
fn files_that_only_change_tables_are_sources_too() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    put(root, "db/a.sql", "CREATE TABLE a (x int);");
    put(root, "more/b.sql", "ALTER TABLE a ADD COLUMN y int;");
    put(root, "more/c.sql", "SELECT x FROM a;");
    put(root, "views/v.sql", "CREATE VIEW v AS SELECT * FROM a;");
    let schema = in_folder(root);
    let sources: Vec<_> = schema
        .sources
        .iter()
        .map(|of| (&*of.paths[0], of.tables))
        .collect();
    assert_eq!(
        sources,
        [("db/a.sql", 1), ("views/v.sql", 1), ("more/b.sql", 0)]
    );
    let view = schema.tables.iter().find(|table| table.name.name == "v");
    assert_eq!(view.unwrap().columns.len(), 2);
}

#[test]
fn a_column_that_another_source_renames_makes_a_table_incomplete() {
    let files = |change: &str| {
        let table = "CREATE TABLE users (id int, mail text);";
        let file = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
        let files = vec![file("a/users.sql", table), file("b/users.sql", change)];
        crate::find::in_files(files).tables[0].is_complete
    };
    assert!(!files("ALTER TABLE users RENAME COLUMN mail TO email;"));
    assert!(files("ALTER TABLE users RENAME COLUMN old TO mail;"));
}

#[test]
fn texts_are_read_in_both_orders_of_utf_16() {
    let text = "CREATE TABLE \u{e4} (x int);";
    let units: Vec<u16> = text.encode_utf16().collect();
    let bytes = |mark: [u8; 2], unit: fn(u16) -> [u8; 2]| {
        let units = units.iter().flat_map(|one| unit(*one));
        mark.into_iter().chain(units).collect::<Vec<u8>>()
    };
    let read = crate::find::text_of;
    assert_eq!(
        read(bytes([0xff, 0xfe], u16::to_le_bytes)).as_deref(),
        Some(text)
    );
    assert_eq!(
        read(bytes([0xfe, 0xff], u16::to_be_bytes)).as_deref(),
        Some(text)
    );
    assert_eq!(read(text.into()).as_deref(), Some(text));
    assert_eq!(read(vec![b'a', 0xe4, b'b']).as_deref(), Some("a?b"));
    assert_eq!(
        (read(vec![b'a', 0]), read(Vec::new()).as_deref()),
        (None, Some(""))
    );
}
