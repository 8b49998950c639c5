//! Parameters that clients write a little otherwise than the protocol says, as far as it is clear
//! what they mean.
//!
//! Whole numbers may have a point, or be larger than any text has lines; a version may be null; a
//! folder of the workspace that cannot be read is left out, and the others count. What cannot be
//! mended is the library's to refuse, but for a text that opens or changes: nobody may go on with
//! one that is not the editor's, so the server is told ([`UNREAD`]).

use super::uris;
use assistant::json::whole_numbers;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tower_lsp::ls_types::{DidChangeTextDocumentParams, DidOpenTextDocumentParams};

/// The notification that a text is not the editor's any more: of the document in its parameters, or
/// of any.
pub const UNREAD: &str = "nigh/unread";
/// What stands for a version that the client does not say.
pub const NO_VERSION: i32 = i32::MIN;

/// The version of a document, if the client named one.
pub fn known_version(version: i32) -> Option<i32> {
    (version != NO_VERSION).then_some(version)
}

const OPEN: &str = "textDocument/didOpen";
const CHANGE: &str = "textDocument/didChange";
/// How the methods begin that open and change notebooks.
const NOTEBOOK: &str = "notebookDocument/did";

/// Mends the parameters of a request or notification.
pub fn mend(message: &mut Map<String, Value>) {
    let method = message
        .get("method")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let is_text = [OPEN, CHANGE].contains(&method.as_str()) && !message.contains_key("id");
    let Some(params) = message
        .get_mut("params")
        .filter(|params| params.is_object() || !is_text)
    else {
        if is_text {
            *message = notification(Value::Null);
        }
        return;
    };
    whole_numbers(params);
    places(params, "");
    match method.as_str() {
        "initialize" => {
            folders(params.get_mut("workspaceFolders"));
            if let Some(uri) = params.get_mut("rootUri").filter(|uri| !uri.is_string()) {
                *uri = Value::Null;
            }
        }
        "workspace/didChangeWorkspaceFolders" => {
            folders(params.pointer_mut("/event/added"));
            folders(params.pointer_mut("/event/removed"));
        }
        "workspace/didChangeWatchedFiles" => {
            if let Some(Value::Array(changes)) = params.get_mut("changes") {
                changes.retain(|change| change["uri"].is_string() && change["type"].is_u64());
            }
        }
        OPEN | CHANGE => {
            identifier(params);
            let changes = params
                .get_mut("contentChanges")
                .and_then(Value::as_array_mut);
            // Nobody needs it, and some count it wrong.
            changes
                .into_iter()
                .flatten()
                .filter_map(Value::as_object_mut)
                .for_each(|change| {
                    change.remove("rangeLength");
                });
        }
        _ => {}
    }
    uris::admit(params);
    if let Some(unread) = unread(&method, params).filter(|_| is_text) {
        *message = unread;
    }
}

/// What the server is told where a body that is no JSON may have been about a text.
pub fn unread_body(body: &[u8]) -> Option<Value> {
    let names = |method: &str| memchr::memmem::find(body, method.as_bytes()).is_some();
    [OPEN, CHANGE, NOTEBOOK]
        .into_iter()
        .any(names)
        .then(|| Value::Object(notification(Value::Null)))
}

/// What the server is told instead of a text that it cannot read.
fn unread(method: &str, params: &Value) -> Option<Map<String, Value>> {
    let is_read = match method {
        OPEN => DidOpenTextDocumentParams::deserialize(params).is_ok(),
        CHANGE => DidChangeTextDocumentParams::deserialize(params).is_ok(),
        _ => true,
    };
    let uri = params
        .pointer("/textDocument/uri")
        .filter(|uri| uri.is_string())
        .cloned();
    (!is_read).then(|| notification(uri.unwrap_or_default()))
}

fn notification(uri: Value) -> Map<String, Value> {
    let members = [
        ("jsonrpc", json!("2.0")),
        ("method", json!(UNREAD)),
        ("params", json!({"uri": uri})),
    ];
    members
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// Makes a line or column that no text has the last there can be.
fn places(value: &mut Value, name: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| places(item, name)),
        Value::Object(members) => members
            .iter_mut()
            .for_each(|(name, member)| places(member, name)),
        Value::Number(number)
            if ["line", "character"].contains(&name)
                && number
                    .as_f64()
                    .is_some_and(|number| number > f64::from(u32::MAX)) =>
        {
            *value = json!(u32::MAX);
        }
        _ => {}
    }
}

/// Leaves out the folders that have no URI.
fn folders(list: Option<&mut Value>) {
    match list {
        Some(Value::Array(folders)) => {
            folders.retain(|folder| folder["uri"].is_string());
            for folder in folders
                .iter_mut()
                .filter(|folder| !folder["name"].is_string())
            {
                folder["name"] = json!("");
            }
        }
        None | Some(Value::Null) => {}
        Some(other) => *other = json!([]),
    }
}

/// Says so where there is no version, or one that is none, and where the language is not named.
fn identifier(params: &mut Value) {
    let Some(Value::Object(document)) = params.get_mut("textDocument") else {
        return;
    };
    let version = document
        .get("version")
        .and_then(Value::as_i64)
        .and_then(|version| i32::try_from(version).ok());
    document.insert("version".into(), json!(version.unwrap_or(NO_VERSION)));
    if !document.get("languageId").is_some_and(Value::is_string) {
        document.insert("languageId".into(), json!(""));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(method: &str, params: Value) -> Value {
        let message = json!({"jsonrpc": "2.0", "method": method, "params": params});
        let Value::Object(mut message) = message else {
            unreachable!()
        };
        mend(&mut message);
        Value::Object(message)
    }

    #[test]
    fn what_is_clear_is_read() {
        let change = |version: Value, line: Value| {
            let range = json!({"start": {"line": 0, "character": 0}, "end": {"line": line, "character": 0}});
            let change = json!({"range": range, "text": "x"});
            mended(
                CHANGE,
                json!({"textDocument": {"uri": "file:///a"}, "contentChanges": [change], "version": version}),
            )
        };
        for (line, read) in [
            (json!(3.0), 3),
            (json!(3), 3),
            (json!(1e15), u32::MAX),
            (json!(9_007_199_254_740_991u64), u32::MAX),
        ] {
            let message = change(json!(1), line);
            assert_eq!(message["method"], CHANGE);
            assert_eq!(
                message["params"]["contentChanges"][0]["range"]["end"]["line"],
                read
            );
        }
        for version in [Value::Null, json!(5_000_000_000u64), json!("1")] {
            let document = json!({"uri": "file:///a", "version": version});
            let message = mended(
                CHANGE,
                json!({"textDocument": document, "contentChanges": []}),
            );
            assert_eq!(message["params"]["textDocument"]["version"], NO_VERSION);
        }
    }

    #[test]
    fn a_text_that_cannot_be_read_is_told() {
        let start = json!({"line": -1, "character": 0});
        for change in [
            json!({}),
            json!({"text": 5}),
            json!("x"),
            json!({"range": {"start": start, "end": start}, "text": ""}),
        ] {
            let params = json!({"textDocument": {"uri": "file:///a b", "version": 1}, "contentChanges": [change]});
            let message = mended(CHANGE, params);
            assert_eq!(message["method"], UNREAD);
            assert_eq!(
                assistant::uri::original(message["params"]["uri"].as_str().unwrap()).as_deref(),
                Some("file:///a b")
            );
        }
        assert_eq!(
            mended(OPEN, json!({"textDocument": {"uri": "file:///a"}}))["method"],
            UNREAD
        );
        for params in [json!([1]), json!(null), json!(5), json!({})] {
            assert_eq!(mended(CHANGE, params)["params"], json!({"uri": null}));
        }
        assert!(unread_body(br#"{"method":"textDocument/didChange","#).is_some());
        assert!(unread_body(b"{").is_none());
    }

    #[test]
    fn a_folder_that_is_none_does_not_cost_the_others() {
        let good = json!({"uri": "file:///a", "name": "a"});
        let list = json!([{"uri": 5}, good, {"uri": "file:///b"}, null, "x"]);
        let read = json!([good, {"uri": "file:///b", "name": ""}]);
        let message = mended(
            "initialize",
            json!({"rootUri": 7, "workspaceFolders": list, "capabilities": {}}),
        );
        assert_eq!(
            message["params"],
            json!({"rootUri": null, "workspaceFolders": read, "capabilities": {}})
        );
        let message = mended(
            "workspace/didChangeWorkspaceFolders",
            json!({"event": {"added": list, "removed": []}}),
        );
        assert_eq!(
            message["params"]["event"],
            json!({"added": read, "removed": []})
        );
    }
}
