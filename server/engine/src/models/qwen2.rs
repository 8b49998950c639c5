//! Qwen2 and Qwen2.5(-Coder): biases on queries, keys and values, none on the output.
//!
//! Settings as in transformers' `Qwen2Config`; the report is arXiv 2407.10671.

use super::{Bias, Config, Family, PLAIN, windows};
use crate::LoadError;
use crate::files::RawConfig;

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &["qwen2", "Qwen2ForCausalLM"],
    computes: &["layer_types"],
    adapt,
    ..PLAIN
};

fn adapt(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    config.qkv_bias = Bias::Always;
    config.output_bias = Bias::of(settings, "");
    config.mlp_bias = config.output_bias;
    windows::set_upper(settings, config)
}
