//! Turns a message body into a typed message, or into the answer that it deserves if it is none.
//!
//! The rules are those of JSON-RPC 2.0 and LSP 3.17: -32700 for a body that is not JSON, -32600 for
//! JSON that is not a message, -32601 for unknown `$/` requests. A body is parsed once; its members
//! move into the message.

use super::normalize::{normalize, unreadable_body, unreadable_change};
use assistant::json::replace_lone_surrogates;
use serde_json::{Map, Value};
use std::borrow::Cow;
use tower_lsp::jsonrpc::{Error, ErrorCode, Id, Request, Response};

/// What a body is.
#[derive(Debug, PartialEq)]
pub enum Validation {
    /// A request or notification for the service.
    Request(Request),
    /// The client's answer to a request of ours.
    Response(Response),
    /// No message: send this error.
    Invalid(Response),
    /// No message, but perhaps a change of a text: send this error, and notify the service.
    InvalidChange(Response, Request),
    /// Nothing that needs an answer or has an effect.
    Ignored,
}

/// Validates one body.
pub fn validate(body: &[u8]) -> Validation {
    match parse(body) {
        Ok(Value::Object(message)) => validate_message(message),
        Ok(Value::Array(_)) => invalid(
            Id::Null,
            ErrorCode::InvalidRequest,
            "batches are not part of the Language Server Protocol",
        ),
        Ok(_) => invalid(
            Id::Null,
            ErrorCode::InvalidRequest,
            "a message must be a JSON object",
        ),
        Err(why) => {
            let message = format!("the body is not valid JSON: {why}");
            let error = error(Id::Null, ErrorCode::ParseError, message);
            match unreadable_body(body) {
                Some(notification) => Validation::InvalidChange(error, notification),
                None => Validation::Invalid(error),
            }
        }
    }
}

/// Parses JSON as editors write it: with a byte order mark, or with halves of characters. Nesting
/// deeper than 128 is an error.
fn parse(body: &[u8]) -> serde_json::Result<Value> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    serde_json::from_slice(body).or_else(|error| match replace_lone_surrogates(body) {
        Some(replaced) => serde_json::from_slice(&replaced),
        None => Err(error),
    })
}

/// A request, or a notification if it has no id.
pub fn request(
    method: impl Into<Cow<'static, str>>,
    id: Option<Id>,
    params: Option<Value>,
) -> Request {
    let mut request = Request::build(method);
    if let Some(id) = id {
        request = request.id(id);
    }
    if let Some(params) = params {
        request = request.params(params);
    }
    request.finish()
}

/// An error response.
pub fn error(id: Id, code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Response {
    let error = Error {
        code,
        message: message.into(),
        data: None,
    };
    Response::from_error(id, error)
}

fn invalid(id: Id, code: ErrorCode, message: &'static str) -> Validation {
    Validation::Invalid(error(id, code, message))
}

fn validate_message(mut message: Map<String, Value>) -> Validation {
    let has_id = message.contains_key("id");
    let id = message.remove("id").and_then(usable_id);
    let known_id = id.clone().unwrap_or_default();
    let method = match message.remove("method") {
        None => return validate_response(message, id),
        Some(Value::String(method)) => method,
        Some(_) => {
            return invalid(
                known_id,
                ErrorCode::InvalidRequest,
                "`method` must be a string",
            );
        }
    };
    if message.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return invalid(
            known_id,
            ErrorCode::InvalidRequest,
            "`jsonrpc` must be \"2.0\"",
        );
    }
    match id {
        None if has_id => invalid(
            known_id,
            ErrorCode::InvalidRequest,
            "`id` must be a string or an integer",
        ),
        None => validate_notification(method, message.remove("params")),
        Some(id) => validate_request(id, method, message.remove("params")),
    }
}

fn validate_request(id: Id, method: String, params: Option<Value>) -> Validation {
    if method.starts_with("$/") {
        return invalid(id, ErrorCode::MethodNotFound, "unknown method");
    }
    match normalize(&method, params) {
        Some(params) if !is_structured(&params) => invalid(
            id,
            ErrorCode::InvalidParams,
            "`params` must be an object or an array",
        ),
        params => Validation::Request(request(method, Some(id), params)),
    }
}

fn validate_notification(method: String, params: Option<Value>) -> Validation {
    let params = normalize(&method, params);
    if let Some(notification) = unreadable_change(&method, params.as_ref()) {
        return Validation::Request(notification);
    }
    match params {
        Some(params) if !is_structured(&params) => Validation::Ignored,
        params => Validation::Request(request(method, None, params)),
    }
}

fn is_structured(params: &Value) -> bool {
    params.is_object() || params.is_array()
}

/// An answer to a request of ours has an id, and either a result or an error.
fn validate_response(mut message: Map<String, Value>, id: Option<Id>) -> Validation {
    match (id, message.remove("result"), message.remove("error")) {
        (None, None, None) => invalid(
            Id::Null,
            ErrorCode::InvalidRequest,
            "a message must have a `method`, a `result` or an `error`",
        ),
        (Some(id), Some(result), None) => Validation::Response(Response::from_ok(id, result)),
        (Some(id), None, Some(error)) => match client_error(error) {
            Some(error) => Validation::Response(Response::from_error(id, error)),
            None => Validation::Ignored,
        },
        _ => Validation::Ignored,
    }
}

fn client_error(mut error: Value) -> Option<Error> {
    let code = error["code"].as_i64()?;
    let message = error["message"].as_str()?.to_owned();
    Some(Error {
        code: code.into(),
        message: message.into(),
        data: error.get_mut("data").map(Value::take),
    })
}

fn usable_id(id: Value) -> Option<Id> {
    match id {
        Value::String(id) => Some(id.into()),
        id => id.as_i64().map(Id::Number),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn code(body: &str) -> Option<i64> {
        match validate(body.as_bytes()) {
            Validation::Invalid(response) => response.error().map(|error| error.code.code()),
            _ => None,
        }
    }

    #[test]
    fn what_is_no_message_is_answered() {
        for body in ["", "  ", "{", r#"{"method""#, "\u{0}"] {
            assert_eq!(code(body), Some(-32700), "{body}");
        }
        for body in [
            "null",
            "42",
            "[]",
            "{}",
            r#"[{"jsonrpc":"2.0","id":1,"method":"x"}]"#,
        ] {
            assert_eq!(code(body), Some(-32600), "{body}");
        }
        for member in [
            r#""id":{},"method":"x""#,
            r#""id":true,"method":"x""#,
            r#""id":1.5,"method":"x""#,
            r#""id":1,"method":7"#,
        ] {
            assert_eq!(
                code(&format!(r#"{{"jsonrpc":"2.0",{member}}}"#)),
                Some(-32600),
                "{member}"
            );
        }
        assert_eq!(
            code(r#"{"jsonrpc":"2.0","id":1,"method":"$/x"}"#),
            Some(-32601)
        );
        assert_eq!(
            code(r#"{"jsonrpc":"2.0","id":1,"method":"x","params":5}"#),
            Some(-32602)
        );
        assert_eq!(code(r#"{"id":1,"method":"x"}"#), Some(-32600));
    }

    #[test]
    fn notifications_and_stray_answers_are_dropped_in_silence() {
        for body in [
            r#"{"jsonrpc":"2.0","method":"x","params":5}"#,
            r#"{"jsonrpc":"2.0","id":7}"#,
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"x"}}"#,
        ] {
            assert_eq!(validate(body.as_bytes()), Validation::Ignored, "{body}");
        }
    }

    #[test]
    fn good_messages_pass() {
        for body in [
            r#"{"jsonrpc":"2.0","id":"a","method":"x"}"#,
            r#"{"jsonrpc":"2.0","method":"x","params":{}}"#,
        ] {
            assert_eq!(
                validate(body.as_bytes()),
                Validation::Request(serde_json::from_str(body).unwrap())
            );
        }
        for body in [
            r#"{"jsonrpc":"2.0","id":1,"result":null}"#,
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x","data":[2]}}"#,
        ] {
            assert_eq!(
                validate(body.as_bytes()),
                Validation::Response(serde_json::from_str(body).unwrap())
            );
        }
        let with_bom = "\u{feff}{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":null}";
        assert_eq!(
            validate(with_bom.as_bytes()),
            Validation::Request(Request::build("x").finish())
        );
    }

    #[test]
    fn half_a_character_becomes_a_replacement_of_the_same_width() {
        let body =
            r#"{"jsonrpc":"2.0","method":"x","params":{"a":"\ud800b\\ud800 \ud83d\ude00\udc00"}}"#;
        let Validation::Request(message) = validate(body.as_bytes()) else {
            panic!("refused")
        };
        let text = json!({"a": "\u{fffd}b\\ud800 😀\u{fffd}"});
        assert_eq!(message.params(), Some(&text));
    }

    #[test]
    fn a_broken_body_that_may_be_a_change_is_reported_to_the_service() {
        let body = br#"{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"#;
        assert!(matches!(
            validate(body),
            Validation::InvalidChange(_, notification) if notification.id().is_none()
        ));
    }
}
