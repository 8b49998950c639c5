//! The likeliest different answers to one prompt: a deterministic best-first search.
//!
//! The first answer takes the likeliest token at every step, and the runners-up of each step become
//! the beginnings of other answers. The likeliest beginning of all is completed next, in the same
//! way. What two answers share is computed once, as [`Session`] keeps the longest common prefix in
//! its cache. The server asks for several answers where they are checked before one is shown.

use crate::stream::TextStream;
use crate::tokenizer::TokenRole;
use crate::{Cancel, RunError, Session, Tokenizer};

/// Tokens of a step that are considered: the one taken and its runners-up.
const WIDTH: usize = 4;
/// Beginnings completed for each answer wanted; two may give the same text in different
/// tokens.
const MAX_ATTEMPTS: usize = 3;

/// One of several answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// Its text; incomplete UTF-8 at the end is left out.
    pub text: String,
    /// Natural-log probability of all its tokens, including the one that ended it.
    pub logprob: f32,
    /// The model ended it, rather than the limit of tokens.
    pub ended: bool,
}

/// The beginning of an answer that has not been completed yet.
struct OpenHypothesis {
    tokens: Vec<u32>,
    logprob: f32,
}

impl Session {
    /// At most `count` answers of at most `max_tokens` tokens to `prompt`, all different, the
    /// likeliest first: those that are found while `goes_on`, which is asked before each token.
    pub fn n_best(
        &mut self,
        prompt: &[u32],
        [count, max_tokens]: [usize; 2],
        cancel: &Cancel,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<Vec<Hypothesis>, RunError> {
        self.begin(prompt, max_tokens)?;
        let mut open = vec![OpenHypothesis {
            tokens: Vec::new(),
            logprob: 0.0,
        }];
        let mut found: Vec<Hypothesis> = Vec::new();
        for _ in 0..count * MAX_ATTEMPTS {
            if found.len() >= count {
                break;
            }
            let Some(beginning) = take_likeliest(&mut open) else {
                break;
            };
            let found_one =
                self.complete(prompt, beginning, max_tokens, &mut open, cancel, goes_on)?;
            let Some(answer) = found_one else {
                break;
            };
            let is_known = found
                .iter()
                .any(|known| known.text == answer.text && known.ended == answer.ended);
            if !is_known {
                found.push(answer);
            }
        }
        found.sort_by(|a, b| b.logprob.total_cmp(&a.logprob));
        Ok(found)
    }

    /// Completes a beginning with the likeliest tokens, and adds their runners-up to `open`.
    /// Nothing where it is not to go on before the end.
    fn complete(
        &mut self,
        prompt: &[u32],
        beginning: OpenHypothesis,
        max_tokens: usize,
        open: &mut Vec<OpenHypothesis>,
        cancel: &Cancel,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Hypothesis>, RunError> {
        let engine = self.engine().clone();
        let tokenizer = engine.tokenizer();
        let mut logprob = beginning.logprob;
        let mut tokens = [prompt, &beginning.tokens].concat();
        loop {
            let answer = &tokens[prompt.len()..];
            let ended = answer.last().is_some_and(|&id| ends_answer(tokenizer, id));
            if ended || answer.len() >= max_tokens {
                let answer = &answer[..answer.len() - usize::from(ended)];
                return Ok(Some(Hypothesis {
                    text: text(tokenizer, answer),
                    logprob,
                    ended,
                }));
            }
            if !goes_on() {
                return Ok(None);
            }
            let logits = self.logits_after(&tokens, cancel)?.to_vec();
            let mut likeliest = likeliest(&logits, tokenizer.vocab_size()).into_iter();
            let Some(next) = likeliest.next() else {
                return Err(RunError::no_token());
            };
            let answer = &tokens[prompt.len()..];
            open.extend(likeliest.map(|id| OpenHypothesis {
                tokens: [answer, &[id]].concat(),
                logprob: logprob + self.log_probability(&logits, id),
            }));
            logprob += self.log_probability(&logits, next);
            tokens.push(next);
        }
    }
}

fn take_likeliest(open: &mut Vec<OpenHypothesis>) -> Option<OpenHypothesis> {
    let best = (0..open.len()).max_by(|&a, &b| open[a].logprob.total_cmp(&open[b].logprob))?;
    Some(open.swap_remove(best))
}

/// Whether a token ends an answer: any special one, and those that the file names as an end.
fn ends_answer(tokenizer: &Tokenizer, id: u32) -> bool {
    let has_role = |role| tokenizer.named(role).is_some_and(|(named, _)| named == id);
    tokenizer.is_special(id) || has_role(TokenRole::Eos) || has_role(TokenRole::Eot)
}

fn text(tokenizer: &Tokenizer, ids: &[u32]) -> String {
    let mut stream = TextStream::default();
    for &id in ids {
        stream.push(tokenizer.token_bytes(id));
    }
    stream.into_text()
}

/// The [`WIDTH`] likeliest of the first `vocab` tokens, best first; NaN is skipped.
fn likeliest(logits: &[f32], vocab: usize) -> Vec<u32> {
    let mut best: Vec<(u32, f32)> = Vec::with_capacity(WIDTH + 1);
    for (id, &logit) in (0u32..).zip(logits.iter().take(vocab)) {
        let worst = best
            .last()
            .filter(|_| best.len() == WIDTH)
            .map_or(f32::NEG_INFINITY, |(_, logit)| *logit);
        if logit > worst {
            let at = best.partition_point(|(_, known)| *known >= logit);
            best.insert(at, (id, logit));
            best.truncate(WIDTH);
        }
    }
    best.into_iter().map(|(id, _)| id).collect()
}

#[cfg(test)]
mod tests {
    use super::likeliest;

    #[test]
    fn the_likeliest_tokens_come_best_first_and_the_earlier_of_equals_too() {
        let logits = [0.5, f32::NAN, 2.0, 1.0, 2.0, -1.0, 9.0];
        assert_eq!(likeliest(&logits, 6), [2, 4, 3, 0]);
        assert_eq!(likeliest(&[f32::NAN], 1), [0u32; 0]);
    }
}
