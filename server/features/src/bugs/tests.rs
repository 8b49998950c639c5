//! Walks `cases/bugs/<code>.txt`: texts with a bug and what they become, and sound texts that must stay silent.
//!
//! A case is `== path.py: what it shows`, the text, and `-- fixed` with the text after all fixes; a text without
//! `-- fixed` has no bug of this pattern. The same texts, torn and joined at random, must give no panic and no edit that
//! does not apply or breaks what was whole.

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

/// All texts of the cases, with their paths.
fn texts() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/bugs");
    let read =
        |pattern: &super::Pattern| std::fs::read_to_string(folder.join(pattern.code).with_extension("txt")).unwrap();
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
    let floor = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let from = floor(from % (text.len() + 1));
    &text[from..floor(from + length)]
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2000))]

    #[test]
    fn torn_texts_are_never_made_worse(a: usize, b: usize, from: usize, to: usize, length in 0usize..60, more in 0usize..200) {
        let texts = texts();
        let ((path, text), (_, other)) = (&texts[a % texts.len()], &texts[b % texts.len()]);
        let (removed, added) = (piece(text, from, length), piece(other, to, more));
        let torn = text.replacen(removed, added, 1);
        let errors = |text: &str| snapshot(path, text).syntax.map_or(0, |syntax| syntax.errors().len());
        for bug in bugs(path, &torn) {
            let ordered = bug.finding.edits.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start);
            proptest::prop_assert!(ordered && torn.get(bug.finding.range.clone()).is_some());
            let new = applied(&torn, &bug.finding.edits);
            proptest::prop_assert!(new != torn && errors(&new) <= errors(&torn), "{torn}\n{bug:#?}");
        }
        proptest::prop_assert!(errors(&fixed(path, &torn)) <= errors(&torn));
    }
}
