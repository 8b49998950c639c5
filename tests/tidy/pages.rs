//! What pages and headers say exists: folders in trees, links, paths between backticks.

use super::tree::{files, is_example, root, texts};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A word between backticks that ends so is a file of this tree, whatever comes before.
const EXTENSIONS: &[&str] = &["rs", "md", "py", "scm", "sh", "mjs", "jsonl", "svg"];
/// How paths begin that look like ours and are of another place, with the reason.
const ELSEWHERE: &[(&str, &str)] = &[
    ("docs/gguf.md", "the specification, in ggml's repository"),
    ("latest.py", "a file of a user"),
    ("inspector.py", "a file of a user"),
    ("test_x.py", "a file of a user"),
    ("work/", "what training makes"),
    ("log.jsonl", "what training makes"),
];

/// The first words of the lines of the first fenced block after `heading`.
pub fn tree(page: &str, heading: &str) -> BTreeSet<String> {
    let (_, after) = page
        .split_once(heading)
        .unwrap_or_else(|| panic!("no heading {heading}"));
    let block = after.split("```").nth(1).unwrap();
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
fn links_between_pages_lead_somewhere() {
    for (path, text) in texts(&["md"]) {
        let folder = root().join(&path).parent().unwrap().to_owned();
        let targets = text.split("](").skip(1);
        for target in targets.filter_map(|rest| rest.split(')').next()) {
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

/// The words between backticks of a page, outside of fenced blocks, or of a header.
fn quoted(path: &Path, text: &str) -> Vec<String> {
    let is_page = path.extension().is_some_and(|extension| extension == "md");
    let prose = if is_page {
        text.split("```").step_by(2).collect::<Vec<_>>().join("\n")
    } else {
        let header = text.lines().take_while(|line| line.starts_with("//!"));
        header.collect::<Vec<_>>().join("\n")
    };
    prose
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// The parts of a path as it is written, if it is one that this tree should have.
fn parts<'a>(written: &'a str, top: &BTreeSet<String>) -> Option<Vec<&'a str>> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./*<>".contains(c);
    let is_foreign = written.starts_with(['/', '~', '.', '-', '*'])
        || !written.chars().all(is_plain)
        || written.contains("//");
    if is_foreign
        || ELSEWHERE
            .iter()
            .any(|(start, _)| written.starts_with(start))
    {
        return None;
    }
    let parts: Vec<&str> = written.trim_end_matches('/').split('/').collect();
    // A method of the protocol: `workspace/executeCommand`.
    if parts.last()?.contains(char::is_uppercase) && !written.contains('.') {
        return None;
    }
    let (name, extension) = written.rsplit_once('.').unwrap_or_default();
    let is_file = EXTENSIONS.contains(&extension) && !name.is_empty();
    let is_known_folder = parts.len() > 1 && top.contains(parts[0]);
    (is_file || is_known_folder || written.ends_with('/') && parts.len() > 1).then_some(parts)
}

/// Whether a part of a path fits a written one, in which `*`, `<name>`, `NAME` and `CODE` are any
/// text.
fn fits(written: &str, part: &str) -> bool {
    let written = &written.replace("NAME", "*").replace("CODE", "*");
    let Some(open) = written.find(['*', '<']) else {
        return written == part;
    };
    let close = match written[open..].find('>') {
        Some(at) if written[open..].starts_with('<') => open + at + 1,
        _ => open + 1,
    };
    let after = &written[close..];
    part.strip_prefix(&written[..open])
        .is_some_and(|rest| rest.ends_with(after.trim_start_matches(['*', '<'])))
}

/// Whether the written parts are the last parts of a file or folder of the tree.
fn exists(written: &[&str], known: &BTreeSet<PathBuf>) -> bool {
    known.iter().any(|path| {
        let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
        let Some(start) = parts.len().checked_sub(written.len()) else {
            return false;
        };
        let pairs = written.iter().zip(&parts[start..]);
        pairs.into_iter().all(|(written, part)| fits(written, part))
    })
}

/// Whether this is a method of the protocol, such as `workspace/executeCommand`.
fn is_protocol_method(written: &str) -> bool {
    let name = written.strip_prefix("workspace/").unwrap_or_default();
    name == "executeCommand" || name.starts_with("did")
}

#[test]
fn paths_between_backticks_exist() {
    let known: BTreeSet<PathBuf> = files()
        .iter()
        .flat_map(|path| path.ancestors().map(Path::to_owned).collect::<Vec<_>>())
        .collect();
    let top_level = known.iter().filter(|path| {
        let parent = path.parent().unwrap_or(Path::new(""));
        parent == Path::new("") || parent == Path::new("server")
    });
    let top: BTreeSet<String> = top_level
        .map(|path| {
            path.file_name()
                .unwrap_or_default()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    let mut missing = Vec::new();
    for (path, text) in texts(&["md", "rs"]) {
        // History, and numbers of an earlier state of the tree.
        if is_example(&path) || path.ends_with("CHANGELOG.md") || path.ends_with("house.md") {
            continue;
        }
        for written in quoted(&path, &text) {
            if is_protocol_method(&written) {
                continue;
            }
            if parts(&written, &top).is_some_and(|parts| !exists(&parts, &known)) {
                missing.push(format!("{}: `{written}`", path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "not in this tree: {missing:#?}");
}

#[test]
fn a_written_path_may_have_gaps() {
    assert!(fits("<name>.rs", "walk.rs") && fits("*.scm", "tags.scm") && fits("NAME.rs", "a.rs"));
    assert!(!fits("<name>.rs", "walk.py") && !fits("a.rs", "b.rs"));
}

#[test]
fn no_page_or_code_names_a_registry_or_a_temporary_home() {
    let forbidden = [
        ["crates", "io"].join("."),
        ["pypi", "org"].join("."),
        ["npmjs", "org"].join("."),
        ["", "work", ""].join("/"),
    ];
    let extensions = ["rs", "py", "sh", "md", "toml", "lua", "ts", "mjs", "json"];
    for (path, text) in texts(&extensions) {
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
