//! What a caller may ask for when loading and generating, and what a generation gives back. Plain
//! data.

use std::path::PathBuf;
use std::time::Duration;

/// How matrices are kept in memory.
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
    /// How matrices are kept in memory.
    pub weights: Weights,
    /// Threads of a large matrix product, the caller's included; 0 means as many as the machine has
    /// cores, at most 8.
    pub threads: usize,
    /// The longest sequence a session holds; never more than the model was trained for.
    pub max_context: usize,
    /// Folder with packed copies of models: weights are mapped from the copy of this model instead
    /// of packed, if there is one.
    pub copies: Option<PathBuf>,
}

impl Default for LoadOptions {
    fn default() -> LoadOptions {
        LoadOptions {
            weights: Weights::Packed,
            threads: 0,
            max_context: 8192,
            copies: None,
        }
    }
}

/// How to continue a prompt.
#[derive(Clone, Debug)]
pub struct GenerateOptions {
    /// Tokens to generate at most; ends with [`Finish::Length`].
    pub max_tokens: usize,
    /// 0 takes the likeliest token; above 0 divides the logits before drawing.
    pub temperature: f32,
    /// Draw among the `top_k` likeliest tokens; 0 means all.
    pub top_k: usize,
    /// Draw among the likeliest tokens that together reach this probability; 1 means all.
    pub top_p: f32,
    /// Seed of the draw: the same seed, prompt and options give the same answer.
    pub seed: u64,
    /// Text the answer must begin with; it is part of [`Generation::text`]. Used to heal a
    /// half-typed word.
    pub required: String,
    /// Texts that the answer, `required` included, may be. Drafts are checked several tokens at a
    /// time and change nothing but the time; `None` goes token by token.
    pub drafts: Option<Vec<String>>,
    /// The answer is given up where its natural-log probability, `required` left out, falls below
    /// this.
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
pub enum Finish {
    /// The model ended the text with a special token, or gave one of the stop tokens.
    EndOfText,
    /// The callback said stop.
    Stopped,
    /// It became less likely than was asked for.
    Unlikely,
    /// `max_tokens` or the end of the context was reached.
    Length,
    /// The request was cancelled; what was generated so far is kept.
    Cancelled,
}

/// One answer.
#[derive(Clone, Debug)]
pub struct Generation {
    /// The tokens' text, `required` included; incomplete UTF-8 at the end is left out.
    pub text: String,
    /// The generated tokens, without the one that ended the text.
    pub tokens: Vec<u32>,
    /// Natural-log probability of each token under the model, before temperature, top-k, top-p and
    /// `required`.
    pub logprobs: Vec<f32>,
    /// Why it ended.
    pub finish: Finish,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Prompt tokens whose keys and values were still in the cache when it was first read.
    pub reused_tokens: usize,
    /// Tokens that needed no pass of their own: drafted, or remembered from the last answer to this
    /// prompt.
    pub drafted: usize,
    /// Time spent on the prompt.
    pub prefill: Duration,
    /// Time spent on the answer.
    pub decode: Duration,
}
