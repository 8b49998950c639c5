//! Looks at each message body before the library sees it: hands on what is well-formed, answers
//! what is not.
//!
//! The library ends on a body that is no JSON, or whose `id` or `method` has the wrong type. The
//! rules are those of JSON-RPC 2.0 and LSP 3.17: -32700 for what is no JSON, -32600 for what is no
//! message, -32601 for unknown `$/` requests. Pure, and ignorant of what methods mean, but for the
//! ends of the server's life.

use super::mend::{mend, unread_body};
use assistant::json::replace_lone_surrogates;
use serde_json::{Value, json};

/// Methods without parameters; some clients send an empty object.
const LIFE: [&str; 2] = ["shutdown", "exit"];
/// Our own request without parameters; people who ask may send none or an empty object.
const STATUS: &str = "nigh/status";

/// What to do with a body.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    /// Hand it on, as this message.
    Pass(Value),
    /// Send this answer.
    Answer(Value),
    /// Send this answer, and hand this message on.
    AnswerAndPass(Value, Value),
    /// Nothing: it asks for no answer and has no effect.
    Drop,
}

/// Judges one body.
pub fn screen(body: &[u8]) -> Verdict {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let parsed =
        serde_json::from_slice(body).or_else(|error| match replace_lone_surrogates(body) {
            Some(mended) => serde_json::from_slice(&mended),
            None => Err(error),
        });
    match parsed {
        Err(why) => {
            let answer = error(Value::Null, -32700, &format!("the body is no JSON: {why}"));
            match unread_body(body) {
                Some(unread) => Verdict::AnswerAndPass(answer, unread),
                None => Verdict::Answer(answer),
            }
        }
        Ok(Value::Array(_)) => refuse(
            Value::Null,
            -32600,
            "batches are not part of the Language Server Protocol",
        ),
        Ok(Value::Object(message)) => judge(message),
        Ok(_) => refuse(Value::Null, -32600, "a message is a JSON object"),
    }
}

/// An error answer.
pub fn error(id: Value, code: i64, message: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})
}

fn refuse(id: Value, code: i64, message: &str) -> Verdict {
    Verdict::Answer(error(id, code, message))
}

fn judge(mut message: serde_json::Map<String, Value>) -> Verdict {
    let id = message.get("id").cloned();
    let usable_id = id.clone().filter(|id| id.is_string() || id.is_i64());
    let known_id = usable_id.clone().unwrap_or(Value::Null);
    match message.get("method") {
        None => return judge_answer(message, usable_id),
        Some(Value::String(_)) => {}
        Some(_) => return refuse(known_id, -32600, "`method` must be a string"),
    }
    if message.get("jsonrpc") != Some(&json!("2.0")) {
        return refuse(known_id, -32600, "`jsonrpc` must be \"2.0\"");
    }
    if id.is_some() && usable_id.is_none() {
        return refuse(Value::Null, -32600, "`id` must be a string or an integer");
    }
    let method = message["method"].as_str().unwrap_or_default().to_owned();
    if usable_id.is_some() && method.starts_with("$/") {
        return refuse(known_id, -32601, "unknown method");
    }
    if LIFE.contains(&method.as_str()) {
        message.remove("params");
    } else if method == STATUS {
        message.entry("params").or_insert_with(|| json!({}));
    } else if method == "initialize" {
        mend_capabilities(&mut message);
    }
    mend(&mut message);
    match message.get("params") {
        None | Some(Value::Object(_) | Value::Array(_)) => {}
        Some(Value::Null) => {
            message.remove("params");
        }
        Some(_) if usable_id.is_some() => {
            return refuse(known_id, -32602, "`params` must be an object or an array");
        }
        Some(_) => return Verdict::Drop,
    }
    Verdict::Pass(Value::Object(message))
}

/// What some editors announce in a way that the library does not understand. Emacs's lsp-mode
/// writes null for an empty list of options, which the library takes for a no; Helix announces that
/// it can be told to ask for diagnostics anew under an older name.
fn mend_capabilities(message: &mut serde_json::Map<String, Value>) {
    let Some(capabilities) = message
        .get_mut("params")
        .and_then(|params| params.get_mut("capabilities"))
    else {
        return;
    };
    if let Some(options @ Value::Null) = capabilities.pointer_mut("/textDocument/inlineCompletion")
    {
        *options = json!({});
    }
    if let Some(workspace) = capabilities
        .get_mut("workspace")
        .and_then(Value::as_object_mut)
        && let Some(older) = workspace.remove("diagnostic")
    {
        workspace.entry("diagnostics").or_insert(older);
    }
}

/// An answer to a request of ours: with an id, and with either a result or an error.
fn judge_answer(message: serde_json::Map<String, Value>, id: Option<Value>) -> Verdict {
    let (result, error) = (message.contains_key("result"), message.get("error"));
    match (id, result, error) {
        (None, false, None) => refuse(
            Value::Null,
            -32600,
            "a message has a `method`, a `result` or an `error`",
        ),
        (Some(_), true, None) => Verdict::Pass(Value::Object(message)),
        (Some(_), false, Some(error)) if error["code"].is_i64() && error["message"].is_string() => {
            Verdict::Pass(Value::Object(message))
        }
        _ => Verdict::Drop,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &str) -> Option<i64> {
        match screen(body.as_bytes()) {
            Verdict::Answer(answer) => answer["error"]["code"].as_i64(),
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
            assert_eq!(screen(body.as_bytes()), Verdict::Drop, "{body}");
        }
    }

    #[test]
    fn good_messages_pass() {
        for body in [
            r#"{"jsonrpc":"2.0","id":"a","method":"x"}"#,
            r#"{"jsonrpc":"2.0","method":"x","params":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":null}"#,
        ] {
            assert_eq!(
                screen(body.as_bytes()),
                Verdict::Pass(serde_json::from_str(body).unwrap())
            );
        }
        let with_bom = "\u{feff}{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":null}";
        assert_eq!(
            screen(with_bom.as_bytes()),
            Verdict::Pass(json!({"jsonrpc": "2.0", "method": "x"}))
        );
    }

    #[test]
    fn capabilities_that_are_announced_oddly_are_understood() {
        let body = |capabilities: &str| {
            format!(
                r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{{"capabilities":{capabilities}}}}}"#
            )
        };
        for (sent, passed) in [
            (
                r#"{"textDocument":{"inlineCompletion":null}}"#,
                r#"{"textDocument":{"inlineCompletion":{}}}"#,
            ),
            (r#"{"textDocument":null}"#, r#"{"textDocument":null}"#),
            (
                r#"{"workspace":{"diagnostic":{"a":1}}}"#,
                r#"{"workspace":{"diagnostics":{"a":1}}}"#,
            ),
            (
                r#"{"workspace":{"diagnostic":1,"diagnostics":{"a":1}}}"#,
                r#"{"workspace":{"diagnostics":{"a":1}}}"#,
            ),
            ("{}", "{}"),
        ] {
            let expected = Verdict::Pass(serde_json::from_str(&body(passed)).unwrap());
            assert_eq!(screen(body(sent).as_bytes()), expected, "{sent}");
        }
    }

    #[test]
    fn half_a_character_becomes_a_replacement_of_the_same_width() {
        let body =
            r#"{"jsonrpc":"2.0","method":"x","params":{"a":"\ud800b\\ud800 \ud83d\ude00\udc00"}}"#;
        let Verdict::Pass(message) = screen(body.as_bytes()) else {
            panic!("refused")
        };
        assert_eq!(message["params"]["a"], "\u{fffd}b\\ud800 😀\u{fffd}");
    }
}
