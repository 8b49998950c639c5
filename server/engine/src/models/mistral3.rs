//! Ministral 3 and Devstral Small 2: a Llama with YaRN and longer queries at distant positions.
//!
//! Settings as in transformers' `Ministral3Config` and llama.cpp's `mistral3.cpp`.

use super::{Config, Family, PLAIN, Temperature};
use crate::LoadError;
use crate::files::RawConfig;

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &[
        "mistral3",
        "Ministral3ForCausalLM",
        "Mistral3ForConditionalGeneration",
    ],
    computes: &["attention.temperature_scale"],
    adapt,
    ..PLAIN
};

fn adapt(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    config.rope_interleaved = settings.is_gguf();
    let scale = settings
        .value("attention.temperature_scale")
        .or_else(|| settings.json("rope_parameters")?["llama_4_scaling_beta"].as_f64());
    let Some(scale) = scale.filter(|scale| *scale != 0.0) else {
        return Ok(());
    };
    let length = settings
        .value("rope.scaling.original_context_length")
        .or_else(|| settings.json("rope_parameters")?["original_max_position_embeddings"].as_f64());
    match length {
        Some(length) if length >= 1.0 && scale.is_finite() => {
            config.scales.temperature = Some(Temperature {
                scale: scale as f32,
                length: length as usize,
            });
            Ok(())
        }
        _ => Err(LoadError::Damaged(
            "it scales attention by position, without an original context length".into(),
        )),
    }
}
