//! Llama 2 and 3 and models with their architecture (DeepSeek-Coder 1.3B-33B, CodeLlama, SmolLM,
//! Yi, Seed-Coder, Mellum, Mistral, Granite-Code 3B and 8B, which have biases everywhere; and
//! Mixtral as a GGUF). The embedded model is one.
//!
//! A GGUF's query and key rows are ordered for rotation in neighbouring pairs. Settings as in
//! transformers' `LlamaConfig`; the report is arXiv 2407.21783.

use super::{Bias, Config, Family, PLAIN, experts, windows};
use crate::LoadError;
use crate::files::RawConfig;

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &["llama", "LlamaForCausalLM", "MistralForCausalLM"],
    adapt,
    ..PLAIN
};

fn adapt(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    config.qkv_bias = Bias::of(settings, "attention_bias");
    config.output_bias = config.qkv_bias;
    config.mlp_bias = Bias::of(settings, "mlp_bias");
    config.rope_interleaved = settings.is_gguf();
    windows::set_all(settings, config)?;
    if settings
        .value("expert_count")
        .is_some_and(|count| count > 0.0)
    {
        let width = config.intermediate_size;
        experts::set(config, experts::read(settings, width)?, 0);
    }
    Ok(())
}
