//! What the server counts, for people who ask why nothing happens (`nigh/status`).

use completion::{Outcome, Timings};
use context::Stats;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Counts since the start.
#[derive(Clone, Debug, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Completions asked for.
    pub asked: u64,
    /// Those answered out of the last answer, without the model.
    pub reused: u64,
    /// Those with something to show.
    pub shown: u64,
    /// Those with nothing to show.
    #[serde(rename = "withheld")]
    pub suppressed: u64,
    /// Those given up because newer ones came or the editor cancelled.
    pub superseded: u64,
    /// Those that failed.
    pub failed: u64,
    /// Prompt tokens in all.
    pub prompt_tokens: u64,
    /// Prompt tokens taken from the cache.
    pub cached_tokens: u64,
    /// What all answers of the model cost.
    pub cost: Cost,
    /// The last answer of the model.
    pub last: Option<Last>,
}

/// What an answer of the model cost: milliseconds and tokens.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// Finding what the model should see, and copies.
    pub gathering_ms: f64,
    /// Reading the prompt.
    pub reading_ms: f64,
    /// Saying the answer.
    pub saying_ms: f64,
    /// Choosing names.
    pub naming_ms: f64,
    /// Judging the candidates.
    pub judging_ms: f64,
    /// Waiting for the remote engine.
    pub waiting_ms: f64,
    /// Everything else: parsing, filters.
    pub rest_ms: f64,
    /// Tokens read, those in the cache left out.
    pub tokens_read: f64,
    /// Tokens said.
    pub tokens_said: f64,
    /// How many of these were expected (drafted, or remembered from the last key), and only
    /// checked.
    pub tokens_drafted: f64,
}

impl Cost {
    /// That of one answer.
    pub fn of(timings: &Timings, stats: &Stats) -> Self {
        let Timings {
            gathering,
            prefill,
            decode,
            identifiers,
            scoring,
            waiting,
            total,
        } = *timings;
        Self {
            gathering_ms: milliseconds(gathering),
            reading_ms: milliseconds(prefill),
            saying_ms: milliseconds(decode),
            naming_ms: milliseconds(identifiers),
            judging_ms: milliseconds(scoring),
            waiting_ms: milliseconds(waiting),
            rest_ms: milliseconds(
                total
                    .saturating_sub(gathering + prefill + decode + identifiers + scoring + waiting),
            ),
            tokens_read: (stats.prompt_tokens - stats.reused_tokens) as f64,
            tokens_said: stats.generated_tokens as f64,
            tokens_drafted: stats.drafted_tokens as f64,
        }
    }

    /// The share of one of `count` answers.
    pub fn each(self, count: usize) -> Self {
        self.with(Self::default(), |all, _| {
            (100.0 * all / count.max(1) as f64).round() / 100.0
        })
    }

    fn with(self, other: Self, of: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            gathering_ms: of(self.gathering_ms, other.gathering_ms),
            reading_ms: of(self.reading_ms, other.reading_ms),
            saying_ms: of(self.saying_ms, other.saying_ms),
            naming_ms: of(self.naming_ms, other.naming_ms),
            judging_ms: of(self.judging_ms, other.judging_ms),
            waiting_ms: of(self.waiting_ms, other.waiting_ms),
            rest_ms: of(self.rest_ms, other.rest_ms),
            tokens_read: of(self.tokens_read, other.tokens_read),
            tokens_said: of(self.tokens_said, other.tokens_said),
            tokens_drafted: of(self.tokens_drafted, other.tokens_drafted),
        }
    }
}

impl std::iter::Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| sum.with(one, |a, b| a + b))
    }
}

/// The last answer of the model.
#[derive(Clone, Debug, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Last {
    /// Why it was not shown; empty if it was.
    #[serde(rename = "withheld")]
    pub suppressed_by: &'static str,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Of those, taken from the cache.
    pub cached_tokens: usize,
    /// Tokens generated.
    pub generated_tokens: usize,
    /// What it cost.
    pub cost: Cost,
    /// Milliseconds from the request to the answer.
    pub total_ms: f64,
}

/// The counts, shared.
#[derive(Default)]
pub struct Counters(Mutex<Counts>);

impl Counters {
    /// Changes them.
    pub fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Counts a completion that was suppressed without asking the model.
    pub fn suppressed(&self, why: &'static str) {
        self.count(|counts| {
            counts.asked += 1;
            counts.suppressed += 1;
            counts.last = Some(Last {
                suppressed_by: why,
                ..Last::default()
            });
        });
    }

    /// Counts an answer of the model that took `total`.
    pub fn answered(&self, outcome: &Outcome, total: Duration) {
        let Stats {
            prompt_tokens,
            reused_tokens,
            generated_tokens,
            ..
        } = outcome.stats;
        let cost = Cost::of(&outcome.timings, &outcome.stats);
        self.count(|counts| {
            counts.prompt_tokens += prompt_tokens as u64;
            counts.cached_tokens += reused_tokens as u64;
            counts.cost = [counts.cost, cost].into_iter().sum();
            if outcome.completion.is_some() {
                counts.shown += 1
            } else {
                counts.suppressed += 1
            }
            counts.last = Some(Last {
                suppressed_by: outcome.suppressed_by,
                prompt_tokens,
                cached_tokens: reused_tokens,
                generated_tokens,
                cost,
                total_ms: milliseconds(total),
            });
        });
    }

    /// The counts as they are now.
    pub fn now(&self) -> Counts {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// A duration in milliseconds, to a hundredth.
pub fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e5).round() / 100.0
}
