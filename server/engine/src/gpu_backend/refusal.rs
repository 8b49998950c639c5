//! What the GPU does not compute.

use gpu::MAX_USED_EXPERTS;
use kernels::elementwise::Activation;

use super::device::BLOCK;
use crate::models::{Config, NormKind};

/// Query heads that may share a key/value head.
const MAX_GROUP: usize = 16;
/// Components of a head are a multiple of this.
const HEAD_STEP: usize = 8;

/// Why a GPU cannot be used for a model, which the CPU computes. It needs no GPU.
pub fn gpu_refusal(config: &Config) -> Option<String> {
    let missing = layers(config).or_else(|| widths(config))?;
    Some(format!("nigh does not compute {missing} on a GPU"))
}

/// Layers that have no kernel.
fn layers(config: &Config) -> Option<String> {
    let experts = config.experts;
    let has_layer_norms = config.norm.kind == NormKind::Layer;
    let is_clamped = config.activation == Activation::ClampedSwiglu;
    let missing = [
        (config.recurrent.is_some(), "recurrent layers"),
        (config.latent.is_some(), "latent attention"),
        (config.is_attention_gated, "gated attention"),
        (
            config.qk_norm && has_layer_norms,
            "layer norms of queries and keys",
        ),
        (
            !config.is_gated && (is_clamped || experts.is_some()),
            "experts or clamped activations without a gate",
        ),
        (
            config.post_norms && experts.is_some(),
            "norms after a mixture of experts",
        ),
        (
            experts.is_some_and(|experts| experts.is_shared_gated),
            "a gate of the expert for all tokens",
        ),
    ];
    let mut missing = missing.into_iter().filter(|(is_needed, _)| *is_needed);
    missing.next().map(|(_, what)| what.to_owned())
}

/// Widths that kernels cannot have.
fn widths(config: &Config) -> Option<String> {
    let (heads, head_dim) = (config.num_attention_heads, config.head_dim);
    let group = heads / config.num_key_value_heads.max(1);
    if group > MAX_GROUP {
        return Some(format!(
            "{group} query heads that share a key/value head, where {MAX_GROUP} are the most"
        ));
    }
    if !head_dim.is_multiple_of(HEAD_STEP) {
        return Some(format!(
            "heads of {head_dim} components, not a multiple of {HEAD_STEP}"
        ));
    }
    let mut widths = vec![config.hidden_size, heads * head_dim];
    if config.layers.iter().any(|layer| !layer.has_experts) {
        widths.push(config.intermediate_size);
    }
    if let Some(experts) = config.experts {
        widths.extend([experts.width, experts.shared_width]);
        if experts.used > MAX_USED_EXPERTS {
            return Some(format!("{} experts of a token", experts.used));
        }
    }
    let odd = widths.into_iter().find(|width| width % BLOCK != 0);
    odd.map(|width| format!("rows of {width} values, not a multiple of {BLOCK}"))
}
