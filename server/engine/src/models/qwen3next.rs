//! Qwen3-Next, such as Qwen3-Coder-Next: a gated DeltaNet in three of four layers, gated attention
//! in the fourth, and a mixture of experts.
//!
//! Settings as in transformers' `Qwen3NextConfig` and llama.cpp's `qwen3next.cpp`.

use super::config::rotary_dim;
use super::recurrent;
use super::recurrent_config::RecurrentConfig;
use super::{Config, DeltaNetConfig, Family, PLAIN, experts};
use crate::LoadError;
use crate::files::RawConfig;
use crate::files::tensors::NamePairs;

/// Of so many layers, the last has attention.
const PERIOD: usize = 4;

/// The names in a folder of a gated DeltaNet and of the expert for all tokens.
pub const FOLDER_NAMES: NamePairs = &[
    ("attn_gate", "linear_attn.in_proj_z"),
    ("attn_qkv", "linear_attn.in_proj_qkv"),
    ("ssm_a", "linear_attn.A_log"),
    ("ssm_alpha", "linear_attn.in_proj_a"),
    ("ssm_ba", "linear_attn.in_proj_ba"),
    ("ssm_beta", "linear_attn.in_proj_b"),
    ("ssm_conv1d", "linear_attn.conv1d"),
    ("ssm_dt.bias", "linear_attn.dt_bias"),
    ("ssm_in", "linear_attn.in_proj_qkvz"),
    ("ssm_norm", "linear_attn.norm"),
    ("ssm_out", "linear_attn.out_proj"),
    ("ffn_gate_inp_shexp", "mlp.shared_expert_gate"),
    ("ffn_gate_shexp", "mlp.shared_expert.gate_proj"),
    ("ffn_up_shexp", "mlp.shared_expert.up_proj"),
    ("ffn_down_shexp", "mlp.shared_expert.down_proj"),
];

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &["qwen3next", "Qwen3NextForCausalLM"],
    computes: &["layer_types"],
    gguf_names: &[("ffn_norm", "post_attention_norm")],
    folder_names: FOLDER_NAMES,
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
    config.norm.offset = if settings.is_gguf() { 0.0 } else { 1.0 };
    config.is_attention_gated = true;
    config.rotary_dim = rotary_dim(settings, config.head_dim)?;
    if settings.is_gguf() {
        let layers = config.num_hidden_layers;
        config.leave_out(settings.size("num_nextn_predict_layers", Some(0), 0..=layers)?)?;
    }
    let delta_net = RecurrentConfig::DeltaNet(delta_net);
    recurrent::set_periodic(settings, config, delta_net, PERIOD)
}

/// Reads the experts, one of which computes every token and has a gate of its own.
pub fn set_experts(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    let mut all = experts::read(settings, config.intermediate_size)?;
    let name = "shared_expert_intermediate_size";
    all.shared_width = settings.size(name, Some(config.intermediate_size), 0..=262_144)?;
    all.is_shared_gated = all.shared_width > 0;
    all.is_normalized = settings.flag("norm_topk_prob", true);
    experts::set(config, all, 0);
    Ok(())
}
