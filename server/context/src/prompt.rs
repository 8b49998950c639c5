//! A prompt as data: segments in the order the model reads them, and an account of where each came from.
//!
//! A marker that stands in a user's file is plain text: only a [`Segment::Marker`] becomes a special token.

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
}

/// What one part of a prompt is and what it costs; shown by `nigh prompt`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it is, e.g. `text before the cursor`.
    pub what: &'static str,
    /// Which lines or which file, and what was left out.
    pub detail: String,
    /// Tokens it takes.
    pub tokens: usize,
}

/// What the model is asked to continue.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Prompt {
    /// The parts in reading order.
    pub segments: Vec<Segment>,
    /// Text in front of the cursor that was taken out of the prompt and with which the answer must begin, because a
    /// token of the model may reach across the cursor (token healing). Empty where the cut is clean.
    pub required: String,
    /// Markers that end the answer.
    pub stops: Vec<String>,
    /// The account, in the order of `segments`.
    pub pieces: Vec<Piece>,
}

impl Prompt {
    /// The prompt as one string, markers spelt out: for people, never for the tokenizer.
    pub fn display(&self) -> String {
        self.segments
            .iter()
            .map(|segment| match segment {
                Segment::Marker(text) | Segment::Text(text) => text.as_str(),
            })
            .collect()
    }
}
