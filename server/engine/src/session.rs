//! One stream of related prompts: the tokens seen so far and their KV cache.
//!
//! The server keeps one session per stream (typing, background work). Each call compares its tokens with those in the
//! cache, keeps the longest common prefix and computes only the rest. A session knows token ids; the engine's tokenizer
//! is used only for the text of an answer.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::cache::Cache;
use crate::drafts::Drafts;
use crate::kernels::rows;
use crate::layers::{Run, Scratch};
use crate::sampling::Sampler;
use crate::scoring::SCORED;
use crate::stream::TextStream;
use crate::tokenizer::Role;
use crate::{Cancel, Engine, Finish, GenerateOptions, Generation, RunError};

/// Prompt tokens computed at a time.
const BLOCK: usize = 128;
/// Rows of logits kept behind a prompt: most answers are no longer.
const KEPT: usize = 24;

/// Tokens and their KV cache. A new prompt reuses the longest common prefix with the last one.
pub struct Session {
    engine: Arc<Engine>,
    /// The tokens whose keys and values are in the cache.
    tokens: Vec<u32>,
    cache: Cache,
    scratch: Scratch,
    logits: Vec<f32>,
    behind: Option<Behind>,
}

/// The logits behind the last prompt and behind each of the first tokens that follow it in the cache.
struct Behind {
    /// The prompt's length.
    prompt: usize,
    /// `[1 + tokens][vocab]`
    rows: Vec<f32>,
    /// Tokens computed to read it, and the time that took, until a generation has reported them.
    unreported: Option<(usize, Duration)>,
}

impl Session {
    /// An empty session; memory for the cache is taken as it fills.
    pub fn new(engine: Arc<Engine>) -> Session {
        let cache = engine.decoder().cache();
        Session { engine, tokens: Vec::new(), cache, scratch: Scratch::default(), logits: Vec::new(), behind: None }
    }

    /// The engine this session runs on.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Continues `prompt`. `on_text` gets the whole answer so far after each token (complete UTF-8 only) and may stop it.
    pub fn generate(
        &mut self,
        prompt: &[u32],
        options: &GenerateOptions,
        cancel: &Cancel,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Generation, RunError> {
        let sampler = Sampler::new(options)?;
        self.check(prompt, 1)?;
        self.read(prompt, cancel)?;
        let unreported = self.behind.as_mut().and_then(|behind| behind.unreported.take());
        let (computed, prefill) = unreported.unwrap_or_default();
        let reused_tokens = prompt.len() - computed;
        let begin = Instant::now();
        let mut answer = Answer::default();
        let finish = self.decode(sampler, options, cancel, on_text, &mut answer)?;
        Ok(Generation {
            text: answer.stream.into_text(),
            tokens: answer.tokens,
            logprobs: answer.logprobs,
            finish,
            prompt_tokens: prompt.len(),
            reused_tokens,
            drafted: answer.drafted,
            prefill,
            decode: begin.elapsed(),
        })
    }

    /// Token after token, from the logits that the prompt has left.
    fn decode(
        &mut self,
        mut sampler: Sampler,
        options: &GenerateOptions,
        cancel: &Cancel,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
        answer: &mut Answer,
    ) -> Result<Finish, RunError> {
        let engine = self.engine.clone();
        let (tokenizer, isa) = (engine.tokenizer(), engine.decoder().device().isa);
        let roles = [Role::Eos, Role::Eot].map(|role| tokenizer.named(role).map(|(id, _)| id));
        // A special token is never part of a text, so any of them ends it.
        let ends = |id: u32| tokenizer.is_special(id) || roles.contains(&Some(id)) || options.stop_tokens.contains(&id);
        let mut required = options.required.as_bytes();
        let mut drafts = options.drafts.as_deref().map(Drafts::new);
        // Tokens that were computed behind the last one said, and how many of them have been said since.
        let (mut draft, mut taken): (Vec<u32>, usize) = (Vec::new(), 0);
        let mut logprob = 0.0;
        for _ in 0..options.max_tokens {
            if cancel.is_cancelled() {
                return Ok(Finish::Cancelled);
            }
            let allowed = |id: u32| {
                let bytes = tokenizer.token_bytes(id);
                let agrees = bytes.starts_with(required) || required.starts_with(bytes);
                let known = (id as usize) < tokenizer.vocab_size();
                known && (required.is_empty() || (!bytes.is_empty() && agrees && !ends(id)))
            };
            let vocab = engine.decoder().vocab_size();
            let logits = &self.logits[taken * vocab..][..vocab];
            let id = sampler.sample(logits, allowed);
            let id = id.ok_or_else(|| RunError::Compute("no token can follow: the logits are not numbers".into()))?;
            if ends(id) {
                return Ok(Finish::EndOfText);
            }
            let own = logits[id as usize] - rows::log_sum_exp(isa, logits);
            logprob += if required.is_empty() { own } else { 0.0 };
            answer.logprobs.push(own);
            answer.tokens.push(id);
            let bytes = tokenizer.token_bytes(id);
            required = required.get(bytes.len()..).unwrap_or(&[]);
            answer.stream.push(bytes);
            if on_text(answer.stream.text()).is_break() {
                return Ok(Finish::Stopped);
            }
            if logprob < options.least_logprob {
                return Ok(Finish::Unlikely);
            }
            if draft.get(taken) == Some(&id) {
                (taken, answer.drafted) = (taken + 1, answer.drafted + 1);
                continue;
            }
            self.truncate(self.tokens.len() - (draft.len() - taken));
            let room = engine.decoder().context().saturating_sub(self.tokens.len() + 1);
            let room = room.min(options.max_tokens - answer.tokens.len());
            if room == 0 {
                break;
            }
            let mut ahead = vec![id];
            if let Some(drafts) = &mut drafts {
                drafts.learn(taken, draft.len());
                draft = drafts.next(&self.tokens, id, answer.stream.text(), tokenizer, room - 1);
                ahead.extend(&draft);
            }
            taken = 0;
            match self.run(&ahead, ahead.len(), cancel) {
                Err(RunError::Cancelled) => return Ok(Finish::Cancelled),
                result => result?,
            }
            self.keep_logits();
        }
        Ok(Finish::Length)
    }

    /// The logits after each of the tokens `tokens[from..]`: a row of `vocab_size` values per token.
    pub fn logits(&mut self, tokens: &[u32], from: usize, cancel: &Cancel) -> Result<Vec<Vec<f32>>, RunError> {
        self.check(tokens, 0)?;
        let from = from.min(tokens.len());
        let mut result = Vec::with_capacity(tokens.len() - from);
        self.pass_over(tokens, from, cancel)?;
        for block in tokens[from..].chunks(SCORED) {
            self.run(block, block.len(), cancel)?;
            result.extend(self.logits.chunks_exact(self.engine.decoder().vocab_size()).map(<[f32]>::to_vec));
        }
        Ok(result)
    }

    /// The natural-log probability of each of the tokens `tokens[first..]`, and the token that was likeliest there.
    /// `first` is at least 1: nothing foretells the first token.
    pub fn foretell(&mut self, tokens: &[u32], first: usize, cancel: &Cancel) -> Result<Vec<(f32, u32)>, RunError> {
        self.check(tokens, 0)?;
        let first = first.clamp(1, tokens.len());
        self.pass_over(tokens, first - 1, cancel)?;
        let told = |session: &Self, row: &[f32], target| (session.log_probability(row, target), likeliest(row));
        self.judge(&tokens[first - 1..tokens.len() - 1], &tokens[first..], cancel, told)
    }

    /// Fills the cache with the first `count` tokens and no more.
    fn pass_over(&mut self, tokens: &[u32], count: usize, cancel: &Cancel) -> Result<(), RunError> {
        let reused = self.keep_common(tokens, count);
        tokens[reused..count].chunks(BLOCK).try_for_each(|block| self.run(block, 0, cancel))
    }

    /// Computes `inputs`, and what `told` makes of the logits behind each and the target that follows it.
    pub(crate) fn judge<T>(
        &mut self,
        inputs: &[u32],
        targets: &[u32],
        cancel: &Cancel,
        told: impl Fn(&Self, &[f32], u32) -> T,
    ) -> Result<Vec<T>, RunError> {
        let mut result = Vec::with_capacity(targets.len());
        for (inputs, targets) in inputs.chunks(SCORED).zip(targets.chunks(SCORED)) {
            self.run(inputs, inputs.len(), cancel)?;
            let rows = self.logits.chunks_exact(self.engine.decoder().vocab_size());
            result.extend(rows.zip(targets).map(|(row, &target)| told(self, row, target)));
        }
        Ok(result)
    }

    pub(crate) fn log_probability(&self, logits: &[f32], id: u32) -> f32 {
        logits[id as usize] - rows::log_sum_exp(self.engine.decoder().device().isa, logits)
    }

    /// Refuses an empty prompt, unknown ids and what does not fit with `more` tokens.
    pub(crate) fn check(&self, prompt: &[u32], more: usize) -> Result<(), RunError> {
        let (needed, context) = (prompt.len() + more, self.engine.decoder().context());
        if prompt.is_empty() {
            return Err(RunError::EmptyPrompt);
        }
        if needed > context {
            return Err(RunError::ContextFull { needed, context });
        }
        self.check_ids(prompt)
    }

    pub(crate) fn check_ids(&self, tokens: &[u32]) -> Result<(), RunError> {
        let vocab = self.engine.decoder().vocab_size();
        let unknown = tokens.iter().find(|&&id| id as usize >= vocab);
        unknown.map_or(Ok(()), |&id| Err(RunError::UnknownToken { id, vocab }))
    }

    /// Cuts the cache back to the longest prefix it shares with `tokens`, `most` tokens at most; gives its length.
    fn keep_common(&mut self, tokens: &[u32], most: usize) -> usize {
        let common = self.tokens.iter().zip(tokens).take(most).take_while(|(a, b)| a == b).count();
        self.truncate(common);
        common
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.tokens.truncate(len);
        self.cache.truncate(len);
        let vocab = self.engine.decoder().vocab_size();
        self.behind = self.behind.take().filter(|behind| behind.prompt <= len);
        if let Some(Behind { prompt, rows, .. }) = &mut self.behind {
            rows.truncate((len - *prompt + 1) * vocab);
        }
    }

    /// Brings the cache to `prompt` and leaves the logits behind it.
    fn read(&mut self, prompt: &[u32], cancel: &Cancel) -> Result<(), RunError> {
        if cancel.is_cancelled() {
            return Err(RunError::Cancelled);
        }
        self.keep_common(prompt, prompt.len());
        if let Some(behind) = self.behind.as_ref().filter(|_| self.is_behind(prompt)) {
            self.logits.clone_from(&behind.rows);
            return Ok(());
        }
        let begin = Instant::now();
        let reused = self.keep_common(prompt, prompt.len() - 1);
        self.prefill(&prompt[reused..], cancel)?;
        let unreported = Some((prompt.len() - reused, begin.elapsed()));
        self.behind = Some(Behind { prompt: prompt.len(), rows: self.logits.clone(), unreported });
        Ok(())
    }

    /// Whether the cache begins with `prompt` and the logits behind it are known.
    fn is_behind(&self, prompt: &[u32]) -> bool {
        self.behind.as_ref().is_some_and(|behind| behind.prompt == prompt.len()) && self.tokens.starts_with(prompt)
    }

    /// Brings the cache to a text that begins with `prompt`, and knows the logits behind that.
    pub(crate) fn read_or_keep(&mut self, prompt: &[u32], cancel: &Cancel) -> Result<(), RunError> {
        if cancel.is_cancelled() {
            return Err(RunError::Cancelled);
        }
        if self.is_behind(prompt) { Ok(()) } else { self.read(prompt, cancel) }
    }

    /// The tokens behind a prompt of this length that stand in the cache with the logits behind them.
    pub(crate) fn said(&self, prompt: usize) -> &[u32] {
        let rows = self.behind.as_ref().map_or(0, |behind| behind.rows.len()) / self.engine.decoder().vocab_size();
        let end = self.tokens.len().min(prompt + rows.saturating_sub(1));
        &self.tokens[prompt.min(end)..end]
    }

    /// The log-probability of `id` behind the prompt and the first `at` tokens of what was said.
    pub(crate) fn known(&self, at: usize, id: u32) -> f32 {
        let vocab = self.engine.decoder().vocab_size();
        let row = self.behind.as_ref().and_then(|behind| behind.rows.chunks_exact(vocab).nth(at));
        row.map_or(f32::NEG_INFINITY, |row| self.log_probability(row, id))
    }

    /// Tokens in the cache.
    pub(crate) fn cached(&self) -> usize {
        self.tokens.len()
    }

    /// The logits of the last call.
    pub(crate) fn logits_left(&self) -> &[f32] {
        &self.logits
    }

    /// See `Decoder::forward_apart`.
    pub(crate) fn run_apart(&mut self, tokens: &[u32], runs: &[Run], cancel: &Cancel) -> Result<(), RunError> {
        let Session { engine, cache, scratch, logits, .. } = self;
        engine.decoder().forward_apart(tokens, runs, cache, scratch, logits, cancel)
    }

    /// Keeps the logits that the last call has left behind each of its tokens.
    fn keep_logits(&mut self) {
        let (end, vocab) = (self.tokens.len(), self.engine.decoder().vocab_size());
        if let Some(Behind { prompt, rows, .. }) = &mut self.behind {
            let (known, new) = (rows.len() / vocab, self.logits.len() / vocab);
            if *prompt + known + new == end + 1 && known + new <= KEPT {
                rows.extend_from_slice(&self.logits);
            }
        }
    }

    /// Computes what the cache does not hold of `tokens` and gives the logits behind them.
    pub(crate) fn logits_behind(&mut self, tokens: &[u32], cancel: &Cancel) -> Result<&[f32], RunError> {
        let reused = self.keep_common(tokens, tokens.len().saturating_sub(1));
        self.prefill(&tokens[reused..], cancel)?;
        Ok(&self.logits)
    }

    /// Computes the rest of a prompt, block by block, and leaves the last token's logits.
    fn prefill(&mut self, tokens: &[u32], cancel: &Cancel) -> Result<(), RunError> {
        let blocks = tokens.len().div_ceil(BLOCK);
        for (i, block) in tokens.chunks(BLOCK).enumerate() {
            self.run(block, usize::from(i + 1 == blocks), cancel)?;
        }
        Ok(())
    }

    fn run(&mut self, tokens: &[u32], wanted: usize, cancel: &Cancel) -> Result<(), RunError> {
        let Session { engine, cache, scratch, logits, .. } = self;
        engine.decoder().forward(tokens, wanted, cache, scratch, logits, cancel)?;
        self.tokens.extend_from_slice(tokens);
        Ok(())
    }
}

/// The id of the largest logit.
fn likeliest(logits: &[f32]) -> u32 {
    let larger = |best: (u32, f32), (id, &v): (u32, &f32)| if v > best.1 { (id, v) } else { best };
    (0u32..).zip(logits).fold((0, f32::MIN), larger).0
}

/// What has been generated so far.
#[derive(Default)]
struct Answer {
    tokens: Vec<u32>,
    logprobs: Vec<f32>,
    stream: TextStream,
    /// How many of the tokens had been drafted.
    drafted: usize,
}
