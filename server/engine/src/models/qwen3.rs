//! Qwen3: queries and keys are normed per head, no biases.
//!
//! Settings as in transformers' `Qwen3Config`; the report is arXiv 2505.09388.

use super::{Config, Family};
use crate::LoadError;
use crate::files::Settings;

/// See the module.
pub const FAMILY: Family = Family { architectures: &["qwen3", "Qwen3ForCausalLM"], adapt };

fn adapt(settings: &Settings, config: &mut Config) -> Result<(), LoadError> {
    config.qk_norm = true;
    config.qkv_bias = settings.flag("attention_bias", false);
    config.output_bias = config.qkv_bias;
    Config::refuse_sliding_window(settings)
}
