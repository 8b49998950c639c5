//! The model as features see it: a prompt goes in, text comes out piece by piece and may be stopped at any point.
//!
//! `lsp` implements this for the engine, tests with scripted answers.

use context::{Budget, CountTokens, FimFormat, Prompt};
use std::ops::ControlFlow;
use std::time::Duration;

/// What a generation cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Prompt tokens that were still in the KV cache.
    pub reused_tokens: usize,
    /// Tokens generated.
    pub generated_tokens: usize,
    /// Time for the prompt.
    pub prefill: Duration,
    /// Time for the answer.
    pub decode: Duration,
}

/// What the model said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The text behind the prompt's `required` part.
    pub text: String,
    /// For each generated token: where in `text` it ends (0 inside the required part), and its natural-log probability.
    pub tokens: Vec<(usize, f32)>,
    /// The model ran out of tokens before it came to an end.
    pub cut_short: bool,
    /// What it cost.
    pub stats: Stats,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenerateError {
    /// Nobody wants the answer any more.
    #[error("cancelled")]
    Cancelled,
    /// The model cannot fill in the middle.
    #[error("this model has no fill-in-the-middle markers; choose one that was trained for completion")]
    NoFillIn,
    /// The engine failed.
    #[error("{0}")]
    Engine(String),
}

/// A model that continues prompts.
pub trait Generate: CountTokens {
    /// The model's markers for filling in the middle.
    fn fim_format(&self) -> Option<FimFormat>;

    /// Tokens a prompt may take.
    fn budget(&self) -> Budget;

    /// Continues `prompt` for at most `max_tokens` tokens. `on_text` gets the whole answer so far, without the required
    /// part, after each token and may stop it. The likeliest token is taken at each step.
    fn generate(
        &mut self,
        prompt: &Prompt,
        max_tokens: usize,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Answer, GenerateError>;
}
