//! Settings that change what a decoder computes and that nigh does not support: any value but the
//! default is refused, unless the family says that it computes it.
//!
//! To support one in every family, compute it in `layers/` and remove its line here. Names are
//! those of ggml's `docs/gguf.md`, llama.cpp's `llama-arch.cpp` and transformers' configurations; 0
//! means "none" for all settings.

use super::Family;
use crate::LoadError;
use crate::files::RawConfig;

/// A setting's key in a GGUF (after the architecture's name) and in `config.json`, its default
/// value, and what it asks for.
const SETTINGS: &[(&str, &str, f64, &str)] = &[
    (
        "embedding_scale",
        "embedding_multiplier",
        1.0,
        "scaled embeddings",
    ),
    (
        "residual_scale",
        "residual_multiplier",
        1.0,
        "a scaled residual stream",
    ),
    ("logit_scale", "logits_scaling", 1.0, "scaled logits"),
    (
        "attn_logit_softcapping",
        "attn_logit_softcapping",
        0.0,
        "capped attention",
    ),
    (
        "final_logit_softcapping",
        "final_logit_softcapping",
        0.0,
        "capped logits",
    ),
    (
        "attention.clamp_kqv",
        "clip_qkv",
        0.0,
        "clamped queries, keys and values",
    ),
    (
        "attention.max_alibi_bias",
        "alibi",
        0.0,
        "attention with linear biases",
    ),
    (
        "attention.temperature_scale",
        "",
        0.0,
        "attention with a temperature",
    ),
    (
        "use_parallel_residual",
        "use_parallel_residual",
        0.0,
        "parallel layers",
    ),
];

fn refuse(key: &str, value: f64, what: &str) -> Result<(), LoadError> {
    Err(LoadError::Unsupported(format!(
        "it needs {what} ({key} is {value}), which nigh does not support; use another model"
    )))
}

/// Refuses a model with a setting that its family does not compute; its heads are `head_dim` wide.
pub fn refuse_unsupported(
    settings: &RawConfig,
    family: &Family,
    head_dim: usize,
) -> Result<(), LoadError> {
    let computed = |key: &str| family.computes.contains(&key);
    for (gguf, json, usual, what) in SETTINGS {
        let key = if settings.is_gguf() { gguf } else { json };
        match settings.value(key) {
            _ if computed(key) => {}
            Some(value) if value != 0.0 && value != *usual => refuse(key, value, what)?,
            _ => {}
        }
    }
    let key = if settings.is_gguf() {
        "attention.scale"
    } else {
        "attention_multiplier"
    };
    let usual = 1.0 / (head_dim as f64).sqrt();
    let is_unusual = |value: f64| value != 0.0 && (value / usual - 1.0).abs() > 1e-4;
    if let Some(value) = settings.value(key).filter(|value| is_unusual(*value))
        && !computed(key)
    {
        refuse(key, value, "scaled attention")?;
    }
    if computed("layer_types") {
        return Ok(());
    }
    refuse_windows(settings)
}

/// Refuses a mixture of experts in a family that has none.
pub fn refuse_experts(settings: &RawConfig) -> Result<(), LoadError> {
    match settings.number("num_experts") {
        Some(count) if count > 0.0 => refuse("num_experts", count, "a mixture of experts"),
        _ => Ok(()),
    }
}

/// Transformers lists what each layer attends to.
fn refuse_windows(settings: &RawConfig) -> Result<(), LoadError> {
    let kinds = settings
        .json("layer_types")
        .and_then(serde_json::Value::as_array);
    match kinds
        .into_iter()
        .flatten()
        .find(|kind| kind.as_str() != Some("full_attention"))
    {
        Some(kind) => Err(LoadError::Unsupported(format!(
            "it has layers of the type {kind}, which nigh does not support; use another model"
        ))),
        None => Ok(()),
    }
}
