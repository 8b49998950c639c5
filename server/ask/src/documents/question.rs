//! A question as concepts: each content word with the terms that stand for it.
//!
//! Words that only make a sentence a question are left out, unless nothing else remains. `rank`
//! looks the terms up. Nothing here knows passages.

use super::{Switches, words};
use std::collections::HashSet;

/// Words that mean the same in code, a group a line; data, one list for all languages.
const SYNONYMS: &str = include_str!("synonyms.txt");
/// Words that say nothing about what is asked.
const STOP_WORDS: &str = include_str!("stop_words.txt");
/// How much a term of the same meaning counts.
const SYNONYM: f32 = 0.35;
/// How much two words of the question in one count.
const JOINED: f32 = 0.9;
/// Most words of a question that are looked at.
const MAX_WORDS: usize = 64;

/// What a question is about, as far as its wording shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wording {
    /// It begins with `how`, `why` or the like, or ends with a question mark.
    Question,
    /// It says what something does.
    #[default]
    Statement,
}

/// A content word.
#[derive(Clone, Debug)]
pub(crate) struct Concept {
    /// As it was written.
    pub word: String,
    /// The terms that stand for it and how much each counts; its own comes first.
    pub terms: Vec<(u32, f32)>,
}

/// A question to be looked up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Question {
    pub concepts: Vec<Concept>,
    pub wording: Wording,
    /// Whether it is written without blanks between words.
    pub is_dense: bool,
}

impl Question {
    pub(crate) fn new(question: &str, switches: Switches) -> Self {
        let mut found: Vec<&str> = Vec::new();
        words::words(question, |word| found.push(word));
        found.truncate(MAX_WORDS);
        let stop_words: HashSet<&str> = STOP_WORDS.split_whitespace().collect();
        let is_content = |word: &&str| !stop_words.contains(&*word.to_lowercase());
        let mut content: Vec<&str> = found.iter().copied().filter(is_content).collect();
        if content.is_empty() {
            content = found.clone();
        }
        let concepts = concepts(&content, switches);
        let first = found.first().map(|word| word.to_lowercase());
        let asks = first.is_some_and(|first| ASKING.contains(&&*first));
        let is_question = asks || question.trim_end().ends_with(['?', '？']);
        Self {
            concepts,
            wording: match is_question {
                true => Wording::Question,
                false => Wording::Statement,
            },
            is_dense: !question.is_ascii() && words::has_dense(question),
        }
    }
}

const ASKING: &[&str] = &[
    "how", "why", "what", "where", "when", "which", "who", "can", "does", "do", "is", "are",
    "should", "could", "may", "must", "will",
];

fn concepts(content: &[&str], switches: Switches) -> Vec<Concept> {
    let mut found: Vec<Concept> = Vec::new();
    let mut known = HashSet::new();
    for (at, word) in content.iter().enumerate() {
        let mut own: Vec<u32> = Vec::new();
        words::word_terms(word, switches, &mut |term| own.push(term));
        let is_name = own.len() > 1 && word.is_ascii();
        let mut joined = Vec::new();
        let after = content.get(at + 1);
        joined.extend(after.map(|after| (words::joined(word, after), JOINED)));
        let before = at.checked_sub(1).map(|before| content[before]);
        joined.extend(before.map(|before| (words::joined(before, word), JOINED)));
        for (part, term) in own.iter().enumerate() {
            if !known.insert(*term) {
                continue;
            }
            let mut terms = vec![(*term, 1.0)];
            if !is_name {
                terms.extend(&joined);
            }
            if switches.synonyms {
                terms.extend(synonyms(*term, switches).map(|other| (other, SYNONYM)));
            }
            let written = if is_name && part + 1 < own.len() {
                ""
            } else {
                word
            };
            found.push(Concept {
                word: written.to_owned(),
                terms,
            });
        }
    }
    found
}

/// The other terms of the groups that a term is in.
fn synonyms(term: u32, switches: Switches) -> impl Iterator<Item = u32> {
    let groups = SYNONYMS.lines().filter(|line| !line.starts_with('#'));
    let terms = move |group: &str| -> Vec<u32> {
        let words = group.split_whitespace();
        words.map(|word| words::term(word, switches)).collect()
    };
    groups
        .map(terms)
        .filter(move |group| group.contains(&term))
        .flatten()
        .filter(move |other| *other != term)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_only_ask_are_left_out() {
        let question = Question::new("How do I parse the header?", Switches::default());
        let words: Vec<&str> = question.concepts.iter().map(|one| &*one.word).collect();
        assert_eq!(words, ["parse", "header"]);
        assert_eq!(question.wording, Wording::Question);
        let question = Question::new("what is it", Switches::default());
        assert!(!question.concepts.is_empty());
    }

    #[test]
    fn a_word_brings_those_of_its_meaning() {
        let question = Question::new("delete", Switches::default());
        let remove = words::term("remove", Switches::default());
        let found = question.concepts[0]
            .terms
            .iter()
            .find(|one| one.0 == remove);
        assert!(found.is_some_and(|(_, weight)| *weight < 1.0));
    }
}
