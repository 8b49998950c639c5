//! One request: who asks, what for, and the answer. Adds the line of the log, which holds no text.

use super::access::Access;
use super::answer::{Answer, Refusal, empty};
use super::ask::Site;
use super::query::Query;
use super::{completions, infill, models};
use crate::wire::{mend_surrogates, whole_numbers};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::{Duration, Instant};

/// The largest body, in bytes.
const MAX_BODY: usize = 4 << 20;
/// How long a body may take to come.
const BODY_PATIENCE: Duration = Duration::from_secs(10);

/// Answers a request. Never fails: what goes wrong is an answer too.
pub async fn answer(site: &Site, access: &Access, request: Request<Incoming>) -> Answer {
    let start = Instant::now();
    let (parts, body) = request.into_parts();
    let (mut answer, origin) = match access.check(&parts) {
        Ok(origin) => (routed(site, access, &parts, body).await.unwrap_or_else(|refusal| refusal.answer()), origin),
        Err(refusal) => (refusal.answer(), None),
    };
    if let Some(origin) = origin {
        let headers = answer.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type"));
    }
    let endpoint = ENDPOINTS.iter().find(|endpoint| **endpoint == parts.uri.path()).unwrap_or(&"unknown");
    let (status, ms) = (answer.status().as_u16(), start.elapsed().as_millis() as u64);
    tracing::info!(method = %parts.method, endpoint, status, ms, "answered");
    answer
}

/// All there are, for the log and for those who ask for another.
const ENDPOINTS: &[&str] =
    &["/health", "/v1/models", "/models", "/v1/completions", "/infill", "/completion", "/completions"];

async fn routed(site: &Site, access: &Access, parts: &Parts, body: Incoming) -> Result<Answer, Refusal> {
    let path = parts.uri.path();
    if parts.method == Method::OPTIONS && ENDPOINTS.contains(&path) {
        return Ok(empty(StatusCode::NO_CONTENT));
    }
    if path != "/health" {
        access.check_token(parts)?;
    }
    match (&parts.method, path) {
        (&Method::GET, "/health") => models::health(site),
        (&Method::GET, "/v1/models" | "/models") => Ok(models::list(site)),
        (&Method::POST, "/v1/completions") => {
            completions::answer(site, Query::read(parts.uri.query())?, read(parts, body).await?).await
        }
        (&Method::POST, "/infill") => {
            infill::answer(site, Query::read(parts.uri.query())?, read(parts, body).await?).await
        }
        (&Method::POST, "/completion" | "/completions") => {
            infill::completion(site, Query::read(parts.uri.query())?, read(parts, body).await?).await
        }
        (method, path) if ENDPOINTS.contains(&path) => {
            let message =
                format!("{path} does not answer {method}; completions are asked for with POST, the rest with GET");
            Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", message))
        }
        _ => {
            let message = format!("there is no such endpoint; there are {}", ENDPOINTS.join(", "));
            Err(Refusal::new(StatusCode::NOT_FOUND, "unknown_endpoint", message))
        }
    }
}

/// Reads a body of JSON.
async fn read<T: DeserializeOwned>(parts: &Parts, body: Incoming) -> Result<T, Refusal> {
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        let message = "send JSON, with the header `Content-Type: application/json`";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", message));
    }
    let coding = parts.headers.get(header::CONTENT_ENCODING).map_or("identity".as_bytes(), HeaderValue::as_bytes);
    if !coding.eq_ignore_ascii_case(b"identity") {
        let message = "send the body as it is, without `Content-Encoding`";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "encoded_body", message));
    }
    let too_large = || {
        let message = format!("a request has at most {} MiB; send less text around the cursor", MAX_BODY >> 20);
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    };
    if body.size_hint().lower() > MAX_BODY as u64 {
        return Err(too_large());
    }
    let read = tokio::time::timeout(BODY_PATIENCE, Limited::new(body, MAX_BODY).collect()).await;
    let slow = |_| Refusal::new(StatusCode::REQUEST_TIMEOUT, "slow_body", "the request took too long to come");
    let bytes = read.map_err(slow)?.map_err(|error| {
        if error.is::<LengthLimitError>() {
            return too_large();
        }
        Refusal::new(StatusCode::BAD_REQUEST, "broken_body", "the request ended before its body did")
    })?;
    let wrong = |error: serde_json::Error| Refusal::new(StatusCode::BAD_REQUEST, "invalid_json", told(&error));
    parsed(&bytes.to_bytes()).map_err(wrong)
}

/// A body as it is meant: clients write a byte order mark in front, halves of letters where they cut a text between the two
/// units of one, and whole numbers with a point.
fn parsed<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<T> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let strict = match serde_json::from_slice(body) {
        Ok(read) => return Ok(read),
        Err(error) => error,
    };
    let mended = mend_surrogates(body);
    let Ok(mut value) = serde_json::from_slice::<Value>(mended.as_deref().unwrap_or(body)) else { return Err(strict) };
    whole_numbers(&mut value);
    T::deserialize(value).map_err(|_| strict)
}

/// What is wrong with a body; never a piece of it.
fn told(error: &serde_json::Error) -> String {
    let place = format!("line {}, column {}", error.line(), error.column());
    match error.classify() {
        serde_json::error::Category::Data => format!("a field has the wrong type, at {place}"),
        _ => format!("the body is no JSON, at {place}"),
    }
}
