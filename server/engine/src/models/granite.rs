//! Granite 3 and 4: a Llama with factors for embeddings, residual stream, attention and logits.
//!
//! Settings as in transformers' `GraniteConfig`; the report is IBM's "Granite 3.0 Language Models".

use super::{Bias, Config, Family, PLAIN};
use crate::LoadError;
use crate::files::RawConfig;

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &["granite", "GraniteForCausalLM"],
    computes: &[
        "embedding_scale",
        "residual_scale",
        "logit_scale",
        "attention.scale",
        "embedding_multiplier",
        "residual_multiplier",
        "logits_scaling",
        "attention_multiplier",
    ],
    adapt,
    ..PLAIN
};

/// Sets what is particular to the family; its hybrid models share it.
pub fn adapt(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    config.qkv_bias = Bias::of(settings, "attention_bias");
    config.output_bias = config.qkv_bias;
    config.mlp_bias = Bias::of(settings, "mlp_bias");
    config.rope_interleaved = settings.is_gguf();
    let scales = &mut config.scales;
    scales.embedding = settings.positive("embedding_multiplier", Some(1.0))?;
    scales.residual = settings.positive("residual_multiplier", Some(1.0))?;
    scales.logits = 1.0 / settings.positive("logits_scaling", Some(1.0))?;
    let plain = f64::from(scales.attention);
    scales.attention = settings.positive("attention_multiplier", Some(plain))?;
    // A GGUF says so where positions are not rotated.
    if settings.value("rope.scaling.finetuned") == Some(0.0) {
        config.layers.iter_mut().for_each(|layer| layer.rope = None);
    }
    Ok(())
}
