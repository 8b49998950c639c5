//! The words of questions that are no names: counts, comparisons, orders, negations, synonyms.
//!
//! They are data, in `cues/en.txt`, `cues/zh.txt` and `cues/nouns_zh.txt`; this file reads them.
//! A line is `kind = phrase | phrase`. Chinese words are given by the English ones that they mean,
//! so one parser understands both.

use crate::query::{Comparison, SqlAggregate};
use data::words::stem;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// What a word or phrase does in a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Cue {
    Count,
    Aggregate(SqlAggregate),
    Median,
    Most,
    Fewest,
    Common,
    Compare(Comparison),
    Equal,
    OrMore,
    OrLess,
    After,
    Before,
    Between,
    Each,
    Order,
    Ordering,
    Ascending,
    Descending,
    Not,
    Both,
    Either,
    Or,
    And,
    But,
    Distinct,
    Relative,
    Request,
    AllColumns,
    Share,
    Growth,
    Contain,
    Begin,
    Finish,
    Empty,
    Change,
}

/// The form of an adjective.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Degree {
    Base,
    Comparative,
    Superlative,
}

/// An adjective that compares by an attribute: `older` by age.
#[derive(Clone, Debug)]
pub(crate) struct Adjective {
    /// Stems of attributes, with whether a large value is what the word means.
    pub attributes: Vec<(String, bool)>,
}

/// All words of the data files.
pub(crate) struct Cues {
    phrases: HashMap<String, Vec<(Vec<String>, Cue)>>,
    adjectives: HashMap<String, Vec<(Adjective, Degree)>>,
    same: HashMap<String, Vec<usize>>,
    groups: Vec<Vec<String>>,
    values: HashMap<String, (ValueSort, Option<String>)>,
    stop: HashSet<String>,
    chinese: HashMap<String, String>,
    longest_chinese: usize,
}

/// Kinds of values that words are without a schema that lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueSort {
    Gender,
    Place,
    City,
    Demonym,
}

static CUES: LazyLock<Cues> = LazyLock::new(Cues::read);

/// The words of all languages.
pub(crate) fn cues() -> &'static Cues {
    &CUES
}

fn cue_of(kind: &str) -> Option<Cue> {
    Some(match kind {
        "count" => Cue::Count,
        "sum" => Cue::Aggregate(SqlAggregate::Sum),
        "average" => Cue::Aggregate(SqlAggregate::Average),
        "minimum" => Cue::Aggregate(SqlAggregate::Least),
        "maximum" => Cue::Aggregate(SqlAggregate::Greatest),
        "median" => Cue::Median,
        "most" => Cue::Most,
        "fewest" => Cue::Fewest,
        "common" => Cue::Common,
        "greater" => Cue::Compare(Comparison::Greater),
        "less" => Cue::Compare(Comparison::Less),
        "atleast" => Cue::Compare(Comparison::AtLeast),
        "atmost" => Cue::Compare(Comparison::AtMost),
        "equal" => Cue::Equal,
        "ormore" => Cue::OrMore,
        "orless" => Cue::OrLess,
        "after" => Cue::After,
        "before" => Cue::Before,
        "between" => Cue::Between,
        "each" => Cue::Each,
        "order" => Cue::Order,
        "ordering" => Cue::Ordering,
        "ascending" => Cue::Ascending,
        "descending" => Cue::Descending,
        "not" => Cue::Not,
        "both" => Cue::Both,
        "either" => Cue::Either,
        "or" => Cue::Or,
        "and" => Cue::And,
        "but" => Cue::But,
        "distinct" => Cue::Distinct,
        "rel" => Cue::Relative,
        "ask" => Cue::Request,
        "all" => Cue::AllColumns,
        "share" => Cue::Share,
        "growth" => Cue::Growth,
        "contain" => Cue::Contain,
        "begin" => Cue::Begin,
        "finish" => Cue::Finish,
        "empty" => Cue::Empty,
        "change" => Cue::Change,
        _ => return None,
    })
}

fn phrase_words(phrase: &str) -> Vec<String> {
    let mut words = Vec::new();
    for word in phrase.split_whitespace() {
        words.extend(
            word.split('-')
                .filter(|part| !part.is_empty())
                .map(str::to_owned),
        );
    }
    words
}

impl Cues {
    fn read() -> Self {
        let mut cues = Self {
            phrases: HashMap::new(),
            adjectives: HashMap::new(),
            same: HashMap::new(),
            groups: Vec::new(),
            values: HashMap::new(),
            stop: HashSet::new(),
            chinese: HashMap::new(),
            longest_chinese: 1,
        };
        for line in include_str!("cues/en.txt").lines() {
            if let Some((kind, text)) = line.split_once(" = ") {
                cues.add(kind.trim(), text.trim());
            }
        }
        let nouns = include_str!("cues/nouns_zh.txt").lines();
        for line in nouns.chain(include_str!("cues/zh.txt").lines()) {
            if let Some((english, words)) = line.split_once(" = ") {
                for word in words.split('|').map(str::trim) {
                    cues.longest_chinese = cues.longest_chinese.max(word.chars().count());
                    cues.chinese
                        .insert(word.to_owned(), english.trim().to_owned());
                }
            }
        }
        for list in cues.phrases.values_mut() {
            list.sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
        }
        cues
    }

    fn add(&mut self, kind: &str, text: &str) {
        let (kind, rest) = kind.split_once(' ').unwrap_or((kind, ""));
        match kind {
            "adjective" => self.add_adjectives(rest, text),
            "same" => {
                let words: Vec<String> = text.split_whitespace().map(stem).collect();
                for word in &words {
                    self.same
                        .entry(word.clone())
                        .or_default()
                        .push(self.groups.len());
                }
                self.groups.push(words);
            }
            "stop" => self.stop.extend(text.split_whitespace().map(str::to_owned)),
            "gender" | "place" | "city" | "demonym" => {
                let sort = match kind {
                    "gender" => ValueSort::Gender,
                    "place" => ValueSort::Place,
                    "city" => ValueSort::City,
                    _ => ValueSort::Demonym,
                };
                let value = (!rest.is_empty()).then(|| rest.to_owned());
                for word in text.split('|').map(str::trim) {
                    self.values.insert(word.to_owned(), (sort, value.clone()));
                }
            }
            kind => {
                if let Some(cue) = cue_of(kind) {
                    for phrase in text.split(" | ") {
                        let words = phrase_words(phrase);
                        let list = self.phrases.entry(words[0].clone()).or_default();
                        list.push((words, cue));
                    }
                }
            }
        }
    }

    fn add_adjectives(&mut self, attributes: &str, text: &str) {
        let attributes: Vec<(String, bool)> = attributes
            .split_whitespace()
            .map(|attribute| {
                let down = attribute.starts_with('-') || attribute.ends_with(":-");
                let name = attribute.trim_start_matches('-').trim_end_matches(":-");
                (stem(name), !down)
            })
            .collect();
        for word in text.split_whitespace() {
            let degree = match word {
                _ if word.ends_with("est") => Degree::Superlative,
                "later" | "elder" => Degree::Comparative,
                _ if word.ends_with("er") => Degree::Comparative,
                _ => Degree::Base,
            };
            let adjective = Adjective {
                attributes: attributes.clone(),
            };
            self.adjectives
                .entry(word.to_owned())
                .or_default()
                .push((adjective, degree));
        }
    }

    /// The longest phrase at the begin of the words: how many words it has, and what it does.
    pub(crate) fn phrase(&self, words: &[&str]) -> Option<(usize, Cue)> {
        let list = self.phrases.get(*words.first()?)?;
        list.iter()
            .find(|(phrase, _)| {
                phrase.len() <= words.len() && phrase.iter().zip(words).all(|(a, b)| a == b)
            })
            .map(|(phrase, cue)| (phrase.len(), *cue))
    }

    /// The adjectives that a word is.
    pub(crate) fn adjectives(&self, word: &str) -> &[(Adjective, Degree)] {
        self.adjectives.get(word).map_or(&[], Vec::as_slice)
    }

    /// Whether an adjective of time or age means what is later: `newer` does, `older` does not.
    pub(crate) fn is_late(&self, word: &str) -> Option<bool> {
        let adjectives = self.adjectives(word).iter();
        let mut attributes = adjectives.flat_map(|(adjective, _)| &adjective.attributes);
        attributes.find_map(|(attribute, is_up)| match attribute.as_str() {
            "dat" => Some(*is_up),
            "age" => Some(!is_up),
            _ => None,
        })
    }

    /// Whether a word compares by time: `newest`.
    pub(crate) fn is_late_or_early(&self, word: &str) -> bool {
        let mut adjectives = self.adjectives(word).iter();
        adjectives.any(|(adjective, _)| adjective.attributes.iter().any(|(a, _)| a == "dat"))
    }

    /// Stems of words that mean the same as that of a stem.
    pub(crate) fn same(&self, stem: &str) -> impl Iterator<Item = &str> {
        let groups = self.same.get(stem).map_or(&[][..], Vec::as_slice);
        let words = groups.iter().flat_map(|&group| self.groups[group].iter());
        words.map(String::as_str)
    }

    /// Whether two stems mean the same.
    pub(crate) fn are_same(&self, a: &str, b: &str) -> bool {
        a == b || self.same(a).any(|word| word == b)
    }

    /// What value a word is, with the text that it means.
    pub(crate) fn value(&self, word: &str) -> Option<&(ValueSort, Option<String>)> {
        self.values.get(word)
    }

    /// Whether a word needs no explanation.
    pub(crate) fn is_stop(&self, word: &str) -> bool {
        self.stop.contains(word)
    }

    /// The English words that a Chinese word means.
    pub(crate) fn english(&self, word: &str) -> Option<&str> {
        self.chinese.get(word).map(String::as_str)
    }

    /// The most characters of a Chinese word.
    pub(crate) fn longest_chinese(&self) -> usize {
        self.longest_chinese
    }
}
