//! Qwen3: queries and keys are normed per head, no biases.
//!
//! Settings as in transformers' `Qwen3Config`; the report is arXiv 2505.09388.

use super::{Bias, Config, Family, PLAIN, windows};
use crate::LoadError;
use crate::files::RawConfig;

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &["qwen3", "Qwen3ForCausalLM"],
    computes: &["layer_types"],
    adapt,
    ..PLAIN
};

/// Sets what is particular to the family; its mixture of experts shares it.
pub fn adapt(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    config.qk_norm = true;
    config.qkv_bias = Bias::of(settings, "attention_bias");
    config.output_bias = config.qkv_bias;
    config.mlp_bias = Bias::of(settings, "");
    windows::set_upper(settings, config)
}
