//! Qwen2 and Qwen2.5(-Coder): biases on queries, keys and values, none on the output.
//!
//! Settings as in transformers' `Qwen2Config`; the report is arXiv 2407.10671.

use super::{Config, Family};
use crate::LoadError;
use crate::files::Settings;

/// See the module.
pub const FAMILY: Family = Family { architectures: &["qwen2", "Qwen2ForCausalLM"], adapt };

fn adapt(settings: &Settings, config: &mut Config) -> Result<(), LoadError> {
    config.qkv_bias = true;
    Config::refuse_sliding_window(settings)
}
