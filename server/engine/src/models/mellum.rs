//! Mellum 2: a Qwen3 mixture of experts in which three of four layers attend to a window, with
//! plain RoPE there and a scaled one in the others.
//!
//! Settings as in transformers' `MellumConfig`, and as llama.cpp's `mellum.cpp` reads them.

use super::{Config, Family, PLAIN, RopeConfig, experts, qwen3, rope_scaling, windows};
use crate::LoadError;
use crate::files::RawConfig;
use crate::layers::Scaling;

/// Of so many layers, the last attends to everything.
const PERIOD: usize = 4;

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &["mellum", "MellumForCausalLM"],
    computes: &["layer_types"],
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
    let plain = RopeConfig {
        theta: config.ropes.first().map_or(10_000.0, |rope| rope.theta),
        scaling: Scaling::None,
    };
    let rope = rope_scaling::windowed(settings)?.unwrap_or(plain);
    windows::rotate_apart(config, rope);
    Ok(())
}
