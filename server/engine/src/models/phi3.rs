//! Phi-3 and Phi-4: queries, keys and values are one tensor, gate and up another.
//!
//! Settings as in transformers' `Phi3Config`; the report is arXiv 2404.14219.

use super::config::rotary_dim;
use super::{Config, Family, PLAIN, windows};
use crate::LoadError;
use crate::files::RawConfig;

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &["phi3", "Phi3ForCausalLM"],
    folder_names: &[
        ("attn_qkv", "self_attn.qkv_proj"),
        ("ffn_up", "mlp.gate_up_proj"),
    ],
    adapt,
    ..PLAIN
};

fn adapt(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    config.rotary_dim = rotary_dim(settings, config.head_dim)?;
    windows::set_all(settings, config)
}
