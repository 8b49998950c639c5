//! What a question asks: its measure, segments, one value that rows must have, and its intent.
//!
//! Words are matched to names of columns and to their frequent values, directly and by synonyms
//! (`words.rs`). A word that means nothing here is named in the report, never guessed at.

use super::asked_time::{self, AskedTime};
use super::roles::ColumnRole;
use super::words;
use crate::options::ReportLanguage;
use crate::period::PeriodSpan;
use data::files::ColumnProfile;
use std::collections::HashSet;

/// As many words of a question are read.
const MAX_WORDS: usize = 60;
/// As many values of a column are compared with the words.
const MAX_VALUES: usize = 200;

/// Which way the asked measure is supposed to have gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) enum Direction {
    Fall,
    Rise,
}

/// What a question asks about, if not about a rise or fall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    Outlier,
    Season,
    Comparison,
    Quality,
}

fn topics(tokens: &[Token]) -> Vec<Topic> {
    let lines = [
        ("outlier", Topic::Outlier),
        ("season", Topic::Season),
        ("compare", Topic::Comparison),
        ("quality", Topic::Quality),
    ];
    let is_asked = |line: &str| tokens.iter().any(|word| words::is_on(line, &word.word));
    lines
        .into_iter()
        .filter(|(line, _)| is_asked(line))
        .map(|(_, topic)| topic)
        .collect()
}

/// A question, as far as it was understood.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) text: String,
    pub(crate) language: ReportLanguage,
    pub(crate) measures: Vec<usize>,
    pub(crate) dimensions: Vec<usize>,
    /// A column, and the value that it must have.
    pub(crate) filter: Option<(usize, String)>,
    pub(crate) direction: Option<Direction>,
    pub(crate) asks_why: bool,
    /// What else it asks about.
    pub(crate) topics: Vec<Topic>,
    /// The time that it names.
    pub(crate) time: Option<AskedTime>,
    /// How long periods should be.
    pub(crate) span: Option<PeriodSpan>,
    /// Whether it asks for means.
    pub(crate) asks_mean: bool,
    /// Whether any word of it means something here.
    pub(crate) is_understood: bool,
    /// Words that were not understood.
    pub(crate) unknown: Vec<String>,
}

/// Cuts a run of Chinese into words: the longest known one at each place; what is not known stays
/// together.
fn cut(run: &str, known: &HashSet<String>) -> Vec<String> {
    let chars: Vec<char> = run.chars().collect();
    let (mut words, mut rest, mut at) = (Vec::new(), String::new(), 0);
    while at < chars.len() {
        let longest = (1..=8.min(chars.len() - at)).rev().find_map(|length| {
            let word: String = chars[at..at + length].iter().collect();
            known.contains(&word).then_some((word, length))
        });
        if let Some((word, length)) = longest {
            if !rest.is_empty() {
                words.push(std::mem::take(&mut rest));
            }
            words.push(word);
            at += length;
        } else {
            rest.push(chars[at]);
            at += 1;
        }
    }
    if !rest.is_empty() {
        words.push(rest);
    }
    words
}

/// All Chinese words that names, values and the lexicon have.
fn known_words(columns: &[ColumnProfile]) -> HashSet<String> {
    let mut known: HashSet<String> = words::known().map(str::to_owned).collect();
    for column in columns {
        known.insert(column.name.clone());
        known.extend(words::split(&column.name));
        known.extend(
            column
                .frequent
                .iter()
                .take(MAX_VALUES)
                .map(|(value, _)| value.clone()),
        );
    }
    known.retain(|word| !word.is_empty() && word.chars().all(words::is_han));
    known
}

/// A word of a question.
struct Token {
    word: String,
    /// The stems of the word and of its synonyms; none for words that name nothing.
    same: HashSet<String>,
}

fn tokens(text: &str, columns: &[ColumnProfile]) -> Vec<Token> {
    let known = known_words(columns);
    let mut found = Vec::new();
    for word in words::split(text) {
        if word.chars().all(words::is_han) {
            found.extend(cut(&word, &known));
        } else {
            found.push(word);
        }
    }
    found.truncate(MAX_WORDS);
    let token = |word: String| {
        let is_stop = words::is_on("stop", &word);
        let same = if is_stop {
            HashSet::new()
        } else {
            words::same_stems(&word)
        };
        Token { word, same }
    };
    found.into_iter().map(token).collect()
}

/// How much of a name's words the question has: the share in hundredths, and the words used.
fn overlap(name: &str, tokens: &[Token]) -> (usize, Vec<usize>) {
    let parts = words::split(name);
    let names = |token: &Token, part: &String| token.same.contains(words::stem(part));
    let used: Vec<usize> = (0..tokens.len())
        .filter(|at| parts.iter().any(|part| names(&tokens[*at], part)))
        .collect();
    let covered = parts
        .iter()
        .filter(|part| used.iter().any(|at| names(&tokens[*at], part)));
    (covered.count() * 100 / parts.len().max(1), used)
}

/// The column's value that the question names, with the words used.
fn named_value(column: &ColumnProfile, tokens: &[Token]) -> Option<(String, Vec<usize>)> {
    if column.is_personal || !column.kind.is_text() {
        return None;
    }
    let values = column.frequent.iter().take(MAX_VALUES);
    let found = values.filter_map(|(value, _)| {
        let (share, used) = overlap(value, tokens);
        (share == 100 && !used.is_empty()).then(|| (value.clone(), used))
    });
    found.max_by_key(|(_, used)| used.len())
}

/// Finds the columns that the question names: measures and segments.
fn match_columns(
    question: &mut Question,
    columns: &[ColumnProfile],
    roles: &[ColumnRole],
    tokens: &[Token],
    used: &mut [bool],
) {
    let mut matched: Vec<(usize, usize, Vec<usize>)> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| (at, overlap(&column.name, tokens)))
        .map(|(at, (share, places))| (share, at, places))
        .filter(|(_, _, places)| !places.is_empty())
        .collect();
    // The longest name comes first: `unit price` is no `quantity`.
    let rank = |share: usize, words: usize| std::cmp::Reverse((share, words));
    matched.sort_by_key(|(share, at, places)| (rank(*share, places.len()), *at));
    for (_, at, places) in matched {
        let is_new = places.iter().any(|place| !used[*place]);
        places.iter().for_each(|place| used[*place] = true);
        if is_new && roles[at].measure > 0 {
            question.measures.push(at);
        } else if is_new && roles[at].dimension > 0 {
            question.dimensions.push(at);
        }
    }
}

/// Finds the value that rows must have, in words that name no column.
fn match_value(
    question: &mut Question,
    columns: &[ColumnProfile],
    tokens: &[Token],
    used: &mut [bool],
) {
    let values = columns.iter().enumerate().filter_map(|(at, column)| {
        let (value, places) = named_value(column, tokens)?;
        places
            .iter()
            .any(|place| !used[*place])
            .then_some((at, value, places))
    });
    if let Some((at, value, places)) = values.max_by_key(|(_, _, places)| places.len()) {
        places.iter().for_each(|place| used[*place] = true);
        question.filter = Some((at, value));
    }
}

/// Reads a question.
pub(crate) fn read(
    text: &str,
    table: &str,
    columns: &[ColumnProfile],
    roles: &[ColumnRole],
) -> Question {
    let tokens = tokens(text, columns);
    let mut used = vec![false; tokens.len()];
    let is_chinese = text.chars().any(words::is_han);
    let mut question = Question {
        text: text.to_owned(),
        language: if is_chinese {
            ReportLanguage::Chinese
        } else {
            ReportLanguage::English
        },
        measures: Vec::new(),
        dimensions: Vec::new(),
        filter: None,
        direction: None,
        asks_why: tokens.iter().any(|token| words::is_on("why", &token.word)),
        topics: topics(&tokens),
        time: None,
        span: None,
        asks_mean: tokens.iter().any(|one| words::is_on("average", &one.word)),
        is_understood: false,
        unknown: Vec::new(),
    };
    for (line, direction) in [("fall", Direction::Fall), ("rise", Direction::Rise)] {
        if tokens.iter().any(|word| words::is_on(line, &word.word)) {
            question.direction = Some(direction);
        }
    }
    match_time(&mut question, &tokens, &mut used);
    match_columns(&mut question, columns, roles, &tokens, &mut used);
    match_value(&mut question, columns, &tokens, &mut used);
    for place in overlap(table, &tokens).1 {
        used[place] = true;
    }
    question.unknown = unknown(&tokens, &used);
    let has_meaning = |(token, used): (&Token, &bool)| *used || is_intent(&token.word);
    question.is_understood = tokens.iter().zip(&used).any(has_meaning);
    let is_about_parts = question.direction.is_none() && !question.asks_why;
    if is_about_parts && !question.dimensions.is_empty() {
        question.topics.push(Topic::Comparison);
    }
    question.topics.dedup();
    question
}

/// Finds the time that the question names, and how long periods should be.
fn match_time(question: &mut Question, tokens: &[Token], used: &mut [bool]) {
    let all: Vec<String> = tokens.iter().map(|token| token.word.clone()).collect();
    if let Some((time, places)) = asked_time::time(&all) {
        question.time = Some(time);
        places.into_iter().for_each(|place| used[place] = true);
    }
    if let Some((span, place)) = asked_time::span(&all) {
        question.span = Some(span);
        used[place] = true;
    }
}

/// Whether a word says what is asked about columns, and is no name.
fn is_intent(word: &str) -> bool {
    const LINES: [&str; 9] = [
        "why", "fall", "rise", "trend", "season", "outlier", "compare", "quality", "average",
    ];
    LINES.iter().any(|line| words::is_on(line, word))
}

/// The words that were not used and have no meaning of their own.
fn unknown(tokens: &[Token], used: &[bool]) -> Vec<String> {
    let is_known = |word: &str| {
        ["stop", "by", "total"]
            .iter()
            .any(|line| words::is_on(line, word))
    };
    let has_meaning = |word: &str| is_known(word) || is_intent(word);
    let places = tokens.iter().zip(used);
    let left = places.filter(|(token, used)| !**used && !has_meaning(&token.word));
    left.map(|(token, _)| token.word.clone()).collect()
}
