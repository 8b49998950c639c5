//! Ollama: `/api/generate` with `raw`, which leaves the model's template out, and newline-delimited
//! JSON.
//!
//! A model that was trained to chat gets a conversation at `/api/chat`. Ollama puts the model's
//! template around it and lets the model continue the last turn, which is the beginning of the
//! answer.
//!
//! The length of the context is set in each request, always the same one: Ollama loads the model
//! again when it changes, and its default is shorter than a prompt.

use super::line::{Line, logprobs, number, text};
use crate::client::Connection;
use crate::error::RemoteError;
use crate::prompt::{AnswerChunk, AnswerEnd, RemoteRequest};
use crate::text_markers::{messages, spelt};
use serde_json::{Value, json};

/// Tokens of the context.
pub(crate) const CONTEXT: usize = 4096;

/// Has the model loaded, which can take long: a request without a prompt does no more than that.
pub(crate) async fn load(connection: &mut Connection<'_>, model: &str) -> Result<(), RemoteError> {
    let options = json!({"num_ctx": CONTEXT});
    let body = json!({"model": model, "stream": false, "options": options});
    connection.post("/api/generate", &body).await.map(|_| ())
}

/// The request for a completion.
pub(crate) fn body(model: &str, request: &RemoteRequest) -> Result<Value, RemoteError> {
    Ok(json!({
        "model": model,
        "prompt": spelt(request)?,
        "raw": true,
        "stream": true,
        "logprobs": true,
        "options": options(request),
    }))
}

/// The request for the rest of a conversation's last turn.
pub(crate) fn chat_body(model: &str, request: &RemoteRequest) -> Result<Value, RemoteError> {
    Ok(json!({
        "model": model,
        "messages": messages(request)?,
        "think": false,
        "stream": true,
        "logprobs": true,
        "options": options(request),
    }))
}

fn options(request: &RemoteRequest) -> Value {
    json!({
        "temperature": 0.0,
        "num_predict": request.max_tokens,
        "num_ctx": CONTEXT,
        "stop": request.stops,
    })
}

/// Reads `{"response", "done", "logprobs"}`; of a conversation, `message.content` is the text.
pub(crate) fn line(value: &Value) -> Result<Line, RemoteError> {
    let probabilities = value["logprobs"].as_array().into_iter().flatten();
    let completed = (value["done"] == true).then(|| AnswerEnd {
        cut_short: value["done_reason"] == "length",
        prompt_tokens: number(value, "prompt_eval_count"),
        reused_tokens: 0,
    });
    Ok(Line {
        chunk: AnswerChunk {
            text: match value.get("message") {
                Some(message) => text(message, "content")?,
                None => text(value, "response")?,
            },
            logprobs: logprobs(probabilities.map(|one| &one["logprob"])),
        },
        ids: Vec::new(),
        completed,
    })
}
