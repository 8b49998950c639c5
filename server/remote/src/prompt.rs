//! What is asked of a server, and what it answers, whatever its dialect.

/// A part of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromptPart {
    /// A special token, by its exact spelling in the vocabulary.
    Marker(String),
    /// Text, in which nothing is special.
    Text(String),
    /// Text of the model's own chat template or of its prompts' format, in which the server looks
    /// for special tokens.
    Template(String),
    /// The beginning of a turn, for a server that puts its template around the turns itself.
    Role(ChatRole),
}

/// Whose turn it is in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChatRole {
    /// What is to be done.
    System,
    /// The question.
    User,
    /// The answer; as the last turn, its beginning.
    Assistant,
}

impl ChatRole {
    /// Its name in all dialects.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// Turns of a conversation.
pub type Conversation = Vec<(ChatRole, String)>;

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

impl RemoteRequest {
    /// Whether it is a conversation, whose template is the server's business.
    pub(crate) fn is_chat(&self) -> bool {
        self.parts
            .iter()
            .any(|part| matches!(part, PromptPart::Role(_)))
    }
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
