//! The settings of a mixture of experts that its families share.
//!
//! Names are those of transformers' configurations and of llama.cpp's `llama-arch.cpp`.

use super::config::{Bias, Config, ExpertGate, ExpertsConfig};
use crate::LoadError;
use crate::files::RawConfig;

/// Most experts of a layer.
const MAX_EXPERTS: usize = 1024;

/// Reads how many experts there are, how many are used and how wide they are: `width` where the
/// file does not say. The gate is a softmax over all, and weights are divided by their sum.
pub fn read(settings: &RawConfig, width: usize) -> Result<ExpertsConfig, LoadError> {
    let count = settings.size("num_experts", None, 1..=MAX_EXPERTS)?;
    Ok(ExpertsConfig {
        count,
        used: settings.size("num_experts_per_tok", None, 1..=count)?,
        width: settings.size("moe_intermediate_size", Some(width), 1..=262_144)?,
        shared_width: 0,
        is_shared_gated: false,
        is_shared_gate_matrix: !settings.is_gguf(),
        gate: ExpertGate::Softmax,
        is_normalized: true,
        scale: settings.positive("routed_scaling_factor", Some(1.0))?,
        bias: Bias::Never,
        has_selection_bias: false,
    })
}

/// Gives all layers from `first` on these experts.
pub fn set(config: &mut Config, experts: ExpertsConfig, first: usize) {
    config.experts = Some(experts);
    for layer in config.layers.iter_mut().skip(first) {
        layer.has_experts = true;
    }
}
