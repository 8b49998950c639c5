//! The methods of the Model Context Protocol, in its two generations: with `initialize`, and with
//! the revision in the `_meta` of each request (from 2026-07-28 on). Both may come on one pipe.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28>

use crate::message::{INVALID_PARAMETERS, METHOD_NOT_FOUND, Params, ProtocolError};
use crate::project::Project;
use crate::{status, tools};
use serde_json::{Value, json};

/// The revisions with `initialize`, the newest last.
const WITH_INITIALIZE: &[&str] = &["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
/// The revision without.
const WITHOUT_INITIALIZE: &str = "2026-07-28";
const REVISION: &str = "io.modelcontextprotocol/protocolVersion";
const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
const UNSUPPORTED_REVISION: i64 = -32022;
/// No such resource, in the revisions with `initialize`.
const RESOURCE_NOT_FOUND: i64 = -32002;

/// What an agent reads about the whole server.
const INSTRUCTIONS: &str = "Places and checked fixes in one project. Paths are relative to its \
    folder, lines count from 1 and come with their text. Each answer keeps to `budget` tokens and \
    counts what it left out. `complete: false` means that not everything was looked at.";

/// What a request asks for.
pub(crate) enum Asked {
    /// This answer, at once.
    Answer(Value),
    /// A call of a tool, whose result is to be [finished](finish).
    Call { tool: String, arguments: Params },
}

/// Whether a request is of the generation without `initialize`.
pub(crate) fn is_new(params: &Params) -> bool {
    revision(params).is_some_and(|revision| revision >= WITHOUT_INITIALIZE)
}

/// What a request asks for.
///
/// # Errors
///
/// If there is no such method in its revision, or its parameters are wrong.
pub(crate) fn asked(
    project: &Project,
    method: &str,
    mut params: Params,
) -> Result<Asked, ProtocolError> {
    let is_new = is_new(&params);
    check_meta(method, &params)?;
    let answer = match method {
        "initialize" => initialize(&params),
        "server/discover" => discover(),
        "ping" if !is_new => json!({}),
        "tools/list" => cached(json!({"tools": tools::list(&project.allowed)}), is_new),
        "tools/call" => {
            let name = params
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let tool = name.to_owned();
            if !tools::is_known(name) {
                let name: String = name.chars().take(40).collect();
                let error = format!("there is no tool `{name}`; `tools/list` has them all");
                return Err(ProtocolError::new(INVALID_PARAMETERS, error));
            }
            let arguments = match params.remove("arguments") {
                None | Some(Value::Null) => Params::new(),
                Some(Value::Object(arguments)) => arguments,
                Some(_) => {
                    let error = "the arguments of a tool are an object";
                    return Err(ProtocolError::new(INVALID_PARAMETERS, error));
                }
            };
            return Ok(Asked::Call { tool, arguments });
        }
        "resources/list" => cached(json!({"resources": [status::resource()]}), is_new),
        "resources/templates/list" => cached(json!({"resourceTemplates": []}), is_new),
        "resources/read" if params.get("uri") == Some(&json!(status::URI)) => {
            cached(json!({"contents": [status::contents(project)]}), is_new)
        }
        "resources/read" => {
            let code = if is_new {
                INVALID_PARAMETERS
            } else {
                RESOURCE_NOT_FOUND
            };
            let error = format!("the only resource is {}", status::URI);
            return Err(ProtocolError::new(code, error));
        }
        _ => {
            let method: String = method.chars().take(80).collect();
            let error = format!("there is no method `{method}`");
            return Err(ProtocolError::new(METHOD_NOT_FOUND, error));
        }
    };
    Ok(Asked::Answer(finish(answer, is_new)))
}

/// A result as a revision has it.
pub(crate) fn finish(mut result: Value, is_new: bool) -> Value {
    if is_new {
        result["resultType"] = json!("complete");
    }
    result
}

/// With how long a client may keep a result: not at all.
fn cached(mut result: Value, is_new: bool) -> Value {
    if is_new {
        result["ttlMs"] = json!(0);
        result["cacheScope"] = json!("private");
    }
    result
}

fn revision(params: &Params) -> Option<&str> {
    params.get("_meta")?.get(REVISION)?.as_str()
}

/// A request that names its revision must name one that is known, and say what its client can do.
fn check_meta(method: &str, params: &Params) -> Result<(), ProtocolError> {
    if method == "initialize" || revision(params).is_none() && method != "server/discover" {
        return Ok(());
    }
    let Some(revision) = revision(params) else {
        let error = format!("`_meta` has no {REVISION}");
        return Err(ProtocolError::new(INVALID_PARAMETERS, error));
    };
    if revision != WITHOUT_INITIALIZE && !WITH_INITIALIZE.contains(&revision) {
        let requested: String = revision.chars().take(40).collect();
        return Err(ProtocolError {
            code: UNSUPPORTED_REVISION,
            message: "this revision of the protocol is not known".into(),
            data: Some(json!({"requested": requested, "supported": revisions()})),
        });
    }
    let has_capabilities = || params.get("_meta")?.get(CLIENT_CAPABILITIES)?.as_object();
    if revision == WITHOUT_INITIALIZE && has_capabilities().is_none() {
        let error = format!("`_meta` has no {CLIENT_CAPABILITIES}");
        return Err(ProtocolError::new(INVALID_PARAMETERS, error));
    }
    Ok(())
}

fn revisions() -> Vec<&'static str> {
    let with = WITH_INITIALIZE.iter().copied();
    with.chain([WITHOUT_INITIALIZE]).collect()
}

fn capabilities() -> Value {
    json!({"tools": {}, "resources": {}})
}

fn server_info() -> Value {
    json!({"name": "nigh", "version": env!("CARGO_PKG_VERSION")})
}

/// The revision that the client wants, or else the newest one that has `initialize`.
fn initialize(params: &Params) -> Value {
    let wanted = params.get("protocolVersion").and_then(Value::as_str);
    let known = WITH_INITIALIZE.iter().find(|known| wanted == Some(**known));
    json!({
        "protocolVersion": known.or(WITH_INITIALIZE.last()),
        "capabilities": capabilities(),
        "serverInfo": server_info(),
        "instructions": INSTRUCTIONS,
    })
}

fn discover() -> Value {
    let found = json!({
        "supportedVersions": revisions(),
        "capabilities": capabilities(),
        "instructions": INSTRUCTIONS,
        "_meta": {SERVER_INFO: server_info()},
    });
    finish(cached(found, true), true)
}
