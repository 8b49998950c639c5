//! gpt-oss: experts with biases and a clamped gate, attention sinks, a window in every other layer.
//!
//! Settings as llama.cpp's `openai-moe.cpp` reads them; the report is arXiv 2508.10925.

use kernels::elementwise::Activation;

use super::{Bias, Config, ExpertGate, Family, PLAIN, experts, windows};
use crate::LoadError;
use crate::files::RawConfig;

/// Of so many layers, the last attends to everything.
const PERIOD: usize = 2;

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &["gpt-oss"],
    computes: &["layer_types"],
    gguf_names: &[("ffn_norm", "post_attention_norm")],
    adapt,
    ..PLAIN
};

fn adapt(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    config.qkv_bias = Bias::Always;
    config.output_bias = Bias::Always;
    config.sinks = true;
    config.activation = Activation::ClampedSwiglu;
    let mut all = experts::read(settings, config.intermediate_size)?;
    all.gate = ExpertGate::SoftmaxOfChosen;
    all.is_normalized = false;
    all.bias = Bias::Always;
    experts::set(config, all, 0);
    windows::set_periodic(settings, config, windows::window(settings)?, PERIOD)?;
    Ok(())
}
