//! OpenAI's `/v1/completions`, with server-sent events: vLLM, LM Studio and others.
//!
//! The field `suffix` is refused by most of these servers, so the prompt has the markers. What only
//! vLLM understands is sent to vLLM only.

use super::line::{Line, logprobs};
use crate::error::RemoteError;
use crate::prompt::{AnswerChunk, AnswerEnd, RemoteRequest};
use crate::text_markers::spelt;
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

/// Reads `{"choices": [{"text", "finish_reason", "logprobs": {"token_logprobs"}}]}`.
pub(crate) fn line(value: &Value) -> Result<Line, RemoteError> {
    let choice = &value["choices"][0];
    let Some(text) = choice["text"].as_str() else {
        return Err(RemoteError::Malformed(
            "`choices[0].text` is missing".into(),
        ));
    };
    let probabilities = choice["logprobs"]["token_logprobs"].as_array();
    let completed = choice["finish_reason"].as_str().map(|reason| AnswerEnd {
        cut_short: reason == "length",
        ..AnswerEnd::default()
    });
    Ok(Line {
        chunk: AnswerChunk {
            text: text.to_owned(),
            logprobs: logprobs(probabilities.into_iter().flatten()),
        },
        ids: Vec::new(),
        completed,
    })
}
