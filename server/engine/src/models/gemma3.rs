//! Gemma 3: normed queries and keys, a window in five of six layers, and a rotation of its own
//! there.
//!
//! Settings as in transformers' `Gemma3TextConfig`; the report is arXiv 2503.19786.

use super::gemma::{self, ACTIVATIONS};
use super::gemma2::{FOLDER_NAMES, set_attention_scale};
use super::{Config, Family, PLAIN, RopeConfig, rope_scaling, windows};
use crate::LoadError;
use crate::files::RawConfig;
use crate::layers::Scaling;

/// Of so many layers, the last attends to everything.
const PERIOD: usize = 6;
/// Layers of the 27B model, whose attention scores have another factor.
const LAYERS_27B: usize = 62;

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &[
        "gemma3",
        "Gemma3ForCausalLM",
        "Gemma3ForConditionalGeneration",
    ],
    activations: ACTIVATIONS,
    computes: &["layer_types", "final_logit_softcapping"],
    folder_names: FOLDER_NAMES,
    adapt,
    ..PLAIN
};

fn adapt(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    gemma::adapt(settings, config)?;
    config.post_norms = true;
    config.qk_norm = true;
    if settings
        .number("final_logit_softcapping")
        .is_some_and(|cap| cap > 0.0)
    {
        config.scales.logits_cap = settings.positive("final_logit_softcapping", None)?;
    }
    set_attention_scale(settings, config, LAYERS_27B)?;
    windows::set_periodic(settings, config, windows::window(settings)?, PERIOD)?;
    let plain = RopeConfig {
        theta: settings.positive("rope_local_base_freq", Some(10_000.0))?,
        scaling: Scaling::None,
    };
    let rope = rope_scaling::windowed(settings)?.unwrap_or(plain);
    windows::rotate_apart(config, rope);
    Ok(())
}
