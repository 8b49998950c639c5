//! Words of our own that the field has no use for are refused, each with the word to use instead.
//!
//! `words.txt` has the list: to add one, a line. History (`CHANGELOG.md`), recorded results and
//! texts for tests keep theirs. `UPDATE_EXPECT=1` lowers the numbers to what there is now.

use super::rust;
use super::tree::{is_example, root, texts};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A line of the list.
struct Refused {
    word: String,
    instead: String,
    /// Whether only whole names in Rust code count.
    is_name: bool,
    /// How often it may still occur.
    left: usize,
}

/// Where a word was found, and how often.
type Places = Vec<(String, usize)>;

/// Files that keep their words: the generated numbers name files of an earlier state.
const KEPT_AS_THEY_ARE: &[&str] = &["CHANGELOG.md", "docs/house.md"];
const EXTENSIONS: &[&str] = &["rs", "md", "py", "sh", "ts", "mjs", "lua", "toml", "scm"];

fn list() -> PathBuf {
    root().join("tests/tidy/words.txt")
}

/// Reads `48 name Taken: DocumentSnapshot`; `None` for a comment.
fn parse(line: &str) -> Option<Refused> {
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let (head, instead) = line.split_once(": ").unwrap();
    let mut parts = head.trim().splitn(3, ' ');
    let mut part = || parts.next().unwrap();
    let (left, scope, word) = (part(), part(), part());
    assert!(["name", "anywhere"].contains(&scope), "no scope: {line}");
    Some(Refused {
        word: word.to_owned(),
        instead: instead.to_owned(),
        is_name: scope == "name",
        left: left.parse().unwrap(),
    })
}

/// The words of a text in lower case with single spaces around them; names are taken apart.
fn words(text: &str) -> String {
    let separated: String = text
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    let words: Vec<&str> = separated.split_whitespace().collect();
    format!(" {} ", words.join(" ").to_lowercase())
}

/// The whole names in the code of a Rust file.
fn names(text: &str) -> Vec<String> {
    let code = rust::lines(text).into_iter().map(|line| line.code);
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let split = |line: String| -> Vec<String> {
        let parts = line.split(|c| !is_name(c)).filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    };
    code.flat_map(split).collect()
}

fn count(refused: &Refused, words: &str, names: &BTreeMap<String, usize>) -> usize {
    if refused.is_name {
        names.get(&refused.word).copied().unwrap_or_default()
    } else {
        words.matches(&format!(" {} ", refused.word)).count()
    }
}

fn keeps_its_words(path: &Path) -> bool {
    is_example(path) || KEPT_AS_THEY_ARE.iter().any(|kept| path == Path::new(kept))
}

/// Where each word of the list occurs.
fn find(refused: &[Refused]) -> Vec<Places> {
    let mut places = vec![Places::new(); refused.len()];
    for (path, text) in texts(EXTENSIONS) {
        if keeps_its_words(&path) {
            continue;
        }
        let (words, mut counted) = (words(&text), BTreeMap::new());
        if path.extension().is_some_and(|extension| extension == "rs") {
            for name in names(&text) {
                *counted.entry(name).or_default() += 1;
            }
        }
        for (refused, places) in refused.iter().zip(&mut places) {
            let found = count(refused, &words, &counted);
            if found > 0 {
                places.push((path.display().to_string(), found));
            }
        }
    }
    places
}

fn total(places: &Places) -> usize {
    places.iter().map(|(_, found)| found).sum()
}

/// The list with lower numbers where there is less now.
fn lowered(text: &str, places: &[Places]) -> String {
    let mut places = places.iter();
    let mut lines = Vec::new();
    for line in text.lines() {
        let Some(refused) = parse(line) else {
            lines.push(line.to_owned());
            continue;
        };
        let left = refused.left.min(total(places.next().unwrap()));
        let (_, rest) = line.trim_start().split_once(' ').unwrap();
        lines.push(format!("{left:>3} {rest}"));
    }
    lines.join("\n") + "\n"
}

#[test]
fn old_words_do_not_come_back() {
    let text = fs::read_to_string(list()).unwrap();
    let refused: Vec<Refused> = text.lines().filter_map(parse).collect();
    let places = find(&refused);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(list(), lowered(&text, &places)).unwrap();
    }
    let mut wrong = Vec::new();
    for (refused, places) in refused.iter().zip(&places) {
        let Refused {
            word,
            instead,
            left,
            ..
        } = refused;
        let found = total(places);
        if found > *left {
            wrong.push(format!(
                "{word:?}: {found} times, at most {left}; say: {instead}; in {places:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn words_are_whole_and_names_are_taken_apart() {
    assert_eq!(words("Mended_it; is_behind(x)"), " mended it is behind x ");
    assert_eq!(
        names("let Taken { a } = \"Taken\"; // Taken"),
        ["let", "Taken", "a"]
    );
}

#[test]
fn numbers_of_the_list_only_go_down() {
    let text = "# a\n\n  5 name Taken: b\n  1 anywhere in front of: before\n";
    let places = [vec![("a.rs".to_owned(), 3)], vec![("b.rs".to_owned(), 2)]];
    let lower = text.replace("  5 name", "  3 name");
    assert_eq!(lowered(text, &places), lower);
}
