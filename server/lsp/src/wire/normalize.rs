//! Parameters that clients write a little otherwise than the protocol says, made readable where it
//! is clear what they mean.
//!
//! Integers may have a decimal point, or be larger than any text has lines; a version may be null;
//! a workspace folder that cannot be read is left out, and the others count. What stays unreadable
//! is for the library to refuse. A text that opens or changes is the exception: the server must not
//! go on with one that differs from the editor's, so it is notified ([`UNREADABLE_CHANGE`]).

use super::uris;
use assistant::json::whole_numbers;
use serde::Deserialize;
use serde_json::{Value, json};
use tower_lsp::jsonrpc::Request;
use tower_lsp::ls_types::{DidChangeTextDocumentParams, DidOpenTextDocumentParams};

/// The notification that a document differs from the editor's: the one at `uri`, or any document if
/// that is null.
pub const UNREADABLE_CHANGE: &str = "nigh/unread";
/// The version of a document whose client does not send one.
pub const NO_VERSION: i32 = i32::MIN;

/// The version of a document, if its client sent one.
pub fn known_version(version: i32) -> Option<i32> {
    (version != NO_VERSION).then_some(version)
}

const INITIALIZE: &str = "initialize";
const OPEN: &str = "textDocument/didOpen";
const CHANGE: &str = "textDocument/didChange";
/// How the methods begin that open and change notebooks.
const NOTEBOOK: &str = "notebookDocument/did";
/// Methods without parameters; some clients send an empty object.
const WITHOUT_PARAMS: [&str; 2] = ["shutdown", "exit"];
/// Our own request without parameters; people who send it may leave them out.
const STATUS: &str = "nigh/status";

/// Normalizes the parameters of a request or notification.
pub fn normalize(method: &str, params: Option<Value>) -> Option<Value> {
    let params = params.filter(|params| !params.is_null());
    if WITHOUT_PARAMS.contains(&method) {
        return None;
    }
    let mut params = match params {
        None if method == STATUS => json!({}),
        params => params?,
    };
    whole_numbers(&mut params);
    clamp_positions(&mut params, "");
    match method {
        INITIALIZE => normalize_initialize(&mut params),
        "workspace/didChangeWorkspaceFolders" => {
            keep_readable_folders(params.pointer_mut("/event/added"));
            keep_readable_folders(params.pointer_mut("/event/removed"));
        }
        "workspace/didChangeWatchedFiles" => {
            if let Some(Value::Array(changes)) = params.get_mut("changes") {
                changes.retain(|change| change["uri"].is_string() && change["type"].is_u64());
            }
        }
        OPEN | CHANGE => {
            complete_identifier(&mut params);
            remove_range_lengths(&mut params);
        }
        _ => {}
    }
    uris::admit(&mut params);
    Some(params)
}

/// The notification to send instead of one that opens or changes a text and cannot be read.
pub fn unreadable_change(method: &str, params: Option<&Value>) -> Option<Request> {
    let params = params.filter(|params| params.is_object());
    let is_readable = match (method, params) {
        (OPEN, Some(params)) => DidOpenTextDocumentParams::deserialize(params).is_ok(),
        (CHANGE, Some(params)) => DidChangeTextDocumentParams::deserialize(params).is_ok(),
        (OPEN | CHANGE, None) => false,
        _ => true,
    };
    let uri = params
        .and_then(|params| params.pointer("/textDocument/uri"))
        .filter(|uri| uri.is_string());
    (!is_readable).then(|| notification(uri.cloned().unwrap_or_default()))
}

/// The notification to send where a body that is not JSON may have been about a text.
pub fn unreadable_body(body: &[u8]) -> Option<Request> {
    let names = |method: &str| memchr::memmem::find(body, method.as_bytes()).is_some();
    [OPEN, CHANGE, NOTEBOOK]
        .into_iter()
        .any(names)
        .then(|| notification(Value::Null))
}

fn notification(uri: Value) -> Request {
    Request::build(UNREADABLE_CHANGE)
        .params(json!({"uri": uri}))
        .finish()
}

/// Reads a line or column that no text has as the last there can be.
fn clamp_positions(value: &mut Value, name: &str) {
    match value {
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| clamp_positions(item, name)),
        Value::Object(members) => members
            .iter_mut()
            .for_each(|(name, member)| clamp_positions(member, name)),
        Value::Number(number)
            if ["line", "character"].contains(&name)
                && number.as_f64().is_some_and(|at| at > f64::from(u32::MAX)) =>
        {
            *value = json!(u32::MAX);
        }
        _ => {}
    }
}

fn normalize_initialize(params: &mut Value) {
    keep_readable_folders(params.get_mut("workspaceFolders"));
    if let Some(uri) = params.get_mut("rootUri").filter(|uri| !uri.is_string()) {
        *uri = Value::Null;
    }
    if let Some(capabilities) = params.get_mut("capabilities") {
        normalize_capabilities(capabilities);
    }
}

/// Emacs's lsp-mode writes null for an empty list of options, which the library reads as "not
/// supported". Helix announces the refreshing of diagnostics under an older name.
fn normalize_capabilities(capabilities: &mut Value) {
    if let Some(options @ Value::Null) = capabilities.pointer_mut("/textDocument/inlineCompletion")
    {
        *options = json!({});
    }
    let workspace = capabilities
        .get_mut("workspace")
        .and_then(Value::as_object_mut);
    if let Some(workspace) = workspace
        && let Some(older) = workspace.remove("diagnostic")
    {
        workspace.entry("diagnostics").or_insert(older);
    }
}

/// Leaves out the folders that have no URI.
fn keep_readable_folders(list: Option<&mut Value>) {
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

/// Adds a version and a language to a document that has none, or none that can be read.
fn complete_identifier(params: &mut Value) {
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

/// Removes the lengths of changed ranges: they say nothing new, and some clients count them wrong.
fn remove_range_lengths(params: &mut Value) {
    let changes = params
        .get_mut("contentChanges")
        .and_then(Value::as_array_mut);
    for change in changes.into_iter().flatten() {
        if let Some(change) = change.as_object_mut() {
            change.remove("rangeLength");
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// What becomes of a notification.
    fn normalized(method: &'static str, params: Value) -> Request {
        let params = normalize(method, Some(params));
        unreadable_change(method, params.as_ref())
            .unwrap_or_else(|| Request::build(method).params(params.unwrap()).finish())
    }

    fn params(request: &Request) -> &Value {
        request.params().unwrap()
    }

    #[test]
    fn what_is_clear_is_read() {
        let change = |version: Value, line: Value| {
            let range = json!({"start": {"line": 0, "character": 0}, "end": {"line": line, "character": 0}});
            let change = json!({"range": range, "text": "x"});
            normalized(
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
            assert_eq!(message.method(), CHANGE);
            assert_eq!(
                params(&message)["contentChanges"][0]["range"]["end"]["line"],
                read
            );
        }
        for version in [Value::Null, json!(5_000_000_000u64), json!("1")] {
            let document = json!({"uri": "file:///a", "version": version});
            let message = normalized(
                CHANGE,
                json!({"textDocument": document, "contentChanges": []}),
            );
            assert_eq!(params(&message)["textDocument"]["version"], NO_VERSION);
        }
    }

    #[test]
    fn a_text_that_cannot_be_read_is_reported() {
        let start = json!({"line": -1, "character": 0});
        for change in [
            json!({}),
            json!({"text": 5}),
            json!("x"),
            json!({"range": {"start": start, "end": start}, "text": ""}),
        ] {
            let message = normalized(
                CHANGE,
                json!({"textDocument": {"uri": "file:///a b", "version": 1}, "contentChanges": [change]}),
            );
            assert_eq!(message.method(), UNREADABLE_CHANGE);
            assert_eq!(
                assistant::uri::original(params(&message)["uri"].as_str().unwrap()).as_deref(),
                Some("file:///a b")
            );
        }
        assert_eq!(
            normalized(OPEN, json!({"textDocument": {"uri": "file:///a"}})).method(),
            UNREADABLE_CHANGE
        );
        for unreadable in [json!([1]), json!(null), json!(5), json!({})] {
            assert_eq!(
                params(&normalized(CHANGE, unreadable)),
                &json!({"uri": null})
            );
        }
        assert!(unreadable_body(br#"{"method":"textDocument/didChange","#).is_some());
        assert!(unreadable_body(b"{").is_none());
    }

    #[test]
    fn an_unreadable_folder_does_not_cost_the_others() {
        let good = json!({"uri": "file:///a", "name": "a"});
        let list = json!([{"uri": 5}, good, {"uri": "file:///b"}, null, "x"]);
        let read = json!([good, {"uri": "file:///b", "name": ""}]);
        let message = normalized(
            INITIALIZE,
            json!({"rootUri": 7, "workspaceFolders": list, "capabilities": {}}),
        );
        assert_eq!(
            params(&message),
            &json!({"rootUri": null, "workspaceFolders": read, "capabilities": {}})
        );
        let message = normalized(
            "workspace/didChangeWorkspaceFolders",
            json!({"event": {"added": list, "removed": []}}),
        );
        assert_eq!(
            params(&message)["event"],
            json!({"added": read, "removed": []})
        );
    }

    #[test]
    fn capabilities_that_are_announced_oddly_are_understood() {
        for (sent, read) in [
            (
                json!({"textDocument": {"inlineCompletion": null}}),
                json!({"textDocument": {"inlineCompletion": {}}}),
            ),
            (json!({"textDocument": null}), json!({"textDocument": null})),
            (
                json!({"workspace": {"diagnostic": {"a": 1}}}),
                json!({"workspace": {"diagnostics": {"a": 1}}}),
            ),
            (
                json!({"workspace": {"diagnostic": 1, "diagnostics": {"a": 1}}}),
                json!({"workspace": {"diagnostics": {"a": 1}}}),
            ),
            (json!({}), json!({})),
        ] {
            let message = normalized(INITIALIZE, json!({"capabilities": sent}));
            assert_eq!(params(&message), &json!({"capabilities": read}), "{sent}");
        }
    }

    #[test]
    fn parameters_are_left_out_where_there_are_none() {
        assert_eq!(normalize("shutdown", Some(json!({}))), None);
        assert_eq!(normalize("x", Some(Value::Null)), None);
        for sent in [None, Some(Value::Null), Some(json!({}))] {
            assert_eq!(normalize(STATUS, sent), Some(json!({})));
        }
    }
}
