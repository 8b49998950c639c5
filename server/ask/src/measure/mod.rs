//! How well questions are answered, counted over cases with known places.
//!
//! A case names the places that answer it. A hit counts if it overlaps one, or if it has
//! the same text. Each case may also be asked after its places were cut out, to see what is claimed
//! then. Clocks and disks belong to the caller.

mod score;

pub use crate::documents::Switches;
pub use score::{Scores, area_under_curve};

use crate::documents::{self, Hit, same_text};
use crate::{Answer, AnswerLevel, AskIndex};
use index::{Index, SourceFile};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// How many hits are looked at.
const MAX_RANK: usize = 10;

/// Lines that answer a question.
#[derive(Clone, Debug, Deserialize)]
pub struct Gold {
    /// The file, relative to its project.
    pub path: String,
    /// Its first line, counted from 0.
    pub first: usize,
    /// The line after the last.
    pub end: usize,
}

/// A question with its answers.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// Names the case.
    pub id: String,
    /// The folder of its project.
    pub project: String,
    /// What kind of question it is, such as `docstring`.
    pub kind: String,
    /// The language or form of its place.
    pub language: String,
    /// The question.
    pub question: String,
    /// The places that answer it.
    pub gold: Vec<Gold>,
}

/// What came of one question.
#[derive(Clone, Debug, Serialize)]
pub struct CaseOutcome {
    /// The case.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// Its language.
    pub language: String,
    /// `own` as it is, `foreign` asked of another project, `cut` with its places cut out.
    pub setting: &'static str,
    /// The place of the first right hit, from 1; none if it is not among the first ten.
    pub rank: Option<usize>,
    /// What was claimed: `answer`, `related` or `none`.
    pub level: &'static str,
    /// How likely the best passage was thought to be an answer.
    pub answered: f32,
    /// How likely the question was thought to be about the project.
    pub about: f32,
    /// What the models saw.
    pub features: Vec<f32>,
    /// The places of the first five hits.
    pub found: Vec<String>,
    /// How many quotes there were.
    pub quotes: usize,
    /// How many are not in their files, byte for byte.
    pub wrong_quotes: usize,
    /// How long the answer took, as the caller's clock counts.
    pub seconds: f64,
}

/// The names of [`CaseOutcome::features`].
pub fn feature_names() -> &'static [&'static str] {
    &documents::FEATURE_NAMES
}

/// A project that questions are asked of.
pub struct MeasuredProject {
    index: Index,
    library: AskIndex,
    clock: fn() -> f64,
    stamp: u64,
}

impl MeasuredProject {
    /// Reads the files of a project: paths and texts. `clock` gives seconds.
    pub fn new(files: &[(String, String)], switches: Switches, clock: fn() -> f64) -> Self {
        let sources = files.iter().map(|(path, text)| source(path, text, 1));
        let mut index = Index::default();
        index.put(&sources.collect::<Vec<_>>());
        let mut project = Self {
            index,
            library: documents::library(switches),
            clock,
            stamp: 1,
        };
        project.update();
        project
    }

    /// Brings the library up to date; returns how long it took.
    pub fn update(&mut self) -> f64 {
        let start = (self.clock)();
        self.library.update(&self.index, &mut || true);
        (self.clock)() - start
    }

    /// How many passages there are, and the bytes they take.
    pub fn size(&self) -> (usize, usize) {
        documents::size(&self.library)
    }

    /// Replaces a file.
    pub fn put(&mut self, path: &str, text: &str) {
        self.stamp += 1;
        self.index.put(&[source(path, text, self.stamp)]);
    }

    /// Asks the question of a case.
    pub fn ask(&self, case: &Case, setting: &'static str) -> CaseOutcome {
        let start = (self.clock)();
        let found = documents::examine(&self.library, &self.index, &case.question, MAX_RANK);
        let seconds = (self.clock)() - start;
        let (answer, features) = (found.answer, found.features);
        let is_right = |hit: &Hit| case.gold.iter().any(|gold| self.is_gold(hit, gold));
        let rank = match setting {
            "own" => found.hits.iter().position(is_right).map(|at| at + 1),
            _ => None,
        };
        CaseOutcome {
            id: case.id.clone(),
            kind: case.kind.clone(),
            language: case.language.clone(),
            setting,
            rank,
            level: level_name(answer.level),
            answered: features.answered(),
            about: features.about(),
            features: features.0.to_vec(),
            found: found.hits.iter().take(5).map(place).collect(),
            quotes: answer.quotes.len(),
            wrong_quotes: self.wrong_quotes(&answer),
            seconds,
        }
    }

    /// Asks the question after its places, and passages with the same text, were cut out; then puts
    /// them back. None if a place is not there.
    pub fn ask_without(&mut self, case: &Case) -> Option<CaseOutcome> {
        let mut cuts = case.gold.clone();
        for gold in &case.gold {
            let text = lines_of(self.index.text(&gold.path)?, gold.first, gold.end);
            for hit in documents::search(&self.library, &self.index, text, 2 * MAX_RANK) {
                if same_text(&self.index, &hit, text) {
                    cuts.push(Gold {
                        first: hit.passage.lines.start,
                        end: hit.passage.lines.end,
                        path: hit.path,
                    });
                }
            }
        }
        let mut paths: Vec<String> = cuts.iter().map(|cut| cut.path.clone()).collect();
        paths.sort();
        paths.dedup();
        let mut before: Vec<(String, String)> = Vec::new();
        for path in paths {
            let text = self.index.text(&path)?.to_owned();
            let own = cuts.iter().filter(|cut| cut.path == path);
            self.put(&path, &without(&text, &own.collect::<Vec<_>>()));
            before.push((path, text));
        }
        self.update();
        let outcome = self.ask(case, "cut");
        for (path, text) in before {
            self.put(&path, &text);
        }
        self.update();
        Some(outcome)
    }

    fn is_gold(&self, hit: &Hit, gold: &Gold) -> bool {
        let lines = &hit.passage.lines;
        let overlaps = hit.path == gold.path && lines.start < gold.end && gold.first < lines.end;
        let text = self.index.text(&gold.path);
        let text = text.map(|text| lines_of(text, gold.first, gold.end));
        overlaps || text.is_some_and(|text| same_text(&self.index, hit, text))
    }

    fn wrong_quotes(&self, answer: &Answer) -> usize {
        let is_wrong = |quote: &&crate::Quote| {
            let text = self.index.text(&quote.path).unwrap_or_default();
            quote.lines.is_empty()
                || lines_of(text, quote.lines.start, quote.lines.end) != quote.text
        };
        answer.quotes.iter().filter(is_wrong).count()
    }
}

fn place(hit: &Hit) -> String {
    format!("{}:{}", hit.path, hit.passage.lines.start + 1)
}

fn level_name(level: AnswerLevel) -> &'static str {
    match level {
        AnswerLevel::Exact => "exact",
        AnswerLevel::Answer => "answer",
        AnswerLevel::Related => "related",
        AnswerLevel::NotFound => "none",
    }
}

fn source<'a>(path: &'a str, text: &'a str, stamp: u64) -> SourceFile<'a> {
    SourceFile {
        path,
        text,
        grammar: grammars::by_path(Path::new(path)),
        stamp,
        signatures_only: false,
    }
}

/// Lines of a text without the last line break. Counted here again, so that a wrong count elsewhere
/// shows.
fn lines_of(text: &str, first: usize, end: usize) -> &str {
    let starts = |line: usize| match line {
        0 => Some(0),
        line => text.match_indices('\n').nth(line - 1).map(|(at, _)| at + 1),
    };
    let start = starts(first).unwrap_or(text.len());
    let stop = starts(end).map_or(text.len(), |next| next - 1);
    text.get(start..stop).unwrap_or_default()
}

/// A text without some of its lines.
fn without(text: &str, cuts: &[&Gold]) -> String {
    let is_cut = |line: usize| cuts.iter().any(|cut| (cut.first..cut.end).contains(&line));
    let lines = text.split_inclusive('\n').enumerate();
    let kept = lines.filter(|(line, _)| !is_cut(*line));
    kept.map(|(_, line)| line).collect()
}
