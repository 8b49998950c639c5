//! `nigh schema`, as people and scripts call it.

use crate::program::run;
use serde_json::Value;
use std::process::Output;

#[test]
fn schema_prints_tables_as_text_as_json_and_in_a_dialect() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("project");
    std::fs::create_dir(&project).unwrap();
    let put = |name: &str, text: &str| std::fs::write(project.join(name), text).unwrap();
    put(".gitignore", "ignored.sql\n");
    put("ignored.sql", "CREATE TABLE ignored (a int);");
    put(
        "a.sql",
        "CREATE TABLE users (id int PRIMARY KEY, -- the number\n mail text NOT NULL);",
    );
    put("broken.sql", "CREATE TABLE {{ prefix }} (a int);");
    let path = project.to_str().unwrap();
    let text = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();

    let plain = run(&["schema", path], b"");
    assert_eq!(plain.status.code(), Some(0));
    let printed = text(&plain);
    assert!(
        printed.contains("id    int   primary key  -- the number"),
        "{printed}"
    );
    assert!(
        printed.contains("-- note: ") && printed.contains("broken.sql:1"),
        "{printed}"
    );
    assert!(!printed.contains("ignored"), "{printed}");

    let json: Value =
        serde_json::from_slice(&run(&["schema", "--json", path], b"").stdout).unwrap();
    assert_eq!(json["tables"][0]["columns"][1]["name"], "mail");
    assert_eq!(json["notes"][0]["is_gap"], true);

    let mysql = text(&run(
        &["schema", "--dialect", "mysql", "--quiet", path],
        b"",
    ));
    assert_eq!(
        mysql,
        "CREATE TABLE users (\n    id INT PRIMARY KEY COMMENT 'the number',\n    mail TEXT NOT NULL\n);\n\n"
    );

    let missing = run(&["schema", project.join("none").to_str().unwrap()], b"");
    assert_eq!(missing.status.code(), Some(2));
    let readme = project.join("README.md");
    std::fs::write(&readme, "no tables").unwrap();
    let other = run(&["schema", readme.to_str().unwrap()], b"");
    let error = String::from_utf8(other.stderr).unwrap();
    assert!(
        other.status.code() == Some(2) && error.contains("describes no table"),
        "{error}"
    );
    let empty = tempfile::tempdir_in(folder.path()).unwrap();
    let nothing = run(&["schema", empty.path().to_str().unwrap()], b"");
    let error = String::from_utf8(nothing.stderr).unwrap();
    assert!(
        nothing.status.code() == Some(1) && error.contains("no table is described"),
        "{error}"
    );
}
