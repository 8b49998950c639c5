//! Mellum 2: a Qwen3 mixture of experts in which three of four layers attend to a window, with
//! plain RoPE there and a scaled one in the others.
//!
//! Settings as llama.cpp's `mellum.cpp` reads them.

use super::config::RopeConfig;
use super::{Config, Family, PLAIN, experts, qwen3, windows};
use crate::LoadError;
use crate::files::RawConfig;
use crate::layers::Scaling;

/// Of so many layers, the last attends to everything.
const PERIOD: usize = 4;

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &["mellum", "MellumForCausalLM"],
    computes: &["layer_types", "expert_count", "num_experts"],
    adapt,
    ..PLAIN
};

fn adapt(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    qwen3::adapt(settings, config)?;
    experts::set(
        config,
        experts::read(settings, config.intermediate_size)?,
        0,
    );
    windows::set_periodic(settings, config, windows::window(settings)?, PERIOD)?;
    if let Some(everywhere) = config.ropes.first() {
        let rope = RopeConfig {
            theta: everywhere.theta,
            scaling: Scaling::None,
        };
        windows::rotate_apart(config, rope);
    }
    Ok(())
}
