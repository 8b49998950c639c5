//! Each checker that is installed here, on sound and on broken text. One that is absent is named on
//! standard error.

use super::checkers::{CHECKERS, Checker};
use super::{CheckTarget, Checks, Verdict};
use crate::skipped::skip;
use std::path::Path;
use tempfile::TempDir;

#[test]
fn every_checker_is_listed_by_a_language_and_has_a_row() {
    for grammar in grammars::all() {
        for name in &grammar.facts.checkers {
            assert!(Checker::named(name).is_some(), "{}: {name}", grammar.id);
        }
    }
    for checker in CHECKERS {
        assert!(!checker.languages().is_empty(), "{}", checker.name);
    }
}

/// The checkers, where they can be confined and this program is installed; else the test is
/// skipped.
fn checks(cache: &TempDir, program: &str) -> Option<Checks> {
    let checks = Checks::new(Some(cache.path().to_owned()))
        .inspect_err(|error| skip(error))
        .ok()?;
    if checks.tools.program(program).is_err() {
        skip(format!("`{program}` is not installed"));
        return None;
    }
    Some(checks)
}

fn place(root: &Path, name: &str, language: &str) -> CheckTarget {
    CheckTarget {
        path: root.join(name),
        root: root.to_owned(),
        language: language.into(),
        others: Vec::new(),
    }
}

/// Files of a workspace, and what the checker `name` says: of a fix, of none, and of one that
/// breaks something.
fn judged(
    name: &'static str,
    language: &str,
    file: &str,
    files: &[(&str, &str)],
    [sound, broken]: [&str; 2],
) {
    let program = name.split(' ').next().unwrap();
    let (root, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (name, text) in files {
        std::fs::create_dir_all(root.path().join(name).parent().unwrap()).unwrap();
        std::fs::write(root.path().join(name), text).unwrap();
    }
    let before: Vec<_> = files
        .iter()
        .map(|(name, _)| std::fs::read(root.path().join(name)).unwrap())
        .collect();
    let program = if name == "py_compile" {
        "python3"
    } else {
        program
    };
    let Some(checks) = checks(&cache, program) else {
        return;
    };
    let place = place(root.path(), file, language);
    assert_eq!(checks.check(&place, broken, sound), Verdict::Passed(name));
    assert_eq!(checks.check(&place, sound, broken), Verdict::Worse(name));
    // Where a later checker of the list knows less, it may be content.
    let same = checks.check(&place, broken, broken);
    let undecided = matches!(&same, Verdict::Inconclusive(why) if why.contains("as many errors"));
    assert!(
        undecided || name == "pyright" && same == Verdict::Passed("py_compile"),
        "{same:?}"
    );
    let after: Vec<_> = files
        .iter()
        .map(|(name, _)| std::fs::read(root.path().join(name)).unwrap())
        .collect();
    assert_eq!(before, after, "a file of the workspace was written");
    let count = walk(root.path());
    assert_eq!(
        count,
        files.len(),
        "something was written into the workspace"
    );
}

fn walk(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .map(|path| if path.is_dir() { walk(&path) } else { 1 })
        .sum()
}

#[test]
fn python_is_compiled() {
    judged(
        "py_compile",
        "python",
        "a.py",
        &[],
        ["def f():\n    return 1\n", "return 1\n"],
    );
}

#[test]
fn javascript_is_parsed() {
    judged(
        "node --check",
        "javascript",
        "a.js",
        &[],
        ["const a = 1;\n", "const a = 1;\nconst a = 2;\n"],
    );
}

#[test]
fn php_is_parsed() {
    judged(
        "php -l",
        "php",
        "a.php",
        &[],
        [
            "<?php\nfunction f() { return 1; }\n",
            "<?php\nfunction f() { return 1 }\n",
        ],
    );
}

#[test]
fn ruby_is_parsed() {
    judged(
        "ruby -c",
        "ruby",
        "a.rb",
        &[],
        ["def f\n  1\nend\n", "def f\n  1 +\nend\n"],
    );
}

#[test]
fn java_is_compiled_with_its_neighbours() {
    let other = "package x;\nclass Other { static int one() { return 1; } }\n";
    let text =
        |call| format!("package x;\nclass Main {{ int f() {{ return Other.{call}(); }} }}\n");
    let texts = [text("one"), text("two")];
    judged(
        "javac",
        "java",
        "src/x/Main.java",
        &[("src/x/Other.java", other)],
        [&texts[0], &texts[1]],
    );
}

#[test]
fn c_is_checked_with_the_headers_of_its_folder() {
    let text = |name| format!("#include \"a.h\"\nint g(void) {{ return {name}(1); }}\n");
    let texts = [
        text("f"),
        "int g(void) { return 1 +; }\n#include \"a.h\"\n".to_owned(),
    ];
    judged(
        "cc",
        "c",
        "src/a.c",
        &[("src/a.h", "int f(int x);\n")],
        [&texts[0], &texts[1]],
    );
    judged(
        "c++",
        "cpp",
        "src/a.cpp",
        &[("src/a.h", "int f(int x);\n")],
        [&texts[0], &text("h")],
    );
}

#[test]
fn a_header_that_is_missing_leaves_it_undecided() {
    let (root, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Some(checks) = checks(&cache, "cc") else {
        return;
    };
    let text = "#include \"no-such.h\"\n";
    let verdict = checks.check(&place(root.path(), "a.c", "c"), text, text);
    assert!(
        matches!(&verdict, Verdict::Inconclusive(why) if why.contains("no-such.h")),
        "{verdict:?}"
    );
}

#[test]
fn rust_is_checked_as_a_crate() {
    let manifest =
        "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n";
    let files = [
        ("Cargo.toml", manifest),
        ("src/lib.rs", "mod part;\npub use part::f;\n"),
        ("src/part.rs", ""),
    ];
    let text = |value| format!("pub fn f() -> u32 {{ {value} }}\n");
    judged(
        "cargo check",
        "rust",
        "src/part.rs",
        &files,
        [&text("1"), &text("\"1\"")],
    );
}

#[test]
fn a_file_that_no_crate_is_made_of_is_not_called_checked() {
    let (root, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Some(checks) = checks(&cache, "cargo") else {
        return;
    };
    std::fs::create_dir(root.path().join("src")).unwrap();
    std::fs::write(
        root.path().join("Cargo.toml"),
        "[package]\nname = \"a\"\nversion = \"0.1.0\"\n[workspace]\n",
    )
    .unwrap();
    std::fs::write(root.path().join("src/lib.rs"), "").unwrap();
    let verdict = checks.check(
        &place(root.path(), "src/other.rs", "rust"),
        "",
        "fn f() {}\n",
    );
    assert!(
        matches!(&verdict, Verdict::Inconclusive(why) if why.contains("no target")),
        "{verdict:?}"
    );
}

#[test]
fn go_and_typescript_are_checked_where_their_tools_are() {
    let go = |value| format!("package a\n\nfunc F() int {{\n\treturn {value}\n}}\n");
    judged(
        "go vet",
        "go",
        "a.go",
        &[("go.mod", "module a\n\ngo 1.18\n")],
        [&go("1"), &go("\"1\"")],
    );
    let config = "{\"compilerOptions\": {\"strict\": true}, \"include\": [\"*.ts\"]}";
    let ts = |value| format!("export const a: number = {value};\n");
    judged(
        "tsc",
        "typescript",
        "a.ts",
        &[("tsconfig.json", config)],
        [&ts("1"), &ts("\"1\"")],
    );
    let py = |value| format!("a: int = {value}\n");
    judged(
        "pyright",
        "python",
        "a.py",
        &[("pyrightconfig.json", "{}")],
        [&py("1"), &py("\"1\"")],
    );
}

#[test]
fn other_open_files_count_as_they_are_in_the_editor() {
    let (root, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Some(checks) = checks(&cache, "cargo") else {
        return;
    };
    std::fs::create_dir(root.path().join("src")).unwrap();
    std::fs::write(
        root.path().join("Cargo.toml"),
        "[package]\nname = \"a\"\nversion = \"0.1.0\"\n[workspace]\n",
    )
    .unwrap();
    std::fs::write(root.path().join("src/part.rs"), "").unwrap();
    let mut place = place(root.path(), "src/lib.rs", "rust");
    let text = "mod part;\npub fn f() -> u32 { part::one() }\n";
    assert!(matches!(
        checks.check(&place, text, text),
        Verdict::Inconclusive(_)
    ));
    place.others.push((
        root.path().join("src/part.rs"),
        "pub fn one() -> u32 { 1 }\n".into(),
    ));
    assert_eq!(
        checks.check(&place, text, text),
        Verdict::Passed("cargo check")
    );
}
