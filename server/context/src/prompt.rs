//! A prompt as data: segments in the order the model reads them, and an account of where each came
//! from.
//!
//! A marker in a user's file is plain text: only a [`Segment::Marker`] becomes a
//! special token.

use crate::chat::BegunReply;

/// Counts tokens; `lsp` plugs the model's tokenizer in.
pub trait CountTokens {
    /// How many tokens a plain text has.
    fn count(&self, text: &str) -> usize;
}

/// A part of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// A special token, by its exact spelling in the vocabulary.
    Marker(String),
    /// Text, in which nothing is special.
    Text(String),
    /// The same in the middle of a text: a vocabulary that puts a space before a text puts none
    /// before this.
    Inner(String),
}

/// What one part of a prompt is and what it costs, or why it is left out; shown by `nigh prompt`
/// and `nigh/explain`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Piece {
    /// What it is, e.g. `text before the cursor`, or the name of its source.
    pub what: &'static str,
    /// The file it is from.
    pub path: String,
    /// Which lines.
    pub detail: String,
    /// What it was held to be worth; `None` for what is always shown.
    pub score: Option<f32>,
    /// Tokens it takes; of what is left out, about how many it would.
    pub tokens: usize,
    /// Why it is left out; empty where it is in the prompt.
    pub left_out: &'static str,
}

/// What the model is asked to continue.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Prompt {
    /// The parts in reading order.
    pub segments: Vec<Segment>,
    /// Text before the cursor that was taken out of the prompt and with which the answer must
    /// begin, because a token of the model may reach across the cursor (token healing). Empty where
    /// the cut is clean.
    pub required: String,
    /// The beginning of the answer, where it is a reply in a conversation. The prompt ends with it.
    pub reply: Option<BegunReply>,
    /// Markers that end the answer.
    pub stops: Vec<String>,
    /// The account: what is in the prompt, then what is left out.
    pub pieces: Vec<Piece>,
}

impl Prompt {
    /// The prompt as one string, markers spelt out: for people, never for the tokenizer.
    pub fn display(&self) -> String {
        self.segments
            .iter()
            .map(|segment| match segment {
                Segment::Marker(text) | Segment::Text(text) | Segment::Inner(text) => text.as_str(),
            })
            .collect()
    }
}
