//! The engine as the products see it: turns prompts into tokens and tokens into answers.
//!
//! This is the only file that knows both the trait `Generate` and the engine. Markers become
//! special tokens here; text never does.

pub use crate::chosen_status::{ChosenHandle, ChosenPhase, ChosenStatus, Description};
use crate::device::{DeviceWatch, Devices, ProbeModel, Supervised};
use crate::encoded::Encoded;
use crate::memory;
pub use crate::opening::{ChosenModel, EMBEDDED, copies, fim_format, open};
use crate::opening::{edit_format, model_names};
use crate::sessions::Sessions;
use context::SourceWeights;
use context::{Alternative, Answer, AnswerMask, Effort, Generate, GenerateError, Stats};
use context::{Budget, CountTokens, FimFormat, Prompt, Segment};
use engine::{
    Cancel, Engine, FinishReason, GenerateOptions, Generation, GpuStatus, Hypothesis, LoadWatch,
    RunError, TextMask, TokenRole, Tokenizer,
};
use remote::EngineStatus;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Tokens of a prompt unless set otherwise; never more than the model's context holds besides
/// the answer. With the embedded model 384 lead to 5.0 (standard error 1.5) fewer right lines of a
/// hundred than 768, and 1,024 to 2.3 (1.2) fewer (220 tuning places).
const PROMPT_TOKENS: usize = 768;
/// Parameters times tokens that a core gets through in about 80 ms, several tokens at once (some
/// 130 G a second as int8).
const SPARE_PARAMETERS: u64 = 10_000_000_000;
/// Tokens of the context kept for the answer.
const ANSWER_TOKENS: usize = 192;
/// How long a program runs before it writes the packed copy of its model.
const SETTLED: Duration = Duration::from_secs(10);

/// A model the worker can run: another thread can stop it.
pub trait Model: Generate + Send {
    /// The flag that stops the next generations.
    fn set_cancel(&mut self, cancel: Cancel);
    /// What it is, for the status request.
    fn description(&self) -> Description;
    /// The state of the remote engine that writes for it, if there is one.
    fn engine(&self) -> Option<watch::Receiver<EngineStatus>> {
        None
    }
    /// The way to the model that the user chose, where it comes and goes.
    fn chosen(&self) -> Option<ChosenHandle> {
        None
    }
    /// When [`Model::rest`] is to be called, unless a job comes before.
    fn rests_at(&self) -> Option<Instant> {
        None
    }
    /// Gives back what has not been used for long. [`Model::rests_at`] must be later afterwards.
    fn rest(&mut self) {}
}

/// The engine, and what it remembers of the last prompts.
pub struct EngineModel {
    sessions: Sessions,
    format: Option<FimFormat>,
    budget: Budget,
    cancel: Cancel,
    encoded: Encoded,
    /// Whether answers are drafted.
    drafts: bool,
    /// Why this model runs in the place of the chosen one.
    instead: Option<String>,
    /// What its user and its file call it.
    names: Vec<String>,
    /// What is known of its devices.
    devices: DeviceWatch,
}

impl EngineModel {
    /// A model on `engine` with prompts of at most `prompt_tokens` tokens; 0 means the default.
    pub fn new(engine: Arc<Engine>, prompt_tokens: usize) -> Self {
        let context = engine.info().context_length;
        let wanted = if prompt_tokens == 0 {
            PROMPT_TOKENS
        } else {
            prompt_tokens
        };
        let tokens = wanted.min(context.saturating_sub(ANSWER_TOKENS.min(context / 4)));
        let budget = Budget {
            tokens,
            weights: SourceWeights::of(engine.info().parameters, context),
        };
        let format = fim_format(engine.tokenizer());
        let names = vec![engine.info().name.clone()];
        let (sessions, cancel) = (Sessions::new(engine, tokens + ANSWER_TOKENS), Cancel::new());
        Self {
            sessions,
            format,
            budget,
            cancel,
            encoded: Encoded::default(),
            drafts: true,
            instead: None,
            names,
            devices: DeviceWatch::default(),
        }
    }

    /// The embedded model, and why it answers in the place of a chosen one, if it does.
    pub fn embedded(threads: usize, instead: Option<String>) -> Result<Self, String> {
        let engine = open(None, threads).map_err(|error| match &instead {
            Some(why) => format!("{why}; and the embedded model: {error}"),
            None => error,
        })?;
        // A length that was set for another model does not count.
        Ok(Self {
            instead,
            ..Self::new(engine, 0)
        })
    }

    /// The chosen model, or the embedded one, if it can complete. The error names the model.
    pub fn completing(
        chosen: Result<Option<ChosenModel>, String>,
        threads: usize,
        prompt_tokens: usize,
        watch: Option<LoadWatch>,
    ) -> Result<Self, String> {
        let Some(chosen) = chosen? else {
            return Self::new(open(None, threads)?, prompt_tokens).if_completing();
        };
        let engine = chosen.open(threads, watch)?;
        let mut model = Self::new(engine, prompt_tokens);
        model.names.extend(model_names(&chosen.name, &chosen.path));
        // It reads a prompt for the next edit and one for the completion.
        if edit_format(&model.names, model.sessions.engine().tokenizer()).is_some() {
            model.sessions.keep_at_least(2);
        }
        model.if_completing().map_err(|why| chosen.refused(&why))
    }

    fn if_completing(self) -> Result<Self, String> {
        match self.format {
            Some(_) => Ok(self),
            None => Err(GenerateError::NoFillIn.to_string()),
        }
    }

    /// Has the packed copy of the model written, unless it came from one, and goes on with that,
    /// once the program has run for [`SETTLED`]: neither short runs nor first completions wait for
    /// the disk.
    pub fn keep_copy(&self) {
        let (engine, Some(folder)) = (Arc::downgrade(self.sessions.engine()), copies()) else {
            return;
        };
        let write = move || {
            std::thread::sleep(SETTLED);
            let Some(engine) = engine.upgrade() else {
                return;
            };
            match engine.write_copy(&folder) {
                Ok(None) => {}
                Ok(Some(bytes)) => match engine.use_copy(&folder) {
                    Ok(mapped) => {
                        tracing::info!(bytes, mapped, folder = %folder.display(), "a packed copy of the model");
                        memory::give_back_part(EMBEDDED);
                        memory::give_back();
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the packed copy of the model is not used")
                    }
                },
                Err(error) => {
                    tracing::warn!(%error, folder = %folder.display(), "no packed copy of the model is kept, so each start packs it again")
                }
            }
        };
        if let Err(error) = std::thread::Builder::new().name("copy".into()).spawn(write) {
            tracing::warn!(%error, "no packed copy of the model");
        }
    }

    /// Lets a thread look for a GPU that is worth it, and use it. `model` is how a child process
    /// opens the same model.
    pub fn look_for_gpus(&mut self, devices: &Devices, model: ProbeModel, threads: usize) {
        let engine = self.sessions.engine();
        self.devices = devices.supervise(&Supervised {
            engine,
            model,
            threads,
        });
    }

    /// The device that computes. Where a thread looks for GPUs, that of the CPU: what the thread
    /// does is added when the description is read.
    fn device(&self) -> String {
        match self.sessions.engine().gpu() {
            GpuStatus::InUse { name, .. } if self.devices.report().is_none() => {
                format!("gpu ({name})")
            }
            _ => self.sessions.engine().info().device.clone(),
        }
    }

    /// Whether answers are drafted from now on: they are the same, but take other times.
    pub fn set_drafts(&mut self, drafts: bool) {
        self.drafts = drafts;
    }

    /// Shows this besides the window from now on, instead of what suits the model's size.
    pub fn set_weights(&mut self, weights: SourceWeights) {
        self.budget.weights = weights;
    }

    /// How the engine is to continue a prompt.
    fn options(&self, prompt: &Prompt, effort: Effort) -> GenerateOptions {
        let (required, tokenizer) = (&prompt.required, self.sessions.engine().tokenizer());
        let special = |stop: &String| tokenizer.special(stop);
        let whole = |draft: &String| format!("{required}{draft}");
        let drafts = || effort.drafts.iter().map(whole).collect();
        GenerateOptions {
            max_tokens: effort.max_tokens + required.len(),
            least_logprob: effort.least_logprob,
            required: required.clone(),
            drafts: self.drafts.then(drafts),
            stop_tokens: prompt.stops.iter().filter_map(special).collect(),
            ..GenerateOptions::default()
        }
    }

    fn tokens(&self, prompt: &Prompt) -> Result<Vec<u32>, GenerateError> {
        let tokenizer = self.sessions.engine().tokenizer();
        let bos = tokenizer
            .named(TokenRole::Bos)
            .filter(|_| tokenizer.adds_bos())
            .map(|(bos, _)| bos);
        let mut ids: Vec<u32> = bos.into_iter().collect();
        ids.extend(self.ids(&prompt.segments, false)?);
        Ok(ids)
    }

    /// The tokens of segments; all texts of a continuation are `inner` ones.
    fn ids(&self, segments: &[Segment], inner: bool) -> Result<Vec<u32>, GenerateError> {
        let tokenizer = self.sessions.engine().tokenizer();
        let mut ids = Vec::new();
        for segment in segments {
            match segment {
                Segment::Text(text) | Segment::Inner(text) => {
                    let inner = inner || matches!(segment, Segment::Inner(_));
                    self.encoded
                        .give(text, inner, tokenizer, |tokens| ids.extend(tokens));
                }
                Segment::Marker(marker) => match tokenizer.special(marker) {
                    Some(id) => ids.push(id),
                    None => {
                        return Err(GenerateError::Engine(format!(
                            "the model has no token `{marker}`"
                        )));
                    }
                },
            }
        }
        Ok(ids)
    }
}

/// What a generation says after the `required` text.
fn answer(generation: &Generation, required: &str, tokenizer: &Tokenizer) -> Answer {
    let mut end = 0;
    let ends = generation.tokens.iter().map(|&id| {
        end += tokenizer.token_bytes(id).len();
        end.saturating_sub(required.len())
    });
    let text = generation.text.strip_prefix(required);
    Answer {
        tokens: ends.zip(generation.logprobs.iter().copied()).collect(),
        text: text.unwrap_or_default().to_owned(),
        cut_short: generation.finish == FinishReason::Length,
        given_up: generation.finish == FinishReason::Unlikely,
        stats: Stats {
            prompt_tokens: generation.prompt_tokens,
            reused_tokens: generation.reused_tokens,
            generated_tokens: generation.tokens.len(),
            drafted_tokens: generation.drafted,
            prefill: generation.prefill,
            decode: generation.decode,
        },
    }
}

fn generate_error(error: RunError) -> GenerateError {
    match error {
        RunError::Cancelled => GenerateError::Cancelled,
        error => GenerateError::Engine(error.to_string()),
    }
}

impl CountTokens for EngineModel {
    fn count(&self, text: &str) -> usize {
        self.encoded.give(
            text,
            false,
            self.sessions.engine().tokenizer(),
            <[u32]>::len,
        )
    }
}

impl Generate for EngineModel {
    fn fim_format(&self) -> Option<FimFormat> {
        self.format.clone()
    }

    fn budget(&self) -> Budget {
        self.budget
    }

    fn spare_tokens(&self) -> usize {
        (SPARE_PARAMETERS / self.sessions.engine().info().parameters.max(1)) as usize
    }

    fn generate(
        &mut self,
        prompt: &Prompt,
        effort: Effort,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Answer, GenerateError> {
        let ids = self.tokens(prompt)?;
        let options = self.options(prompt, effort);
        let required = prompt.required.as_str();
        let mut after_required = |text: &str| match text.strip_prefix(required) {
            Some(rest) => on_text(rest),
            None => ControlFlow::Continue(()),
        };
        let generation = self
            .sessions
            .of(&ids)
            .generate(&ids, &options, &self.cancel, &mut after_required)
            .map_err(generate_error)?;
        if generation.finish == FinishReason::Cancelled {
            return Err(GenerateError::Cancelled);
        }
        let tokenizer = self.sessions.engine().tokenizer();
        Ok(answer(&generation, required, tokenizer))
    }

    fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    fn knows(&self, marker: &str) -> bool {
        self.sessions.engine().tokenizer().special(marker).is_some()
    }

    fn score(
        &mut self,
        prompt: &Prompt,
        continuations: &[Vec<Segment>],
    ) -> Result<Vec<Vec<f32>>, GenerateError> {
        let ids = self.tokens(prompt)?;
        let continuations = continuations
            .iter()
            .map(|segments| self.ids(segments, true))
            .collect::<Result<Vec<_>, _>>()?;
        self.sessions
            .of(&ids)
            .score(&ids, &continuations, &self.cancel)
            .map_err(generate_error)
    }

    fn begin(
        &mut self,
        prompt: &Prompt,
        continuations: &[Vec<Segment>],
    ) -> Result<Vec<f32>, GenerateError> {
        let ids = self.tokens(prompt)?;
        let first =
            |segments: &Vec<Segment>| Ok(self.ids(segments, true)?.into_iter().take(1).collect());
        let firsts = continuations
            .iter()
            .map(first)
            .collect::<Result<Vec<Vec<u32>>, GenerateError>>()?;
        let scores = self
            .sessions
            .of(&ids)
            .score(&ids, &firsts, &self.cancel)
            .map_err(generate_error)?;
        Ok(scores.iter().map(|scores| scores.iter().sum()).collect())
    }

    fn read_ahead(&mut self, prompt: &Prompt) -> Result<(), GenerateError> {
        let ids = self.tokens(prompt)?;
        self.sessions
            .of(&ids)
            .prefill_ahead(&ids, &self.cancel)
            .map_err(generate_error)
    }

    fn alternatives(
        &mut self,
        prompt: &Prompt,
        count: usize,
        max_tokens: usize,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<Vec<Alternative>, GenerateError> {
        let ids = self.tokens(prompt)?;
        let branches = self
            .sessions
            .of(&ids)
            .n_best(&ids, [count, max_tokens], &self.cancel, goes_on)
            .map_err(generate_error)?;
        let alternative = |branch: Hypothesis| Alternative {
            text: branch.text,
            logprob: branch.logprob,
            ended: branch.ended,
        };
        Ok(branches.into_iter().map(alternative).collect())
    }

    fn generate_masked(
        &mut self,
        prompt: &Prompt,
        max_tokens: usize,
        mask: &dyn AnswerMask,
    ) -> Result<Option<String>, GenerateError> {
        let ids = self.tokens(prompt)?;
        let generation = self
            .sessions
            .of(&ids)
            .generate_masked(&ids, max_tokens, &EngineMask(mask), &self.cancel)
            .map_err(generate_error)?;
        let is_whole = generation.finish == FinishReason::EndOfText;
        Ok(is_whole.then_some(generation.text))
    }
}

/// A mask as the engine asks it.
struct EngineMask<'m>(&'m dyn AnswerMask);

impl TextMask for EngineMask<'_> {
    fn allows(&self, text: &str) -> bool {
        self.0.allows(text)
    }

    fn is_whole(&self, text: &str) -> bool {
        self.0.is_whole(text)
    }
}

impl Model for EngineModel {
    fn set_cancel(&mut self, cancel: Cancel) {
        self.cancel = cancel;
    }

    fn description(&self) -> Description {
        let info = self.sessions.engine().info().clone();
        Description {
            name: info.name,
            architecture: info.architecture,
            parameters: info.parameters,
            weight_bytes: info.weight_bytes,
            context_tokens: info.context_length,
            device: self.device(),
            fill_in: self
                .format
                .as_ref()
                .map_or("none: this model cannot complete code", |format| {
                    format.name
                })
                .into(),
            next_edits: edit_format(&self.names, self.sessions.engine().tokenizer())
                .map(|format| format.name().into()),
            licence: info.licence,
            instead: self.instead.clone(),
            copy_problem: copies()
                .and_then(|folder| self.sessions.engine().copy_problem(&folder))
                .map(|problem| problem.to_string()),
            devices: self.devices.clone(),
        }
    }
}
