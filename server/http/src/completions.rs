//! `POST /v1/completions`: OpenAI's older completions, with `prompt` and `suffix`, or with markers
//! in the prompt.
//!
//! `temperature` and other numbers for sampling are taken and not used: the likeliest text is
//! given. What would change the meaning of an answer, such as `n`, is refused.

use super::answer::{Answer, ApiError, events, json_object};
use super::query::Query;
use super::service::{ApiRequest, ApiResponse, CompletionEnd, CompletionService};
use super::{markers, models};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// What ends a stream.
const DONE: &str = "[DONE]";

/// The body of a request.
#[derive(Deserialize)]
pub struct Body {
    prompt: Option<Value>,
    suffix: Option<String>,
    max_tokens: Option<i64>,
    stop: Option<Stop>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    n: Option<u64>,
    best_of: Option<u64>,
    echo: Option<bool>,
    path: Option<String>,
    language: Option<String>,
}

/// One text or several.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Stop {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

impl Stop {
    /// As a list.
    pub fn list(self) -> Vec<String> {
        match self {
            Self::One(word) => vec![word],
            Self::Several(words) => words,
        }
    }
}

/// Answers.
pub async fn answer(
    service: &CompletionService,
    query: Query,
    body: Body,
) -> Result<Answer, ApiError> {
    let stream = body.stream.unwrap_or(false);
    let with_usage = body
        .stream_options
        .as_ref()
        .and_then(|options| options.include_usage)
        .unwrap_or(false);
    let response = service.complete(ask(query, body)?).await?;
    let head = head(&models::name(service));
    if stream {
        Ok(streamed(&head, &response, with_usage))
    } else {
        Ok(json_object(&whole(&head, &response)))
    }
}

fn ask(query: Query, body: Body) -> Result<ApiRequest, ApiError> {
    for (name, wrong) in [
        ("n", body.n.is_some_and(|n| n != 1)),
        ("best_of", body.best_of.is_some_and(|n| n != 1)),
    ] {
        if wrong {
            return Err(ApiError::field(
                name,
                format!("nigh returns one completion: omit `{name}`, or set it to 1"),
            ));
        }
    }
    if body.echo == Some(true) {
        return Err(ApiError::field(
            "echo",
            "nigh returns only the completion: omit `echo`, or set it to false",
        ));
    }
    let prompt = text(body.prompt)?;
    let parts = match body.suffix {
        Some(suffix) => markers::Parts {
            prefix: prompt,
            suffix,
            ..Default::default()
        },
        None => markers::read(&prompt),
    };
    Ok(ApiRequest {
        path: body.path.or(parts.path).or(query.path),
        language: body.language.or(query.language),
        prefix: parts.prefix,
        suffix: parts.suffix,
        others: parts.others,
        // Less than nothing means as much as there is.
        max_tokens: body.max_tokens.and_then(|most| usize::try_from(most).ok()),
        stop: body.stop.map(Stop::list).unwrap_or_default(),
        show: query.show,
        time: None,
    })
}

/// The one text of a prompt, which may be a list.
fn text(prompt: Option<Value>) -> Result<String, ApiError> {
    let wrong = |message: &str| Err(ApiError::field("prompt", message));
    match prompt {
        Some(Value::String(prompt)) => Ok(prompt),
        Some(Value::Array(mut prompts)) if prompts.len() == 1 => text(prompts.pop()),
        Some(Value::Array(prompts)) if prompts.iter().all(Value::is_string) => {
            wrong("nigh answers one prompt per request: send one text")
        }
        None | Some(Value::Null) => wrong("`prompt` is missing: send the text before the cursor"),
        Some(_) => wrong("send the prompt as text, not as tokens"),
    }
}

/// What all objects of an answer have in common.
fn head(model: &str) -> Value {
    static ANSWERS: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let id = format!(
        "cmpl-{:x}-{}",
        now.as_micros(),
        ANSWERS.fetch_add(1, Ordering::Relaxed)
    );
    json!({"id": id, "object": "text_completion", "created": now.as_secs(), "model": model})
}

fn whole(head: &Value, response: &ApiResponse) -> Value {
    let mut whole = with(
        head,
        json!([choice(&response.text, Some(reason(response)))]),
    );
    whole["usage"] = usage(response);
    whole["nigh"] = json!({"confidence": response.confidence, "withheld": response.suppressed_by});
    whole
}

fn streamed(head: &Value, response: &ApiResponse, with_usage: bool) -> Answer {
    let mut last = with(head, json!([choice("", Some(reason(response)))]));
    last["nigh"] = json!({"confidence": response.confidence, "withheld": response.suppressed_by});
    let mut chunks = vec![with(head, json!([choice(&response.text, None)])), last];
    if with_usage {
        let mut usage_chunk = with(head, json!([]));
        usage_chunk["usage"] = usage(response);
        chunks.push(usage_chunk);
    }
    events(&chunks, Some(DONE))
}

fn with(head: &Value, choices: Value) -> Value {
    let mut object = head.clone();
    object["choices"] = choices;
    object
}

fn choice(text: &str, reason: Option<&str>) -> Value {
    json!({"text": text, "index": 0, "logprobs": null, "finish_reason": reason})
}

fn reason(response: &ApiResponse) -> &'static str {
    if response.end == CompletionEnd::Limit {
        "length"
    } else {
        "stop"
    }
}

/// What the model read and said; more than is given where a filter cut it, less where the text was
/// copied.
fn usage(response: &ApiResponse) -> Value {
    let (prompt, generated) = (
        response.stats.prompt_tokens,
        response.stats.generated_tokens,
    );
    json!({
        "prompt_tokens": prompt,
        "completion_tokens": generated,
        "total_tokens": prompt + generated,
        "prompt_tokens_details": {"cached_tokens": response.stats.reused_tokens},
    })
}
