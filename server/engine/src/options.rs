//! Options of loading and generating, and the result of a generation. Plain data.

use std::path::PathBuf;
use std::time::Duration;

use kernels::Isa;

use crate::load_progress::LoadWatch;

/// Packed weights of at least so many bytes are large on every machine: packing and writing them
/// takes seconds.
const LARGE_WEIGHTS: u64 = 1 << 30;

/// How matrices are stored in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weights {
    /// Dense f32, 4 bytes a weight: the values of the file exactly, slow. Used by the reference
    /// tests.
    Exact,
    /// The bits of the file for Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K and Q6_K (the scales of
    /// the last three rounded to f16); everything else becomes int8 with a scale per 32 weights.
    #[default]
    Packed,
}

/// How to load a model.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// How matrices are stored in memory.
    pub weights: Weights,
    /// Threads of a large matrix product, the caller's included; 0 means as many as the machine has
    /// cores, at most 8.
    pub threads: usize,
    /// Whether a token gets the same logits to the last bit however many tokens are computed at
    /// once; on machines with AMX that is slower.
    pub repeatable: bool,
    /// The longest sequence of a session; never longer than the model was trained for.
    pub max_context: usize,
    /// Folder with packed copies of models: if it has one of this model, the weights are mapped
    /// from there instead of packed.
    pub copies: Option<PathBuf>,
    /// A LoRA adapter that changes the model: a GGUF, or a folder of PEFT.
    pub adapter: Option<PathBuf>,
    /// Packed weights of at least so many bytes, or of more than a quarter of the free memory, are
    /// written to the copy while they are packed, and mapped from there.
    pub large: u64,
    /// Bytes of memory that may be used; `None` for what is free when the model is opened.
    pub memory: Option<u64>,
    /// Follows the loading.
    pub watch: Option<LoadWatch>,
}

impl LoadOptions {
    pub(crate) fn isa(&self) -> Isa {
        match self.repeatable {
            true => Isa::detect_repeatable(),
            false => Isa::detect(),
        }
    }
}

impl Default for LoadOptions {
    fn default() -> LoadOptions {
        LoadOptions {
            weights: Weights::Packed,
            threads: 0,
            repeatable: false,
            max_context: 8192,
            copies: None,
            adapter: None,
            large: LARGE_WEIGHTS,
            memory: None,
            watch: None,
        }
    }
}

/// How to continue a prompt.
#[derive(Clone, Debug)]
pub struct GenerateOptions {
    /// Most tokens to generate; reaching it ends with [`FinishReason::Length`].
    pub max_tokens: usize,
    /// 0 takes the likeliest token; above 0, logits are divided by it before sampling.
    pub temperature: f32,
    /// Sample among the `top_k` likeliest tokens; 0 means all.
    pub top_k: usize,
    /// Sample among the likeliest tokens that together reach this probability; 1 means all.
    pub top_p: f32,
    /// Seed of the sampling: the same seed, prompt and options give the same answer.
    pub seed: u64,
    /// Text the answer must begin with; it is part of [`Generation::text`]. Used for token healing.
    pub required: String,
    /// Texts that the answer, including `required`, may be. Drafts are verified several tokens at a
    /// time and change nothing but the time; `None` generates token by token.
    pub drafts: Option<Vec<String>>,
    /// Generation stops when the natural-log probability of the answer without `required` falls
    /// below this.
    pub least_logprob: f32,
    /// Ordinary tokens that end the answer; special tokens always do. They are not part of it.
    pub stop_tokens: Vec<u32>,
}

impl Default for GenerateOptions {
    fn default() -> GenerateOptions {
        GenerateOptions {
            max_tokens: 64,
            temperature: 0.0,
            top_k: 0,
            top_p: 1.0,
            seed: 0,
            required: String::new(),
            drafts: Some(Vec::new()),
            least_logprob: f32::NEG_INFINITY,
            stop_tokens: Vec::new(),
        }
    }
}

/// Why a generation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// The model ended the text with a special token, or gave one of the stop tokens.
    EndOfText,
    /// The callback said stop.
    Stopped,
    /// Its probability fell below `least_logprob`.
    Unlikely,
    /// `max_tokens` or the end of the context was reached.
    Length,
    /// The request was cancelled; the answer so far is kept.
    Cancelled,
}

/// One answer.
#[derive(Clone, Debug)]
pub struct Generation {
    /// The tokens' text, including `required`; incomplete UTF-8 at the end is left out.
    pub text: String,
    /// The generated tokens, without the one that ended the text.
    pub tokens: Vec<u32>,
    /// Natural-log probability of each token under the model, before temperature, top-k, top-p and
    /// `required`.
    pub logprobs: Vec<f32>,
    /// Why it ended.
    pub finish: FinishReason,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Prompt tokens whose keys and values were still in the cache when it was first read.
    pub reused_tokens: usize,
    /// Tokens that needed no pass of their own: accepted drafts, and tokens known from the last
    /// answer to this prompt.
    pub drafted: usize,
    /// Time spent on the prompt.
    pub prefill: Duration,
    /// Time spent on the answer.
    pub decode: Duration,
}
