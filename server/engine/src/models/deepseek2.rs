//! DeepSeek-V2 and V3, such as DeepSeek-Coder-V2-Lite: latent attention, and a mixture of experts
//! after the first layers, with an expert that computes every token.
//!
//! Settings as in transformers' `DeepseekV2Config` and llama.cpp's `deepseek2.cpp`; the
//! reports are arXiv 2405.04434 and 2412.19437.

use super::rope_scaling::rope;
use super::{Config, ExpertGate, Family, LatentConfig, PLAIN, experts};
use crate::LoadError;
use crate::files::RawConfig;
use crate::layers::{Scaling, Yarn};

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &["deepseek2", "DeepseekV2ForCausalLM"],
    folder_names: &[
        ("attn_kv_a_mqa", "self_attn.kv_a_proj_with_mqa"),
        ("attn_kv_a_norm", "self_attn.kv_a_layernorm"),
        ("attn_kv_b", "self_attn.kv_b_proj"),
        ("attn_q_a", "self_attn.q_a_proj"),
        ("attn_q_a_norm", "self_attn.q_a_layernorm"),
        ("attn_q_b", "self_attn.q_b_proj"),
    ],
    adapt,
    ..PLAIN
};

fn adapt(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    config.rope_interleaved = true;
    config.latent = Some(latent(settings, config)?);
    if let Some(latent) = config.latent {
        config.rotary_dim = latent.rotated_dim;
        let width = (latent.key_dim + latent.rotated_dim) as f32;
        config.scales.attention = attention_scale(settings, config) / width.sqrt();
    }
    let mut all = experts::read(settings, config.intermediate_size)?;
    all.shared_width = shared_width(settings, all.width)?;
    all.is_normalized = settings.flag("norm_topk_prob", false)
        || settings.value("expert_weights_norm") == Some(1.0);
    match settings.value("expert_gating_func") {
        None | Some(0.0 | 1.0) => {}
        Some(2.0) => all.gate = ExpertGate::Sigmoid,
        Some(gate) => {
            let what = format!("experts with a gate of the kind {gate}");
            return Err(LoadError::Unsupported(what));
        }
    }
    if settings
        .number("n_group")
        .is_some_and(|groups| groups > 1.0)
    {
        return Err(LoadError::Unsupported("experts in groups".into()));
    }
    let dense = settings.size(
        "first_k_dense_replace",
        Some(0),
        0..=config.num_hidden_layers,
    )?;
    experts::set(config, all, dense);
    Ok(())
}

fn latent(settings: &RawConfig, config: &Config) -> Result<LatentConfig, LoadError> {
    let rotated_dim = settings.size("qk_rope_head_dim", None, 2..=256)?;
    // A GGUF has both parts of a key together; with absorbed matrices, under keys of their own.
    let whole = |name: &str, usual: usize| match settings.value(name) {
        Some(value) => value as usize,
        None => usual,
    };
    let (key_dim, value_dim) = match settings.is_gguf() {
        true => {
            let key = whole("attention.key_length_mla", config.head_dim);
            let value = whole("attention.value_length", key);
            (
                key.saturating_sub(rotated_dim),
                whole("attention.value_length_mla", value),
            )
        }
        false => (
            settings.size("qk_nope_head_dim", None, 1..=256)?,
            settings.size("v_head_dim", None, 1..=256)?,
        ),
    };
    if !(1..=256).contains(&key_dim) || !(1..=256).contains(&value_dim) {
        return Err(LoadError::Damaged(format!(
            "heads with keys of {key_dim} and values of {value_dim} components"
        )));
    }
    Ok(LatentConfig {
        rank: settings.size("kv_lora_rank", None, 1..=4096)?,
        query_rank: settings.size("q_lora_rank", Some(0), 0..=8192)?,
        key_dim,
        rotated_dim,
        value_dim,
    })
}

/// Width of the expert that computes every token: so many experts in one.
fn shared_width(settings: &RawConfig, width: usize) -> Result<usize, LoadError> {
    Ok(width * settings.size("n_shared_experts", Some(0), 0..=64)?)
}

/// The factor by which YaRN lengthens queries and keys: that of the rotation, which this family
/// applies to all components of a key, times one of its own.
fn attention_scale(settings: &RawConfig, config: &Config) -> f32 {
    let Some(Scaling::Yarn(yarn)) = config.ropes.first().map(|rope| &rope.scaling) else {
        return 1.0;
    };
    // A GGUF has a tenth of the setting.
    let times = settings
        .value("rope.scaling.yarn_log_multiplier")
        .map(|times| 10.0 * times)
        .or_else(|| rope(settings)?["mscale_all_dim"].as_f64());
    let own = Yarn::attention_factor(yarn.factor, times.unwrap_or(0.0) as f32);
    (yarn.attention_factor * own).powi(2)
}
