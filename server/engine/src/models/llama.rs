//! Llama 2 and 3 and models with their architecture (DeepSeek-Coder 1.3B-33B, CodeLlama, SmolLM,
//! Yi, Mistral without window, Granite-Code 3B and 8B, which have biases everywhere). The embedded
//! model is one.
//!
//! A GGUF's query and key rows are ordered for rotation in neighbouring pairs. RawConfig as in
//! transformers' `LlamaConfig`; the report is arXiv 2407.21783.

use super::{Bias, Config, Family};
use crate::LoadError;
use crate::files::RawConfig;

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &["llama", "LlamaForCausalLM", "MistralForCausalLM"],
    products: "Llama 2 and 3 and what has their shape, such as CodeLlama, DeepSeek-Coder 1.3B to 33B, Codestral, \
               Granite-Code 3B and 8B, Yi-Coder",
    adapt,
};

fn adapt(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    config.qkv_bias = Bias::of(settings, "attention_bias");
    config.output_bias = config.qkv_bias;
    config.mlp_bias = Bias::of(settings, "mlp_bias");
    config.rope_interleaved = settings.is_gguf();
    if settings
        .number("sliding_window")
        .is_some_and(|w| w > 0.0 && (w as usize) < config.max_position_embeddings)
    {
        return Err(LoadError::Unsupported(
            "attention in a sliding window is not computed".into(),
        ));
    }
    Ok(())
}
