//! What the server counts, for people who ask why nothing happens (`nigh/status`).

use features::{Outcome, Stats};
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
    pub withheld: u64,
    /// Those given up because newer ones came or the editor cancelled.
    pub superseded: u64,
    /// Those that failed.
    pub failed: u64,
    /// Prompt tokens in all.
    pub prompt_tokens: u64,
    /// Prompt tokens taken from the cache.
    pub cached_tokens: u64,
    /// The last answer of the model.
    pub last: Option<Last>,
}

/// The last answer of the model.
#[derive(Clone, Debug, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Last {
    /// Why it was not shown; empty if it was.
    pub withheld: &'static str,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Of those, taken from the cache.
    pub cached_tokens: usize,
    /// Tokens generated.
    pub generated_tokens: usize,
    /// Milliseconds for the prompt.
    pub prefill_ms: f64,
    /// Milliseconds for the answer.
    pub decode_ms: f64,
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

    /// Counts a completion that was withheld without asking the model.
    pub fn withheld(&self, why: &'static str) {
        self.count(|counts| {
            counts.asked += 1;
            counts.withheld += 1;
            counts.last = Some(Last { withheld: why, ..Last::default() });
        });
    }

    /// Counts an answer of the model that took `total`.
    pub fn answered(&self, outcome: &Outcome, total: Duration) {
        let Stats { prompt_tokens, reused_tokens, generated_tokens, prefill, decode, .. } = outcome.stats;
        self.count(|counts| {
            counts.prompt_tokens += prompt_tokens as u64;
            counts.cached_tokens += reused_tokens as u64;
            if outcome.completion.is_some() {
                counts.shown += 1
            } else {
                counts.withheld += 1
            }
            counts.last = Some(Last {
                withheld: outcome.withheld,
                prompt_tokens,
                cached_tokens: reused_tokens,
                generated_tokens,
                prefill_ms: milliseconds(prefill),
                decode_ms: milliseconds(decode),
                total_ms: milliseconds(total),
            });
        });
    }

    /// The counts as they are now.
    pub fn now(&self) -> Counts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A duration in milliseconds, to a hundredth.
pub fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e5).round() / 100.0
}
