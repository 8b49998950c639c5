//! `nigh/status`: the model, the device, counts and times as one JSON object, for people.

use crate::server::Server;
use crate::worker::Readiness;
use serde_json::{Value, json};

/// The state of the server; no text of any document is in it.
pub fn answer(server: &Server) -> Value {
    let (state, model, error) = match server
        .worker()
        .map(|worker| worker.readiness().borrow().clone())
    {
        None | Some(Readiness::Loading) => ("loading", Value::Null, Value::Null),
        Some(Readiness::Ready(model)) => ("ready", json!(model), json!(model.instead)),
        Some(Readiness::Failed(why)) => ("failed", Value::Null, json!(why)),
    };
    let (learns, learned) = server.learning.totals();
    let settings = server.settings().completion;
    let (files, patterns) = server.seeker().last.unfinished();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "state": state,
        "model": model,
        "error": error,
        "completionEnabled": settings.enabled,
        "minConfidence": settings.limits(server.gate()).min_confidence,
        "show": settings.show,
        "index": index(server),
        "documents": server.documents.count(),
        "bugs": {"unfinishedFiles": files, "unfinishedPatterns": patterns},
        "checks": server.seeker().checks.is_some(),
        "completions": server.counters.now(),
        "learning": {"enabled": learns, "counts": learned},
    })
}

/// The state of the index: how much it holds, and how far it is.
fn index(server: &Server) -> Value {
    let progress = server
        .indexer()
        .map(|indexer| *indexer.progress().borrow())
        .unwrap_or_default();
    let held = server.documents.index().statistics();
    json!({
        "state": progress.phase,
        "files": held.files,
        "lines": held.lines,
        "megabytes": (held.text_bytes as f64 / 1e4).round() / 100.0,
        "memoryMegabytes": (held.memory_bytes() as f64 / 1e4).round() / 100.0,
        "read": progress.done,
        "toRead": progress.total,
    })
}
