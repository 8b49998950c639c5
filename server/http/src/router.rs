//! One request: who asks, what for, and the answer. Adds the line of the log, which holds no text.

use super::access::Access;
use super::answer::{Answer, ApiError, empty};
use super::body::read;
use super::query::Query;
use super::service::CompletionService;
use super::{completions, infill, models};
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};
use std::time::Instant;

/// Answers a request. Never fails: what goes wrong is an answer too.
pub async fn answer(
    service: &CompletionService,
    access: &Access,
    request: Request<Incoming>,
) -> Answer {
    let start = Instant::now();
    let (parts, body) = request.into_parts();
    let (mut answer, origin) = match access.check(&parts) {
        Ok(origin) => (
            routed(service, access, &parts, body)
                .await
                .unwrap_or_else(|refusal| refusal.answer()),
            origin,
        ),
        Err(refusal) => (refusal.answer(), None),
    };
    if let Some(origin) = origin {
        let headers = answer.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET, POST"),
        );
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("authorization, content-type"),
        );
    }
    let endpoint = ENDPOINTS
        .iter()
        .find(|endpoint| **endpoint == parts.uri.path())
        .unwrap_or(&"unknown");
    let (status, ms) = (answer.status().as_u16(), start.elapsed().as_millis() as u64);
    tracing::info!(method = %parts.method, endpoint, status, ms, "answered");
    answer
}

/// All there are, for the log and for those who ask for another.
const ENDPOINTS: &[&str] = &[
    "/health",
    "/v1/models",
    "/models",
    "/v1/completions",
    "/infill",
    "/completion",
    "/completions",
];

/// The answer of the endpoint that a request names, if whoever asks may ask there.
async fn routed(
    service: &CompletionService,
    access: &Access,
    parts: &Parts,
    body: Incoming,
) -> Result<Answer, ApiError> {
    let path = parts.uri.path();
    if parts.method == Method::OPTIONS && ENDPOINTS.contains(&path) {
        return Ok(empty(StatusCode::NO_CONTENT));
    }
    if path != "/health" {
        access.check_token(parts)?;
    }
    match (&parts.method, path) {
        (&Method::GET, "/health") => models::health(service),
        (&Method::GET, "/v1/models" | "/models") => Ok(models::list(service)),
        (&Method::POST, "/v1/completions") => {
            let query = Query::read(parts.uri.query())?;
            completions::answer(service, query, read(parts, body).await?).await
        }
        (&Method::POST, "/infill") => {
            let query = Query::read(parts.uri.query())?;
            infill::answer(service, query, read(parts, body).await?).await
        }
        (&Method::POST, "/completion" | "/completions") => {
            let query = Query::read(parts.uri.query())?;
            infill::completion(service, query, read(parts, body).await?).await
        }
        (method, path) if ENDPOINTS.contains(&path) => Err(wrong_method(method, path)),
        _ => Err(unknown_endpoint()),
    }
}

/// The refusal of a method that an endpoint does not have.
fn wrong_method(method: &Method, path: &str) -> ApiError {
    let message =
        format!("{path} does not support {method}; use POST for completions and GET for the rest");
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", message)
}

/// The refusal of a path that is no endpoint.
fn unknown_endpoint() -> ApiError {
    let message = format!(
        "unknown endpoint; the endpoints are {}",
        ENDPOINTS.join(", ")
    );
    ApiError::new(StatusCode::NOT_FOUND, "unknown_endpoint", message)
}
