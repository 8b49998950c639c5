//! Qwen3-Next, such as Qwen3-Coder-Next: a gated DeltaNet in three of four layers, gated attention
//! in the fourth, and a mixture of experts.
//!
//! Settings as in llama.cpp's `qwen3next.cpp`.

use super::config::rotary_dim;
use super::recurrent::{self, RecurrentConfig};
use super::{Config, DeltaNetConfig, Family, PLAIN, experts};
use crate::LoadError;
use crate::files::RawConfig;

/// Of so many layers, the last has attention.
const PERIOD: usize = 4;

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &["qwen3next"],
    computes: &["expert_count"],
    gguf_names: &[("ffn_norm", "post_attention_norm")],
    adapt,
    ..PLAIN
};

fn adapt(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    set_layers(settings, config, recurrent::delta_net(settings)?)?;
    set_experts(settings, config)
}

/// Sets what all models with a gated DeltaNet share.
pub fn set_layers(
    settings: &RawConfig,
    config: &mut Config,
    delta_net: DeltaNetConfig,
) -> Result<(), LoadError> {
    config.qk_norm = true;
    config.is_attention_gated = true;
    config.rotary_dim = rotary_dim(settings, config.head_dim)?;
    let layers = config.num_hidden_layers;
    config.leave_out(settings.size("num_nextn_predict_layers", Some(0), 0..=layers)?)?;
    let delta_net = RecurrentConfig::DeltaNet(delta_net);
    recurrent::set_periodic(settings, config, delta_net, PERIOD)
}

/// Reads the experts, one of which computes every token and has a gate of its own.
pub fn set_experts(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    let mut all = experts::read(settings, config.intermediate_size)?;
    let name = "shared_expert_intermediate_size";
    all.shared_width = settings.size(name, Some(config.intermediate_size), 0..=262_144)?;
    all.is_shared_gated = all.shared_width > 0;
    experts::set(config, all, 0);
    Ok(())
}
