//! What every dialect makes of a line, and how the parts of its JSON are read.

use crate::error::RemoteError;
use crate::prompt::{AnswerChunk, AnswerEnd};
use serde_json::Value;

/// A line of a stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Line {
    /// Text and its probabilities.
    pub(crate) chunk: AnswerChunk,
    /// The ids of its tokens, where the server gives them.
    pub(crate) ids: Vec<u64>,
    /// Set at the end.
    pub(crate) completed: Option<AnswerEnd>,
}

impl Line {
    pub(crate) fn end(completed: AnswerEnd) -> Self {
        Self {
            completed: Some(completed),
            ..Self::default()
        }
    }
}

/// A text that must be there.
pub(crate) fn text(value: &Value, name: &str) -> Result<String, RemoteError> {
    let text = value[name].as_str().map(str::to_owned);
    text.ok_or_else(|| RemoteError::Malformed(format!("`{name}` is missing")))
}

/// A number, or 0.
pub(crate) fn number(value: &Value, name: &str) -> usize {
    value[name].as_u64().unwrap_or_default() as usize
}

/// The numbers of a list.
pub(crate) fn logprobs<'v>(values: impl Iterator<Item = &'v Value>) -> Vec<f32> {
    values
        .filter_map(Value::as_f64)
        .map(|value| (value as f32).min(0.0))
        .collect()
}
