//! Gemma 2: capped scores and logits, norms after attention and feed-forward layer, and a window in
//! every other layer.
//!
//! Settings as in transformers' `Gemma2Config`; the report is arXiv 2408.00118.

use super::gemma::{self, ACTIVATIONS};
use super::{Config, Family, PLAIN, windows};
use crate::LoadError;
use crate::files::RawConfig;
use crate::files::tensors::NamePairs;

/// Of so many layers, the last attends to everything.
const PERIOD: usize = 2;
/// Layers of the 27B model, whose attention scores have another factor.
const LAYERS_27B: usize = 46;

/// The names of the four norms of a layer in a folder.
pub const FOLDER_NAMES: NamePairs = &[
    ("ffn_norm", "pre_feedforward_layernorm"),
    ("post_attention_norm", "post_attention_layernorm"),
    ("post_ffw_norm", "post_feedforward_layernorm"),
];

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &["gemma2", "Gemma2ForCausalLM"],
    activations: ACTIVATIONS,
    computes: &[
        "layer_types",
        "attn_logit_softcapping",
        "final_logit_softcapping",
    ],
    folder_names: FOLDER_NAMES,
    adapt,
    ..PLAIN
};

fn adapt(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    gemma::adapt(settings, config)?;
    config.post_norms = true;
    config.scales.attention_cap = settings.positive("attn_logit_softcapping", Some(50.0))?;
    config.scales.logits_cap = settings.positive("final_logit_softcapping", Some(30.0))?;
    set_attention_scale(settings, config, LAYERS_27B)?;
    let window = windows::window(settings)?.or(Some(4096));
    windows::set_periodic(settings, config, window, PERIOD)
}

/// The factor of attention scores: a folder says which, a GGUF leaves it to the number of layers.
pub fn set_attention_scale(
    settings: &RawConfig,
    config: &mut Config,
    layers_27b: usize,
) -> Result<(), LoadError> {
    let is_27b = config.num_hidden_layers == layers_27b;
    let usual = match settings.is_gguf() && is_27b {
        true => config.hidden_size / config.num_attention_heads,
        false => config.head_dim,
    };
    let scalar = settings.positive("query_pre_attn_scalar", Some(usual as f64))?;
    config.scales.attention = 1.0 / scalar.sqrt();
    Ok(())
}
