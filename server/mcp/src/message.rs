//! Messages of JSON-RPC 2.0: what a line means, and the lines that answer it.
//!
//! A line that is no message is answered with a code. Its text is never repeated: it is the
//! client's. Knows no method.

use serde_json::{Map, Value, json};

/// The line is no JSON.
const PARSE_ERROR: i64 = -32700;
/// It is JSON, but no message.
const INVALID_REQUEST: i64 = -32600;
/// There is no such method.
pub(crate) const METHOD_NOT_FOUND: i64 = -32601;
/// The method has other parameters.
pub(crate) const INVALID_PARAMETERS: i64 = -32602;
/// Too many requests at once; a code of servers' own.
const BUSY: i64 = -32000;

/// A message of a client that is looked at.
pub(crate) enum Message {
    Request(Request),
    Notification { method: String, params: Params },
}

/// What a client wants an answer to.
pub(crate) struct Request {
    pub id: Value,
    pub method: String,
    pub params: Params,
}

/// The parameters of a message.
pub(crate) type Params = Map<String, Value>;

/// Why a request or a line is not answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ProtocolError {
    pub code: i64,
    pub message: String,
    pub data: Option<Value>,
}

impl ProtocolError {
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
        }
    }

    /// Of a line that is longer than a message may be.
    pub fn too_long(most: usize) -> Self {
        let megabytes = most >> 20;
        let error = format!("a message has at most {megabytes} MiB; this one is skipped");
        Self::new(INVALID_REQUEST, error)
    }

    /// Of a request while so many others are open.
    pub fn busy(open: usize) -> Self {
        Self::new(BUSY, format!("{open} requests are open; wait for answers"))
    }

    /// Of a request whose id is that of an open one.
    pub fn repeated() -> Self {
        Self::new(INVALID_REQUEST, "a request with this id is open")
    }
}

/// What a line means; nothing for what needs no answer, such as answers.
///
/// # Errors
///
/// If it is no message, with its id as far as it has one.
pub(crate) fn read(line: &[u8]) -> Result<Option<Message>, (ProtocolError, Option<Value>)> {
    let line = line.trim_ascii();
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    if line.is_empty() {
        return Ok(None);
    }
    let value = serde_json::from_slice::<Value>(line).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let error = format!("this is no JSON: line {line}, column {column}");
        (ProtocolError::new(PARSE_ERROR, error), None)
    })?;
    let invalid = |id| {
        (
            ProtocolError::new(INVALID_REQUEST, "this is no message of JSON-RPC 2.0"),
            id,
        )
    };
    let Value::Object(mut object) = value else {
        return Err(invalid(None));
    };
    let id = object.remove("id");
    let is_id = |id: &Value| id.is_string() || id.is_i64() || id.is_u64();
    let known_id = id.clone().filter(is_id);
    if object.get("jsonrpc") != Some(&json!("2.0")) {
        return Err(invalid(known_id));
    }
    let params = match object.remove("params") {
        None | Some(Value::Null) => Params::new(),
        Some(Value::Object(params)) => params,
        Some(_) if id.is_none() => return Ok(None),
        Some(_) => return Err(invalid(known_id)),
    };
    match (object.remove("method"), id, known_id) {
        (Some(Value::String(method)), Some(_), Some(id)) => {
            Ok(Some(Message::Request(Request { id, method, params })))
        }
        (Some(Value::String(method)), None, _) => {
            Ok(Some(Message::Notification { method, params }))
        }
        // No request was sent, so an answer answers none.
        (None, Some(_), Some(_))
            if object.contains_key("result") || object.contains_key("error") =>
        {
            Ok(None)
        }
        (_, _, known_id) => Err(invalid(known_id)),
    }
}

/// The line that answers a request.
pub(crate) fn answer_line(id: &Value, answer: Result<Value, ProtocolError>) -> Vec<u8> {
    match answer {
        Ok(result) => line(&json!({"jsonrpc": "2.0", "id": id, "result": result})),
        Err(error) => error_line(&error, Some(id)),
    }
}

/// The line that refuses a message; without an id if that could not be read.
pub(crate) fn error_line(error: &ProtocolError, id: Option<&Value>) -> Vec<u8> {
    let mut object = json!({"code": error.code, "message": error.message});
    if let Some(data) = &error.data {
        object["data"] = data.clone();
    }
    let mut message = json!({"jsonrpc": "2.0", "error": object});
    if let Some(id) = id {
        message["id"] = id.clone();
    }
    line(&message)
}

fn line(message: &Value) -> Vec<u8> {
    format!("{message}\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_messages_or_refused_with_a_code() {
        let code = |line: &str| match read(line.as_bytes()) {
            Ok(Some(Message::Request(request))) => format!("{} {}", request.method, request.id),
            Ok(Some(Message::Notification { method, .. })) => method,
            Ok(None) => String::new(),
            Err((error, id)) => format!("{} {}", error.code, id.unwrap_or_default()),
        };
        for (line, expected) in [
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"a","params":{}}"#,
                "a 1",
            ),
            (
                "\u{feff}{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"a\"}\r",
                "a \"x\"",
            ),
            (r#"{"jsonrpc":"2.0","method":"a","params":null}"#, "a"),
            (r#"{"jsonrpc":"2.0","method":"a","params":[1]}"#, ""),
            (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, ""),
            (" \t", ""),
            ("{", "-32700 null"),
            ("[]", "-32600 null"),
            (r#"{"jsonrpc":"1.0","id":5,"method":"a"}"#, "-32600 5"),
            (r#"{"jsonrpc":"2.0","id":1.5,"method":"a"}"#, "-32600 null"),
            (r#"{"jsonrpc":"2.0","id":5,"method":3}"#, "-32600 5"),
            (
                r#"{"jsonrpc":"2.0","id":5,"method":"a","params":3}"#,
                "-32600 5",
            ),
            (r#"{"jsonrpc":"2.0","id":5}"#, "-32600 5"),
        ] {
            assert_eq!(code(line), expected, "{line}");
        }
    }
}
