//! Qwen3.5 and 3.6: a gated DeltaNet in three of four layers, gated attention in the fourth.
//!
//! Settings as in transformers' `Qwen3_5TextConfig` and llama.cpp's `qwen35.cpp`. Positions of a
//! text are the same in all three parts of its rotation, so they are rotated as in other models.

use super::{Config, DeltaNetConfig, Family, PLAIN, qwen3next, recurrent};
use crate::LoadError;
use crate::files::RawConfig;

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &[
        "qwen35",
        "Qwen3_5ForCausalLM",
        "Qwen3_5ForConditionalGeneration",
    ],
    computes: &["layer_types"],
    gguf_names: &[("ffn_norm", "post_attention_norm")],
    folder_names: qwen3next::FOLDER_NAMES,
    adapt,
    ..PLAIN
};

/// Qwen3.5 as a mixture of experts.
pub const EXPERTS_FAMILY: Family = Family {
    architectures: &["qwen35moe"],
    computes: &["expert_count"],
    adapt: adapt_experts,
    ..FAMILY
};

fn adapt(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    let delta_net = DeltaNetConfig {
        are_heads_in_rounds: settings.is_gguf(),
        ..recurrent::delta_net(settings)?
    };
    qwen3next::set_layers(settings, config, delta_net)
}

fn adapt_experts(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    adapt(settings, config)?;
    qwen3next::set_experts(settings, config)
}
