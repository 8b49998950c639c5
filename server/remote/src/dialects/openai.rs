//! OpenAI's `/v1/completions`, with server-sent events: vLLM, LM Studio and others.
//!
//! The field `suffix` is refused by most of these servers, so the prompt has the markers. What only
//! vLLM understands is sent to vLLM only. vLLM holds back as many characters as its longest stop
//! has, and their probabilities come before them. So it gets the ids of the markers that end an
//! answer.
//!
//! A model that was trained to chat gets a conversation at `/v1/chat/completions`, whose last turn
//! is the beginning of the answer. vLLM and others continue it if they are asked to.

use super::line::{Line, logprobs};
use crate::client::Connection;
use crate::error::RemoteError;
use crate::prompt::{AnswerChunk, AnswerEnd, RemoteRequest};
use crate::text_markers::{messages, spelt};
use serde_json::{Value, json};
use std::collections::HashMap;

/// How many stops a server takes: vLLM refuses more, and so does OpenAI.
const MAX_STOPS: usize = 4;

/// The ids of those of these markers that are one token of vLLM's vocabulary.
pub(crate) async fn special_tokens(
    connection: &mut Connection<'_>,
    model: &str,
    markers: &[String],
) -> Result<HashMap<String, u64>, RemoteError> {
    let body = json!({
        "model": model,
        "prompt": markers.concat(),
        "add_special_tokens": false,
        "return_token_strs": true,
    });
    let answer = connection.post("/tokenize", &body).await?;
    let list = |name: &str| answer[name].as_array().into_iter().flatten();
    let tokens = list("token_strs").zip(list("tokens"));
    let token = |(text, id): (&Value, &Value)| Some((text.as_str()?.to_owned(), id.as_u64()?));
    Ok(tokens
        .filter_map(token)
        .filter(|(text, _)| markers.contains(text))
        .collect())
}

/// The request for a completion. `vllm` has the ids of the markers, if the server is vLLM.
pub(crate) fn body(
    model: &str,
    vllm: Option<&HashMap<String, u64>>,
    request: &RemoteRequest,
) -> Result<Value, RemoteError> {
    let mut body = json!({
        "model": model,
        "prompt": spelt(request)?,
        "max_tokens": request.max_tokens,
        "temperature": 0.0,
        "stream": true,
    });
    if let Some(ids) = vllm {
        // Otherwise markers in the answer are left out, and what follows them looks like code.
        // As they show, they end the answer here where their ids are not known.
        body["skip_special_tokens"] = json!(false);
        body["logprobs"] = json!(1);
        let id = |stop: &String| ids.get(stop);
        body["stop_token_ids"] = request.stops.iter().filter_map(id).copied().collect();
    } else {
        body["stop"] = json!(request.stops.iter().take(MAX_STOPS).collect::<Vec<_>>());
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
