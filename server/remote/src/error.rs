//! Why a server did not answer, in sentences for users. They hold no source text and no token.

use crate::limits::MAX_MESSAGE;
use hyper::StatusCode;
use std::time::Duration;

/// What comes before the number of tokens where a prompt is refused: by vLLM, llama-cpp-python and
/// OpenAI, and by llama-server.
const CONTEXTS: [&str; 2] = ["maximum context length is ", "available context size ("];

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    /// There is no connection.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// The connection could not be encrypted.
    #[error("the encrypted connection failed: {0}")]
    Tls(String),
    /// Something took too long.
    #[error("{what} took longer than {} ms", .limit.as_millis())]
    Slow {
        /// What it was.
        what: &'static str,
        /// How long it may take.
        limit: Duration,
    },
    /// The server refused.
    #[error("it {}{}{}", answered(*.status), colon(.message), advice(*.status))]
    Refused {
        /// The status.
        status: u16,
        /// The message of the server, shortened.
        message: String,
    },
    /// The answer is not what the dialect says.
    #[error("its answer cannot be understood: {0}")]
    Malformed(String),
    /// The answer is too long.
    #[error("its answer is too long")]
    TooLong,
    /// The connection broke in the middle of an answer.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The server is there but cannot be used, and will not be without a change.
    #[error("{0}")]
    Unusable(String),
    /// Another model answers than the one that was met.
    #[error("its model has changed")]
    Changed,
    /// The prompt holds what the server would take for a marker.
    #[error("the text around the cursor contains a marker of the model")]
    MarkerInText,
}

impl RemoteError {
    /// That of a status other than success; `body` is what the server text.
    pub(crate) fn of_status(status: StatusCode, body: &[u8]) -> Self {
        if status.is_redirection() {
            let why = "it redirects to another address, which nigh does not follow; set \
                       `engine.url` to that address";
            return Self::Unusable(why.into());
        }
        Self::Refused {
            status: status.as_u16(),
            message: message(body),
        }
    }

    /// Whether the prompt is to blame, rather than the server.
    pub(crate) fn is_of_prompt(&self) -> bool {
        matches!(self, Self::MarkerInText) || self.context().is_some()
    }

    /// The context in tokens that the refusal of a long prompt names.
    pub(crate) fn context(&self) -> Option<usize> {
        let Self::Refused { message, .. } = self else {
            return None;
        };
        let number = CONTEXTS.iter().find_map(|before| {
            let (_, rest) = message.split_once(before)?;
            rest.split(|c: char| !c.is_ascii_digit()).next()
        });
        number?.parse().ok()
    }
}

/// What a server says of its error: the field `error`, or `error.message`, else the beginning of
/// the text. Control characters are left out.
pub(crate) fn message(body: &[u8]) -> String {
    let value: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let error = &value["error"];
    let named = [
        &error["message"],
        error,
        &value["message"],
        &value["detail"],
    ];
    let found = named.iter().find_map(|value| value.as_str());
    let text = found.map_or_else(|| String::from_utf8_lossy(body).into_owned(), str::to_owned);
    let printable = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    printable
        .take(MAX_MESSAGE)
        .collect::<String>()
        .trim()
        .to_owned()
}

/// How a refusal begins. Servers report errors in the middle of an answer with the status 200.
fn answered(status: u16) -> String {
    match status {
        200 => "reported an error".into(),
        status => format!("answered with status {status}"),
    }
}

/// What to do after a refusal.
fn advice(status: u16) -> &'static str {
    match status {
        401 | 403 => " (its token belongs into a file that `engine.tokenFile` names)",
        _ => "",
    }
}

fn colon(message: &str) -> String {
    if message.is_empty() {
        return String::new();
    }
    format!(": {message}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_all_servers_are_found() {
        for (body, text) in [
            (
                r#"{"error": {"code": 503, "message": "Loading model"}}"#,
                "Loading model",
            ),
            (r#"{"error": "model 'x' not found"}"#, "model 'x' not found"),
            (r#"{"detail": "Not Found"}"#, "Not Found"),
            ("Bad\ngateway", "Bad gateway"),
            ("", ""),
        ] {
            assert_eq!(message(body.as_bytes()), text);
        }
        assert_eq!(message("x".repeat(999).as_bytes()).len(), MAX_MESSAGE);
    }

    #[test]
    fn a_refusal_of_a_long_prompt_names_the_context() {
        for (message, context) in [
            (
                "This model's maximum context length is 2048 tokens. However, your prompt has",
                Some(2048),
            ),
            (
                "request (5000 tokens) exceeds the available context size (4096 tokens), try",
                Some(4096),
            ),
            ("maximum context length is unknown", None),
            ("The model `other` does not exist.", None),
        ] {
            let message = message.to_owned();
            let error = RemoteError::Refused {
                status: 400,
                message,
            };
            assert_eq!(
                (error.context(), error.is_of_prompt()),
                (context, context.is_some())
            );
        }
    }

    #[test]
    fn a_refused_token_says_where_it_belongs() {
        let error = RemoteError::of_status(StatusCode::UNAUTHORIZED, b"{\"error\":\"no\"}");
        assert!(error.to_string().contains("401: no (its token"), "{error}");
        assert!(error.to_string().contains("engine.tokenFile"), "{error}");
    }

    #[test]
    fn a_redirect_is_not_followed() {
        let error = RemoteError::of_status(StatusCode::FOUND, b"");
        assert!(error.to_string().contains("does not follow"));
    }
}
