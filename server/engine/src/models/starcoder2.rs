//! StarCoder2: layer norms, biases everywhere, a feed-forward layer without a gate.
//!
//! Settings as in transformers' `Starcoder2Config`; the report is arXiv 2402.19173.

use kernels::elementwise::Activation;

use super::{Bias, Config, Family, NormKind, PLAIN, windows};
use crate::LoadError;
use crate::files::RawConfig;

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &["starcoder2", "Starcoder2ForCausalLM"],
    activations: &["gelu_pytorch_tanh"],
    folder_names: &[("ffn_up", "mlp.c_fc"), ("ffn_down", "mlp.c_proj")],
    adapt,
    ..PLAIN
};

fn adapt(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    config.norm.kind = NormKind::Layer;
    config.norm.eps = settings.positive("norm_epsilon", Some(1e-5))?;
    config.qkv_bias = match settings.flag("use_bias", true) {
        true => Bias::Always,
        false => Bias::Never,
    };
    config.output_bias = config.qkv_bias;
    config.mlp_bias = config.qkv_bias;
    config.activation = Activation::Gelu;
    config.is_gated = false;
    windows::set_all(settings, config)?;
    config.tie_by_default(settings);
    Ok(())
}
