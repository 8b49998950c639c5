//! Words of names and questions: split, in lower case, without endings, and their synonyms.
//!
//! A small matcher for reports. Groups of synonyms, English and Chinese, are in `lexicon.txt`: to
//! add a word, add it to its line. Text between two words of Chinese needs no spaces.

pub(crate) use data::words::is_han;
use std::collections::HashSet;

const LEXICON: &str = include_str!("lexicon.txt");

/// The words of a name or sentence in lower case: at spaces, signs, digits, and `camelCase`; each
/// run of Chinese is one word.
pub(crate) fn split(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in text.chars() {
        let is_border = !c.is_alphanumeric()
            || before.is_lowercase() && c.is_uppercase()
            || is_han(before) != is_han(c)
            || before.is_numeric() != c.is_numeric();
        if is_border {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words
                .last_mut()
                .into_iter()
                .for_each(|word| word.extend(c.to_lowercase()));
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A word without the common endings of English.
pub(crate) fn stem(word: &str) -> &str {
    let is_sharp = |rest: &str| {
        ["s", "x", "z", "ch", "sh"]
            .iter()
            .any(|end| rest.ends_with(end))
    };
    for ending in ["ies", "ing", "ed", "es", "s"] {
        let Some(rest) = word.strip_suffix(ending).filter(|rest| rest.len() >= 3) else {
            continue;
        };
        let fits = match ending {
            "es" => is_sharp(rest),
            "s" => !rest.ends_with('s'),
            _ => rest.len() >= 4,
        };
        if fits {
            return rest;
        }
    }
    word
}

/// The words of a line of the lexicon.
pub(crate) fn line(name: &str) -> impl Iterator<Item = &'static str> {
    let mut lines = LEXICON.lines().filter_map(|line| line.split_once(": "));
    let found = lines.find(|(key, _)| *key == name);
    found
        .map_or("", |(_, words)| words)
        .split(", ")
        .filter(|word| !word.is_empty())
}

/// Whether a word is on a line of the lexicon, as it is or by its stem.
pub(crate) fn is_on(name: &str, word: &str) -> bool {
    line(name).any(|one| one == word || stem(one) == stem(word))
}

/// Whether a word of a column's name is on a line, or the line has a Chinese word that the name
/// contains.
pub(crate) fn has_word_on(name: &str, line_name: &str) -> bool {
    let words = split(name);
    let contains = |one: &str| one.chars().any(is_han) && name.contains(one);
    words.iter().any(|word| is_on(line_name, word)) || line(line_name).any(contains)
}

/// The lines of synonyms that have a word.
fn groups(word: &str) -> impl Iterator<Item = Vec<&'static str>> {
    let lines = LEXICON
        .lines()
        .filter_map(|line| line.strip_prefix("same: "));
    let group = |line: &'static str| line.split(", ").collect::<Vec<_>>();
    let stemmed = stem(word).to_owned();
    lines
        .map(group)
        .filter(move |group| group.iter().any(|one| stem(one) == stemmed))
}

/// The stems of a word and of all its synonyms.
pub(crate) fn same_stems(word: &str) -> HashSet<String> {
    let mut stems: HashSet<String> = groups(word)
        .flatten()
        .map(|one| stem(one).to_owned())
        .collect();
    stems.insert(stem(word).to_owned());
    stems
}

/// The words that the lexicon has a synonym of.
pub(crate) fn known() -> impl Iterator<Item = &'static str> {
    let lines = LEXICON.lines().filter_map(|line| line.split_once(": "));
    lines
        .flat_map(|(_, words)| words.split(", "))
        .filter(|word| !word.is_empty())
}
