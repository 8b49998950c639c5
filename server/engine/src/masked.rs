//! Generates an answer of which every begin is allowed, by asking a mask about one token after
//! another, the likeliest first.
//!
//! [`Session::generate_masked`] is greedy and drafts nothing: such answers are short and rare. The
//! mask knows texts, and nothing of tokens.

use std::time::Instant;

use crate::{Cancel, FinishReason, Generation, RunError, Session};

/// The most tokens that are tried at one place: if none is allowed, no answer is.
const MAX_TRIED: usize = 4096;

/// Which texts an answer may be.
pub trait TextMask {
    /// Whether an answer may begin with this text.
    fn allows(&self, text: &str) -> bool;
    /// Whether this text is a whole answer.
    fn is_whole(&self, text: &str) -> bool;
}

impl Session {
    /// Continues `prompt` with a text that `mask` allows, of at most `max_tokens` tokens. The
    /// answer is whole where it ends with [`FinishReason::EndOfText`].
    pub fn generate_masked(
        &mut self,
        prompt: &[u32],
        max_tokens: usize,
        mask: &dyn TextMask,
        cancel: &Cancel,
    ) -> Result<Generation, RunError> {
        self.begin(prompt, 1)?;
        let begin = Instant::now();
        let reused = self.cached_prefix_len(prompt).min(prompt.len() - 1);
        let room = self.engine.decoder().context() - prompt.len();
        let mut tokens = prompt.to_vec();
        let mut generation = Generation {
            text: String::new(),
            tokens: Vec::new(),
            logprobs: Vec::new(),
            finish: FinishReason::Length,
            prompt_tokens: prompt.len(),
            reused_tokens: reused,
            drafted: 0,
            prefill: begin.elapsed(),
            decode: begin.elapsed(),
        };
        for step in 0..max_tokens.min(room) {
            if cancel.is_cancelled() {
                return Err(RunError::Cancelled);
            }
            self.logits_after(&tokens, cancel)?;
            if step == 0 {
                generation.prefill = begin.elapsed();
            }
            let next = match self.likeliest_allowed(&generation.text, mask) {
                Some(Next::Token(id, text)) => {
                    generation.text = text;
                    id
                }
                Some(Next::End) => {
                    generation.finish = FinishReason::EndOfText;
                    break;
                }
                None => {
                    generation.finish = FinishReason::Unlikely;
                    break;
                }
            };
            generation
                .logprobs
                .push(self.log_probability(&self.logits, next));
            generation.tokens.push(next);
            tokens.push(next);
        }
        self.continuations = None;
        generation.decode = begin.elapsed() - generation.prefill;
        Ok(generation)
    }

    /// The likeliest token that the mask allows after a text, or its end.
    fn likeliest_allowed(&self, text: &str, mask: &dyn TextMask) -> Option<Next> {
        let tokenizer = self.engine.tokenizer();
        let known = tokenizer.vocab_size().min(self.logits.len());
        let mut order: Vec<u32> = (0..known as u32).collect();
        let logit = |id: &u32| self.logits[*id as usize];
        order.retain(|id| logit(id).is_finite());
        let (mut tried, mut sorted) = (0, 64);
        while tried < order.len().min(MAX_TRIED) {
            let part = &mut order[tried..];
            let count = sorted.min(part.len());
            if count < part.len() {
                part.select_nth_unstable_by(count, |a, b| logit(b).total_cmp(&logit(a)));
            }
            part[..count].sort_unstable_by(|a, b| logit(b).total_cmp(&logit(a)));
            for id in &order[tried..tried + count] {
                let ends = tokenizer.is_special(*id);
                if ends && mask.is_whole(text) {
                    return Some(Next::End);
                }
                let bytes = tokenizer.token_bytes(*id);
                let Some(longer) = (!ends).then(|| joined(text, bytes)).flatten() else {
                    continue;
                };
                if mask.allows(&longer) {
                    return Some(Next::Token(*id, longer));
                }
            }
            tried += count;
            sorted *= 8;
        }
        None
    }
}

/// What comes next.
enum Next {
    /// A token, and the text with it.
    Token(u32, String),
    /// The text is whole.
    End,
}

/// A text with the bytes of a token; `None` where these are nothing, or no whole characters.
fn joined(text: &str, bytes: &[u8]) -> Option<String> {
    let added = std::str::from_utf8(bytes).ok()?;
    (!added.is_empty()).then(|| format!("{text}{added}"))
}
