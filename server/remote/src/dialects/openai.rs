//! OpenAI's `/v1/completions`, with server-sent events: vLLM, LM Studio and others.
//!
//! The field `suffix` is refused by most of these servers, so the prompt has the markers. What only
//! vLLM understands is sent to vLLM only.
//!
//! A model that was trained to chat gets a conversation at `/v1/chat/completions`, whose last turn
//! is the beginning of the answer. vLLM and others continue it if they are asked to.

use super::line::{Line, logprobs};
use crate::error::RemoteError;
use crate::prompt::{AnswerChunk, AnswerEnd, RemoteRequest};
use crate::text_markers::{messages, spelt};
use serde_json::{Value, json};

/// How many stops a server must take.
const MAX_STOPS: usize = 4;

/// The request for a completion. `maker` is who made the server, by its own account.
pub(crate) fn body(
    model: &str,
    maker: &str,
    request: &RemoteRequest,
) -> Result<Value, RemoteError> {
    let is_vllm = maker == "vllm";
    let stops = if is_vllm {
        request.stops.len()
    } else {
        MAX_STOPS
    };
    let mut body = json!({
        "model": model,
        "prompt": spelt(request)?,
        "max_tokens": request.max_tokens,
        "temperature": 0.0,
        "stream": true,
        "stop": request.stops.iter().take(stops).collect::<Vec<_>>(),
    });
    if is_vllm {
        // Otherwise markers in the answer are left out, and what follows them looks like code.
        body["skip_special_tokens"] = json!(false);
        body["logprobs"] = json!(1);
    }
    Ok(body)
}

/// What a server is to do with the last turn of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastTurn {
    /// To continue it, which not all servers understand.
    Continued,
    /// What it does by itself.
    Plain,
}

/// The request for the rest of a conversation's last turn.
pub(crate) fn chat_body(
    model: &str,
    request: &RemoteRequest,
    last: LastTurn,
) -> Result<Value, RemoteError> {
    let mut body = json!({
        "model": model,
        "messages": messages(request)?,
        "max_tokens": request.max_tokens,
        "temperature": 0.0,
        "stream": true,
        "stop": request.stops.iter().take(MAX_STOPS).collect::<Vec<_>>(),
    });
    if last == LastTurn::Continued {
        body["continue_final_message"] = json!(true);
        body["add_generation_prompt"] = json!(false);
        body["chat_template_kwargs"] = json!({"enable_thinking": false, "thinking": false});
        body["logprobs"] = json!(true);
    }
    Ok(body)
}

/// Reads `{"choices": [{"text", "finish_reason", "logprobs": {"token_logprobs"}}]}`;
/// of a conversation, `delta.content` is the text and `logprobs.content` has the tokens.
pub(crate) fn line(value: &Value) -> Result<Line, RemoteError> {
    let choice = &value["choices"][0];
    // A delta that only names the role, or holds thoughts, has no text.
    let delta = choice["delta"].as_object();
    let text = delta.map(|delta| delta.get("content").and_then(Value::as_str));
    let text = text.map(Option::unwrap_or_default);
    let Some(text) = text.or_else(|| choice["text"].as_str()) else {
        return Err(RemoteError::Malformed(
            "`choices[0].text` is missing".into(),
        ));
    };
    let probabilities = choice["logprobs"]["token_logprobs"].as_array();
    let tokens = choice["logprobs"]["content"].as_array();
    let of_tokens = tokens.into_iter().flatten().map(|token| &token["logprob"]);
    let completed = choice["finish_reason"].as_str().map(|reason| AnswerEnd {
        cut_short: reason == "length",
        ..AnswerEnd::default()
    });
    Ok(Line {
        chunk: AnswerChunk {
            text: text.to_owned(),
            logprobs: logprobs(probabilities.into_iter().flatten().chain(of_tokens)),
        },
        ids: Vec::new(),
        completed,
    })
}
