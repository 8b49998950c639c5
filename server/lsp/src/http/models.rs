//! `GET /v1/models` and `GET /health`: which model answers, and whether it does yet.

use super::answer::{Answer, Refusal, json_object};
use super::ask::Site;
use crate::worker::Readiness;
use serde_json::json;

/// The model's name; that of the program until it is loaded.
pub fn name(site: &Site) -> String {
    match site.readiness() {
        Readiness::Ready(model) if !model.name.is_empty() => model.name,
        _ => "nigh".into(),
    }
}

/// The one model.
pub fn list(site: &Site) -> Answer {
    let meta = match site.readiness() {
        Readiness::Ready(model) => json!({
            "n_params": model.parameters,
            "size": model.weight_bytes,
            "n_ctx_train": model.context_tokens,
        }),
        _ => serde_json::Value::Null,
    };
    let model = json!({"id": name(site), "object": "model", "created": 0, "owned_by": "nigh", "meta": meta});
    json_object(&json!({"object": "list", "data": [model]}))
}

/// Whether requests are answered: status 200, or 503 while the model is being loaded.
pub fn health(site: &Site) -> Result<Answer, Refusal> {
    match site.readiness() {
        Readiness::Ready(_) => Ok(json_object(&json!({"status": "ok"}))),
        _ => Err(site.no_model()),
    }
}
