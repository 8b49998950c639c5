//! The names of a candidate against the function it would be in: what its header promises, what
//! has been made and not used, what is used below and was never made.
//!
//! `candidate_view.rs` looks at a place once, `evidence.rs` asks for each candidate. Read from the
//! text: around a half-typed line the tree is often broken.

use crate::completion_context::CompletionContext;
use grammars::Keywords;
use std::collections::{HashMap, HashSet};
use text::words::{is_member, parts, words};

/// Lines on each side of the cursor in which names are made or missed.
const NEAR: usize = 20;

/// What a place says about names.
pub(crate) struct Names {
    /// Names of the function above the cursor, and how often each is there.
    own: HashMap<String, usize>,
    /// Names that are near below the cursor and nowhere above.
    missed: HashSet<String>,
    /// Names of the nearest line above.
    above: HashSet<String>,
    /// The parts of the function's name.
    promised: HashSet<String>,
    keywords: Keywords,
}

impl Names {
    pub(crate) fn new(context: &CompletionContext) -> Self {
        let (name, range) = context.function();
        let (text, keywords) = (context.text(), context.keywords());
        let mut counts: HashMap<String, usize> = HashMap::new();
        free(keywords, &text[range.clone()])
            .for_each(|word| *counts.entry(word.to_owned()).or_default() += 1);
        let known: HashSet<&str> = words(&text[..range.end]).map(|(_, word)| word).collect();
        let below: Vec<String> = context
            .snapshot
            .lines_below(context.offset)
            .take(NEAR)
            .collect();
        let below = below.iter().flat_map(|line| free(keywords, line));
        Self {
            missed: below
                .filter(|word| !known.contains(word))
                .map(str::to_owned)
                .collect(),
            own: counts,
            above: free(keywords, &context.above).map(str::to_owned).collect(),
            promised: parts(name.unwrap_or_default()).into_iter().collect(),
            keywords,
        }
    }

    /// How many of the names were made in the function and are not used yet.
    pub(crate) fn fresh(&self, text: &str) -> f32 {
        self.among(text, |word| self.own.get(word) == Some(&1))
    }

    /// How many of the names are used below and are nowhere above.
    pub(crate) fn missed(&self, text: &str) -> f32 {
        self.among(text, |word| self.missed.contains(word))
    }

    /// How many of the names are in the nearest line above.
    pub(crate) fn above(&self, text: &str) -> f32 {
        self.among(text, |word| self.above.contains(word))
    }

    /// How many small names are no function's and are not in the function so far.
    pub(crate) fn foreign(&self, text: &str) -> f32 {
        let small = |word: &str| word.starts_with(|c: char| c.is_lowercase());
        let called =
            |word: &str| text.contains(&format!("{word}(")) || text.contains(&format!("{word}!"));
        self.among(text, |word| {
            small(word) && !called(word) && !self.own.contains_key(word)
        })
    }

    /// Which share of the parts of the function's name the candidate's names have, and which share
    /// of their parts the function's name has.
    pub(crate) fn promised(&self, text: &str) -> [f32; 2] {
        let own: HashSet<String> = words(text)
            .filter(|(_, word)| !self.keywords.contains(word))
            .flat_map(|(_, word)| parts(word))
            .collect();
        let kept = self.promised.intersection(&own).count() as f32;
        [
            kept / self.promised.len().max(1) as f32,
            kept / own.len().max(1) as f32,
        ]
    }

    /// How many of a text's different names are so, up to four.
    fn among(&self, text: &str, is: impl Fn(&str) -> bool) -> f32 {
        free(self.keywords, text)
            .filter(|word| is(word))
            .collect::<HashSet<_>>()
            .len()
            .min(4) as f32
    }
}

/// The names that are no members and no words of the language.
fn free(keywords: Keywords, text: &str) -> impl Iterator<Item = &str> {
    words(text)
        .filter(move |(at, word)| !is_member(text, *at) && !keywords.contains(word))
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::at_mark;

    fn names(marked: &str) -> Names {
        at_mark("a.py", marked, Names::new)
    }

    const TEXT: &str = "def row_count(path):\n    size = load(path)\n    rows = read(size)\n    $0\n    show(rows, count)\n";

    #[test]
    fn names_are_fresh_until_used_and_missed_until_made() {
        let names = names(TEXT);
        assert_eq!(
            [
                names.fresh("rows"),
                names.fresh("rows + size"),
                names.fresh("path")
            ],
            [1.0, 1.0, 0.0]
        );
        assert_eq!(
            [names.missed("count = 1"), names.missed("rows = 1")],
            [1.0, 0.0]
        );
        assert_eq!([names.above("read(size)"), names.above("path")], [2.0, 0.0]);
    }

    #[test]
    fn names_from_elsewhere_are_foreign() {
        let names = names(TEXT);
        assert_eq!(
            [
                names.foreign("index = other + 1"),
                names.foreign("len(rows.other)"),
                names.foreign("LIMIT")
            ],
            [2.0, 0.0, 0.0]
        );
    }

    #[test]
    fn a_function_keeps_what_its_name_promises() {
        let names = names(TEXT);
        assert_eq!(names.promised("count = find(row)"), [1.0, 2.0 / 3.0]);
        assert_eq!(names.promised("return size"), [0.0, 0.0]);
    }
}
