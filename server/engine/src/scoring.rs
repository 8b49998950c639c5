//! How likely several texts are to follow a prompt: what decides between candidates.
//!
//! All are computed side by side, the weights read once for many of them. What is known is not computed again: the tokens
//! that a text shares with the answer generated last, a text that another one begins with, and what was scored behind the
//! same prompt before (`behind.rs`).

use crate::kernels::rows;
use crate::layers::Run;
use crate::{Cancel, RunError, Session};

/// Rows of logits computed at a time; bounds the memory of a large vocabulary.
pub(crate) const SCORED: usize = 32;

/// A continuation to compute: which one, and how many of its tokens stand in the answer said last.
#[derive(Clone, Copy)]
struct Open {
    index: usize,
    shared: usize,
}

impl Session {
    /// Natural-log probabilities of the tokens of each continuation after `prompt`: one list per continuation. The prompt is
    /// computed once and stays in the cache.
    pub fn score(
        &mut self,
        prompt: &[u32],
        continuations: &[Vec<u32>],
        cancel: &Cancel,
    ) -> Result<Vec<Vec<f32>>, RunError> {
        let longest = continuations.iter().map(Vec::len).max().unwrap_or(0);
        self.check(prompt, longest)?;
        continuations.iter().try_for_each(|tokens| self.check_ids(tokens))?;
        self.read(prompt, cancel)?;
        let mut scores = vec![Vec::new(); continuations.len()];
        let mut open = Vec::new();
        let mut order: Vec<usize> = (0..continuations.len()).collect();
        order.sort_by_key(|&index| std::cmp::Reverse(continuations[index].len()));
        let mut wholes: Vec<usize> = Vec::new();
        for &index in &order {
            let tokens = &continuations[index];
            if wholes.iter().any(|&whole| continuations[whole].starts_with(tokens)) {
                continue;
            }
            wholes.push(index);
            scores[index] = self.known(tokens);
            if scores[index].len() < tokens.len() {
                open.push(Open { index, shared: scores[index].len() - 1 });
            }
        }
        self.compute(prompt, open, continuations, &mut scores, cancel)?;
        for &index in &order {
            let tokens = &continuations[index];
            if let Some(&whole) = wholes.iter().find(|&&whole| continuations[whole].starts_with(tokens)) {
                scores[index] = scores[whole][..tokens.len()].to_vec();
            }
        }
        Ok(scores)
    }

    /// The scores of the first tokens of a continuation, as far as they are known: at least that of the first one.
    fn known(&mut self, tokens: &[u32]) -> Vec<f32> {
        let isa = self.engine().decoder().device().isa;
        let Some(behind) = self.behind() else { return Vec::new() };
        if let Some(scores) = behind.scores(tokens) {
            return scores.to_vec();
        }
        let shared = tokens.iter().zip(behind.said()).take_while(|(a, b)| a == b).count();
        let rows = (0..=shared).filter_map(|at| behind.row(at));
        rows.zip(tokens).map(|(row, &id)| row[id as usize] - rows::log_sum_exp(isa, row)).collect()
    }

    /// Adds the scores of what is not known.
    fn compute(
        &mut self,
        prompt: &[u32],
        mut open: Vec<Open>,
        continuations: &[Vec<u32>],
        scores: &mut [Vec<f32>],
        cancel: &Cancel,
    ) -> Result<(), RunError> {
        if open.is_empty() {
            return Ok(());
        }
        // Of the answer, the cache may hold less than is known of it.
        let held = self.stand_behind(prompt, cancel)?;
        // A run overwrites what stands behind its start, so those that need the most of it come first.
        open.sort_by_key(|open| std::cmp::Reverse(open.shared));
        let rest = |open: &Open| continuations[open.index].len() - 1 - open.shared.min(held);
        let (long, short): (Vec<Open>, Vec<Open>) = open.into_iter().partition(|open| rest(open) > SCORED);
        for group in groups(&short, rest) {
            let result = self.compute_apart((prompt.len(), held), group, continuations, scores, cancel);
            self.truncate(prompt.len() + group.last().map_or(0, |open| open.shared.min(held)));
            result?;
        }
        for Open { index, shared } in long {
            // What was computed before may have taken the answer out of the cache.
            let kept = self.stand_behind(prompt, cancel)?.min(shared);
            self.truncate(prompt.len() + kept);
            let tokens = &continuations[index][kept..];
            let judged = self.judge(&tokens[..tokens.len() - 1], &tokens[1..], cancel, Self::log_probability);
            self.truncate(prompt.len() + kept);
            self.learn(&continuations[index], &mut scores[index], &judged?[shared - kept..]);
        }
        Ok(())
    }

    /// Adds the scores of the last tokens of a continuation to those of the first ones, and keeps all.
    fn learn(&mut self, tokens: &[u32], scores: &mut Vec<f32>, new: &[f32]) {
        scores.extend_from_slice(new);
        if let Some(behind) = self.behind() {
            behind.keep_scores(tokens, scores);
        }
    }

    /// Those of a group of short ones, all in one pass, behind a prompt of so many tokens and the part of the answer that is
    /// held in the cache.
    fn compute_apart(
        &mut self,
        (prompt, held): (usize, usize),
        group: &[Open],
        continuations: &[Vec<u32>],
        scores: &mut [Vec<f32>],
        cancel: &Cancel,
    ) -> Result<(), RunError> {
        let inputs = |open: &Open| {
            let tokens = &continuations[open.index];
            &tokens[open.shared.min(held)..tokens.len() - 1]
        };
        let run = |open: &Open| Run { start: prompt + open.shared.min(held), tokens: inputs(open).len() };
        let runs: Vec<Run> = group.iter().map(run).collect();
        let tokens: Vec<u32> = group.iter().flat_map(inputs).copied().collect();
        self.run_apart(&tokens, &runs, cancel)?;
        let mut rows = self.logits_left().chunks_exact(self.engine().decoder().vocab_size());
        let mut found = Vec::with_capacity(group.len());
        for open in group {
            let targets = continuations[open.index][open.shared.min(held) + 1..].iter().zip(&mut rows);
            let all: Vec<f32> = targets.map(|(&target, row)| self.log_probability(row, target)).collect();
            found.push(all[open.shared - open.shared.min(held)..].to_vec());
        }
        for (open, new) in group.iter().zip(found) {
            self.learn(&continuations[open.index], &mut scores[open.index], &new);
        }
        Ok(())
    }
}

/// Cuts `items` into groups of at most [`SCORED`] tokens, an item's being `tokens` of it.
fn groups<T>(items: &[T], tokens: impl Fn(&T) -> usize) -> Vec<&[T]> {
    let (mut found, mut from, mut sum) = (Vec::new(), 0, 0);
    for (at, item) in items.iter().enumerate() {
        sum += tokens(item);
        if sum > SCORED {
            found.push(&items[from..at]);
            (from, sum) = (at, tokens(item));
        }
    }
    found.push(&items[from..]);
    found.retain(|group| !group.is_empty());
    found
}
