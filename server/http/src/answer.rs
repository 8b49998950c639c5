//! What goes back: JSON, server-sent events, and errors in the form that OpenAI's clients read.
//!
//! All events are sent at once: filters and the gate judge a completion as a whole, so there is
//! nothing to send before it is done, and an error can still be reported by its status.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

/// An answer, ready to send.
pub type Answer = Response<Full<Bytes>>;

/// Why there is no answer, and what to do.
#[derive(Debug)]
pub struct ApiError {
    /// The status.
    pub status: StatusCode,
    /// A word for programs.
    pub code: &'static str,
    /// A sentence for people.
    pub message: String,
    /// The field of the request that is wrong, if it is one.
    pub param: Option<&'static str>,
}

impl ApiError {
    /// A refusal that no single field is to blame for.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            param: None,
        }
    }

    /// A field that is wrong.
    pub fn field(param: &'static str, message: impl Into<String>) -> Self {
        Self {
            param: Some(param),
            ..Self::new(StatusCode::BAD_REQUEST, "invalid_value", message)
        }
    }

    /// As it is sent.
    pub fn answer(&self) -> Answer {
        let kind = match self.status {
            StatusCode::UNAUTHORIZED => "authentication_error",
            StatusCode::FORBIDDEN => "permission_error",
            StatusCode::SERVICE_UNAVAILABLE => "unavailable_error",
            status if status.is_server_error() => "server_error",
            _ => "invalid_request_error",
        };
        let error =
            json!({"message": self.message, "type": kind, "param": self.param, "code": self.code});
        let mut answer = with_status(self.status, &json!({"error": error}));
        let extra = match self.status {
            StatusCode::UNAUTHORIZED => Some((WWW_AUTHENTICATE, "Bearer")),
            StatusCode::SERVICE_UNAVAILABLE => Some((RETRY_AFTER, "1")),
            _ => None,
        };
        answer
            .headers_mut()
            .extend(extra.map(|(name, value)| (name, HeaderValue::from_static(value))));
        answer
    }
}

/// A JSON object.
pub fn json_object(value: &Value) -> Answer {
    with_status(StatusCode::OK, value)
}

fn with_status(status: StatusCode, value: &Value) -> Answer {
    whole(status, "application/json", value.to_string())
}

/// Server-sent events, one for each value; `last` follows them as it is.
pub fn events(values: &[Value], last: Option<&str>) -> Answer {
    let data = values
        .iter()
        .map(Value::to_string)
        .chain(last.map(str::to_owned));
    whole(
        StatusCode::OK,
        "text/event-stream",
        data.map(|data| format!("data: {data}\n\n")).collect(),
    )
}

/// An answer without a body.
pub fn empty(status: StatusCode) -> Answer {
    let mut answer = Answer::default();
    *answer.status_mut() = status;
    answer
}

fn whole(status: StatusCode, kind: &'static str, body: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
