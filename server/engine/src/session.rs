//! One sequence of related prompts: the tokens seen so far and their KV cache.
//!
//! The server keeps a session per kind of work (typing, background jobs). Each call compares its
//! tokens with those in the cache, keeps the longest common prefix and computes only the rest.
//! `generate`, `score` and `n_best` add what a session can be asked; they know token ids, and the
//! engine's tokenizer only for the text of an answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::continuation_cache::ContinuationCache;
use crate::error::check_cancelled;
use crate::layers::PositionRange;
use crate::sequence::{PREFILL_BLOCK, Sequence};
use crate::{Cancel, Engine, RunError};

/// Rows of logits computed at a time; bounds the memory of a large vocabulary.
pub(crate) const LOGITS_BLOCK: usize = 32;

/// Tokens and their KV cache. A new prompt reuses the longest common prefix with the last one.
pub struct Session {
    pub(crate) engine: Arc<Engine>,
    pub(crate) sequence: Sequence,
    /// The logits of the last forward pass.
    pub(crate) logits: Vec<f32>,
    /// What is known about the text after the last prompt.
    pub(crate) continuations: Option<ContinuationCache>,
    /// Computed tokens of the last prompt and the time they took, until a generation has reported
    /// them.
    pub(crate) unreported_prefill: Option<(usize, Duration)>,
}

impl Session {
    /// An empty session; memory for the cache is allocated as it fills.
    pub fn new(engine: Arc<Engine>) -> Session {
        Session {
            sequence: Sequence::new(Arc::clone(&engine)),
            engine,
            logits: Vec::new(),
            continuations: None,
            unreported_prefill: None,
        }
    }

    /// How many of the first tokens of a prompt need no computation.
    pub fn cached_prefix_len(&self, prompt: &[u32]) -> usize {
        let known = self
            .continuations
            .as_ref()
            .map_or(&[][..], ContinuationCache::prompt);
        common_prefix_len(self.sequence.tokens(), prompt).max(common_prefix_len(known, prompt))
    }

    /// Swaps working buffers with an idle session, so that only one holds large ones.
    pub fn swap_buffers(&mut self, idle: &mut Session) {
        self.sequence.swap_buffers(&mut idle.sequence);
        std::mem::swap(&mut self.logits, &mut idle.logits);
    }

    /// The engine this session runs on.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Prefills a prompt that will probably be asked for. The report of the next generation leaves
    /// out the time this takes.
    pub fn prefill_ahead(&mut self, prompt: &[u32], cancel: &Cancel) -> Result<(), RunError> {
        self.begin(prompt, 1)?;
        self.prefill(prompt, cancel)?;
        self.unreported_prefill = None;
        Ok(())
    }

    /// The logits after each of the tokens `tokens[from..]`: a row of `vocab_size` values per
    /// token.
    pub fn logits(
        &mut self,
        tokens: &[u32],
        from: usize,
        cancel: &Cancel,
    ) -> Result<Vec<Vec<f32>>, RunError> {
        self.begin(tokens, 0)?;
        let from = from.min(tokens.len());
        let vocab = self.vocab_size();
        let mut result = Vec::with_capacity(tokens.len() - from);
        self.prefill_only(tokens, from, cancel)?;
        for block in tokens[from..].chunks(LOGITS_BLOCK) {
            self.forward(block, block.len(), cancel)?;
            result.extend(self.logits.chunks_exact(vocab).map(<[f32]>::to_vec));
        }
        Ok(result)
    }

    pub(crate) fn vocab_size(&self) -> usize {
        self.engine.decoder().vocab_size()
    }

    /// The natural-log probability of a token.
    pub(crate) fn log_probability(&self, logits: &[f32], id: u32) -> f32 {
        logits[id as usize] - self.engine.decoder().log_sum_exp(logits)
    }

    /// Begins with a prompt, on the device that the engine now has for it. Refuses an empty prompt,
    /// unknown ids, and prompts that do not fit with `more` tokens.
    pub(crate) fn begin(&mut self, prompt: &[u32], more: usize) -> Result<(), RunError> {
        let (needed, context) = (prompt.len() + more, self.engine.decoder().context());
        if prompt.is_empty() {
            return Err(RunError::EmptyPrompt);
        }
        if needed > context {
            return Err(RunError::ContextFull { needed, context });
        }
        self.check_ids(prompt)?;
        self.sequence.follow();
        Ok(())
    }

    pub(crate) fn check_ids(&self, tokens: &[u32]) -> Result<(), RunError> {
        let vocab = self.vocab_size();
        match tokens.iter().find(|&&id| id as usize >= vocab) {
            Some(&id) => Err(RunError::UnknownToken { id, vocab }),
            None => Ok(()),
        }
    }

    /// Cuts the cache back to the longest prefix it shares with `tokens`, `max` tokens at most;
    /// returns its length.
    pub(crate) fn keep_common_prefix(&mut self, tokens: &[u32], max: usize) -> usize {
        let kept = common_prefix_len(self.sequence.tokens(), tokens).min(max);
        self.truncate(kept);
        kept
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.sequence.truncate(len);
    }

    /// Makes the logits after `prompt` known, computing them if they are not. The KV cache may hold
    /// less than the prompt afterwards.
    pub(crate) fn prefill(&mut self, prompt: &[u32], cancel: &Cancel) -> Result<(), RunError> {
        check_cancelled(cancel)?;
        let known = self.continuations.take();
        self.continuations = known.and_then(|known| known.advance_to(prompt));
        if self.continuations.is_some() {
            return Ok(());
        }
        let begin = Instant::now();
        let reused = self.keep_common_prefix(prompt, prompt.len() - 1);
        self.forward_blocks(&prompt[reused..], cancel)?;
        self.unreported_prefill = Some((prompt.len() - reused, begin.elapsed()));
        self.continuations = Some(ContinuationCache::new(prompt, &self.logits));
        Ok(())
    }

    /// Fills the KV cache with the first `count` tokens and no more, without logits.
    pub(crate) fn prefill_only(
        &mut self,
        tokens: &[u32],
        count: usize,
        cancel: &Cancel,
    ) -> Result<(), RunError> {
        let reused = self.keep_common_prefix(tokens, count);
        tokens[reused..count]
            .chunks(PREFILL_BLOCK)
            .try_for_each(|block| self.forward(block, 0, cancel))
    }

    /// Fills the KV cache with `prompt` and as much of the last answer as it can keep; returns how
    /// many tokens of the answer it holds.
    pub(crate) fn restore_answer(
        &mut self,
        prompt: &[u32],
        cancel: &Cancel,
    ) -> Result<usize, RunError> {
        let generated = self
            .continuations
            .as_ref()
            .map_or(&[][..], ContinuationCache::generated);
        let max = prompt.len() + generated.len();
        let reused = self.keep_common_prefix(&[prompt, generated].concat(), max);
        if reused < prompt.len() {
            self.prefill_only(prompt, prompt.len(), cancel)?;
        }
        Ok(self.sequence.tokens().len() - prompt.len())
    }

    /// Computes what the KV cache lacks of `tokens` and returns the logits after them.
    pub(crate) fn logits_after(
        &mut self,
        tokens: &[u32],
        cancel: &Cancel,
    ) -> Result<&[f32], RunError> {
        let reused = self.keep_common_prefix(tokens, tokens.len().saturating_sub(1));
        self.forward_blocks(&tokens[reused..], cancel)?;
        Ok(&self.logits)
    }

    /// Runs the rest of a prompt block by block and leaves the last token's logits.
    fn forward_blocks(&mut self, tokens: &[u32], cancel: &Cancel) -> Result<(), RunError> {
        let blocks = tokens.len().div_ceil(PREFILL_BLOCK);
        for (i, block) in tokens.chunks(PREFILL_BLOCK).enumerate() {
            self.forward(block, usize::from(i + 1 == blocks), cancel)?;
        }
        Ok(())
    }

    /// Runs `tokens` after those in the KV cache, and leaves the logits after the last `wanted`
    /// tokens.
    pub(crate) fn forward(
        &mut self,
        tokens: &[u32],
        wanted: usize,
        cancel: &Cancel,
    ) -> Result<(), RunError> {
        let logits = &mut self.logits;
        self.sequence.forward(tokens, wanted, logits, cancel)
    }

    /// Runs several branches; see `Decoder::forward_branches`.
    pub(crate) fn forward_branches(
        &mut self,
        tokens: &[u32],
        ranges: &[PositionRange],
        cancel: &Cancel,
    ) -> Result<(), RunError> {
        let logits = &mut self.logits;
        self.sequence
            .forward_branches(tokens, ranges, logits, cancel)
    }
}

/// How many tokens both begin with.
pub(crate) fn common_prefix_len(one: &[u32], other: &[u32]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}
