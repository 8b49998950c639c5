//! `POST /infill` and `POST /completion`: llama.cpp's own dialect, which llama.vim, llama.vscode
//! and Continue speak.
//!
//! `/infill` has the two sides of the cursor apart, `/completion` one prompt, with markers in it or
//! without. Fields for sampling are taken and not used, as are `cache_prompt` and `id_slot`;
//! `n_indent` is decided by the syntax tree. `t_max_prompt_ms` and `t_max_predict_ms` together are
//! how long the client waits: what is not there by then is answered empty. Where `n_cmpl` asks for
//! several, the one there is comes as a list.

use super::answer::{Answer, ApiError, events, json_object};
use super::completions::Stop;
use super::query::Query;
use super::service::{ApiRequest, ApiResponse, CompletionEnd, CompletionService, OtherFile};
use super::{markers, models};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The body of a request.
#[derive(Deserialize)]
pub struct Body {
    input_prefix: Option<String>,
    input_suffix: Option<String>,
    input_extra: Option<Vec<Extra>>,
    prompt: Option<String>,
    n_predict: Option<i64>,
    n_cmpl: Option<u64>,
    t_max_prompt_ms: Option<f64>,
    t_max_predict_ms: Option<f64>,
    stop: Option<Stop>,
    stream: Option<bool>,
    response_fields: Option<Vec<String>>,
    path: Option<String>,
    language: Option<String>,
}

#[derive(Deserialize)]
struct Extra {
    filename: Option<String>,
    text: String,
}

/// Answers `/infill`.
pub async fn answer(
    service: &CompletionService,
    query: Query,
    mut body: Body,
) -> Result<Answer, ApiError> {
    let (Some(before), Some(suffix)) = (body.input_prefix.take(), body.input_suffix.take()) else {
        let missing = if body.input_prefix.is_none() {
            "input_prefix"
        } else {
            "input_suffix"
        };
        return Err(ApiError::field(
            missing,
            "send `input_prefix` and `input_suffix`: the text before the cursor and after it",
        ));
    };
    let prefix = before + &body.prompt.take().unwrap_or_default();
    // The oldest comes first.
    let extra = body
        .input_extra
        .take()
        .unwrap_or_default()
        .into_iter()
        .rev();
    let others = extra
        .map(|extra| OtherFile {
            path: extra.filename.unwrap_or_default(),
            text: extra.text,
        })
        .collect();
    reply(
        service,
        query,
        body,
        markers::Parts {
            path: None,
            prefix,
            suffix,
            others,
        },
    )
    .await
}

/// Answers `/completion`.
pub async fn completion(
    service: &CompletionService,
    query: Query,
    mut body: Body,
) -> Result<Answer, ApiError> {
    let missing = || {
        ApiError::field(
            "prompt",
            "`prompt` is missing: send the text before the cursor",
        )
    };
    let prompt = body.prompt.take().ok_or_else(missing)?;
    reply(service, query, body, markers::read(&prompt)).await
}

async fn reply(
    service: &CompletionService,
    query: Query,
    body: Body,
    parts: markers::Parts,
) -> Result<Answer, ApiError> {
    let time = time(body.t_max_prompt_ms)?
        .zip(time(body.t_max_predict_ms)?)
        .map(|(prompt, predict)| prompt + predict);
    let ask = ApiRequest {
        path: body.path.or(parts.path).or(query.path),
        language: body.language.or(query.language),
        prefix: parts.prefix,
        suffix: parts.suffix,
        others: parts.others,
        // Less than nothing means as much as there is.
        max_tokens: body.n_predict.and_then(|most| usize::try_from(most).ok()),
        stop: body.stop.map(Stop::list).unwrap_or_default(),
        show: query.show,
        time,
    };
    let response = service.complete(ask).await?;
    let last = |content: &str| {
        let whole = whole(&models::name(service), &response, content);
        body.response_fields
            .as_deref()
            .map_or_else(|| whole.clone(), |fields| chosen(&whole, fields))
    };
    if body.stream.unwrap_or(false) {
        return Ok(events(
            &[json!({"content": response.text, "stop": false}), last("")],
            None,
        ));
    }
    let answer = last(&response.text);
    Ok(json_object(
        &if body.n_cmpl.is_some_and(|count| count > 1) {
            json!([answer])
        } else {
            answer
        },
    ))
}

/// A time limit; none where there is none, or it is 0.
fn time(milliseconds: Option<f64>) -> Result<Option<Duration>, ApiError> {
    let Some(milliseconds) = milliseconds.filter(|milliseconds| *milliseconds > 0.0) else {
        return Ok(None);
    };
    let wrong = |_| {
        ApiError::field(
            "t_max_predict_ms",
            "a time limit is a number of milliseconds",
        )
    };
    Duration::try_from_secs_f64(milliseconds / 1000.0)
        .map(Some)
        .map_err(wrong)
}

fn whole(model: &str, response: &ApiResponse, content: &str) -> Value {
    let stats = response.stats;
    let (kind, word) = match &response.end {
        CompletionEnd::Own => ("eos", ""),
        CompletionEnd::Stop(word) => ("word", word.as_str()),
        CompletionEnd::Limit => ("limit", ""),
    };
    json!({
        "content": content,
        "stop": true,
        "stop_type": kind,
        "stopping_word": word,
        "model": model,
        "tokens": [],
        "tokens_predicted": stats.generated_tokens,
        "tokens_evaluated": stats.prompt_tokens,
        "tokens_cached": stats.reused_tokens,
        "truncated": false,
        "timings": timings(response),
        "nigh": {"confidence": response.confidence, "withheld": response.suppressed_by},
    })
}

/// What was computed: tokens of the prompt without those still in the cache, and tokens of the
/// answer.
fn timings(response: &ApiResponse) -> Value {
    let stats = response.stats;
    let (read, generated) = (
        stats.prompt_tokens.saturating_sub(stats.reused_tokens),
        stats.generated_tokens,
    );
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    let each = |time: Duration, count: usize| {
        if count == 0 {
            0.0
        } else {
            milliseconds(time) / count as f64
        }
    };
    let per_second = |time: Duration, count: usize| {
        if time.is_zero() {
            0.0
        } else {
            count as f64 / time.as_secs_f64()
        }
    };
    json!({
        "cache_n": stats.reused_tokens,
        "prompt_n": read,
        "prompt_ms": milliseconds(stats.prefill),
        "prompt_per_token_ms": each(stats.prefill, read),
        "prompt_per_second": per_second(stats.prefill, read),
        "predicted_n": generated,
        "predicted_ms": milliseconds(stats.decode),
        "predicted_per_token_ms": each(stats.decode, generated),
        "predicted_per_second": per_second(stats.decode, generated),
    })
}

/// The fields that the client wants, under the names it gave: `timings/prompt_n` is a field of a
/// field. Unknown ones are left out.
fn chosen(whole: &Value, fields: &[String]) -> Value {
    let field = |name: &String| {
        let found = name
            .split('/')
            .try_fold(whole, |value, part| value.get(part))?;
        Some((name.clone(), found.clone()))
    };
    Value::Object(fields.iter().filter_map(field).collect::<Map<_, _>>())
}
