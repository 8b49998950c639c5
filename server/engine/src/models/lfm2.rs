//! LFM2 and LFM2.5: gated short convolutions in most layers, attention with normed queries and keys
//! in the others.
//!
//! Settings as in llama.cpp's `lfm2.cpp`; the report is arXiv 2511.23404.

use super::recurrent;
use super::recurrent_config::RecurrentConfig;
use super::{Config, ConvolutionConfig, Family, PLAIN, windows};
use crate::LoadError;
use crate::files::RawConfig;

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &["lfm2"],
    gguf_names: &[("output_norm", "token_embd_norm")],
    adapt,
    ..PLAIN
};

fn adapt(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    config.qk_norm = true;
    let convolution = ConvolutionConfig {
        channels: config.hidden_size,
        taps: settings.size("conv_L_cache", None, 2..=16)?,
        has_axis: false,
    };
    let convolution = RecurrentConfig::ShortConvolution(convolution);
    recurrent::set_by_heads(settings, config, convolution)?;
    windows::set_all(settings, config)
}
