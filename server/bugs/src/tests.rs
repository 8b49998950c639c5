//! Walks `cases/<code>.txt`: texts with a bug and what they become, and sound texts that must
//! stay silent.
//!
//! A case is `== path.py: what it shows`, the text, and `-- fixed` with the text after all fixes; a
//! text without `-- fixed` has no bug of this pattern. The same texts, torn and joined at random,
//! must give no panic and no edit that does not apply or breaks what was whole.

use super::{Bug, PATTERNS, PatternSelection, ReportedError, UnknownCode};
use super::{find, fix_all, fix_reported, search};
use context::testing::{deep_texts, on_small_stack, snapshot};
use std::path::Path;
use text::apply;

fn bugs(path: &str, text: &str) -> Vec<Bug> {
    find(&snapshot(path, text), PatternSelection::ALL)
}

fn fixed(path: &str, text: &str) -> String {
    let bugs = bugs(path, text);
    let edits = fix_all(&snapshot(path, text), &bugs.iter().collect::<Vec<_>>());
    edits.map_or(text.to_owned(), |(edits, _)| apply(text, &edits))
}

/// What is wrong with one case; nothing where it is as it should be. The second value: whether it
/// has a bug.
fn wrong(code: &str, case: &str) -> (Option<String>, bool) {
    let (title, text) = case.split_once('\n').unwrap();
    let path = title.split(':').next().unwrap();
    let Some((text, wanted)) = text.split_once("-- fixed\n") else {
        let bugs = bugs(path, text.trim_end_matches('\n'));
        let alarm = bugs.iter().any(|bug| bug.finding.code == code);
        return (alarm.then(|| format!("{code}: {title}: {bugs:#?}")), false);
    };
    let found = bugs(path, text).iter().any(|bug| bug.finding.code == code);
    let fixed = fixed(path, text);
    let right = found && fixed.trim_end() == wanted.trim_end();
    (
        (!right).then(|| format!("{code}: {title}: found {found}, fixed:\n{fixed}")),
        true,
    )
}

#[test]
fn golden_cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut problems = Vec::new();
    for pattern in PATTERNS {
        let file = folder.join(pattern.code).with_extension("txt");
        let source = std::fs::read_to_string(&file)
            .unwrap_or_else(|_| panic!("no cases for {}", pattern.code));
        let judged: Vec<_> = format!("\n{source}")
            .split("\n== ")
            .skip(1)
            .map(|case| wrong(pattern.code, case))
            .collect();
        let buggy = judged.iter().filter(|(_, buggy)| *buggy).count();
        assert!(
            buggy > 0 && buggy < judged.len(),
            "{} has too few cases",
            pattern.code
        );
        problems.extend(judged.into_iter().filter_map(|(problem, _)| problem));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let files = std::fs::read_dir(folder).unwrap();
    assert_eq!(
        files.count(),
        PATTERNS.len(),
        "a file in cases/ without a pattern"
    );
}

#[test]
fn every_language_lists_patterns_that_exist_each_of_which_some_language_lists() {
    let listed: Vec<&String> = grammars::all()
        .iter()
        .flat_map(|grammar| &grammar.facts.bugs)
        .collect();
    for code in &listed {
        let is_known = PATTERNS.iter().any(|pattern| pattern.code == *code);
        assert!(is_known, "there is no pattern `{code}`");
    }
    for pattern in PATTERNS {
        let is_listed = listed.iter().any(|code| *code == pattern.code);
        assert!(is_listed, "no language lists `{}`", pattern.code);
    }
}

#[test]
fn the_founding_example_is_fixed_in_one_go() {
    let text = "def get_user_names(users):\n    for i in range(len(users) + 1):\n        names.append(users[i][\"name\"])\n";
    let wanted = "def get_user_names(users):\n    names = []\n    for i in range(len(users)):\n        names.append(users[i][\"name\"])\n    return names\n";
    assert_eq!(fixed("a.py", text), wanted);
}

#[test]
fn comments_silence_what_they_name() {
    for (comment, silent) in [
        ("nigh: ignore", true),
        ("nigh: ignore is-literal", true),
        ("nigh: ignore same-operand", false),
        ("nigh: ignore is-litteral", false),
        ("nigh: ignore is-litteral, is-literal", true),
    ] {
        let same_line = format!("if x is 5:  # {comment}\n    pass\n");
        let above = format!("def f(x):\n    # {comment}\n    if x is 5:\n        pass\n");
        assert_eq!(bugs("a.py", &same_line).is_empty(), silent, "{comment}");
        assert_eq!(bugs("a.py", &above).is_empty(), silent, "{comment}");
    }
}

#[test]
fn a_misspelt_code_in_a_comment_is_named_with_the_nearest_one() {
    let text = "if x is 5:  # größer; nigh: ignore is-litteral\n    pass\n";
    let found = search(&snapshot("a.py", text), PatternSelection::ALL);
    assert_eq!(found.bugs.len(), 1);
    let [unknown] = found.unknown_codes.as_slice() else {
        panic!("{:?}", found.unknown_codes);
    };
    assert_eq!(&text[unknown.range.clone()], "is-litteral");
    let wanted =
        "no pattern has the code `is-litteral`, so it silences nothing; did you mean `is-literal`?";
    assert_eq!(unknown.message(), wanted);
    let other = "x = 1  # nigh: ignore mistakes\n";
    let found = search(&snapshot("a.py", other), PatternSelection::ALL);
    let messages: Vec<String> = found
        .unknown_codes
        .iter()
        .map(UnknownCode::message)
        .collect();
    let wanted = "no pattern has the code `mistakes`, so it silences nothing; `nigh: ignore` without a code silences all";
    assert_eq!(messages, [wanted]);
}

/// All texts of the cases, with their paths.
fn texts() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let read = |pattern: &super::Pattern| {
        std::fs::read_to_string(folder.join(pattern.code).with_extension("txt")).unwrap()
    };
    let mut texts = Vec::new();
    for source in PATTERNS.iter().map(read) {
        for case in format!("\n{source}").split("\n== ").skip(1) {
            let (title, text) = case.split_once('\n').unwrap();
            let text = text.split("-- fixed").next().unwrap();
            texts.push((title.split(':').next().unwrap().to_owned(), text.to_owned()));
        }
    }
    texts
}

/// A piece of a text between two places that are no part of a character.
fn piece(text: &str, from: usize, length: usize) -> &str {
    let floor = |at: usize| {
        (0..=at.min(text.len()))
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0)
    };
    let from = floor(from % (text.len() + 1));
    &text[from..floor(from + length)]
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2000))]

    #[test]
    fn torn_texts_are_never_made_worse(
        a: usize,
        b: usize,
        from: usize,
        to: usize,
        length in 0usize..60,
        more in 0usize..200,
    ) {
        let texts = texts();
        let ((path, text), (_, other)) = (&texts[a % texts.len()], &texts[b % texts.len()]);
        let (removed, added) = (piece(text, from, length), piece(other, to, more));
        let torn = text.replacen(removed, added, 1);
        let errors = |text: &str| {
            let syntax = snapshot(path, text).syntax;
            syntax.map_or(0, |syntax| syntax.errors().len())
        };
        for bug in bugs(path, &torn) {
            let mut pairs = bug.finding.edits.windows(2);
            let ordered = pairs.all(|pair| pair[0].range.end <= pair[1].range.start);
            proptest::prop_assert!(ordered && torn.get(bug.finding.range.clone()).is_some());
            let new = apply(&torn, &bug.finding.edits);
            proptest::prop_assert!(new != torn && errors(&new) <= errors(&torn), "{torn}\n{bug:#?}");
        }
        proptest::prop_assert!(errors(&fixed(path, &torn)) <= errors(&torn));
    }
}

/// The text after a reported error is fixed; the message's place is the first `word`.
fn fixed_report(path: &str, text: &str, word: &str, message: &str) -> Option<String> {
    let start = text.find(word).unwrap();
    let reported = ReportedError {
        start,
        end: start + word.len(),
        message,
    };
    fix_reported(&snapshot(path, text), &reported).map(|bug| apply(text, &bug.finding.edits))
}

#[test]
fn reported_errors_are_fixed() {
    let cases = [
        (
            "a.py",
            "x = os.getcwd()\n",
            "os",
            "\"os\" is not defined",
            "import os\nx = os.getcwd()\n",
        ),
        (
            "a.py",
            "import re\n\nx = 1\n",
            "re",
            "`re` imported but unused",
            "\nx = 1\n",
        ),
        (
            "a.py",
            "from a import b, c\nc()\n",
            "b",
            "Import \"b\" is not accessed",
            "from a import c\nc()\n",
        ),
        (
            "a.py",
            "from a import b, c as d\nb()\n",
            "c as d",
            "`a.c as d` imported but unused",
            "from a import b\nb()\n",
        ),
        (
            "a.py",
            "if x\n    y = 1\n",
            "x",
            "expected ':'",
            "if x:\n    y = 1\n",
        ),
        (
            "a.js",
            "import { a, b } from 'x';\nb();\n",
            "a",
            "'a' is declared but its value is never read.",
            "import { b } from 'x';\nb();\n",
        ),
        (
            "a.java",
            "import java.util.List;\nclass A {}\n",
            "java",
            "The import java.util.List is never used",
            "class A {}\n",
        ),
        (
            "a.go",
            "package a\n\nimport \"fmt\"\n\nfunc f() {}\n",
            "\"fmt\"",
            "\"fmt\" imported and not used",
            "package a\n\n\nfunc f() {}\n",
        ),
        (
            "a.c",
            "int f(void) {\n    int x = 1\n    return x;\n}\n",
            "return",
            "expected ';' before 'return'",
            "int f(void) {\n    int x = 1;\n    return x;\n}\n",
        ),
        (
            "A.java",
            "class A { int f() { return 1 } }\n",
            "}",
            "';' expected",
            "class A { int f() { return 1; } }\n",
        ),
    ];
    for (path, text, word, message, wanted) in cases {
        assert_eq!(
            fixed_report(path, text, word, message).as_deref(),
            Some(wanted),
            "{message}"
        );
    }
}

#[test]
fn what_is_not_understood_is_not_fixed() {
    let cases = [
        (
            "a.py",
            "import os\nx = os.getcwd()\n",
            "os",
            "\"os\" is not defined",
        ),
        (
            "a.py",
            "x = thing.run()\n",
            "thing",
            "\"thing\" is not defined",
        ),
        (
            "a.py",
            "import re\n\nre.sub\n",
            "re",
            "`re` imported but unused",
        ),
        (
            "a.py",
            "from a import b\n__all__ = [\"b\"]\n",
            "b",
            "`b` imported but unused",
        ),
        (
            "a.py",
            "try:\n    import b\nexcept ImportError:\n    pass\n",
            "b",
            "`b` imported but unused",
        ),
        ("a.c", "int x = 1;\n", "x", "expected ';' before 'x'"),
        ("a.c", "int x = 1;\n", "x", "unused variable 'x'"),
    ];
    for (path, text, word, message) in cases {
        assert_eq!(fixed_report(path, text, word, message), None, "{message}");
    }
    let reported = ReportedError {
        start: 90,
        end: 3,
        message: "expected ';'",
    };
    assert!(fix_reported(&snapshot("a.c", "int x"), &reported).is_none());
}

#[test]
fn a_name_is_imported_as_the_workspace_does() {
    let mut here = snapshot("app/a.py", "def f():\n    return Thing()\n");
    let grammar = here.syntax.as_ref().unwrap().grammar;
    let put = |here: &mut context::Snapshot, path: &str, text: &str| {
        here.index.put(&[index::SourceFile {
            path,
            text,
            grammar: Some(grammar),
            stamp: 1,
            signatures_only: false,
        }]);
    };
    let undefined = ReportedError {
        start: 20,
        end: 25,
        message: "Undefined name `Thing`",
    };
    let text = |here: &context::Snapshot| {
        let bug = fix_reported(here, &undefined)?;
        Some(apply(&here.rope().to_string(), &bug.finding.edits))
    };
    assert_eq!(text(&here), None);
    put(&mut here, "src/lib/things.py", "class Thing:\n    pass\n");
    assert_eq!(
        text(&here).as_deref(),
        Some("from lib.things import Thing\ndef f():\n    return Thing()\n")
    );
    put(&mut here, "app/b.py", "from lib import Other, Thing\n");
    assert_eq!(
        text(&here).as_deref(),
        Some("from lib import Thing\ndef f():\n    return Thing()\n")
    );
}

#[test]
fn no_construct_is_too_long_for_the_patterns() {
    on_small_stack(|| {
        for (path, text) in deep_texts(4000) {
            let _ = search(&snapshot(path, &text), PatternSelection::ALL);
        }
    });
}
