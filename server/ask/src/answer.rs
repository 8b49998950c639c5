//! What a question is answered with: quotes with their places, and how much they claim.

use std::ops::Range;

/// How much an answer claims.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AnswerLevel {
    /// The structure of the project answers it, completely.
    Exact,
    /// A passage says it.
    Answer,
    /// No passage says it outright; these are the nearest.
    Related,
    /// Nothing in the project is about it.
    #[default]
    NotFound,
}

/// Text of the project, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The file, relative to the workspace.
    pub path: String,
    /// Its lines in the file, counted from 0.
    pub lines: Range<usize>,
    /// These lines, byte for byte, without the last line break.
    pub text: String,
    /// What it is, e.g. "calls `parse` in `main`" or the headings above it.
    pub note: String,
}

/// The answer to a question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// How much it claims.
    pub level: AnswerLevel,
    /// One sentence about the quotes, made of names and numbers only, or why there are none.
    pub summary: String,
    /// The quotes, the most important first.
    pub quotes: Vec<Quote>,
    /// How many quotes were left out.
    pub left_out: usize,
}
