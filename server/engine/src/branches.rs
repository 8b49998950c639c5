//! The likeliest different answers to one prompt: a search, best first, that gives the same answers
//! every time.
//!
//! The first answer takes the likeliest token at every step and leaves the runners-up of each step
//! behind as beginnings. The likeliest beginning of all then starts the next answer, which goes on
//! in the same way. Everything two answers share is computed once, as [`Session`] keeps the longest
//! common prefix in its cache. Features ask for it through `assistant/src/model.rs`, where several
//! answers are checked before one is shown.

use crate::stream::TextStream;
use crate::tokenizer::Role;
use crate::{Cancel, RunError, Session, Tokenizer};

/// Tokens of a step that are looked at: the one taken and its runners-up.
const WIDTH: usize = 4;
/// Beginnings followed for each answer wanted; two of them may give the same text in different
/// tokens.
const ATTEMPTS: usize = 3;

/// One of several answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// Its text; incomplete UTF-8 at the end is left out.
    pub text: String,
    /// Natural-log probability of all its tokens, the one that ended it included.
    pub logprob: f32,
    /// The model ended it, rather than the limit of tokens.
    pub ended: bool,
}

/// The beginning of an answer that nobody has followed yet.
struct Beginning {
    tokens: Vec<u32>,
    logprob: f32,
}

impl Session {
    /// At most `count` answers of at most `max_tokens` tokens to `prompt`, all different, the
    /// likeliest first.
    pub fn branches(
        &mut self,
        prompt: &[u32],
        count: usize,
        max_tokens: usize,
        cancel: &Cancel,
    ) -> Result<Vec<Branch>, RunError> {
        self.check(prompt, max_tokens)?;
        let mut open = vec![Beginning {
            tokens: Vec::new(),
            logprob: 0.0,
        }];
        let mut found: Vec<Branch> = Vec::new();
        for _ in 0..count * ATTEMPTS {
            let best = (0..open.len()).max_by(|&a, &b| open[a].logprob.total_cmp(&open[b].logprob));
            let Some(best) = best.filter(|_| found.len() < count) else {
                break;
            };
            let beginning = open.swap_remove(best);
            let branch = self.follow(prompt, beginning, max_tokens, &mut open, cancel)?;
            if !found
                .iter()
                .any(|known| known.text == branch.text && known.ended == branch.ended)
            {
                found.push(branch);
            }
        }
        found.sort_by(|a, b| b.logprob.total_cmp(&a.logprob));
        Ok(found)
    }

    /// Goes on from a beginning with the likeliest tokens, and leaves their runners-up in `open`.
    fn follow(
        &mut self,
        prompt: &[u32],
        beginning: Beginning,
        max_tokens: usize,
        open: &mut Vec<Beginning>,
        cancel: &Cancel,
    ) -> Result<Branch, RunError> {
        let engine = self.engine().clone();
        let tokenizer = engine.tokenizer();
        let Beginning {
            tokens,
            mut logprob,
        } = beginning;
        let mut all = [prompt, &tokens].concat();
        loop {
            let ended =
                all.len() > prompt.len() && all.last().is_some_and(|&id| ends(tokenizer, id));
            if ended || all.len() - prompt.len() >= max_tokens {
                let answer = &all[prompt.len()..all.len() - usize::from(ended)];
                return Ok(Branch {
                    text: text(tokenizer, answer),
                    logprob,
                    ended,
                });
            }
            let logits = self.logits_behind(&all, cancel)?.to_vec();
            let next = likeliest(&logits, tokenizer.vocab_size());
            let mut behind = next
                .into_iter()
                .map(|id| (id, logprob + self.log_probability(&logits, id)));
            let Some((id, score)) = behind.next() else {
                return Err(RunError::Compute(
                    "no token can follow: the logits are not numbers".into(),
                ));
            };
            let answer = &all[prompt.len()..];
            open.extend(behind.map(|(id, logprob)| Beginning {
                tokens: [answer, &[id]].concat(),
                logprob,
            }));
            all.push(id);
            logprob = score;
        }
    }
}

/// Whether a token ends a text: any special one, and what the file names as an end.
fn ends(tokenizer: &Tokenizer, id: u32) -> bool {
    let named = |role| tokenizer.named(role).is_some_and(|(named, _)| named == id);
    tokenizer.is_special(id) || named(Role::Eos) || named(Role::Eot)
}

fn text(tokenizer: &Tokenizer, ids: &[u32]) -> String {
    let mut stream = TextStream::default();
    ids.iter()
        .for_each(|&id| stream.push(tokenizer.token_bytes(id)));
    stream.into_text()
}

/// The [`WIDTH`] likeliest of the first `vocab` tokens, best first; what is not a number is passed
/// over.
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
