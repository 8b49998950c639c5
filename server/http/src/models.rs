//! `GET /v1/models` and `GET /health`: which model answers, and whether it does yet.

use super::answer::{Answer, ApiError, json_object};
use super::service::CompletionService;
use assistant::worker::Readiness;
use serde_json::json;

/// The model's name; that of the program until it is loaded.
pub fn name(service: &CompletionService) -> String {
    match service.readiness() {
        Readiness::Ready(model) if !model.name.is_empty() => model.name,
        _ => "nigh".into(),
    }
}

/// The one model.
pub fn list(service: &CompletionService) -> Answer {
    let meta = match service.readiness() {
        Readiness::Ready(model) => json!({
            "n_params": model.parameters,
            "size": model.weight_bytes,
            "n_ctx_train": model.context_tokens,
        }),
        _ => serde_json::Value::Null,
    };
    let model = json!({"id": name(service), "object": "model", "created": 0, "owned_by": "nigh", "meta": meta});
    json_object(&json!({"object": "list", "data": [model]}))
}

/// Whether requests are answered: status 200, or 503 while the model is being loaded.
pub fn health(service: &CompletionService) -> Result<Answer, ApiError> {
    match service.readiness() {
        Readiness::Ready(_) => Ok(json_object(&json!({"status": "ok"}))),
        _ => Err(service.no_model()),
    }
}
