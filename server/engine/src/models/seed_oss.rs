//! Seed-OSS: a Llama with biases on queries, keys and values.
//!
//! Settings as in transformers' `SeedOssConfig`.

use super::{Bias, Config, Family, PLAIN};
use crate::LoadError;
use crate::files::RawConfig;

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &["seed_oss", "SeedOssForCausalLM"],
    gguf_names: &[("ffn_norm", "post_attention_norm")],
    adapt,
    ..PLAIN
};

fn adapt(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    config.qkv_bias = Bias::of(settings, "attention_bias");
    config.output_bias = Bias::of(settings, "attention_out_bias");
    config.mlp_bias = Bias::of(settings, "mlp_bias");
    Ok(())
}
