//! Keeps the house tidy: which crate may depend on which. Its modules look at files, pages and
//! words.

mod layout;
mod pages;
mod rust;
mod tree;
mod types;
mod words;

use std::collections::BTreeSet;
use std::fs;
use toml::Table;
use tree::root;

/// The crates of ours that each may depend on. `tests` may depend on all.
const ARROWS: &[(&str, &[&str])] = &[
    ("grammars", &[]),
    ("server/text", &[]),
    ("server/kernels", &[]),
    ("server/gpu", &["kernels"]),
    ("server/engine", &["gpu", "kernels"]),
    ("server/syntax", &["grammars", "text"]),
    ("server/index", &["grammars", "syntax", "text"]),
    ("server/context", &["grammars", "index", "syntax", "text"]),
    ("server/completion", PRODUCT),
    ("server/next_edit", PRODUCT),
    ("server/bugs", PRODUCT),
    ("server/workspace", &["grammars", "index"]),
    ("server/data", &["grammars", "workspace"]),
    ("server/sql", &["data", "grammars", "syntax", "text"]),
    ("server/report", &["data"]),
    ("server/ask", &["grammars", "index", "syntax", "text"]),
    ("server/frames", &["data"]),
    ("server/checks", &["grammars", "workspace"]),
    ("server/model_store", &[]),
    ("server/remote", &[]),
    ("server/assistant", APPLICATION),
    ("server/lsp", FRONT_END),
    ("server/http", FRONT_END),
    ("server/mcp", FRONT_END),
    ("server/cli", PROGRAM),
];
/// Products know neither each other nor the application.
const PRODUCT: &[&str] = &["context", "grammars", "index", "syntax", "text"];
const APPLICATION: &[&str] = &[
    "ask",
    "checks",
    "context",
    "data",
    "engine",
    "bugs",
    "completion",
    "frames",
    "next_edit",
    "grammars",
    "index",
    "remote",
    "report",
    "sql",
    "syntax",
    "text",
    "workspace",
];
/// Doors reach the engine only through the application.
const FRONT_END: &[&str] = &[
    "ask",
    "assistant",
    "checks",
    "context",
    "data",
    "bugs",
    "completion",
    "frames",
    "next_edit",
    "grammars",
    "index",
    "report",
    "sql",
    "syntax",
    "text",
    "workspace",
];
const PROGRAM: &[&str] = &[
    "ask",
    "assistant",
    "checks",
    "context",
    "data",
    "engine",
    "bugs",
    "completion",
    "next_edit",
    "grammars",
    "http-api",
    "index",
    "lsp",
    "mcp",
    "model_store",
    "report",
    "sql",
    "syntax",
    "text",
    "workspace",
];
const OURS: &[&str] = &[
    "ask",
    "assistant",
    "checks",
    "context",
    "data",
    "engine",
    "bugs",
    "completion",
    "frames",
    "next_edit",
    "gpu",
    "grammars",
    "http-api",
    "index",
    "kernels",
    "lsp",
    "mcp",
    "model_store",
    "nigh",
    "remote",
    "report",
    "sql",
    "syntax",
    "text",
    "workspace",
];

#[test]
fn crates_lean_only_on_what_they_may() {
    let listed: BTreeSet<_> = ARROWS.iter().map(|(path, _)| (*path).to_owned()).collect();
    let mut found = BTreeSet::from(["grammars".to_owned()]);
    for entry in fs::read_dir(root().join("server")).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            found.insert(format!("server/{}", entry.file_name().to_str().unwrap()));
        }
    }
    assert_eq!(found, listed, "a crate is missing from ARROWS, or gone");
    for (path, allowed) in ARROWS {
        let manifest: Table = fs::read_to_string(root().join(path).join("Cargo.toml"))
            .unwrap()
            .parse()
            .unwrap();
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(dependencies) = manifest.get(section).and_then(toml::Value::as_table) else {
                continue;
            };
            for (name, value) in dependencies {
                assert!(
                    !OURS.contains(&name.as_str()) || allowed.contains(&name.as_str()),
                    "{path} leans on {name}"
                );
                let inherited = value
                    .get("workspace")
                    .is_some_and(|workspace| workspace.as_bool() == Some(true));
                // Only `grammars` uses parsers, so that a language is a folder and two lines.
                let is_parser = *path == "grammars" && name.starts_with("tree-sitter-");
                assert!(
                    inherited || is_parser,
                    "{path}: the version of {name} belongs into the root Cargo.toml"
                );
            }
        }
    }
}

#[test]
fn every_crate_says_what_it_is() {
    for (path, _) in ARROWS {
        let manifest = fs::read_to_string(root().join(path).join("Cargo.toml")).unwrap();
        let manifest: Table = manifest.parse().unwrap();
        let description = manifest["package"].get("description");
        let has_one = description.and_then(toml::Value::as_str).is_some();
        assert!(
            has_one,
            "{path}/Cargo.toml: no description, for the drawing"
        );
    }
}

#[test]
fn the_architecture_names_every_crate_and_every_file_of_the_server() {
    let page = fs::read_to_string(root().join("server/ARCHITECTURE.md")).unwrap();
    let names = pages::tree(&page, "## Crates");
    let crates: BTreeSet<_> = ARROWS
        .iter()
        .map(|(path, _)| path.trim_start_matches("server/").to_owned())
        .collect();
    assert_eq!(names, crates);
}
