//! Gemma and CodeGemma: scaled embeddings, a GELU gate, norms whose weights a folder stores less 1.
//!
//! Settings as in transformers' `GemmaConfig`; the report is arXiv 2403.08295.

use kernels::elementwise::Activation;

use super::{Config, Family, PLAIN};
use crate::LoadError;
use crate::files::RawConfig;

/// Names of the nonlinearity. Old folders say "gelu" and mean its tanh form.
pub const ACTIVATIONS: &[&str] = &["gelu_pytorch_tanh", "gelu"];

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &["gemma", "GemmaForCausalLM"],
    activations: ACTIVATIONS,
    adapt,
    ..PLAIN
};

/// Sets what all generations of Gemma share.
pub fn adapt(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    config.norm.offset = if settings.is_gguf() { 0.0 } else { 1.0 };
    config.activation = Activation::Gelu;
    config.scales.embedding = (config.hidden_size as f32).sqrt();
    config.tie_word_embeddings = Some(true);
    Ok(())
}
