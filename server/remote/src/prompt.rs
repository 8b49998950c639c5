//! What is asked of a server, and what it answers, whatever its dialect.

/// A part of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromptPart {
    /// A special token, by its exact spelling in the vocabulary.
    Marker(String),
    /// Text, in which nothing is special.
    Text(String),
}

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemoteRequest {
    /// The prompt in reading order.
    pub parts: Vec<PromptPart>,
    /// What the answer must begin with; it is left out of what arrives. Only for a dialect that can
    /// require it ([`crate::Dialect::can_require`]).
    pub required: String,
    /// Markers that end the answer.
    pub stops: Vec<String>,
    /// Tokens at most.
    pub max_tokens: usize,
}

/// A piece of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnswerChunk {
    /// Its text.
    pub text: String,
    /// The natural-log probability of each of its tokens; empty where the server gives none.
    pub logprobs: Vec<f32>,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnswerEnd {
    /// Tokens or time ran out before the model came to an end.
    pub cut_short: bool,
    /// Tokens of the prompt, where the server says so.
    pub prompt_tokens: usize,
    /// Those that it did not have to read again.
    pub reused_tokens: usize,
}

/// What arrives of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum AnswerEvent {
    /// More text.
    Chunk(AnswerChunk),
    /// Its end.
    End(AnswerEnd),
    /// There is no answer, for the reason that [`crate::EngineStatus`] gives.
    Failed,
}
