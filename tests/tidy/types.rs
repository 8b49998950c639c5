//! One name for one thing: no two crates show a type of the same name to others.

use super::tree::{is_example, texts};
use std::collections::{BTreeMap, BTreeSet};

/// Names that two crates share so far. This list only gets shorter.
const SHARED: &[&str] = &[
    "Answer",
    "Candidate",
    "Change",
    "Check",
    "Fix",
    "Kind",
    "Model",
    "Place",
    "Progress",
    "Repair",
    "Shown",
    "Source",
    "Stop",
];

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
    let is_allowed = |name: &str| SHARED.contains(&name);
    let shared: Vec<_> = crates
        .iter()
        .filter(|(name, places)| places.len() > 1 && !is_allowed(name))
        .collect();
    assert!(
        shared.is_empty(),
        "one name for several things: {shared:#?}"
    );
}
