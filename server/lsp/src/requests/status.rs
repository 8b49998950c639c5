//! `nigh/status`: the models, the engine, counts and times as one JSON object, for people.

use assistant::Assistant;
use assistant::worker::Readiness;
use serde_json::{Value, json};

/// The state of the server; it holds no text of any document.
pub fn status(assistant: &Assistant) -> Value {
    let chosen = assistant.chosen();
    let (state, model, error) = match (assistant.readiness(), &chosen) {
        (Readiness::Loading, _) => ("loading", Value::Null, Value::Null),
        // That the chosen model is being loaded, or was not used, is no error.
        (Readiness::Ready(model), Some(chosen)) => ("ready", json!(model), json!(chosen.why)),
        (Readiness::Ready(model), None) => ("ready", json!(model), json!(model.instead)),
        (Readiness::Failed(why), _) => ("failed", Value::Null, json!(why)),
    };
    let (learns, learned) = assistant.learning.totals();
    let completion = &assistant.settings().completion;
    let (files, patterns) = assistant.diagnostics.unfinished();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "state": state,
        "model": model,
        "chosen": chosen,
        "error": error,
        "engine": json!(assistant.engine()),
        "devices": json!(assistant.device_report()),
        "completionEnabled": completion.enabled,
        "minConfidence": completion.limits(assistant.gate()).min_confidence,
        "show": completion.show,
        "index": index(assistant),
        "documents": assistant.documents.count(),
        "bugs": {"unfinishedFiles": files, "unfinishedPatterns": patterns},
        "checks": assistant.diagnostics.has_checks(),
        "completions": assistant.counters.now(),
        "learning": {"enabled": learns, "counts": learned},
    })
}

/// The state of the index: how much it holds, and how far it is.
fn index(assistant: &Assistant) -> Value {
    let progress = assistant
        .indexer()
        .map(|indexer| *indexer.progress().borrow());
    let progress = progress.unwrap_or_default();
    let held = assistant.documents.index().statistics();
    json!({
        "state": progress.phase,
        "files": held.files,
        "lines": held.lines,
        "megabytes": megabytes(held.text_bytes),
        "memoryMegabytes": megabytes(held.memory_bytes()),
        "read": progress.done,
        "toRead": progress.total,
    })
}

/// Bytes in megabytes, to a hundredth.
fn megabytes(bytes: usize) -> f64 {
    (bytes as f64 / 1e4).round() / 100.0
}
