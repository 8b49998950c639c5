//! Generates an answer token by token, with speculative decoding where tokens can be guessed.
//!
//! [`Session::generate`] is what a completion calls. Sampling is in `sampling`, the guesses in
//! `drafts`. Logits known from the last answer to the same prompt are not computed again.

use std::ops::ControlFlow;
use std::time::Instant;

use crate::continuation_cache::ContinuationCache;
use crate::drafts::Drafter;
use crate::sampling::Sampler;
use crate::sequence::PREFILL_BLOCK;
use crate::stream::TextStream;
use crate::tokenizer::TokenRole;
use crate::{
    Cancel, Engine, FinishReason, GenerateOptions, Generation, RunError, Session, Tokenizer,
};

impl Session {
    /// Continues `prompt`. `on_text` gets the whole answer so far after each token (complete UTF-8
    /// only) and may stop it.
    pub fn generate(
        &mut self,
        prompt: &[u32],
        options: &GenerateOptions,
        cancel: &Cancel,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Generation, RunError> {
        let sampler = Sampler::new(options)?;
        self.begin(prompt, 1)?;
        self.prefill(prompt, cancel)?;
        let (computed, prefill) = self.unreported_prefill.take().unwrap_or_default();
        let begin = Instant::now();
        let engine = self.engine.clone();
        let known = self.continuations.as_ref();
        let mut decoding = Decoding::new(&engine, prompt, options, known);
        let finish = self.decode(&mut decoding, sampler, cancel, on_text)?;
        let answer = decoding.answer;
        Ok(Generation {
            text: answer.stream.into_text(),
            tokens: answer.tokens,
            logprobs: answer.logprobs,
            finish,
            prompt_tokens: prompt.len(),
            reused_tokens: prompt.len() - computed,
            drafted: answer.drafted,
            prefill,
            decode: begin.elapsed(),
        })
    }

    /// Samples token after token, from the logits after the prompt on.
    fn decode(
        &mut self,
        decoding: &mut Decoding,
        mut sampler: Sampler,
        cancel: &Cancel,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<FinishReason, RunError> {
        for _ in 0..decoding.options.max_tokens {
            if cancel.is_cancelled() {
                return Ok(FinishReason::Cancelled);
            }
            let Some(logits) = self.next_logits(decoding) else {
                break;
            };
            let id = sampler.sample(logits, |id| decoding.allows(id));
            let Some(id) = id else {
                return Err(RunError::no_token());
            };
            if decoding.ends_answer(id) {
                return Ok(FinishReason::EndOfText);
            }
            let was_guessed = decoding.lookahead.guesses(decoding.answer.tokens.len(), id);
            let logprob = self.log_probability(logits, id);
            decoding.push(id, logprob);
            if on_text(decoding.answer.stream.text()).is_break() {
                return Ok(FinishReason::Stopped);
            }
            if decoding.free_logprob < decoding.options.least_logprob {
                return Ok(FinishReason::Unlikely);
            }
            if was_guessed {
                decoding.answer.drafted += 1;
                continue;
            }
            let Some(draft) = decoding.draft() else {
                break;
            };
            match self.verify(decoding, draft, cancel) {
                Err(RunError::Cancelled) => return Ok(FinishReason::Cancelled),
                result => result?,
            }
        }
        Ok(FinishReason::Length)
    }

    /// The logits after the answer so far.
    fn next_logits(&self, decoding: &Decoding) -> Option<&[f32]> {
        let position = decoding.answer.tokens.len();
        match decoding.lookahead.row(position) {
            Some(row) => self.logits.chunks_exact(self.vocab_size()).nth(row),
            None => self.continuations.as_ref()?.logits_after(position),
        }
    }

    /// Runs the last token of the answer together with `draft`, so that the logits after each token
    /// are known.
    fn verify(
        &mut self,
        decoding: &mut Decoding,
        draft: Vec<u32>,
        cancel: &Cancel,
    ) -> Result<(), RunError> {
        let tokens = decoding.tokens();
        let last = tokens.len() - 1;
        let reused = self.keep_common_prefix(&tokens, last);
        // What the cache lacks goes into the same pass, unless it is long.
        let begin = if last - reused < PREFILL_BLOCK {
            reused
        } else {
            last
        };
        self.prefill_only(&tokens, begin, cancel)?;
        let block = [&tokens[begin..], &draft].concat();
        self.forward(&block, 1 + draft.len(), cancel)?;
        decoding.lookahead = Lookahead::verified(&decoding.answer.tokens, &draft);
        if let Some(known) = &mut self.continuations {
            known.record(&decoding.lookahead.tokens, &self.logits);
        }
        Ok(())
    }
}

/// The state of one generation.
struct Decoding<'a> {
    engine: &'a Engine,
    tokenizer: &'a Tokenizer,
    prompt: &'a [u32],
    options: &'a GenerateOptions,
    end_tokens: [Option<u32>; 2],
    /// The bytes that the answer must still begin with.
    required: &'a [u8],
    drafts: Option<Drafter<'a>>,
    lookahead: Lookahead,
    answer: Answer,
    /// The log-probability of the answer without its required beginning.
    free_logprob: f32,
}

/// The tokens generated so far.
#[derive(Default)]
struct Answer {
    tokens: Vec<u32>,
    logprobs: Vec<f32>,
    stream: TextStream,
    /// How many of the tokens were guessed, so that they needed no pass of their own.
    drafted: usize,
}

impl<'a> Decoding<'a> {
    fn new(
        engine: &'a Engine,
        prompt: &'a [u32],
        options: &'a GenerateOptions,
        known: Option<&ContinuationCache>,
    ) -> Decoding<'a> {
        let tokenizer = engine.tokenizer();
        let end_token = |role| tokenizer.named(role).map(|(id, _)| id);
        // A guess that is wrong costs recurrent layers more than a right one saves.
        let drafts = options.drafts.as_deref();
        let drafts = drafts.filter(|_| !engine.decoder().is_recurrent());
        Decoding {
            engine,
            tokenizer,
            prompt,
            options,
            end_tokens: [TokenRole::Eos, TokenRole::Eot].map(end_token),
            required: options.required.as_bytes(),
            drafts: drafts.map(Drafter::new),
            lookahead: Lookahead::remembered(known),
            answer: Answer::default(),
            free_logprob: 0.0,
        }
    }

    /// Prompt and answer so far.
    fn tokens(&self) -> Vec<u32> {
        [self.prompt, &self.answer.tokens].concat()
    }

    /// Whether a token ends the answer. A special token is never part of a text, so any does.
    fn ends_answer(&self, id: u32) -> bool {
        self.tokenizer.is_special(id)
            || self.end_tokens.contains(&Some(id))
            || self.options.stop_tokens.contains(&id)
    }

    /// Whether a token may come next, given the required beginning.
    fn allows(&self, id: u32) -> bool {
        if (id as usize) >= self.tokenizer.vocab_size() {
            return false;
        }
        if self.required.is_empty() {
            return true;
        }
        let bytes = self.tokenizer.token_bytes(id);
        let agrees = bytes.starts_with(self.required) || self.required.starts_with(bytes);
        agrees && !bytes.is_empty() && !self.ends_answer(id)
    }

    fn push(&mut self, id: u32, logprob: f32) {
        if self.required.is_empty() {
            self.free_logprob += logprob;
        }
        self.answer.tokens.push(id);
        self.answer.logprobs.push(logprob);
        let bytes = self.tokenizer.token_bytes(id);
        self.required = self.required.get(bytes.len()..).unwrap_or(&[]);
        self.answer.stream.push(bytes);
    }

    /// Guesses at the next tokens, perhaps none; `None` where neither context nor `max_tokens`
    /// leaves room for another token.
    fn draft(&mut self) -> Option<Vec<u32>> {
        let context = self.engine.decoder().context();
        let generated = self.answer.tokens.len();
        let in_context = context.saturating_sub(self.prompt.len() + generated);
        let room = in_context.min(self.options.max_tokens - generated);
        if room == 0 {
            return None;
        }
        let tokens = self.tokens();
        let Some(drafts) = &mut self.drafts else {
            return Some(Vec::new());
        };
        let accepted = self.lookahead.accepted(generated - 1);
        drafts.record_acceptance(accepted, self.lookahead.drafted());
        let text = self.answer.stream.text();
        Some(drafts.next(&tokens, text, self.tokenizer, room - 1))
    }
}

/// The answer as far as the logits after its tokens are known, ending with guessed tokens.
struct Lookahead {
    tokens: Vec<u32>,
    /// How many tokens precede the first row of the last pass; `None` before the first pass, when
    /// the rows are those of the last answer to the same prompt.
    first_row_at: Option<usize>,
}

impl Lookahead {
    /// The last answer to the same prompt.
    fn remembered(known: Option<&ContinuationCache>) -> Lookahead {
        Lookahead {
            tokens: known.map_or(Vec::new(), |known| known.generated().to_vec()),
            first_row_at: None,
        }
    }

    /// After a pass over the last token of the answer and a draft.
    fn verified(answer: &[u32], draft: &[u32]) -> Lookahead {
        Lookahead {
            tokens: [answer, draft].concat(),
            first_row_at: Some(answer.len()),
        }
    }

    /// Whether the token at `position` of the answer was guessed to be `id`.
    fn guesses(&self, position: usize, id: u32) -> bool {
        self.tokens.get(position) == Some(&id)
    }

    /// The row of the last pass that holds the logits at `position` of the answer.
    fn row(&self, position: usize) -> Option<usize> {
        position.checked_sub(self.first_row_at?)
    }

    /// Tokens that were drafted for the last pass.
    fn drafted(&self) -> usize {
        self.first_row_at
            .map_or(0, |first| self.tokens.len() - first)
    }

    /// How many of these were accepted, when the first `correct` tokens of the answer were guessed.
    fn accepted(&self, correct: usize) -> usize {
        self.first_row_at.map_or(0, |first| correct - first)
    }
}
