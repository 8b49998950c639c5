//! Walks `cases/bugs/<code>.txt`: texts with a bug and what they become, and sound texts that must stay silent.
//!
//! A case is `== path.py: what it shows`, the text, and `-- fixed` with the text after all fixes; a text without
//! `-- fixed` has no bug of this pattern.

use super::{Bug, PATTERNS, applied, find, mend};
use crate::tests::snapshot;
use std::path::Path;

fn bugs(path: &str, text: &str) -> Vec<Bug> {
    find(&snapshot(path, text), &[])
}

fn fixed(path: &str, text: &str) -> String {
    let bugs = bugs(path, text);
    let edits = mend(&snapshot(path, text), &bugs.iter().collect::<Vec<_>>());
    edits.map_or(text.to_owned(), |(edits, _)| applied(text, &edits))
}

/// What is wrong with one case; nothing where it is as it should be. The second value: whether it has a bug.
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
    ((!right).then(|| format!("{code}: {title}: found {found}, fixed:\n{fixed}")), true)
}

#[test]
fn golden_cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/bugs");
    let mut problems = Vec::new();
    for pattern in PATTERNS {
        let file = folder.join(pattern.code).with_extension("txt");
        let source = std::fs::read_to_string(&file).unwrap_or_else(|_| panic!("no cases for {}", pattern.code));
        let judged: Vec<_> =
            format!("\n{source}").split("\n== ").skip(1).map(|case| wrong(pattern.code, case)).collect();
        let buggy = judged.iter().filter(|(_, buggy)| *buggy).count();
        assert!(buggy > 0 && buggy < judged.len(), "{} has too few cases", pattern.code);
        problems.extend(judged.into_iter().filter_map(|(problem, _)| problem));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let files = std::fs::read_dir(folder).unwrap();
    assert_eq!(files.count(), PATTERNS.len(), "a file in cases/bugs/ without a pattern");
}

#[test]
fn the_founding_example_is_mended_in_one_go() {
    let text =
        "def get_user_names(users):\n    for i in range(len(users) + 1):\n        names.append(users[i][\"name\"])\n";
    let wanted = "def get_user_names(users):\n    names = []\n    for i in range(len(users)):\n        names.append(users[i][\"name\"])\n    return names\n";
    assert_eq!(fixed("a.py", text), wanted);
}

#[test]
fn comments_silence_what_they_name() {
    for (comment, silent) in
        [("nigh: ignore", true), ("nigh: ignore is-literal", true), ("nigh: ignore same-operand", false)]
    {
        let behind = format!("if x is 5:  # {comment}\n    pass\n");
        let above = format!("def f(x):\n    # {comment}\n    if x is 5:\n        pass\n");
        assert_eq!(bugs("a.py", &behind).is_empty(), silent, "{comment}");
        assert_eq!(bugs("a.py", &above).is_empty(), silent, "{comment}");
    }
}
