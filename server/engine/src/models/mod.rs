//! The model families: the settings of their checkpoints, and how the shared layers are combined.
//!
//! [`Config::read`] looks the architecture up in [`FAMILIES`] and returns a checked [`Config`];
//! `decoder` builds the layers from it. `products` names the models that no family supports;
//! `rope_scaling` reads how RoPE is scaled; `unsupported_settings` and `tensors` refuse what the
//! shared layers would compute wrongly. To add a family: a file with a [`Family`] here, a line in
//! [`FAMILIES`], a recorded reference in `tests/`.

mod config;
mod llama;
mod products;
mod qwen2;
mod qwen3;
mod rope_scaling;
mod tensors;
mod unsupported_settings;

pub use config::{Bias, Config};
pub use tensors::check as check_tensors;

use crate::LoadError;
use crate::files::RawConfig;
use crate::files::kind::EMBEDDING;

/// A model family.
pub struct Family {
    /// Names of the architecture: a GGUF's first, then those of `config.json`.
    pub architectures: &'static [&'static str],
    /// The usual names of the models of this family that complete code, for messages.
    pub products: &'static str,
    /// Sets what is particular to the family, after the common settings were read.
    pub adapt: fn(&RawConfig, &mut Config) -> Result<(), LoadError>,
}

/// All families; an architecture belongs to the first that names it.
const FAMILIES: &[&Family] = &[&qwen3::FAMILY, &qwen2::FAMILY, &llama::FAMILY];

/// The family of an architecture.
fn family(architecture: &str) -> Result<&'static Family, LoadError> {
    let found = FAMILIES
        .iter()
        .find(|f| f.architectures.contains(&architecture));
    found
        .copied()
        .ok_or_else(|| LoadError::Unsupported(refusal(architecture)))
}

/// Refuses an architecture that no family supports.
pub fn check_architecture(architecture: &str) -> Result<(), LoadError> {
    family(architecture).map(|_| ())
}

/// Why an architecture is refused.
fn refusal(architecture: &str) -> String {
    if products::is_embedding(architecture) {
        return format!("{EMBEDDING} (its architecture is {architecture})");
    }
    let name = match products::product(architecture) {
        Some(product) => format!("{product} ({architecture})"),
        None => format!("the architecture {architecture:?}"),
    };
    let supported: Vec<&str> = FAMILIES.iter().map(|family| family.products).collect();
    format!(
        "{name} is not supported; supported are {}",
        supported.join("; ")
    )
}
