//! What prepares, and what does not.

use super::Judge;

fn judge() -> Judge {
    let sql = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, \"order\" INTEGER);";
    let schema = data::find::in_files(vec![("a.sql".into(), sql.into())]);
    Judge::new(&schema).unwrap()
}

#[test]
fn queries_prepare() {
    let judge = judge();
    assert!(judge.failed().is_empty());
    assert_eq!(
        judge.prepares("SELECT name, count(*) FROM users GROUP BY name"),
        Ok(())
    );
    assert_eq!(
        judge.prepares("WITH a AS (SELECT 1 AS b) SELECT b FROM a"),
        Ok(())
    );
}

#[test]
fn unknown_names_do_not() {
    let judge = judge();
    let why = judge.prepares("SELECT nme FROM users").unwrap_err();
    assert!(why.contains("nme"), "{why}");
    assert!(judge.prepares("SELECT * FROM user").is_err());
    assert!(judge.prepares("").is_err());
}

#[test]
fn only_reading_is_allowed() {
    let judge = judge();
    for sql in [
        "DELETE FROM users",
        "INSERT INTO users (name) VALUES ('a')",
        "UPDATE users SET name = 'a'",
        "DROP TABLE users",
        "CREATE TABLE b (id INTEGER)",
        "ATTACH DATABASE 'x.db' AS x",
        "PRAGMA journal_mode = OFF",
        "BEGIN",
        "SELECT load_extension('x')",
    ] {
        assert!(judge.prepares(sql).is_err(), "{sql}");
    }
}

#[test]
fn hostile_queries_end_quickly() {
    let judge = judge();
    let deep = format!("SELECT {}1{}", "(".repeat(5_000), ")".repeat(5_000));
    assert!(judge.prepares(&deep).is_err());
    assert!(judge.prepares(&"SELECT 1 ".repeat(50_000)).is_err());
    let joins = format!(
        "SELECT 1 FROM users AS u0 {}",
        (1..90)
            .map(|i| format!("JOIN users AS u{i} "))
            .collect::<String>()
    );
    assert!(judge.prepares(&joins).is_err());
}
