//! Qwen3 as a mixture of experts, such as Qwen3-Coder-30B-A3B.
//!
//! Settings as in transformers' `Qwen3MoeConfig`; the report is arXiv 2505.09388.

use serde_json::Value;

use super::{Config, Family, PLAIN, experts, qwen3};
use crate::LoadError;
use crate::files::RawConfig;

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &["qwen3moe", "Qwen3MoeForCausalLM"],
    computes: &["layer_types"],
    adapt,
    ..PLAIN
};

fn adapt(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    qwen3::adapt(settings, config)?;
    let dense = settings.json("mlp_only_layers").and_then(Value::as_array);
    let step = settings.number("decoder_sparse_step").unwrap_or(1.0);
    if dense.is_some_and(|layers| !layers.is_empty()) || step != 1.0 {
        return Err(LoadError::Unsupported(
            "it has layers without experts among those with experts".into(),
        ));
    }
    let mut all = experts::read(settings, config.intermediate_size)?;
    // A GGUF does not say so; all of its readers divide.
    all.is_normalized = settings.flag("norm_topk_prob", settings.is_gguf());
    experts::set(config, all, 0);
    Ok(())
}
