//! One stream of related prompts: the tokens seen so far and their KV cache.
//!
//! The server keeps one session per stream (typing, background work). Each call compares its tokens
//! with those in the cache, keeps the longest common prefix and computes only the rest. A session
//! knows token ids; the engine's tokenizer is used only for the text of an answer.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::behind::Behind;
use crate::cache::Cache;
use crate::drafts::Drafts;
use crate::error::check_cancelled;
use kernels::elementwise;
use crate::layers::{Run, Scratch};
use crate::sampling::Sampler;
use crate::scoring::SCORED;
use crate::stream::TextStream;
use crate::tokenizer::Role;
use crate::{Cancel, Engine, Finish, GenerateOptions, Generation, RunError};

/// Prompt tokens computed at a time.
const BLOCK: usize = 256;

/// Tokens and their KV cache. A new prompt reuses the longest common prefix with the last one.
pub struct Session {
    engine: Arc<Engine>,
    /// The tokens whose keys and values are in the cache.
    tokens: Vec<u32>,
    cache: Cache,
    scratch: Scratch,
    logits: Vec<f32>,
    behind: Option<Behind>,
    /// Tokens of the last prompt that were computed, and the time that took, until a generation has
    /// reported them.
    unreported: Option<(usize, Duration)>,
}

impl Session {
    /// An empty session; memory for the cache is taken as it fills.
    pub fn new(engine: Arc<Engine>) -> Session {
        let cache = engine.decoder().cache();
        let (scratch, logits) = (Scratch::default(), Vec::new());
        Session {
            engine,
            tokens: Vec::new(),
            cache,
            scratch,
            logits,
            behind: None,
            unreported: None,
        }
    }

    /// How many of the first tokens of a prompt need not be computed any more.
    pub fn known_of(&self, prompt: &[u32]) -> usize {
        let behind = self.behind.as_ref().map_or(&[][..], Behind::prompt);
        common(&self.tokens, prompt).max(common(behind, prompt))
    }

    /// Takes over the buffers of a session that rests, all that it has beside what it knows.
    pub fn take_over(&mut self, resting: &mut Session) {
        std::mem::swap(&mut self.scratch, &mut resting.scratch);
        std::mem::swap(&mut self.logits, &mut resting.logits);
    }

    /// The engine this session runs on.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

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
        self.check(prompt, 1)?;
        self.read(prompt, cancel)?;
        let (computed, prefill) = self.unreported.take().unwrap_or_default();
        let reused_tokens = prompt.len() - computed;
        let begin = Instant::now();
        let mut answer = Answer::default();
        let finish = self.decode(prompt, sampler, options, cancel, on_text, &mut answer)?;
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

    /// Token after token, from the logits behind the prompt.
    fn decode(
        &mut self,
        prompt: &[u32],
        mut sampler: Sampler,
        options: &GenerateOptions,
        cancel: &Cancel,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
        answer: &mut Answer,
    ) -> Result<Finish, RunError> {
        let engine = self.engine.clone();
        let (tokenizer, isa) = (engine.tokenizer(), engine.decoder().isa());
        let roles = [Role::Eos, Role::Eot].map(|role| tokenizer.named(role).map(|(id, _)| id));
        // A special token is never part of a text, so any of them ends it.
        let ends = |id: u32| {
            tokenizer.is_special(id)
                || roles.contains(&Some(id))
                || options.stop_tokens.contains(&id)
        };
        let mut required = options.required.as_bytes();
        let mut drafts = options.drafts.as_deref().map(Drafts::new);
        let mut ahead = Ahead::remembered(self.behind.as_ref());
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
            let Some(logits) = self.logits_ahead(&ahead, answer.tokens.len()) else {
                break;
            };
            let id = sampler.sample(logits, allowed);
            let id = id.ok_or_else(|| {
                RunError::Compute("no token can follow: the logits are not numbers".into())
            })?;
            if ends(id) {
                return Ok(Finish::EndOfText);
            }
            let own = logits[id as usize] - elementwise::log_sum_exp(isa, logits);
            logprob += if required.is_empty() { own } else { 0.0 };
            let expected = ahead.tokens.get(answer.tokens.len()) == Some(&id);
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
            if expected {
                answer.drafted += 1;
                continue;
            }
            let room = engine
                .decoder()
                .context()
                .saturating_sub(prompt.len() + answer.tokens.len());
            let room = room.min(options.max_tokens - answer.tokens.len());
            if room == 0 {
                break;
            }
            let so_far = [prompt, &answer.tokens].concat();
            let draft = match &mut drafts {
                Some(drafts) => {
                    drafts.learn(ahead.taken(answer.tokens.len() - 1), ahead.drafted());
                    drafts.next(&so_far, answer.stream.text(), tokenizer, room - 1)
                }
                None => Vec::new(),
            };
            match self.go_on(&so_far, &draft, cancel) {
                Err(RunError::Cancelled) => return Ok(Finish::Cancelled),
                result => result?,
            }
            ahead = Ahead {
                first: Some(answer.tokens.len()),
                tokens: [&answer.tokens[..], &draft].concat(),
            };
            if let Some(behind) = &mut self.behind {
                behind.say(&ahead.tokens, &self.logits);
            }
        }
        Ok(Finish::Length)
    }

    /// The logits behind the first `at` tokens of the answer.
    fn logits_ahead(&self, ahead: &Ahead, at: usize) -> Option<&[f32]> {
        match ahead.first.and_then(|first| at.checked_sub(first)) {
            Some(row) => self
                .logits
                .chunks_exact(self.engine.decoder().vocab_size())
                .nth(row),
            None => self.behind.as_ref()?.row(at),
        }
    }

    /// Computes the last of `tokens`, with what the cache lacks of the others, and `draft` behind
    /// them; leaves the logits behind that last token and behind each of the draft.
    fn go_on(&mut self, tokens: &[u32], draft: &[u32], cancel: &Cancel) -> Result<(), RunError> {
        let last = tokens.len() - 1;
        let reused = self.keep_common(tokens, last);
        // What is missing goes along in the same pass, unless it is much.
        let along = if last - reused < BLOCK { reused } else { last };
        self.pass_over(tokens, along, cancel)?;
        self.run(&[&tokens[along..], draft].concat(), 1 + draft.len(), cancel)
    }

    /// The logits after each of the tokens `tokens[from..]`: a row of `vocab_size` values per
    /// token.
    pub fn logits(
        &mut self,
        tokens: &[u32],
        from: usize,
        cancel: &Cancel,
    ) -> Result<Vec<Vec<f32>>, RunError> {
        self.check(tokens, 0)?;
        let from = from.min(tokens.len());
        let mut result = Vec::with_capacity(tokens.len() - from);
        self.pass_over(tokens, from, cancel)?;
        for block in tokens[from..].chunks(SCORED) {
            self.run(block, block.len(), cancel)?;
            result.extend(
                self.logits
                    .chunks_exact(self.engine.decoder().vocab_size())
                    .map(<[f32]>::to_vec),
            );
        }
        Ok(result)
    }

    /// The natural-log probability of each of the tokens `tokens[first..]`, and the token that was
    /// likeliest there. `first` is at least 1: nothing foretells the first token.
    pub fn foretell(
        &mut self,
        tokens: &[u32],
        first: usize,
        cancel: &Cancel,
    ) -> Result<Vec<(f32, u32)>, RunError> {
        self.check(tokens, 0)?;
        let first = first.clamp(1, tokens.len());
        self.pass_over(tokens, first - 1, cancel)?;
        let told = |session: &Self, row: &[f32], target| {
            (session.log_probability(row, target), likeliest(row))
        };
        self.judge(
            &tokens[first - 1..tokens.len() - 1],
            &tokens[first..],
            cancel,
            told,
        )
    }

    /// Fills the cache with the first `count` tokens and no more.
    fn pass_over(&mut self, tokens: &[u32], count: usize, cancel: &Cancel) -> Result<(), RunError> {
        let reused = self.keep_common(tokens, count);
        tokens[reused..count]
            .chunks(BLOCK)
            .try_for_each(|block| self.run(block, 0, cancel))
    }

    /// Computes `inputs`, and what `told` makes of the logits behind each and the target that
    /// follows it.
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
            result.extend(
                rows.zip(targets)
                    .map(|(row, &target)| told(self, row, target)),
            );
        }
        Ok(result)
    }

    pub(crate) fn log_probability(&self, logits: &[f32], id: u32) -> f32 {
        logits[id as usize] - elementwise::log_sum_exp(self.engine.decoder().isa(), logits)
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

    /// Cuts the cache back to the longest prefix it shares with `tokens`, `most` tokens at most;
    /// gives its length.
    fn keep_common(&mut self, tokens: &[u32], most: usize) -> usize {
        let kept = common(&self.tokens, tokens).min(most);
        self.truncate(kept);
        kept
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.tokens.truncate(len);
        self.cache.truncate(len);
    }

    /// Knows the logits behind `prompt` from now on, computing them where they are not known. The
    /// cache may hold less.
    pub(crate) fn read(&mut self, prompt: &[u32], cancel: &Cancel) -> Result<(), RunError> {
        check_cancelled(cancel)?;
        self.behind = self
            .behind
            .take()
            .and_then(|behind| behind.moved_to(prompt));
        if self.behind.is_some() {
            return Ok(());
        }
        let begin = Instant::now();
        let reused = self.keep_common(prompt, prompt.len() - 1);
        self.prefill(&prompt[reused..], cancel)?;
        self.unreported = Some((prompt.len() - reused, begin.elapsed()));
        self.behind = Some(Behind::new(prompt, &self.logits));
        Ok(())
    }

    /// Reads a prompt that will probably come. The next generation's report leaves out what that
    /// took.
    pub fn read_ahead(&mut self, prompt: &[u32], cancel: &Cancel) -> Result<(), RunError> {
        self.check(prompt, 1)?;
        self.read(prompt, cancel)?;
        self.unreported = None;
        Ok(())
    }

    /// What is known behind the last prompt.
    pub(crate) fn behind(&mut self) -> Option<&mut Behind> {
        self.behind.as_mut()
    }

    /// Brings the cache to `prompt` and the beginning of what was said behind it; gives how many
    /// tokens of that it holds.
    pub(crate) fn stand_behind(
        &mut self,
        prompt: &[u32],
        cancel: &Cancel,
    ) -> Result<usize, RunError> {
        let said = self.behind.as_ref().map_or(&[][..], Behind::said);
        let most = prompt.len() + said.len();
        let reused = self.keep_common(&[prompt, said].concat(), most);
        if reused < prompt.len() {
            self.pass_over(prompt, prompt.len(), cancel)?;
        }
        Ok(self.tokens.len() - prompt.len())
    }

    /// The logits of the last call.
    pub(crate) fn logits_left(&self) -> &[f32] {
        &self.logits
    }

    /// See `Decoder::forward_apart`.
    pub(crate) fn run_apart(
        &mut self,
        tokens: &[u32],
        runs: &[Run],
        cancel: &Cancel,
    ) -> Result<(), RunError> {
        let Session {
            engine,
            cache,
            scratch,
            logits,
            ..
        } = self;
        engine
            .decoder()
            .forward_apart(tokens, runs, cache, scratch, logits, cancel)
    }

    /// Computes what the cache does not hold of `tokens` and gives the logits behind them.
    pub(crate) fn logits_behind(
        &mut self,
        tokens: &[u32],
        cancel: &Cancel,
    ) -> Result<&[f32], RunError> {
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
        let Session {
            engine,
            cache,
            scratch,
            logits,
            ..
        } = self;
        engine
            .decoder()
            .forward(tokens, wanted, cache, scratch, logits, cancel)?;
        self.tokens.extend_from_slice(tokens);
        Ok(())
    }
}

/// How many tokens both begin with.
pub(crate) fn common(one: &[u32], other: &[u32]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

/// The id of the largest logit.
fn likeliest(logits: &[f32]) -> u32 {
    let larger = |best: (u32, f32), (id, &v): (u32, &f32)| if v > best.1 { (id, v) } else { best };
    (0u32..).zip(logits).fold((0, f32::MIN), larger).0
}

/// The answer as far as the logits behind its tokens are known, with tokens that are only expected
/// at its end.
struct Ahead {
    tokens: Vec<u32>,
    /// How many tokens stand in front of the first row of the last pass; before there was one, the
    /// rows are remembered.
    first: Option<usize>,
}

impl Ahead {
    /// What is known of the last answer to the same prompt.
    fn remembered(behind: Option<&Behind>) -> Ahead {
        Ahead {
            tokens: behind.map_or(Vec::new(), |behind| behind.said().to_vec()),
            first: None,
        }
    }

    /// Tokens that the last pass was a draft of.
    fn drafted(&self) -> usize {
        self.first.map_or(0, |first| self.tokens.len() - first)
    }

    /// How many of these the answer has taken, now that its first `said` tokens were as expected.
    fn taken(&self, said: usize) -> usize {
        self.first.map_or(0, |first| said - first)
    }
}

/// What has been generated so far.
#[derive(Default)]
struct Answer {
    tokens: Vec<u32>,
    logprobs: Vec<f32>,
    stream: TextStream,
    /// How many of the tokens were expected, so that they needed no pass of their own.
    drafted: usize,
}
