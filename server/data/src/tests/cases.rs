//! Whole sources with what they describe: each folder in `server/data/cases/` is a project, and the
//! file of its name ends in `.expect`. `UPDATE_EXPECT=1` writes these again.

use crate::SqlDialect;
use crate::find::in_files;
use crate::print::{account, statements, text};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cases")
}

/// All files below a folder, with their names in it.
fn files(root: &Path) -> Vec<(String, Vec<u8>)> {
    let (mut waiting, mut found) = (vec![root.to_owned()], Vec::new());
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
                continue;
            }
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            found.push((name.replace('\\', "/"), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

/// What is found and printed for a project.
fn printed(root: &Path) -> String {
    let schema = in_files(files(root));
    let mut out = format!("{}{}", text(&schema), account(&schema));
    for (name, dialect) in SqlDialect::ALL {
        let _ = write!(out, "\n==== {name}\n{}", statements(&schema, dialect));
    }
    let base = rusqlite::Connection::open_in_memory().unwrap();
    let sqlite = statements(&schema, SqlDialect::Sqlite);
    base.execute_batch(&sqlite)
        .unwrap_or_else(|error| panic!("{}: {error}", root.display()));
    out
}

#[test]
fn each_project_is_read_and_printed_as_expected() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_dir() {
            continue;
        }
        count += 1;
        let expect = path.with_extension("expect");
        let printed = printed(&path);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&expect, &printed).unwrap();
        }
        if fs::read_to_string(&expect).unwrap_or_default() != printed {
            wrong.push(path.file_name().unwrap().to_owned());
        }
    }
    assert!(count >= 8, "{count} projects");
    assert!(wrong.is_empty(), "not as expected: {wrong:?}");
}
