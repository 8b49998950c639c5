//! What a session has already computed about the text after its last prompt, so that nothing is
//! computed twice.
//!
//! While a word is typed, the prompt stays the same from key to key, and so does most of what is
//! asked about it. Cached are the logits along the last answer and the scores of continuations.
//! They depend on tokens only, so they stay valid when the KV cache holds something else. When the
//! prompt grows by the beginning of the answer, they move along. Nothing here computes.

/// Rows of logits that are kept: most answers are no longer.
const MAX_ROWS: usize = 24;
/// Scored continuations that are kept.
const MAX_SCORED: usize = 96;

/// Known logits and scores of what may follow one prompt.
pub(crate) struct ContinuationCache {
    prompt: Vec<u32>,
    /// The beginning of the last answer.
    generated: Vec<u32>,
    /// The logits after the prompt and after each token of `generated`: `[1 + generated][vocab]`.
    rows: Vec<f32>,
    vocab: usize,
    /// The newest last.
    scored: Vec<ScoredContinuation>,
}

/// A continuation and the log-probability of each of its tokens.
struct ScoredContinuation {
    tokens: Vec<u32>,
    logprobs: Vec<f32>,
}

impl ScoredContinuation {
    /// The rest of this continuation after `prefix`, if it begins so.
    fn strip_prefix(self, prefix: &[u32]) -> Option<ScoredContinuation> {
        let tokens = self.tokens.strip_prefix(prefix)?.to_vec();
        Some(ScoredContinuation {
            tokens,
            logprobs: self.logprobs[prefix.len()..].to_vec(),
        })
    }
}

impl ContinuationCache {
    /// The logits after a prompt, and nothing else.
    pub fn new(prompt: &[u32], logits: &[f32]) -> ContinuationCache {
        ContinuationCache {
            prompt: prompt.to_vec(),
            generated: Vec::new(),
            vocab: logits.len(),
            rows: logits.to_vec(),
            scored: Vec::new(),
        }
    }

    /// What remains valid for `prompt`: everything if it is the old prompt, the rest if it is the
    /// old prompt and the beginning of the answer, else nothing.
    pub fn advance_to(mut self, prompt: &[u32]) -> Option<ContinuationCache> {
        let added = prompt.strip_prefix(self.prompt.as_slice())?;
        if !self.generated.starts_with(added) {
            return None;
        }
        if added.is_empty() {
            return Some(self);
        }
        self.prompt.extend_from_slice(added);
        self.generated.drain(..added.len());
        self.rows.drain(..added.len() * self.vocab);
        let scored = self.scored.into_iter();
        self.scored = scored
            .filter_map(|continuation| continuation.strip_prefix(added))
            .collect();
        Some(self)
    }

    /// The prompt that everything here follows.
    pub fn prompt(&self) -> &[u32] {
        &self.prompt
    }

    /// The beginning of the last answer; the logits after each of its tokens are known.
    pub fn generated(&self) -> &[u32] {
        &self.generated
    }

    /// The logits after the prompt and the first `count` tokens of the answer.
    pub fn logits_after(&self, count: usize) -> Option<&[f32]> {
        self.rows.chunks_exact(self.vocab).nth(count)
    }

    /// Records an answer and `rows`, the logits after each of its last tokens.
    pub fn record(&mut self, answer: &[u32], rows: &[f32]) {
        let known = answer.len() - rows.len() / self.vocab;
        let kept = answer.len().min(MAX_ROWS - 1);
        if kept <= known || !self.generated.starts_with(&answer[..known]) {
            return;
        }
        self.generated
            .splice(known.., answer[known..kept].iter().copied());
        self.rows.truncate((known + 1) * self.vocab);
        self.rows
            .extend_from_slice(&rows[..(kept - known) * self.vocab]);
    }

    /// The scores of a continuation that was scored, or of one that begins with it.
    pub fn scores(&self, continuation: &[u32]) -> Option<&[f32]> {
        let known = self
            .scored
            .iter()
            .find(|known| known.tokens.starts_with(continuation))?;
        known.logprobs.get(..continuation.len())
    }

    /// Keeps the scores of a continuation.
    pub fn insert_scores(&mut self, continuation: &[u32], scores: &[f32]) {
        if self.scores(continuation).is_some() {
            return;
        }
        self.scored.push(ScoredContinuation {
            tokens: continuation.to_vec(),
            logprobs: scores.to_vec(),
        });
        let surplus = self.scored.len().saturating_sub(MAX_SCORED);
        self.scored.drain(..surplus);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The answer `[3, 4, 5]` to the prompt `[1, 2]`, with rows of two numbers.
    fn cache() -> ContinuationCache {
        let mut cache = ContinuationCache::new(&[1, 2], &[0.0, 0.5]);
        cache.record(&[3], &[1.0, 1.5]);
        cache.record(&[3, 4, 5], &[2.0, 2.5, 3.0, 3.5]);
        cache.insert_scores(&[3, 4, 9], &[-1.0, -2.0, -3.0]);
        cache.insert_scores(&[8], &[-4.0]);
        cache
    }

    #[test]
    fn the_answer_and_the_scores_move_with_the_prompt() {
        let same = cache().advance_to(&[1, 2]).unwrap();
        assert_eq!(
            (same.generated(), same.logits_after(3)),
            (&[3, 4, 5][..], Some(&[3.0, 3.5][..]))
        );
        let moved = cache().advance_to(&[1, 2, 3, 4]).unwrap();
        assert_eq!(moved.generated(), [5]);
        assert_eq!(
            (moved.logits_after(0), moved.logits_after(1)),
            (Some(&[2.0, 2.5][..]), Some(&[3.0, 3.5][..]))
        );
        assert_eq!(moved.logits_after(2), None);
        assert_eq!(
            (moved.scores(&[9]), moved.scores(&[8])),
            (Some(&[-3.0][..]), None)
        );
        for other in [&[1][..], &[1, 2, 4], &[1, 2, 3, 4, 5, 6], &[]] {
            assert!(cache().advance_to(other).is_none(), "{other:?}");
        }
    }

    #[test]
    fn another_answer_replaces_the_last_one_from_where_they_differ() {
        let mut cache = cache();
        cache.record(&[3, 7], &[9.0, 9.5]);
        assert_eq!(cache.generated(), [3, 7]);
        assert_eq!(
            (cache.logits_after(1), cache.logits_after(2)),
            (Some(&[1.0, 1.5][..]), Some(&[9.0, 9.5][..]))
        );
        // Logits after a token whose predecessor is not known are of no use.
        cache.record(&[6, 6], &[0.0, 0.0]);
        assert_eq!(cache.generated(), [3, 7]);
    }

    #[test]
    fn the_cache_has_a_limit() {
        let mut cache = ContinuationCache::new(&[1], &[0.0]);
        let answer: Vec<u32> = (0..100).collect();
        cache.record(&answer, &[0.0; 100]);
        assert_eq!(
            (cache.generated().len(), cache.logits_after(MAX_ROWS)),
            (MAX_ROWS - 1, None)
        );
        for &id in &answer {
            cache.insert_scores(&[id], &[0.0]);
        }
        assert_eq!(cache.scored.len(), MAX_SCORED);
        assert!(cache.scores(&[0]).is_none() && cache.scores(&[99]).is_some());
    }

    #[test]
    fn the_scores_of_a_beginning_are_known() {
        let cache = cache();
        assert_eq!(cache.scores(&[3, 4]), Some(&[-1.0, -2.0][..]));
        assert_eq!(
            (cache.scores(&[3, 5]), cache.scores(&[3, 4, 9, 9])),
            (None, None)
        );
    }
}
