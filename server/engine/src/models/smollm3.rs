//! SmolLM3: a Llama without rotation in every fourth layer (arXiv 2501.18795).
//!
//! Settings as in transformers' `SmolLM3Config`.

use serde_json::Value;

use super::{Bias, Config, Family, PLAIN, windows};
use crate::LoadError;
use crate::files::RawConfig;

/// Of so many layers, the last has no rotation.
const PERIOD: usize = 4;

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &["smollm3", "SmolLM3ForCausalLM"],
    computes: &["layer_types"],
    adapt,
    ..PLAIN
};

fn adapt(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    config.qkv_bias = Bias::of(settings, "attention_bias");
    config.output_bias = config.qkv_bias;
    config.mlp_bias = Bias::of(settings, "mlp_bias");
    config.rope_interleaved = settings.is_gguf();
    windows::set_upper(settings, config)?;
    // 1 for each layer with a rotation.
    let listed = settings.json("no_rope_layers").and_then(Value::as_array);
    for (i, layer) in config.layers.iter_mut().enumerate() {
        let is_rotated = match listed {
            Some(layers) => layers.get(i).and_then(Value::as_u64) == Some(1),
            None => (i + 1) % PERIOD != 0,
        };
        layer.rope = is_rotated.then_some(0);
    }
    config.tie_by_default(settings);
    Ok(())
}
