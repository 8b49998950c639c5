//! What is known of the candidates of a place: each by itself, its place, and how it compares with
//! the others.
//!
//! `evidence.rs` makes numbers of it for the gate. Reads the snapshot and what the model generated;
//! decides nothing.

use super::flow::Flow;
use super::names::Names;
use crate::candidates::{Candidate, CopyMatch, Proximity};
use crate::completion_context::CompletionContext;
use crate::syntax_errors::ErrorCounts;
use std::collections::HashSet;
use text::{is_word, words};

/// Lines around the cursor whose names are near.
const NEAR: usize = 20;
/// Lines around the cursor that are rarely written once more.
const NEXT: usize = 6;
/// A log-probability below this says no more than this.
const FLOOR: f32 = -10.0;
/// What is found where nothing is.
const NOTHING: CopyMatch = CopyMatch {
    lexemes: 0,
    bytes: 0,
    agreement: 0.0,
    places: 0,
    proximity: Proximity::Workspace,
};

/// What all candidates of a place have in common.
pub(crate) struct Surroundings<'a> {
    context: &'a CompletionContext<'a>,
    /// Syntax errors of the text as it is.
    pub(crate) errors: usize,
    /// The fewest that the text or any candidate leaves.
    pub(crate) fewest_errors: usize,
    /// The names of the file.
    words: HashSet<String>,
    /// The names of the lines around the cursor.
    near_words: HashSet<String>,
    /// The lines next to the cursor, without their indentation.
    near_lines: HashSet<String>,
    /// The text around the cursor, and its names.
    pub(crate) flow: Flow,
    pub(crate) function: Names,
}

/// One candidate with all that is known of it.
pub(crate) struct CandidateView<'a> {
    pub(crate) candidate: &'a Candidate,
    pub(crate) surroundings: &'a Surroundings<'a>,
    /// The best copy, or nothing.
    pub(crate) found: CopyMatch,
    /// Sum, mean and least of the tokens' natural-log probabilities, and that of the first.
    pub(crate) total: f32,
    pub(crate) mean: f32,
    pub(crate) least: f32,
    pub(crate) first: f32,
    /// The line that it makes, and whether the nearest lines above and below have that line's
    /// shape.
    pub(crate) line: String,
    pub(crate) shaped: [bool; 2],
    /// How its names and the function's name share their parts.
    pub(crate) promised: [f32; 2],
    /// Its different names, and how many are neither in the file nor in the workspace.
    pub(crate) names: usize,
    pub(crate) unknown: usize,
    /// The other whole candidates, those that begin with the same word, and those that do not.
    pub(crate) others: Rivals,
    pub(crate) agreeing: Rivals,
    pub(crate) against: Rivals,
}

/// The best that some of the other candidates have; 0, or the floor of log-probabilities, where
/// there are none.
#[derive(Clone, Copy)]
pub(crate) struct Rivals {
    pub(crate) count: usize,
    pub(crate) total: f32,
    pub(crate) mean: f32,
    pub(crate) first: f32,
    pub(crate) lexemes: f32,
    pub(crate) agreement: f32,
    pub(crate) generated: bool,
}

impl<'a> Surroundings<'a> {
    /// Looks at the place once.
    pub(crate) fn new(context: &'a CompletionContext<'a>, errors: ErrorCounts) -> Self {
        let (snapshot, offset) = (context.snapshot, context.offset);
        let above: Vec<String> = snapshot.lines_above(offset).take(NEAR).collect();
        let below: Vec<String> = snapshot.lines_below(offset).take(NEAR).collect();
        let next = above
            .iter()
            .take(NEXT)
            .chain(below.iter().take(NEXT))
            .map(|line| line.trim());
        let near = above.iter().chain(&below).chain([&context.before]);
        Self {
            context,
            flow: Flow::new(context),
            function: Names::new(context),
            errors: errors.before,
            fewest_errors: errors.fewest,
            words: words(context.text()).map(str::to_owned).collect(),
            near_lines: next
                .filter(|line| !line.is_empty())
                .map(str::to_owned)
                .collect(),
            near_words: near
                .flat_map(|line| words(line))
                .map(str::to_owned)
                .collect(),
        }
    }

    /// The candidates compared with each other; `scores` are the log-probabilities of their
    /// tokens.
    pub(crate) fn views(
        &'a self,
        candidates: &'a [Candidate],
        scores: &[Vec<f32>],
    ) -> Vec<CandidateView<'a>> {
        let mut views: Vec<CandidateView> = candidates
            .iter()
            .zip(scores)
            .map(|(one, tokens)| self.view(one, tokens))
            .collect();
        let any_whole = candidates.iter().any(|candidate| !candidate.cut);
        let rivals: Vec<(usize, &str, Rivals)> = views
            .iter()
            .enumerate()
            .filter(|(_, view)| !(view.candidate.cut && any_whole))
            .map(|(at, view)| (at, opening(&view.candidate.text), Rivals::of(view)))
            .collect();
        for (at, view) in views.iter_mut().enumerate() {
            let begins = opening(&view.candidate.text);
            for (_, opening, rival) in rivals.iter().filter(|(other, ..)| *other != at) {
                view.others.add(rival);
                if *opening == begins {
                    view.agreeing.add(rival)
                } else {
                    view.against.add(rival)
                }
            }
        }
        views
    }

    fn view(&'a self, candidate: &'a Candidate, tokens: &[f32]) -> CandidateView<'a> {
        let floor = |value: f32| value.max(FLOOR);
        let total: f32 = tokens.iter().sum();
        let (unknown, names) = self.unknown(&candidate.text);
        let first_line = candidate.text.split('\n').next().unwrap_or_default();
        let line = format!("{}{first_line}{}", self.before(), self.after());
        CandidateView {
            candidate,
            surroundings: self,
            found: candidate.copied.unwrap_or(NOTHING),
            total,
            mean: floor(total / tokens.len().max(1) as f32),
            least: floor(tokens.iter().copied().fold(0.0, f32::min)),
            first: floor(tokens.first().copied().unwrap_or(FLOOR)),
            shaped: self.flow.shaped(&line),
            line,
            promised: self.function.promised(&candidate.text),
            names,
            unknown,
            others: Rivals::NONE,
            agreeing: Rivals::NONE,
            against: Rivals::NONE,
        }
    }

    /// There is no workspace to copy from.
    pub(crate) fn lone(&self) -> bool {
        self.context.snapshot.index.files().next().is_none()
    }

    /// The cursor's line before the cursor.
    pub(crate) fn before(&self) -> &str {
        &self.context.before
    }

    /// What comes after the completion on its line.
    pub(crate) fn after(&self) -> &str {
        &self.context.after
    }

    /// A word is half typed.
    pub(crate) fn typing(&self) -> bool {
        self.before().ends_with(is_word)
    }

    /// More than the line may be completed.
    pub(crate) fn block(&self) -> bool {
        self.context.extent.has_lines()
    }

    /// How many different names of a candidate are neither in the file nor in the workspace, and
    /// how many it has.
    fn unknown(&self, text: &str) -> (usize, usize) {
        let mut names: HashSet<&str> = words(text).collect();
        // The first word may be the end of one that is half typed.
        if self.typing() && text.starts_with(is_word) {
            words(text).next().map(|first| names.remove(first));
        }
        let all = names.len();
        let index = &self.context.snapshot.index;
        names.retain(|name| !self.words.contains(*name) && index.word_count(name) == 0);
        (names.len(), all)
    }
}

impl CandidateView<'_> {
    /// The share of its names that are in the lines around the cursor; 1 where it has none.
    pub(crate) fn near_names(&self) -> f32 {
        let names: Vec<&str> = words(&self.candidate.text).collect();
        let near = names
            .iter()
            .filter(|name| self.surroundings.near_words.contains(**name))
            .count();
        if names.is_empty() {
            1.0
        } else {
            near as f32 / names.len() as f32
        }
    }

    /// The line that it makes is next to the cursor already.
    pub(crate) fn is_near(&self) -> bool {
        self.surroundings.near_lines.contains(self.line.trim())
    }
}

impl Rivals {
    const NONE: Self = Self {
        count: 0,
        total: f32::NEG_INFINITY,
        mean: FLOOR,
        first: FLOOR,
        lexemes: 0.0,
        agreement: 0.0,
        generated: false,
    };

    fn of(view: &CandidateView) -> Self {
        let CopyMatch {
            lexemes, agreement, ..
        } = view.found;
        let (lexemes, generated) = ((lexemes as f32).ln_1p(), view.candidate.generated);
        Self {
            count: 1,
            total: view.total,
            mean: view.mean,
            first: view.first,
            lexemes,
            agreement,
            generated,
        }
    }

    fn add(&mut self, other: &Self) {
        *self = Self {
            count: self.count + other.count,
            total: self.total.max(other.total),
            mean: self.mean.max(other.mean),
            first: self.first.max(other.first),
            lexemes: self.lexemes.max(other.lexemes),
            agreement: self.agreement.max(other.agreement),
            generated: self.generated || other.generated,
        };
    }
}

/// The first word of a text, or its first sign.
fn opening(text: &str) -> &str {
    let text = text.trim_start();
    let word = text.find(|c| !is_word(c)).unwrap_or(text.len());
    let sign = text.chars().next().map_or(0, char::len_utf8);
    &text[..word.max(sign)]
}

/// The identifiers of a text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    words::words(text).map(|(_, word)| word)
}
