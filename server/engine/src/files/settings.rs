//! A model's configuration from either kind of file, by the names of `config.json`.
//!
//! The model families read their settings here; [`GGUF_KEYS`] translates the keys of a GGUF (a line
//! per setting). Numbers are checked against a range, so that no size from a file is used
//! unchecked.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::gguf::Gguf;
use crate::LoadError;

/// Names of `config.json`, and the keys of a GGUF after its architecture's name.
const GGUF_KEYS: &[(&str, &str)] = &[
    ("hidden_size", "embedding_length"),
    ("intermediate_size", "feed_forward_length"),
    ("num_hidden_layers", "block_count"),
    ("num_attention_heads", "attention.head_count"),
    ("num_key_value_heads", "attention.head_count_kv"),
    ("head_dim", "attention.key_length"),
    ("max_position_embeddings", "context_length"),
    ("rms_norm_eps", "attention.layer_norm_rms_epsilon"),
    ("rope_theta", "rope.freq_base"),
    ("rotary_dim", "rope.dimension_count"),
    ("vocab_size", "vocab_size"),
    ("sliding_window", "attention.sliding_window"),
    ("sliding_window_pattern", "attention.sliding_window_pattern"),
    ("norm_epsilon", "attention.layer_norm_epsilon"),
    ("rope_local_base_freq", "rope.freq_base_swa"),
    ("embedding_multiplier", "embedding_scale"),
    ("residual_multiplier", "residual_scale"),
    ("attention_multiplier", "attention.scale"),
    ("logits_scaling", "logit_scale"),
    ("attn_logit_softcapping", "attn_logit_softcapping"),
    ("final_logit_softcapping", "final_logit_softcapping"),
    ("num_experts", "expert_count"),
    ("num_experts_per_tok", "expert_used_count"),
    ("moe_intermediate_size", "expert_feed_forward_length"),
    ("routed_scaling_factor", "expert_weights_scale"),
    ("n_shared_experts", "expert_shared_count"),
    ("n_group", "expert_group_count"),
    ("first_k_dense_replace", "leading_dense_block_count"),
    ("kv_lora_rank", "attention.kv_lora_rank"),
    ("q_lora_rank", "attention.q_lora_rank"),
    ("qk_rope_head_dim", "rope.dimension_count"),
    (
        "shared_expert_intermediate_size",
        "expert_shared_feed_forward_length",
    ),
    ("num_nextn_predict_layers", "nextn_predict_layers"),
    ("full_attention_interval", "full_attention_interval"),
    ("recurrent_width", "ssm.inner_size"),
    ("linear_num_key_heads", "ssm.group_count"),
    ("linear_num_value_heads", "ssm.time_step_rank"),
    ("linear_key_head_dim", "ssm.state_size"),
    ("linear_conv_kernel_dim", "ssm.conv_kernel"),
    ("mamba_n_heads", "ssm.time_step_rank"),
    ("mamba_n_groups", "ssm.group_count"),
    ("mamba_d_state", "ssm.state_size"),
    ("mamba_d_conv", "ssm.conv_kernel"),
    ("conv_L_cache", "shortconv.l_cache"),
];

/// Other names of a setting in `config.json`.
const ALIASES: &[(&str, &[&str])] = &[
    ("num_experts", &["num_local_experts", "n_routed_experts"]),
    ("num_experts_per_tok", &["experts_per_token"]),
];

/// A configuration.
pub enum RawConfig<'a> {
    /// The metadata of a GGUF.
    Gguf(&'a Gguf<'a>),
    /// A parsed `config.json`.
    Json(&'a Value),
}

impl RawConfig<'_> {
    /// The architecture: a GGUF's `general.architecture`, else the first of `architectures`.
    pub fn architecture(&self) -> Result<String, LoadError> {
        let found = match self {
            RawConfig::Gguf(file) => file.text("general.architecture"),
            RawConfig::Json(json) => json["architectures"][0].as_str(),
        };
        match found {
            Some(name) if name.len() <= 64 => Ok(name.to_owned()),
            _ => Err(LoadError::Damaged(
                "no architecture is named; is it a model that generates text?".into(),
            )),
        }
    }

    /// Whether the settings are a GGUF's.
    pub fn is_gguf(&self) -> bool {
        matches!(self, RawConfig::Gguf(_))
    }

    /// A number, if the file has it.
    pub fn number(&self, name: &str) -> Option<f64> {
        match self {
            RawConfig::Gguf(file) => {
                let architecture = file.text("general.architecture")?;
                let key = GGUF_KEYS.iter().find(|(json, _)| *json == name)?.1;
                file.number(&format!("{architecture}.{key}"))
            }
            RawConfig::Json(json) => {
                let aliases = ALIASES.iter().find(|(first, _)| *first == name);
                let others = aliases.map_or(&[][..], |(_, others)| *others);
                let mut names = std::iter::once(&name).chain(others);
                names.find_map(|name| json[*name].as_f64())
            }
        }
    }

    /// A whole number within `range`; `default` if the file does not have it.
    pub fn size(
        &self,
        name: &str,
        default: Option<usize>,
        range: RangeInclusive<usize>,
    ) -> Result<usize, LoadError> {
        let value = match (self.number(name), default) {
            (Some(value), _) => value,
            (None, Some(default)) => return Ok(default),
            (None, None) => {
                return Err(LoadError::Damaged(format!("the setting {name} is missing")));
            }
        };
        // Compared as f64, so that NaN, fractions and huge numbers are all outside.
        if value.fract() != 0.0 || !(value >= *range.start() as f64 && value <= *range.end() as f64)
        {
            return Err(LoadError::Damaged(format!(
                "the setting {name} is {value}, expected {range:?}"
            )));
        }
        Ok(value as usize)
    }

    /// A positive finite number.
    pub fn positive(&self, name: &str, default: Option<f64>) -> Result<f32, LoadError> {
        let value = self.number(name).or(default);
        let value =
            value.ok_or_else(|| LoadError::Damaged(format!("the setting {name} is missing")))?;
        if !(value > 0.0 && value < 1e12) {
            return Err(LoadError::Damaged(format!("the setting {name} is {value}")));
        }
        Ok(value as f32)
    }

    /// A Boolean setting of `config.json`; a GGUF has none.
    pub fn flag(&self, name: &str, default: bool) -> bool {
        match self {
            RawConfig::Gguf(_) => default,
            RawConfig::Json(json) => json[name].as_bool().unwrap_or(default),
        }
    }

    /// A structured entry of `config.json`.
    pub fn json(&self, name: &str) -> Option<&Value> {
        match self {
            RawConfig::Gguf(_) => None,
            RawConfig::Json(json) => json.get(name).filter(|v| !v.is_null()),
        }
    }

    /// A number, or a switch as 0 or 1, under the file's own name for it; a GGUF's key without the
    /// architecture's name.
    pub fn value(&self, key: &str) -> Option<f64> {
        match self {
            RawConfig::Gguf(file) => {
                let key = format!("{}.{key}", file.text("general.architecture")?);
                file.number(&key)
                    .or_else(|| file.flag(&key).map(|flag| f64::from(u8::from(flag))))
            }
            RawConfig::Json(json) => json[key]
                .as_f64()
                .or_else(|| json[key].as_bool().map(|flag| f64::from(u8::from(flag)))),
        }
    }

    /// A list of numbers of a GGUF under the architecture's name.
    pub fn gguf_numbers(&self, key: &str) -> Option<Vec<f64>> {
        let RawConfig::Gguf(file) = self else {
            return None;
        };
        let key = format!("{}.{key}", file.text("general.architecture")?);
        Some(file.array(&key)?.numbers()?.collect())
    }

    /// A list of switches of a GGUF under the architecture's name.
    pub fn gguf_flags(&self, key: &str) -> Option<Vec<bool>> {
        let numbers = self.gguf_numbers(key)?;
        Some(numbers.into_iter().map(|flag| flag != 0.0).collect())
    }

    /// A text entry of a GGUF under the architecture's name, e.g. `rope.scaling.type`.
    pub fn gguf_text(&self, key: &str) -> Option<&str> {
        match self {
            RawConfig::Gguf(file) => {
                file.text(&format!("{}.{key}", file.text("general.architecture")?))
            }
            RawConfig::Json(_) => None,
        }
    }
}
