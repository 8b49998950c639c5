//! The engine as the products see it: turns prompts into tokens and tokens into answers.
//!
//! This is the only file that knows both the trait `Generate` and the engine. Markers become
//! special tokens here; text never does.

use crate::encoded::Encoded;
use crate::memory;
use crate::sessions::Sessions;
use context::SourceWeights;
use context::{Alternative, Answer, Effort, Generate, GenerateError, Stats};
use context::{Budget, ChatTurns, ChatVocabulary, CountTokens, FimFormat, Prompt, Segment};
use engine::{
    Cancel, Engine, FinishReason, GenerateOptions, Generation, Hypothesis, LoadOptions, RunError,
    TokenRole, Tokenizer,
};
use remote::EngineStatus;
use std::ops::ControlFlow;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use workspace::cache_folder;

/// The model inside the program; `models/README.md` is its card.
pub static EMBEDDED: &[u8] = include_bytes!("../../../models/nigh.gguf");

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
}

/// What a model is.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    /// Its name.
    pub name: String,
    /// Architecture, as its file spells it.
    pub architecture: String,
    /// Weights in all.
    pub parameters: u64,
    /// Bytes its weights take in memory.
    pub weight_bytes: u64,
    /// Tokens it can see.
    pub context_tokens: usize,
    /// Where it runs.
    pub device: String,
    /// How it fills in the middle.
    pub fill_in: String,
    /// Its licence, where the file names one.
    pub licence: Option<String>,
    /// Why it runs in the place of the model that was chosen, where it does.
    pub instead: Option<String>,
}

/// A model that a user chose, by a name or by a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenModel {
    /// What its user calls it.
    pub name: String,
    /// Its file or folder.
    pub path: PathBuf,
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
}

/// Opens the embedded model, or the one at `path`.
pub fn open(path: Option<&Path>, threads: usize) -> Result<Arc<Engine>, String> {
    let options = LoadOptions {
        threads,
        copies: copies(),
        ..LoadOptions::default()
    };
    let engine = match path {
        Some(path) => Engine::open(path, &options),
        None => {
            Engine::from_bytes(EMBEDDED, &options).inspect(|_| memory::give_back_part(EMBEDDED))
        }
    };
    engine.map(Arc::new).map_err(|error| error.to_string())
}

/// Where packed copies of models are kept, for all windows together.
pub fn copies() -> Option<PathBuf> {
    cache_folder().map(|folder| folder.join("nigh").join("models"))
}

/// How the model fills in the middle: as its family does, else with the markers that its file
/// names, else in a conversation, as one that was trained to chat.
pub fn fim_format(tokenizer: &Tokenizer) -> Option<FimFormat> {
    let known = FimFormat::detect(|marker| tokenizer.special(marker).is_some()).cloned();
    let named = || {
        // Only a special token can be a marker: any other is text.
        let special = |spelling: &String| tokenizer.special(spelling).is_some();
        let marker = |role| {
            tokenizer
                .named(role)
                .map(|(_, spelling)| spelling)
                .filter(special)
        };
        Some(FimFormat::named(
            marker(TokenRole::FimPrefix)?,
            marker(TokenRole::FimSuffix)?,
            marker(TokenRole::FimMiddle)?,
        ))
    };
    let known = known.or_else(named);
    known.or_else(|| chat_turns(tokenizer).map(FimFormat::of_chat))
}

/// The turns of a conversation with the model.
fn chat_turns(tokenizer: &Tokenizer) -> Option<ChatTurns> {
    let spelling = |role| tokenizer.named(role).map(|(_, spelling)| spelling);
    let vocabulary = ChatVocabulary {
        bos: spelling(TokenRole::Bos).unwrap_or_default(),
        eos: spelling(TokenRole::Eos).unwrap_or_default(),
        adds_bos: tokenizer.adds_bos(),
        has: &|marker| tokenizer.special(marker).is_some(),
        find: &|text| tokenizer.find_specials(text),
    };
    ChatTurns::of_model(tokenizer.chat_template(), &vocabulary)
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
        let (sessions, cancel) = (Sessions::new(engine, tokens + ANSWER_TOKENS), Cancel::new());
        Self {
            sessions,
            format,
            budget,
            cancel,
            encoded: Encoded::default(),
            drafts: true,
            instead: None,
        }
    }

    /// The chosen model, or the embedded one: also where that model is not there, cannot be used or
    /// cannot complete, so that an editor always has completions. [`Description::instead`] says why
    /// then.
    pub fn serving(
        chosen: Result<Option<ChosenModel>, String>,
        threads: usize,
        prompt_tokens: usize,
    ) -> Result<Self, String> {
        if chosen == Ok(None) {
            return Self::completing(chosen, threads, prompt_tokens);
        }
        // Whatever a file does to its reader, there is a model.
        let opened = catch_unwind(|| Self::completing(chosen, threads, prompt_tokens));
        let why = match opened.unwrap_or_else(|_| {
            Err("reading the model failed unexpectedly; please report this".into())
        }) {
            Ok(model) => return Ok(model),
            Err(why) => why,
        };
        let embedded = open(None, threads)
            .map_err(|error| format!("{why}; and the embedded model: {error}"))?;
        // A length that was set for another model does not count.
        Ok(Self {
            instead: Some(why),
            ..Self::new(embedded, 0)
        })
    }

    /// The chosen model, or the embedded one, if it can complete. The error names the model.
    pub fn completing(
        chosen: Result<Option<ChosenModel>, String>,
        threads: usize,
        prompt_tokens: usize,
    ) -> Result<Self, String> {
        let Some(ChosenModel { name, path }) = chosen? else {
            return Self::new(open(None, threads)?, prompt_tokens).if_completing();
        };
        open(Some(&path), threads)
            .and_then(|engine| Self::new(engine, prompt_tokens).if_completing())
            .map_err(|why| match why.contains(&path.display().to_string()) {
                true => why,
                false => format!("{name}: {why}"),
            })
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
                    tracing::warn!(%error, folder = %folder.display(), "no packed copy of the model")
                }
            }
        };
        if let Err(error) = std::thread::Builder::new().name("copy".into()).spawn(write) {
            tracing::warn!(%error, "no packed copy of the model");
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
    ) -> Result<Vec<Alternative>, GenerateError> {
        let ids = self.tokens(prompt)?;
        let branches = self
            .sessions
            .of(&ids)
            .n_best(&ids, count, max_tokens, &self.cancel)
            .map_err(generate_error)?;
        let alternative = |branch: Hypothesis| Alternative {
            text: branch.text,
            logprob: branch.logprob,
            ended: branch.ended,
        };
        Ok(branches.into_iter().map(alternative).collect())
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
            device: info.device,
            fill_in: self
                .format
                .as_ref()
                .map_or("none: this model cannot complete code", |format| {
                    format.name
                })
                .into(),
            licence: info.licence,
            instead: self.instead.clone(),
        }
    }
}
