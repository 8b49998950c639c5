//! The words in names of tables and columns, and stems of English words.
//!
//! `order_items`, `orderItems` and `orderitems` are the same two words. Names are split at signs,
//! at changes of case and, where nothing shows the border, by a list of words that are common in
//! schemas (`words/common.txt`). Abbreviations have their full words in `words/short.txt`. A stem
//! is a key to compare words by, no word itself. Chinese text is cut into words that the caller
//! knows. Nothing here knows a schema, a question or a dialect.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// The English names of the months, in lower case.
pub const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The longest word that is looked for in a name without borders, in bytes.
const LONGEST: usize = 14;
/// The longest name that is split by the list of words, in bytes.
const LONGEST_NAME: usize = 64;

/// What is at the end of fused names after words that no list has: `petid`, `stucode`.
const ENDS: &[&str] = &[
    "id", "ids", "code", "name", "num", "number", "type", "date", "key", "time",
];
/// Words that only look as if they ended so.
const WHOLE: &[&str] = &[
    "paid",
    "unpaid",
    "prepaid",
    "valid",
    "invalid",
    "grid",
    "void",
    "avoid",
    "fluid",
    "liquid",
    "solid",
    "said",
    "covid",
    "mileage",
    "postage",
    "weekend",
    "android",
    "hybrid",
    "squid",
    "raid",
    "maid",
    "steroid",
    "aid",
    "humid",
    "rapid",
    "acid",
    "bid",
    "mid",
    "decode",
    "encode",
    "geocode",
    "rename",
    "surname",
    "nickname",
    "candidate",
    "mandate",
    "validate",
    "consolidate",
    "accommodate",
    "archetype",
    "prototype",
    "genotype",
    "phenotype",
    "monkey",
    "turkey",
    "hockey",
    "whiskey",
    "sometime",
    "overtime",
    "lifetime",
    "downtime",
    "uptime",
    "runtime",
    "maritime",
    "column",
    "prime",
];

static COMMON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("words/common.txt")
        .split_ascii_whitespace()
        .chain(["id", "ids", "of"])
        .collect()
});

static SHORT: LazyLock<HashMap<&'static str, &'static str>> =
    LazyLock::new(|| pairs(include_str!("words/short.txt")));

static IRREGULAR: LazyLock<HashMap<&'static str, &'static str>> =
    LazyLock::new(|| pairs(include_str!("words/irregular.txt")));

fn pairs(text: &'static str) -> HashMap<&'static str, &'static str> {
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .collect()
}

/// Whether a character is Chinese writing.
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// What a character is, as far as it shows where a word ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Lower,
    Upper,
    Digit,
    Han,
    Sign,
}

fn sort(c: char) -> Sort {
    match c {
        _ if is_han(c) => Sort::Han,
        _ if c.is_uppercase() => Sort::Upper,
        _ if c.is_numeric() => Sort::Digit,
        _ if c.is_alphabetic() => Sort::Lower,
        _ => Sort::Sign,
    }
}

/// The words of a name in lower case, in order: `OrderLine_no` is `order`, `line`, `no`.
///
/// Names without a border are split if all parts are common words, or if the end is one of the
/// usual endings. Chinese stays in one piece.
pub fn of_name(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    for piece in pieces(name) {
        let lower = piece.to_lowercase();
        match fused(&lower) {
            Some(parts) => words.extend(parts.into_iter().map(str::to_owned)),
            None => words.push(lower),
        }
    }
    words
}

/// Parts of a name between signs and changes of case. Digits stay with the letters before them.
fn pieces(name: &str) -> Vec<&str> {
    let chars: Vec<(usize, char)> = name.char_indices().collect();
    let mut pieces = Vec::new();
    let mut start = None;
    for (i, &(at, c)) in chars.iter().enumerate() {
        let kind = sort(c);
        let before = i.checked_sub(1).map(|i| sort(chars[i].1));
        let next = chars.get(i + 1).map(|&(_, c)| sort(c));
        let is_border = match (before, kind) {
            (Some(Sort::Lower), Sort::Upper) => true,
            // The last capital of `HTTPServer` begins a word.
            (Some(Sort::Upper), Sort::Upper) => next == Some(Sort::Lower),
            (Some(Sort::Han), Sort::Lower | Sort::Upper) => true,
            (Some(Sort::Lower | Sort::Upper), Sort::Han) => true,
            _ => false,
        };
        if kind == Sort::Sign || is_border {
            pieces.extend(start.take().map(|start| &name[start..at]));
        }
        if kind != Sort::Sign && start.is_none() {
            start = Some(at);
        }
    }
    pieces.extend(start.map(|start| &name[start..]));
    pieces
}

/// The parts of a name without borders; none if it is one word, or not understood.
fn fused(name: &str) -> Option<Vec<&str>> {
    let is_whole = COMMON.contains(name) || WHOLE.contains(&name) || SHORT.contains_key(name);
    if is_whole || name.len() < 5 || name.len() > LONGEST_NAME || !name.is_ascii() {
        return None;
    }
    if let Some(parts) = covered(name) {
        return Some(parts);
    }
    let is_plural = name
        .strip_suffix('s')
        .is_some_and(|one| COMMON.contains(one));
    if is_plural {
        return None;
    }
    let end = ENDS
        .iter()
        .filter(|end| name.len() >= end.len() + 3)
        .find_map(|end| name.strip_suffix(*end))?;
    let mut parts = covered(end).unwrap_or_else(|| vec![end]);
    parts.push(&name[end.len()..]);
    Some(parts)
}

fn is_common(word: &str) -> bool {
    let is_long = word.len() >= 3;
    let singular = word.strip_suffix('s').filter(|one| one.len() >= 3);
    (is_long || word == "id")
        && (COMMON.contains(word) || singular.is_some_and(|one| COMMON.contains(one)))
}

/// The fewest common words that are together the name.
fn covered(name: &str) -> Option<Vec<&str>> {
    let length = name.len();
    // The fewest words up to each place, and where the last of these begins.
    let mut best: Vec<Option<(usize, usize)>> = vec![None; length + 1];
    best[0] = Some((0, 0));
    for end in 1..=length {
        for start in end.saturating_sub(LONGEST)..end {
            let Some((count, _)) = best[start] else {
                continue;
            };
            let is_better = best[end].is_none_or(|(known, _)| count + 1 < known);
            if is_better && is_common(&name[start..end]) {
                best[end] = Some((count + 1, start));
            }
        }
    }
    let mut parts = Vec::new();
    let mut end = length;
    while end > 0 {
        let (_, start) = best[end]?;
        parts.push(&name[start..end]);
        end = start;
    }
    parts.reverse();
    Some(parts)
}

/// The full word of an abbreviation in a name: `qty` is `quantity`, `fname` is `first name`.
pub fn full(word: &str) -> Option<&'static str> {
    SHORT.get(word).copied()
}

/// A key that the forms of an English word share: `cities` and `city`, `hired`, `hiring` and
/// `hire`. Words of other writing are their own keys.
pub fn stem(word: &str) -> String {
    let lower = word.to_lowercase();
    if !lower.is_ascii() {
        return lower;
    }
    let whole = IRREGULAR.get(lower.as_str()).copied().unwrap_or(&lower);
    let root = bare(whole);
    // `nomination` and `nominated` share their key, `production` and `product` do not.
    match root.strip_suffix("tion") {
        Some(start) if start.len() >= 5 && start.ends_with('a') => format!("{start}t"),
        _ => root,
    }
}

/// Takes the endings off.
fn bare(word: &str) -> String {
    let singular = without_plural(word);
    let mut root = without_ending(&singular).to_owned();
    if root.len() > 3 && root.ends_with('e') {
        root.pop();
    }
    let bytes = root.as_bytes();
    let is_double = matches!(bytes, [.., a, b] if a == b && !b"aeiou0123456789".contains(a));
    if is_double && root.len() > 3 {
        root.pop();
    }
    if root.len() > 2 && root.ends_with('y') {
        root.pop();
        root.push('i');
    }
    root
}

fn without_plural(word: &str) -> String {
    if word.len() <= 3 && word != "ids" {
        return word.to_owned();
    }
    if let Some(root) = word.strip_suffix("ies") {
        return format!("{root}i");
    }
    let hissing = ["sses", "ches", "shes", "xes", "zzes", "uses"];
    if hissing.iter().any(|end| word.ends_with(end)) {
        return word[..word.len() - 2].to_owned();
    }
    let stays = ["ss", "us", "is"].iter().any(|end| word.ends_with(end));
    match word.strip_suffix('s') {
        Some(root) if !stays => root.to_owned(),
        _ => word.to_owned(),
    }
}

fn without_ending(word: &str) -> &str {
    let has_vowel = |root: &str| root.len() >= 3 && root.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    ["ing", "ied", "ed"]
        .iter()
        .find_map(|end| {
            let root = word.strip_suffix(end)?;
            let is_kept = *end == "ied";
            let root = if is_kept {
                &word[..word.len() - 2]
            } else {
                root
            };
            // `speed` and `need` have no ending.
            (has_vowel(root) && !root.ends_with('e')).then_some(root)
        })
        .unwrap_or(word)
}

/// Cuts a text without blanks into words that `is_word` knows and single characters, so that the
/// fewest characters are unknown and the words are few. `longest`: the most characters of a word.
pub fn segment<'t>(text: &'t str, longest: usize, is_word: &dyn Fn(&str) -> bool) -> Vec<&'t str> {
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let count = starts.len();
    let place = |at: usize| starts.get(at).copied().unwrap_or(text.len());
    // From each character on: unknown characters, words, and where the first word ends.
    let mut best: Vec<(usize, usize, usize)> = vec![(0, 0, 0); count + 1];
    for start in (0..count).rev() {
        let (unknown, words, _) = best[start + 1];
        let is_known = is_word(&text[place(start)..place(start + 1)]);
        let mut found = (unknown + usize::from(!is_known), words + 1, start + 1);
        for end in start + 2..=(start + longest).min(count) {
            let (unknown, words, _) = best[end];
            let is_better = (unknown, words + 1) <= (found.0, found.1);
            if is_better && is_word(&text[place(start)..place(end)]) {
                found = (unknown, words + 1, end);
            }
        }
        best[start] = found;
    }
    let mut words = Vec::new();
    let mut start = 0;
    while start < count {
        let end = best[start].2;
        words.push(&text[place(start)..place(end)]);
        start = end;
    }
    words
}
