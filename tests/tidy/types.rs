//! One name for one thing: no two crates show a type of the same name to others.
//! `UPDATE_EXPECT=1` takes names off the list of exceptions that need none any more.

use super::tree::{is_example, root, texts};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

/// The file with the names that two crates share so far, one a line. It only gets shorter.
fn list() -> PathBuf {
    root().join("tests/tidy/shared_types.txt")
}

/// The name of the public type that a line of formatted code defines outside of any function.
fn public_type(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub ")?;
    let rest = rest.strip_prefix("unsafe ").unwrap_or(rest);
    let (word, rest) = rest.split_once(' ')?;
    let is_type = ["struct", "enum", "trait", "union", "type"].contains(&word);
    let name = rest
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .next();
    name.filter(|name| is_type && !name.is_empty())
}

#[test]
fn no_two_crates_show_a_type_of_one_name() {
    let mut crates: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in texts(&["rs"]) {
        let Some((folder, _)) = path.to_str().unwrap().split_once("/src/") else {
            continue;
        };
        if is_example(&path) || !folder.starts_with("server/") && folder != "grammars" {
            continue;
        }
        for name in text.lines().filter_map(public_type) {
            let places = crates.entry(name.to_owned()).or_default();
            places.insert(folder.to_owned());
        }
    }
    crates.retain(|_, places| places.len() > 1);
    let allowed = fs::read_to_string(list()).unwrap();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let still = allowed.lines().filter(|name| crates.contains_key(*name));
        let still: String = still.map(|name| format!("{name}\n")).collect();
        fs::write(list(), still).unwrap();
    }
    crates.retain(|name, _| !allowed.lines().any(|allowed| allowed == name));
    assert!(
        crates.is_empty(),
        "one name for several things: {crates:#?}"
    );
}
