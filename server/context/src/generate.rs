//! The model as the products see it: a prompt goes in, text comes out piece by piece and may be
//! stopped at any point.
//!
//! `lsp` implements this for the engine, tests with scripted answers.

use crate::{Budget, CountTokens, FimFormat, Prompt, Segment, Snapshot};
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
    /// How many of these were expected (drafted or remembered), and only checked.
    pub drafted_tokens: usize,
    /// Time for the prompt.
    pub prefill: Duration,
    /// Time for the answer.
    pub decode: Duration,
}

/// What the model generated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The text after the prompt's `required` part.
    pub text: String,
    /// For each generated token: where in `text` it ends (0 inside the required part), and its
    /// natural-log probability.
    pub tokens: Vec<(usize, f32)>,
    /// The model ran out of tokens before it came to an end.
    pub cut_short: bool,
    /// It was given up, as it became less likely than was asked for.
    pub given_up: bool,
    /// What it cost.
    pub stats: Stats,
}

/// How far an answer may go, and what may make it faster.
#[derive(Clone, Copy, Debug)]
pub struct Effort<'a> {
    /// Tokens at most.
    pub max_tokens: usize,
    /// The answer is given up where its natural-log probability, the required part left out, falls
    /// below this.
    pub least_logprob: f32,
    /// Texts that the answer may be, without the required part; they change nothing but the time.
    pub drafts: &'a [String],
}

impl Effort<'_> {
    /// All of an answer of so many tokens.
    pub fn whole(max_tokens: usize) -> Self {
        Self {
            max_tokens,
            least_logprob: f32::NEG_INFINITY,
            drafts: &[],
        }
    }
}

/// Which texts an answer may be, the required part left out.
pub trait AnswerMask {
    /// Whether an answer may begin with this text.
    fn allows(&self, text: &str) -> bool;
    /// Whether this text is a whole answer.
    fn is_whole(&self, text: &str) -> bool;
}

/// One of several answers to a prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// Its text.
    pub text: String,
    /// Natural-log probability of all of it, its end included.
    pub logprob: f32,
    /// The model came to an end, rather than running out of tokens.
    pub ended: bool,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenerateError {
    /// The answer is no longer wanted.
    #[error("cancelled")]
    Cancelled,
    /// The model cannot fill in the middle, not even in a conversation.
    #[error(
        "this model has neither fill-in-the-middle markers nor a chat template that can be followed; choose one that was trained to chat, or for completion"
    )]
    NoFillIn,
    /// The model was not trained to repair.
    #[error(
        "this model has no tokens for repairing code (<|fix|>, <|fixed|>); choose one that was trained for it"
    )]
    NoRepair,
    /// The engine failed.
    #[error("{0}")]
    Engine(String),
}

/// A model that continues prompts.
pub trait Generate: CountTokens {
    /// How the model fills in the middle: with markers, or in a conversation.
    fn fim_format(&self) -> Option<FimFormat>;

    /// Tokens a prompt may take.
    fn budget(&self) -> Budget;

    /// Tokens of other candidates it may score besides an answer without a delay that is felt: few
    /// for a large model.
    fn spare_tokens(&self) -> usize;

    /// Continues `prompt`. `on_text` gets the whole answer so far, without the required part, after
    /// each token and may stop it. The likeliest token is taken at each step.
    fn generate(
        &mut self,
        prompt: &Prompt,
        effort: Effort,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Answer, GenerateError>;

    /// What it is called by its file and by its user, as far as that is known.
    fn names(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether the vocabulary has this special token.
    fn knows(&self, marker: &str) -> bool;

    /// Natural-log probabilities of the tokens of each continuation after `prompt`, whose
    /// `required` part is not looked at. What they share, the prompt, is computed once.
    fn score(
        &mut self,
        prompt: &Prompt,
        continuations: &[Vec<Segment>],
    ) -> Result<Vec<Vec<f32>>, GenerateError>;

    /// The same for the first token of each continuation, which costs nothing once the prompt has
    /// been read.
    fn begin(
        &mut self,
        prompt: &Prompt,
        continuations: &[Vec<Segment>],
    ) -> Result<Vec<f32>, GenerateError>;

    /// Reads a prompt that will probably be requested soon. No request waits for it, so its cost
    /// counts for no answer.
    fn read_ahead(&mut self, prompt: &Prompt) -> Result<(), GenerateError> {
        self.begin(prompt, &[]).map(|_| ())
    }

    /// The likeliest different answers that are found while `goes_on`, at most `count`, the
    /// likeliest first; the same ones every time.
    fn alternatives(
        &mut self,
        prompt: &Prompt,
        count: usize,
        max_tokens: usize,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<Vec<Alternative>, GenerateError>;

    /// Continues `prompt`, whose `required` part is not looked at, with a text that the mask
    /// allows; `None` where that comes to no end. By default an answer that leaves the mask is
    /// given up.
    fn generate_masked(
        &mut self,
        prompt: &Prompt,
        max_tokens: usize,
        mask: &dyn AnswerMask,
    ) -> Result<Option<String>, GenerateError> {
        let mut stay = |text: &str| match mask.allows(text) {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        };
        let answer = self.generate(prompt, Effort::whole(max_tokens), &mut stay)?;
        Ok(mask.is_whole(&answer.text).then_some(answer.text))
    }

    /// Another model, that writes answers for this one to rank, if one can be asked now.
    fn writer(&mut self) -> Option<&mut dyn Writer> {
        None
    }
}

/// A second model, elsewhere, that is asked for text and for nothing else. It may be slow, gone or
/// wrong, so its answer is asked for early, read late, and may be missing.
pub trait Writer {
    /// How it fills in the middle: with markers, or in a conversation.
    fn fim_format(&self) -> FimFormat;

    /// What it is called where it runs; empty if that is not known.
    fn name(&self) -> String {
        String::new()
    }

    /// The special tokens that it is known to have; `None` if its vocabulary is not shown.
    fn markers(&self) -> Option<Vec<String>> {
        None
    }

    /// Tokens its prompt may take.
    fn budget(&self) -> Budget;

    /// Asks for the text at the cursor of the snapshot's document, and does not wait for it. A
    /// writer that cannot require anything of its answer asks with [`FimFormat::whole`]. `None`
    /// where the prompt must not be sent.
    fn start(
        &mut self,
        snapshot: &Snapshot,
        prompt: &Prompt,
        max_tokens: usize,
    ) -> Option<Box<dyn PendingText>>;

    /// Asks for the text of a task that is about no document. `None` where the prompt must not be
    /// sent.
    fn start_task(&mut self, _prompt: &Prompt, _max_tokens: usize) -> Option<Box<dyn PendingText>> {
        None
    }

    /// The same for the next edit, if it was trained to predict it. `marks` are texts that mean
    /// something in the prompt without being special tokens.
    fn start_edit(
        &mut self,
        _snapshot: &Snapshot,
        _prompt: &Prompt,
        _marks: &[&str],
        _max_tokens: usize,
    ) -> Option<Box<dyn PendingText>> {
        None
    }
}

/// An answer that is on its way; dropping it stops the model that writes it.
pub trait PendingText {
    /// The answer after the required part, waited for as long as the writer's limits allow.
    /// `on_text` gets the whole answer so far and may stop it. `None` where there is none.
    fn read(
        self: Box<Self>,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Option<Answer>, GenerateError>;
}
