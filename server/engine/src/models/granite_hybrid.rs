//! Granite 4's hybrid models: Mamba 2 in most layers, attention in a few, the factors of Granite,
//! and in some a mixture of experts.
//!
//! Settings as in llama.cpp's `granite-hybrid.cpp`.

use super::recurrent;
use super::recurrent_config::RecurrentConfig;
use super::{Config, Family, PLAIN, experts, granite};
use crate::LoadError;
use crate::files::RawConfig;

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &["granitehybrid"],
    computes: &[
        "embedding_scale",
        "residual_scale",
        "logit_scale",
        "attention.scale",
    ],
    adapt,
    ..PLAIN
};

fn adapt(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    granite::adapt(settings, config)?;
    let mamba2 = RecurrentConfig::Mamba2(recurrent::mamba2(settings)?);
    recurrent::set_by_heads(settings, config, mamba2)?;
    if settings
        .number("num_experts")
        .is_none_or(|experts| experts == 0.0)
    {
        return Ok(());
    }
    let mut all = experts::read(settings, config.intermediate_size)?;
    all.shared_width = settings.size("shared_expert_intermediate_size", Some(0), 0..=262_144)?;
    experts::set(config, all, 0);
    Ok(())
}
