//! What a caller allows a completion to be, and what came of asking for one.

use crate::candidates::Candidate;
use crate::extent::Extent;
use crate::gate::{Evidence, Gate};
use crate::written::Written;
use context::Stats;
use std::sync::Arc;
use std::time::Duration;

/// How certain an insertion is that repeats the last edits: a rule seen twice is rarely wrong at
/// its next place.
const REPEATED: f32 = 0.95;

/// What is learnt of a person: how familiar a text is, as what is added to the log-odds of its
/// being taken.
pub type Personalization = Arc<dyn Fn(&str) -> f32 + Send + Sync>;

/// What a caller allows.
#[derive(Clone)]
pub struct Limits {
    /// Tokens of a completion that ends with the line.
    pub line_tokens: usize,
    /// Tokens of a completion that may fill a block.
    pub block_tokens: usize,
    /// Completions less likely to be taken than this, from 0 to 1, are not shown.
    pub min_confidence: f32,
    /// Decides how likely that is.
    pub gate: Arc<Gate>,
    /// What has been learnt besides, if anything.
    pub personalization: Option<Personalization>,
    /// Someone invoked it and waits so long for an answer, rather than types: more is tried.
    pub invoked: Option<Duration>,
}

impl Limits {
    /// The candidate to show, if one is likely enough.
    pub(crate) fn choose<'c>(&self, scored: &'c [ScoredCandidate]) -> Option<&'c ScoredCandidate> {
        choose(scored, self.min_confidence)
    }
}

/// A completion worth showing.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// Text to insert at the cursor; lines end with `\n`.
    pub text: String,
    /// How likely it is to be taken, from 0 to 1.
    pub confidence: f32,
}

/// A candidate with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredCandidate {
    /// The text and where it comes from.
    pub candidate: Candidate,
    /// What speaks for and against it.
    pub evidence: Evidence,
    /// How likely it is to be taken, from 0 to 1.
    pub confidence: f32,
}

impl ScoredCandidate {
    pub(crate) fn completion(&self) -> Completion {
        Completion {
            text: self.candidate.text.clone(),
            confidence: self.confidence,
        }
    }
}

/// What came of asking, shown or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The completion, unless there is a reason against it.
    pub completion: Option<Completion>,
    /// Why nothing is shown: the filter that dropped what the model generated, or `uncertain`;
    /// empty when something is.
    pub suppressed_by: &'static str,
    /// What the model generated, up to the end of the extent.
    pub generated: String,
    /// All that could have been shown, the likeliest first.
    pub candidates: Vec<ScoredCandidate>,
    /// How far it was allowed to go.
    pub extent: Extent,
    /// What it cost.
    pub stats: Stats,
    /// Where the time went.
    pub timings: Timings,
    /// What came of asking a model elsewhere.
    pub written: Written,
}

impl Outcome {
    /// A text for which the model was not asked: that of a repeated edit, or one that is known.
    pub fn without_model(text: String) -> Self {
        let completion = Some(Completion {
            text: text.clone(),
            confidence: REPEATED,
        });
        Self {
            completion,
            suppressed_by: "",
            generated: text,
            candidates: Vec::new(),
            extent: Extent::Line,
            stats: Stats::default(),
            timings: Timings::default(),
            written: Written::NotAsked,
        }
    }

    /// The insertion of a next edit that the model predicts.
    pub fn predicted(text: String, confidence: f32, stats: Stats) -> Self {
        let mut outcome = Self::without_model(text);
        if let Some(completion) = &mut outcome.completion {
            completion.confidence = confidence;
        }
        outcome.stats = stats;
        outcome.timings = Timings {
            prefill: stats.prefill,
            decode: stats.decode,
            total: stats.prefill + stats.decode,
            ..Timings::default()
        };
        outcome
    }

    /// What would be shown if everything were.
    pub fn likeliest(&self) -> Option<&ScoredCandidate> {
        choose(&self.candidates, 0.0)
    }

    /// The completion and, after it, other candidates for someone who wants to choose: at most
    /// `most` in all, the likeliest first, none of which begins with another.
    pub fn choices(&self, most: usize) -> Vec<Completion> {
        let mut chosen: Vec<Completion> = self.completion.iter().cloned().collect();
        for scored in &self.candidates {
            if !(1..most).contains(&chosen.len()) {
                break;
            }
            let text = &scored.candidate.text;
            let is_new = chosen
                .iter()
                .all(|known| !known.text.starts_with(text) && !text.starts_with(&known.text));
            if is_new && !scored.candidate.cut {
                chosen.push(scored.completion());
            }
        }
        chosen
    }
}

/// The likeliest candidate if it is likely enough, else the likeliest head of one.
fn choose(candidates: &[ScoredCandidate], min_confidence: f32) -> Option<&ScoredCandidate> {
    let likeliest = |cut: bool| {
        let found = candidates.iter().find(|one| one.candidate.cut == cut);
        found.filter(|one| one.confidence >= min_confidence)
    };
    likeliest(false).or_else(|| likeliest(true))
}

/// Where the time of an answer went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Finding what the model should see, and copies.
    pub gathering: Duration,
    /// Reading the prompt.
    pub prefill: Duration,
    /// Generating the answer.
    pub decode: Duration,
    /// Choosing identifiers.
    pub identifiers: Duration,
    /// Scoring the candidates.
    pub scoring: Duration,
    /// Waiting for a model elsewhere, once the work here was done.
    pub waiting: Duration,
    /// All of it, with parsing and filters.
    pub total: Duration,
}
