//! The model families: the settings of their checkpoints, and how the shared layers are combined.
//!
//! [`Config::read`] looks the architecture up in [`FAMILIES`] and returns a checked [`Config`];
//! `decoder` builds the layers from it, and `tensors` derives from it which tensors a file must
//! have. `recurrent` reads what recurrent layers need, `rope_scaling` how RoPE is scaled, `windows`
//! which layers see a window; `products` names the models that no family supports;
//! `unsupported_settings` and `tensors` refuse what the shared layers would compute wrongly. To add
//! a family: a file with a [`Family`] here, a line in [`FAMILIES`], a recorded reference in
//! `tests/`.

mod config;
mod deepseek2;
mod experts;
mod gemma;
mod gemma2;
mod gemma3;
mod gpt_oss;
mod granite;
mod granite_hybrid;
mod lfm2;
mod llama;
mod mellum;
mod mistral3;
mod mixtral;
mod phi3;
mod products;
mod qwen2;
mod qwen3;
mod qwen35;
mod qwen3moe;
mod qwen3next;
mod recurrent;
mod recurrent_config;
mod rope_scaling;
mod seed_oss;
mod smollm3;
mod starcoder2;
mod tensors;
mod unsupported_settings;
mod windows;

pub use config::{
    Bias, Config, ExpertGate, ExpertsConfig, LatentConfig, LayerConfig, NormConfig, NormKind,
    ScaleConfig, Temperature,
};
pub use recurrent_config::{ConvolutionConfig, DeltaNetConfig, Mamba2Config, RecurrentConfig};
pub use rope_scaling::RopeConfig;
pub use tensors::{check as check_tensors, file_names, is_fused, layer_matrices};

use crate::LoadError;
use crate::files::RawConfig;
use crate::files::kind::EMBEDDING;
use crate::files::tensors::NamePairs;

/// A model family.
pub struct Family {
    /// Names of the architecture: a GGUF's first, then those of `config.json`.
    pub architectures: &'static [&'static str],
    /// The nonlinearities that `config.json` may name.
    pub activations: &'static [&'static str],
    /// Settings of `unsupported_settings` that `adapt` reads, in either kind of file.
    pub computes: &'static [&'static str],
    /// Tensors that a GGUF of this family names differently.
    pub gguf_names: NamePairs,
    /// Tensors that a folder of this family names differently from a Llama's.
    pub folder_names: NamePairs,
    /// Sets what is particular to the family, after the common settings were read.
    pub adapt: fn(&RawConfig, &mut Config) -> Result<(), LoadError>,
}

/// A family with a Llama's names and nonlinearity.
const PLAIN: Family = Family {
    architectures: &[],
    activations: &["silu"],
    computes: &[],
    gguf_names: &[],
    folder_names: &[],
    adapt: |_, _| Ok(()),
};

/// All families; an architecture belongs to the first that names it.
const FAMILIES: &[&Family] = &[
    &qwen3::FAMILY,
    &qwen2::FAMILY,
    &llama::FAMILY,
    &qwen3moe::FAMILY,
    &mixtral::FAMILY,
    &deepseek2::FAMILY,
    &starcoder2::FAMILY,
    &granite::FAMILY,
    &gemma::FAMILY,
    &gemma2::FAMILY,
    &gemma3::FAMILY,
    &gpt_oss::FAMILY,
    &mellum::FAMILY,
    &mistral3::FAMILY,
    &phi3::FAMILY,
    &smollm3::FAMILY,
    &seed_oss::FAMILY,
    &qwen35::FAMILY,
    &qwen35::EXPERTS_FAMILY,
    &qwen3next::FAMILY,
    &granite_hybrid::FAMILY,
    &lfm2::FAMILY,
];

/// The family of an architecture; refuses one that no family supports.
pub fn family(architecture: &str) -> Result<&'static Family, LoadError> {
    let found = FAMILIES
        .iter()
        .find(|f| f.architectures.contains(&architecture));
    found
        .copied()
        .ok_or_else(|| LoadError::Unsupported(refusal(architecture)))
}

/// Models to use instead of one that is not supported.
const EXAMPLES: &str = "Qwen2.5-Coder, Qwen3-Coder, DeepSeek-Coder, StarCoder2, Codestral or \
                        CodeGemma";

/// Why an architecture is refused.
fn refusal(architecture: &str) -> String {
    if products::is_embedding(architecture) {
        return format!("{EMBEDDING} (its architecture is {architecture})");
    }
    let name = match products::product(architecture) {
        Some(product) => format!("{product} ({architecture})"),
        None => format!("the architecture {architecture:?}"),
    };
    format!(
        "{name} is not supported; use another model, such as {EXAMPLES}; `nigh model recommend` \
         names some for this machine"
    )
}
