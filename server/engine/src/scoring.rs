//! How likely several texts are to follow a prompt: what decides between candidates.
//!
//! All are computed side by side, the weights read once for many of them. What is known is not computed again: the tokens
//! that a text shares with the answer generated last, and a text that another one begins with.

use crate::layers::Run;
use crate::{Cancel, RunError, Session};

/// Rows of logits computed at a time; bounds the memory of a large vocabulary.
pub(crate) const SCORED: usize = 32;

/// A continuation to compute: which one, and how many of its tokens stand in the cache.
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
        self.read_or_keep(prompt, cancel)?;
        let said = self.said(prompt.len()).to_vec();
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
            let shared = tokens.iter().zip(&said).take_while(|(a, b)| a == b).count();
            scores[index] = (0..tokens.len().min(shared + 1)).map(|i| self.known(i, tokens[i])).collect();
            if tokens.len() > shared + 1 {
                open.push(Open { index, shared });
            }
        }
        self.compute(prompt.len(), open, continuations, &mut scores, cancel)?;
        for &index in &order {
            let tokens = &continuations[index];
            if let Some(&whole) = wholes.iter().find(|&&whole| continuations[whole].starts_with(tokens)) {
                scores[index] = scores[whole][..tokens.len()].to_vec();
            }
        }
        Ok(scores)
    }

    /// Adds the scores of what is not known.
    fn compute(
        &mut self,
        prompt: usize,
        mut open: Vec<Open>,
        continuations: &[Vec<u32>],
        scores: &mut [Vec<f32>],
        cancel: &Cancel,
    ) -> Result<(), RunError> {
        // A run overwrites what stands behind its start, so those that need the most of it come first.
        open.sort_by_key(|open| std::cmp::Reverse(open.shared));
        let rest = |open: &Open| continuations[open.index].len() - 1 - open.shared;
        let (long, short): (Vec<Open>, Vec<Open>) = open.into_iter().partition(|open| rest(open) > SCORED);
        for group in groups(&short, rest) {
            let result = self.compute_apart(prompt, group, continuations, scores, cancel);
            self.truncate(prompt + group.last().map_or(0, |open| open.shared));
            result?;
        }
        for Open { index, shared } in long {
            // What was computed before may have taken the answer out of the cache.
            let kept = shared.min(self.cached() - prompt);
            self.truncate(prompt + kept);
            let tokens = &continuations[index][kept..];
            let judged = self.judge(&tokens[..tokens.len() - 1], &tokens[1..], cancel, Self::log_probability);
            self.truncate(prompt + kept);
            scores[index].extend(&judged?[shared - kept..]);
        }
        Ok(())
    }

    /// Those of a group of short ones, all in one pass.
    fn compute_apart(
        &mut self,
        prompt: usize,
        group: &[Open],
        continuations: &[Vec<u32>],
        scores: &mut [Vec<f32>],
        cancel: &Cancel,
    ) -> Result<(), RunError> {
        let inputs = |open: &Open| {
            let tokens = &continuations[open.index];
            &tokens[open.shared..tokens.len() - 1]
        };
        let runs: Vec<Run> =
            group.iter().map(|open| Run { start: prompt + open.shared, tokens: inputs(open).len() }).collect();
        let tokens: Vec<u32> = group.iter().flat_map(inputs).copied().collect();
        self.run_apart(&tokens, &runs, cancel)?;
        let mut rows = self.logits_left().chunks_exact(self.engine().decoder().vocab_size());
        for open in group {
            let targets = continuations[open.index][open.shared + 1..].iter().zip(&mut rows);
            scores[open.index].extend(targets.map(|(&target, row)| self.log_probability(row, target)));
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
