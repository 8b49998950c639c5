//! What a session knows of the text behind its last prompt, so that nothing is computed twice.
//!
//! While a word is typed, the prompt stays the same from key to key, and so does most of what is
//! asked about it. Kept are the logits along the last answer and the scores of continuations. They
//! depend on tokens alone and so stay true when the cache has gone on to something else. When the
//! prompt grows by the beginning of the answer, they move with it. Nothing here computes.

/// Rows of logits kept: most answers are no longer.
const ROWS: usize = 24;
/// Scored continuations kept.
const SCORED: usize = 96;

/// What may follow a prompt, as far as it is known.
pub(crate) struct Behind {
    prompt: Vec<u32>,
    /// The beginning of the last answer.
    said: Vec<u32>,
    /// The logits behind the prompt and behind each token of `said`: `[1 + said][vocab]`.
    rows: Vec<f32>,
    vocab: usize,
    /// Continuations and the log-probability of each of their tokens, the newest last.
    scored: Vec<(Vec<u32>, Vec<f32>)>,
}

impl Behind {
    /// The logits behind a prompt, and nothing else.
    pub fn new(prompt: &[u32], logits: &[f32]) -> Behind {
        let (prompt, rows) = (prompt.to_vec(), logits.to_vec());
        Behind {
            prompt,
            said: Vec::new(),
            vocab: rows.len(),
            rows,
            scored: Vec::new(),
        }
    }

    /// What of this is known behind `prompt`, if anything: it must be the old prompt, or that and
    /// the beginning of the answer.
    pub fn moved_to(mut self, prompt: &[u32]) -> Option<Behind> {
        let more = prompt.strip_prefix(self.prompt.as_slice())?;
        if !self.said.starts_with(more) {
            return None;
        }
        if more.is_empty() {
            return Some(self);
        }
        self.prompt.extend_from_slice(more);
        self.said.drain(..more.len());
        self.rows.drain(..more.len() * self.vocab);
        let rest = |(tokens, scores): (Vec<u32>, Vec<f32>)| {
            let tokens = tokens.strip_prefix(more)?.to_vec();
            Some((tokens, scores[more.len()..].to_vec()))
        };
        self.scored = self.scored.into_iter().filter_map(rest).collect();
        Some(self)
    }

    /// The prompt that all of this stands behind.
    pub fn prompt(&self) -> &[u32] {
        &self.prompt
    }

    /// The beginning of the last answer, behind all of whose tokens the logits are known.
    pub fn said(&self) -> &[u32] {
        &self.said
    }

    /// The logits behind the prompt and the first `at` tokens of the answer.
    pub fn row(&self, at: usize) -> Option<&[f32]> {
        self.rows.chunks_exact(self.vocab).nth(at)
    }

    /// Keeps the logits `rows` behind each of the last tokens of `answer`.
    pub fn say(&mut self, answer: &[u32], rows: &[f32]) {
        let known = answer.len() - rows.len() / self.vocab;
        let kept = answer.len().min(ROWS - 1);
        if kept <= known || !self.said.starts_with(&answer[..known]) {
            return;
        }
        self.said
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
            .find(|(tokens, _)| tokens.starts_with(continuation))?;
        known.1.get(..continuation.len())
    }

    /// Keeps the scores of a continuation.
    pub fn keep_scores(&mut self, continuation: &[u32], scores: &[f32]) {
        if self.scores(continuation).is_none() {
            self.scored.push((continuation.to_vec(), scores.to_vec()));
            self.scored
                .drain(..self.scored.len().saturating_sub(SCORED));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Behind the prompt `[1, 2]` the answer `[3, 4, 5]`, with rows of two numbers.
    fn behind() -> Behind {
        let mut behind = Behind::new(&[1, 2], &[0.0, 0.5]);
        behind.say(&[3], &[1.0, 1.5]);
        behind.say(&[3, 4, 5], &[2.0, 2.5, 3.0, 3.5]);
        behind.keep_scores(&[3, 4, 9], &[-1.0, -2.0, -3.0]);
        behind.keep_scores(&[8], &[-4.0]);
        behind
    }

    #[test]
    fn the_answer_and_the_scores_move_with_the_prompt() {
        let same = behind().moved_to(&[1, 2]).unwrap();
        assert_eq!(
            (same.said(), same.row(3)),
            (&[3, 4, 5][..], Some(&[3.0, 3.5][..]))
        );
        let moved = behind().moved_to(&[1, 2, 3, 4]).unwrap();
        assert_eq!(moved.said(), [5]);
        assert_eq!(
            (moved.row(0), moved.row(1)),
            (Some(&[2.0, 2.5][..]), Some(&[3.0, 3.5][..]))
        );
        assert_eq!(moved.row(2), None);
        assert_eq!(
            (moved.scores(&[9]), moved.scores(&[8])),
            (Some(&[-3.0][..]), None)
        );
        for other in [&[1][..], &[1, 2, 4], &[1, 2, 3, 4, 5, 6], &[]] {
            assert!(behind().moved_to(other).is_none(), "{other:?}");
        }
    }

    #[test]
    fn another_answer_takes_the_place_of_the_last_one_from_where_they_differ() {
        let mut behind = behind();
        behind.say(&[3, 7], &[9.0, 9.5]);
        assert_eq!(behind.said(), [3, 7]);
        assert_eq!(
            (behind.row(1), behind.row(2)),
            (Some(&[1.0, 1.5][..]), Some(&[9.0, 9.5][..]))
        );
        // Logits behind a token whose predecessor is not known are of no use.
        behind.say(&[6, 6], &[0.0, 0.0]);
        assert_eq!(behind.said(), [3, 7]);
    }

    #[test]
    fn what_is_kept_has_a_limit() {
        let mut behind = Behind::new(&[1], &[0.0]);
        let answer: Vec<u32> = (0..100).collect();
        behind.say(&answer, &[0.0; 100]);
        assert_eq!((behind.said().len(), behind.row(ROWS)), (ROWS - 1, None));
        answer
            .iter()
            .for_each(|&id| behind.keep_scores(&[id], &[0.0]));
        assert_eq!(behind.scored.len(), SCORED);
        assert!(behind.scores(&[0]).is_none() && behind.scores(&[99]).is_some());
    }

    #[test]
    fn the_scores_of_a_beginning_are_known() {
        let behind = behind();
        assert_eq!(behind.scores(&[3, 4]), Some(&[-1.0, -2.0][..]));
        assert_eq!(
            (behind.scores(&[3, 5]), behind.scores(&[3, 4, 9, 9])),
            (None, None)
        );
    }
}
