//! How likely given tokens are: continuations of a prompt, side by side, or the tokens of a text.
//!
//! Continuations decide between candidates, so they are computed together and the weights are read
//! once for many. Nothing is computed twice: the continuations are the branches of a tree
//! whose trunk is the answer generated last, and scores known from before
//! (`continuation_cache.rs`) are reused.

use std::cmp::Reverse;

use crate::layers::PositionRange;
use crate::session::{LOGITS_BLOCK, common_prefix_len};
use crate::{Cancel, RunError, Session};

/// A continuation that is to be computed.
struct PendingContinuation<'a> {
    index: usize,
    tokens: &'a [u32],
    /// How many of its first tokens are those of the last answer.
    shared: usize,
}

impl<'a> PendingContinuation<'a> {
    /// The tokens to run: all but the last, which nothing follows.
    fn inputs(&self) -> &'a [u32] {
        &self.tokens[..self.tokens.len() - 1]
    }
}

/// Branches that are computed in one pass, each from where it leaves the one before.
#[derive(Default)]
struct ScoringBatch {
    tokens: Vec<u32>,
    ranges: Vec<PositionRange>,
    /// For each input of the last branch the row of its logits; `None` for those in the KV cache.
    path: Vec<Option<usize>>,
    targets: Vec<ScoringTarget>,
}

/// A token to score: the row of logits that predicts it, and the continuation it belongs to.
struct ScoringTarget {
    row: usize,
    token: u32,
    continuation: usize,
}

impl ScoringBatch {
    /// Adds a branch whose first `start` inputs are those of the branch before, or are in the KV
    /// cache.
    fn add(&mut self, pending: &PendingContinuation, start: usize, prompt_len: usize) {
        let new = &pending.inputs()[start..];
        if !new.is_empty() {
            self.ranges.push(PositionRange {
                start: prompt_len + start,
                len: new.len(),
            });
        }
        let first_row = self.tokens.len();
        self.path.resize(start, None);
        self.path
            .extend((first_row..first_row + new.len()).map(Some));
        self.tokens.extend_from_slice(new);
        let rows = &self.path[pending.shared..];
        for (row, &token) in rows.iter().zip(&pending.tokens[pending.shared + 1..]) {
            let Some(row) = *row else { continue };
            self.targets.push(ScoringTarget {
                row,
                token,
                continuation: pending.index,
            });
        }
    }
}

impl Session {
    /// Natural-log probabilities of the tokens of each continuation after `prompt`: one list per
    /// continuation. The prompt is computed once and stays in the cache.
    pub fn score(
        &mut self,
        prompt: &[u32],
        continuations: &[Vec<u32>],
        cancel: &Cancel,
    ) -> Result<Vec<Vec<f32>>, RunError> {
        let longest = continuations.iter().map(Vec::len).max().unwrap_or(0);
        self.begin(prompt, longest)?;
        for tokens in continuations {
            self.check_ids(tokens)?;
        }
        self.prefill(prompt, cancel)?;
        let mut scores = vec![Vec::new(); continuations.len()];
        let wholes = without_prefixes(continuations);
        let mut pending = Vec::new();
        for &index in &wholes {
            let tokens = &continuations[index];
            scores[index] = self.known_scores(tokens);
            if scores[index].len() < tokens.len() {
                pending.push(PendingContinuation {
                    index,
                    tokens,
                    shared: scores[index].len() - 1,
                });
            }
        }
        self.compute_scores(prompt, pending, &mut scores, cancel)?;
        for (index, tokens) in continuations.iter().enumerate() {
            let whole = wholes
                .iter()
                .find(|&&whole| continuations[whole].starts_with(tokens));
            if let Some(&whole) = whole {
                scores[index] = scores[whole][..tokens.len()].to_vec();
            }
        }
        Ok(scores)
    }

    /// The natural-log probability of each of the tokens `tokens[first..]`, and the likeliest token
    /// in its place. `first` is at least 1: nothing predicts the first token.
    pub fn score_tokens(
        &mut self,
        tokens: &[u32],
        first: usize,
        cancel: &Cancel,
    ) -> Result<Vec<(f32, u32)>, RunError> {
        self.begin(tokens, 0)?;
        let first = first.clamp(1, tokens.len());
        self.prefill_only(tokens, first - 1, cancel)?;
        let inputs = &tokens[first - 1..tokens.len() - 1];
        self.map_targets(inputs, &tokens[first..], cancel, |session, row, target| {
            (session.log_probability(row, target), argmax(row))
        })
    }

    /// Runs `inputs`, and maps the logits after each with the target that follows it.
    fn map_targets<T>(
        &mut self,
        inputs: &[u32],
        targets: &[u32],
        cancel: &Cancel,
        map: impl Fn(&Self, &[f32], u32) -> T,
    ) -> Result<Vec<T>, RunError> {
        let mut result = Vec::with_capacity(targets.len());
        let blocks = inputs.chunks(LOGITS_BLOCK);
        for (inputs, targets) in blocks.zip(targets.chunks(LOGITS_BLOCK)) {
            self.forward(inputs, inputs.len(), cancel)?;
            let rows = self.logits.chunks_exact(self.vocab_size());
            let mapped = rows
                .zip(targets)
                .map(|(row, &target)| map(self, row, target));
            result.extend(mapped);
        }
        Ok(result)
    }

    /// The scores of the first tokens of a continuation, as far as they are known: at least that of
    /// the first one.
    fn known_scores(&self, tokens: &[u32]) -> Vec<f32> {
        let Some(known) = &self.continuations else {
            return Vec::new();
        };
        if let Some(scores) = known.scores(tokens) {
            return scores.to_vec();
        }
        let shared = common_prefix_len(tokens, known.generated());
        let rows = (0..=shared).filter_map(|count| known.logits_after(count));
        rows.zip(tokens)
            .map(|(row, &id)| self.log_probability(row, id))
            .collect()
    }

    /// Adds the scores that are not known, and remembers all.
    fn compute_scores(
        &mut self,
        prompt: &[u32],
        mut pending: Vec<PendingContinuation>,
        scores: &mut [Vec<f32>],
        cancel: &Cancel,
    ) -> Result<(), RunError> {
        if pending.is_empty() {
            return Ok(());
        }
        // A branch overwrites the KV cache from where it leaves the one before. So those that leave
        // the answer last come first, and among these, neighbours share the longest prefixes.
        pending.sort_by_key(|one| (Reverse(one.shared), one.tokens));
        let mut held = self.hold_answer(prompt, cancel)?;
        let has_trees = self.sequence.has_branch_trees();
        let (mut batch, mut before) = (ScoringBatch::default(), pending[0].tokens);
        for one in &pending {
            let mut start = if batch.tokens.is_empty() || !has_trees {
                one.shared.min(held)
            } else {
                common_prefix_len(before, one.inputs())
            };
            let size = batch.tokens.len() + one.inputs().len() - start;
            if size > LOGITS_BLOCK && !batch.tokens.is_empty() {
                let full = std::mem::take(&mut batch);
                held = self.run_batch(full, prompt.len(), held, scores, cancel)?;
                start = one.shared.min(held);
            }
            if one.inputs().len() - start > LOGITS_BLOCK {
                held = self.score_long(one, prompt, &mut scores[one.index], cancel)?;
                continue;
            }
            batch.add(one, start, prompt.len());
            before = one.inputs();
        }
        self.run_batch(batch, prompt.len(), held, scores, cancel)?;
        if let Some(known) = &mut self.continuations {
            for one in &pending {
                known.insert_scores(one.tokens, &scores[one.index]);
            }
        }
        Ok(())
    }

    /// Fills the KV cache with the prompt and as much of the last answer as is of use; returns how
    /// many tokens of the answer it holds. All branches of recurrent layers begin after the prompt.
    fn hold_answer(&mut self, prompt: &[u32], cancel: &Cancel) -> Result<usize, RunError> {
        if !self.engine.decoder().is_recurrent() {
            return self.restore_answer(prompt, cancel);
        }
        self.prefill_only(prompt, prompt.len(), cancel)?;
        Ok(0)
    }

    /// Computes a batch; returns how many tokens of the answer the KV cache still holds, of the
    /// `held` before.
    fn run_batch(
        &mut self,
        batch: ScoringBatch,
        prompt_len: usize,
        held: usize,
        scores: &mut [Vec<f32>],
        cancel: &Cancel,
    ) -> Result<usize, RunError> {
        let starts = batch.ranges.iter().map(|range| range.start - prompt_len);
        let left = starts.fold(held, usize::min);
        if !batch.tokens.is_empty() {
            let result = self.forward_branches(&batch.tokens, &batch.ranges, cancel);
            self.truncate(prompt_len + left);
            result?;
        }
        let vocab = self.vocab_size();
        for target in batch.targets {
            let logits = &self.logits[target.row * vocab..][..vocab];
            scores[target.continuation].push(self.log_probability(logits, target.token));
        }
        Ok(left)
    }

    /// Adds the scores of a continuation that takes several passes; returns how many tokens of the
    /// answer the KV cache holds afterwards.
    fn score_long(
        &mut self,
        pending: &PendingContinuation,
        prompt: &[u32],
        scores: &mut Vec<f32>,
        cancel: &Cancel,
    ) -> Result<usize, RunError> {
        let kept = self.hold_answer(prompt, cancel)?.min(pending.shared);
        self.truncate(prompt.len() + kept);
        let computed = self.map_targets(
            &pending.inputs()[kept..],
            &pending.tokens[kept + 1..],
            cancel,
            Self::log_probability,
        );
        self.truncate(prompt.len() + kept);
        scores.extend(&computed?[pending.shared - kept..]);
        Ok(kept)
    }
}

/// The continuations that no other begins with, the longest first.
fn without_prefixes(continuations: &[Vec<u32>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..continuations.len()).collect();
    order.sort_by_key(|&index| Reverse(continuations[index].len()));
    let mut wholes: Vec<usize> = Vec::new();
    for index in order {
        let is_prefix = wholes
            .iter()
            .any(|&whole| continuations[whole].starts_with(&continuations[index]));
        if !is_prefix {
            wholes.push(index);
        }
    }
    wholes
}

/// The id of the largest logit.
fn argmax(logits: &[f32]) -> u32 {
    let mut best = (0, f32::MIN);
    for (id, &logit) in (0u32..).zip(logits) {
        if logit > best.1 {
            best = (id, logit);
        }
    }
    best.0
}
