//! Keeps the house tidy: crate arrows, file headers, sizes, folder lists, README's tree and links.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use toml::Table;

/// What each crate of ours may lean on. `tests` may lean on all.
const ARROWS: &[(&str, &[&str])] = &[
    ("grammars", &[]),
    ("server/text", &[]),
    ("server/engine", &[]),
    ("server/syntax", &["grammars", "text"]),
    ("server/index", &["grammars", "syntax", "text"]),
    ("server/context", &["grammars", "index", "syntax", "text"]),
    (
        "server/features",
        &["context", "grammars", "index", "syntax", "text"],
    ),
    (
        "server/lsp",
        &[
            "context", "engine", "features", "grammars", "index", "syntax", "text",
        ],
    ),
];
const OURS: &[&str] = &[
    "context", "engine", "features", "grammars", "index", "nigh", "syntax", "text",
];
/// A file of code longer than this does too much.
const MAX_LINES: usize = 700;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The files git knows, or that are new and not ignored, relative to the root.
fn files() -> Vec<PathBuf> {
    let arguments = ["ls-files", "--cached", "--others", "--exclude-standard"];
    let output = std::process::Command::new("git")
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "this test needs a git checkout");
    let paths = String::from_utf8(output.stdout).unwrap();
    paths
        .lines()
        .map(PathBuf::from)
        .filter(|path| root().join(path).is_file())
        .collect()
}

fn with_extension(extension: &str) -> Vec<(PathBuf, String)> {
    let wanted = files()
        .into_iter()
        .filter(|path| path.extension().is_some_and(|found| found == extension));
    wanted
        .map(|path| (path.clone(), fs::read_to_string(root().join(path)).unwrap()))
        .collect()
}

fn is_example(path: &Path) -> bool {
    path.components()
        .any(|part| ["examples", "cases"].contains(&part.as_os_str().to_str().unwrap_or_default()))
        || path.ends_with("tests/sample.py")
}

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
                assert!(
                    inherited,
                    "{path}: the version of {name} belongs into the root Cargo.toml"
                );
            }
        }
    }
}

#[test]
fn every_file_of_code_opens_by_saying_what_it_is_for() {
    for (path, text) in with_extension("rs") {
        assert!(
            is_example(&path) || text.starts_with("//! "),
            "{} has no header",
            path.display()
        );
    }
    for (path, text) in with_extension("py") {
        let body = text.trim_start_matches(|c| c != '"' && c != '\n');
        let header = text.starts_with("\"\"\"")
            || (text.starts_with("#!") && body.trim_start().starts_with("\"\"\""));
        assert!(
            is_example(&path) || header,
            "{} has no header",
            path.display()
        );
    }
    for (path, text) in with_extension("ts")
        .into_iter()
        .chain(with_extension("mjs"))
    {
        assert!(
            is_example(&path) || text.starts_with("// "),
            "{} has no header",
            path.display()
        );
    }
    for (path, text) in with_extension("sh") {
        let second = text.lines().nth(1).unwrap_or_default();
        assert!(
            is_example(&path) || second.starts_with("# "),
            "{} has no header",
            path.display()
        );
    }
}

#[test]
fn no_file_of_code_is_too_long() {
    for (path, text) in ["rs", "py", "ts", "mjs"]
        .into_iter()
        .flat_map(with_extension)
    {
        let lines = text.lines().count();
        assert!(
            is_example(&path) || lines <= MAX_LINES,
            "{} has {lines} lines",
            path.display()
        );
    }
}

/// The first words of the lines of the first fenced block behind `heading`.
fn tree(page: &str, heading: &str) -> BTreeSet<String> {
    let behind = page
        .split_once(heading)
        .unwrap_or_else(|| panic!("no heading {heading}"))
        .1;
    let block = behind.split("```").nth(1).unwrap();
    let names = block
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().next());
    names
        .map(|name| name.trim_end_matches('/').to_owned())
        .collect()
}

#[test]
fn the_readme_names_every_folder_and_file_at_the_top() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let top = files()
        .into_iter()
        .map(|path| path.iter().next().unwrap().to_str().unwrap().to_owned());
    let top: BTreeSet<_> = top.filter(|name| !name.starts_with('.')).collect();
    assert_eq!(tree(&readme, "## What is where"), top);
}

#[test]
fn the_architecture_names_every_crate_and_every_file_of_the_server() {
    let page = fs::read_to_string(root().join("server/ARCHITECTURE.md")).unwrap();
    let names = tree(&page, "## Crates");
    let crates: BTreeSet<_> = ARROWS
        .iter()
        .map(|(path, _)| path.trim_start_matches("server/").to_owned())
        .collect();
    assert_eq!(names, crates);
}

#[test]
fn links_between_pages_lead_somewhere() {
    for (path, text) in with_extension("md") {
        let folder = root().join(&path).parent().unwrap().to_owned();
        for target in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let target = target.split('#').next().unwrap();
            let local = !target.is_empty() && !target.contains(':') && !target.contains(' ');
            let exists = !local || folder.join(target).exists();
            assert!(
                is_example(&path) || exists,
                "{}: {target} does not exist",
                path.display()
            );
        }
    }
}

#[test]
fn no_page_or_code_names_a_registry_or_a_temporary_home() {
    let forbidden = [
        ["crates", "io"].join("."),
        ["pypi", "org"].join("."),
        ["npmjs", "org"].join("."),
        ["", "work", ""].join("/"),
    ];
    for extension in ["rs", "py", "sh", "md", "toml", "lua", "ts", "mjs", "json"] {
        for (path, text) in with_extension(extension) {
            let lines = text.lines().filter(|line| !line.contains("training/work"));
            let found = lines
                .flat_map(|line| forbidden.iter().filter(move |name| line.contains(*name)))
                .next();
            assert!(
                is_example(&path) || found.is_none(),
                "{} names {}",
                path.display(),
                found.unwrap()
            );
        }
    }
}
