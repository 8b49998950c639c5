//! The servers' dialects, a file for each. To add one: a file, a line in [`Dialect`] and in its
//! functions, and a conversation in the tests.

mod line;
pub(crate) mod llama_server;
pub(crate) mod ollama;
pub(crate) mod openai;

use crate::error::{RemoteError, message};
use crate::lines::event_data;
use crate::prompt::AnswerEnd;
pub(crate) use line::Line;
use serde_json::Value;

/// What a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// llama.cpp's llama-server: token ids go in, so a marker in a text is never read as one.
    LlamaServer,
    /// Ollama: one string goes in, without a template, or a conversation.
    Ollama,
    /// OpenAI's completions, as of vLLM and LM Studio: one string goes in, or a conversation.
    #[serde(rename = "openai")]
    OpenAi,
}

impl Dialect {
    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::LlamaServer => "llama-server",
            Self::Ollama => "ollama",
            Self::OpenAi => "openai",
        }
    }

    /// Whether an answer can be made to begin with a text.
    pub fn can_require(self) -> bool {
        self == Self::LlamaServer
    }

    /// The endpoint that completes, or that continues a conversation.
    pub(crate) fn path(self, is_chat: bool) -> &'static str {
        match (self, is_chat) {
            (Self::LlamaServer, _) => "/completion",
            (Self::Ollama, false) => "/api/generate",
            (Self::Ollama, true) => "/api/chat",
            (Self::OpenAi, false) => "/v1/completions",
            (Self::OpenAi, true) => "/v1/chat/completions",
        }
    }

    /// What a line of its stream says.
    pub(crate) fn line(self, line: &str) -> Result<Line, RemoteError> {
        let data = match self {
            Self::Ollama => Some(line).filter(|line| !line.trim().is_empty()),
            Self::LlamaServer | Self::OpenAi => event_data(line),
        };
        let Some(data) = data else {
            return Ok(Line::default());
        };
        if data == "[DONE]" {
            return Ok(Line::end(AnswerEnd::default()));
        }
        let value: Value = serde_json::from_str(data)
            .map_err(|error| RemoteError::Malformed(error.to_string()))?;
        if let Some(error) = failure(&value, data) {
            return Err(error);
        }
        match self {
            Self::LlamaServer => llama_server::line(&value),
            Self::Ollama => ollama::line(&value),
            Self::OpenAi => openai::line(&value),
        }
    }
}

/// The error that a line reports: servers send some with the status of success.
fn failure(value: &Value, data: &str) -> Option<RemoteError> {
    let is_error = value.get("error").is_some_and(|error| !error.is_null());
    is_error.then(|| RemoteError::Refused {
        status: 200,
        message: message(data.as_bytes()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_within_a_stream_are_errors() {
        for (dialect, line) in [
            (
                Dialect::LlamaServer,
                r#"error: {"error": {"message": "no slot"}}"#,
            ),
            (
                Dialect::LlamaServer,
                r#"data: {"error": {"message": "no slot"}}"#,
            ),
            (Dialect::Ollama, r#"{"error": "no slot"}"#),
            (
                Dialect::OpenAi,
                r#"data: {"error": {"message": "no slot"}}"#,
            ),
        ] {
            let error = dialect.line(line).unwrap_err();
            assert!(error.to_string().contains("no slot"), "{error}");
        }
    }

    #[test]
    fn what_is_no_answer_is_malformed() {
        for (dialect, line) in [
            (Dialect::LlamaServer, "data: {\"content\": \"a"),
            (Dialect::LlamaServer, "data: {}"),
            (Dialect::Ollama, "<html>"),
            (Dialect::Ollama, "[]"),
            (Dialect::OpenAi, "data: {\"choices\": []}"),
            (Dialect::OpenAi, "data: 5"),
        ] {
            let error = dialect.line(line).unwrap_err();
            assert!(
                matches!(error, RemoteError::Malformed(_)),
                "{line}: {error}"
            );
        }
    }

    #[test]
    fn pings_and_blank_lines_say_nothing() {
        for (dialect, line) in [
            (Dialect::LlamaServer, ": ping"),
            (Dialect::OpenAi, ""),
            (Dialect::Ollama, ""),
        ] {
            assert_eq!(dialect.line(line), Ok(Line::default()));
        }
    }
}
