//! How likely several texts are to follow a prompt: what decides between candidates.
//!
//! All are computed side by side, the weights read once for many of them. Nothing is computed
//! twice: the texts are the branches of a tree, whose trunk is the answer generated last, and what
//! was scored behind the same prompt before is known (`behind.rs`).

use kernels::elementwise;
use crate::layers::Run;
use crate::session::common;
use crate::{Cancel, RunError, Session};

/// Rows of logits computed at a time; bounds the memory of a large vocabulary.
pub(crate) const SCORED: usize = 32;

/// A continuation to compute.
struct Open<'a> {
    index: usize,
    tokens: &'a [u32],
    /// How many of its tokens are those of the answer said last.
    shared: usize,
}

impl<'a> Open<'a> {
    /// Nothing follows the last token, so it is not computed.
    fn inputs(&self) -> &'a [u32] {
        &self.tokens[..self.tokens.len() - 1]
    }
}

/// Branches that are computed in one pass, each from where it leaves the one before.
#[derive(Default)]
struct Pass {
    tokens: Vec<u32>,
    runs: Vec<Run>,
    /// The rows of logits behind the tokens of the last branch; of those in the cache there are
    /// none.
    path: Vec<Option<usize>>,
    /// Which row says how likely which token is, and of which continuation.
    told: Vec<(usize, u32, usize)>,
}

impl Pass {
    /// Adds a branch whose first `start` inputs are those of the branch before, or stand in the
    /// cache.
    fn add(&mut self, open: &Open, start: usize, prompt: usize) {
        let new = &open.inputs()[start..];
        if !new.is_empty() {
            self.runs.push(Run {
                start: prompt + start,
                tokens: new.len(),
            });
        }
        self.path.resize(start, None);
        self.path
            .extend((self.tokens.len()..self.tokens.len() + new.len()).map(Some));
        self.tokens.extend_from_slice(new);
        let rows = self.path[open.shared..]
            .iter()
            .zip(&open.tokens[open.shared + 1..]);
        self.told
            .extend(rows.filter_map(|(row, &token)| Some(((*row)?, token, open.index))));
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
        self.check(prompt, longest)?;
        continuations
            .iter()
            .try_for_each(|tokens| self.check_ids(tokens))?;
        self.read(prompt, cancel)?;
        let mut scores = vec![Vec::new(); continuations.len()];
        let mut open = Vec::new();
        let mut order: Vec<usize> = (0..continuations.len()).collect();
        order.sort_by_key(|&index| std::cmp::Reverse(continuations[index].len()));
        let mut wholes: Vec<usize> = Vec::new();
        for &index in &order {
            let tokens = &continuations[index];
            if wholes
                .iter()
                .any(|&whole| continuations[whole].starts_with(tokens))
            {
                continue;
            }
            wholes.push(index);
            scores[index] = self.known(tokens);
            if scores[index].len() < tokens.len() {
                open.push(Open {
                    index,
                    tokens,
                    shared: scores[index].len() - 1,
                });
            }
        }
        self.compute(prompt, open, &mut scores, cancel)?;
        for &index in &order {
            let tokens = &continuations[index];
            if let Some(&whole) = wholes
                .iter()
                .find(|&&whole| continuations[whole].starts_with(tokens))
            {
                scores[index] = scores[whole][..tokens.len()].to_vec();
            }
        }
        Ok(scores)
    }

    /// The scores of the first tokens of a continuation, as far as they are known: at least that of
    /// the first one.
    fn known(&mut self, tokens: &[u32]) -> Vec<f32> {
        let isa = self.engine().decoder().isa();
        let Some(behind) = self.behind() else {
            return Vec::new();
        };
        if let Some(scores) = behind.scores(tokens) {
            return scores.to_vec();
        }
        let shared = common(tokens, behind.said());
        let rows = (0..=shared).filter_map(|at| behind.row(at));
        rows.zip(tokens)
            .map(|(row, &id)| row[id as usize] - elementwise::log_sum_exp(isa, row))
            .collect()
    }

    /// Adds the scores of what is not known, and remembers all.
    fn compute(
        &mut self,
        prompt: &[u32],
        mut open: Vec<Open>,
        scores: &mut [Vec<f32>],
        cancel: &Cancel,
    ) -> Result<(), RunError> {
        if open.is_empty() {
            return Ok(());
        }
        // Those that leave the answer last come first, and then neighbours are those that share
        // most: a branch overwrites what stands in the cache from where it leaves the one before.
        open.sort_by(|a, b| b.shared.cmp(&a.shared).then_with(|| a.tokens.cmp(b.tokens)));
        let mut held = self.stand_behind(prompt, cancel)?;
        let (mut pass, mut before) = (Pass::default(), open[0].tokens);
        for one in &open {
            let mut start = if pass.tokens.is_empty() {
                one.shared.min(held)
            } else {
                common(before, one.inputs())
            };
            if pass.tokens.len() + one.inputs().len() - start > SCORED && !pass.tokens.is_empty() {
                held = self.finish(
                    std::mem::take(&mut pass),
                    prompt.len(),
                    held,
                    scores,
                    cancel,
                )?;
                start = one.shared.min(held);
            }
            if one.inputs().len() - start > SCORED {
                held = self.compute_long(one, prompt, &mut scores[one.index], cancel)?;
                continue;
            }
            pass.add(one, start, prompt.len());
            before = one.inputs();
        }
        self.finish(pass, prompt.len(), held, scores, cancel)?;
        if let Some(behind) = self.behind() {
            open.iter()
                .for_each(|one| behind.keep_scores(one.tokens, &scores[one.index]));
        }
        Ok(())
    }

    /// Computes a pass; gives how much of the answer the cache holds behind it, of the `held`
    /// tokens in front of it.
    fn finish(
        &mut self,
        pass: Pass,
        prompt: usize,
        held: usize,
        scores: &mut [Vec<f32>],
        cancel: &Cancel,
    ) -> Result<usize, RunError> {
        let left = pass
            .runs
            .iter()
            .map(|run| run.start - prompt)
            .fold(held, usize::min);
        if !pass.tokens.is_empty() {
            let result = self.run_apart(&pass.tokens, &pass.runs, cancel);
            self.truncate(prompt + left);
            result?;
        }
        let vocab = self.engine().decoder().vocab_size();
        for (row, token, index) in pass.told {
            let row = &self.logits_left()[row * vocab..][..vocab];
            scores[index].push(self.log_probability(row, token));
        }
        Ok(left)
    }

    /// Adds the scores of a continuation that takes several passes; gives how much of the answer
    /// the cache holds behind it.
    fn compute_long(
        &mut self,
        open: &Open,
        prompt: &[u32],
        scores: &mut Vec<f32>,
        cancel: &Cancel,
    ) -> Result<usize, RunError> {
        let kept = self.stand_behind(prompt, cancel)?.min(open.shared);
        self.truncate(prompt.len() + kept);
        let judged = self.judge(
            &open.inputs()[kept..],
            &open.tokens[kept + 1..],
            cancel,
            Self::log_probability,
        );
        self.truncate(prompt.len() + kept);
        scores.extend(&judged?[open.shared - kept..]);
        Ok(kept)
    }
}
