//! The model families: which settings a checkpoint has and how the shared layers are joined for it.
//!
//! [`Config::read`] looks the architecture up in [`FAMILIES`] and gives a checked [`Config`];
//! `decoder` builds the layers from it. `products` names what people have and no family runs,
//! `unusual` and `tensors` refuse what the shared layers would compute wrongly. To add a family: a
//! file with a [`Family`] here, a line in [`FAMILIES`], a recorded reference in `tests/`.

mod config;
mod llama;
mod products;
mod qwen2;
mod qwen3;
mod tensors;
mod unusual;

pub use config::{Bias, Config};
pub use tensors::check as check_tensors;

use crate::LoadError;
use crate::files::Settings;
use crate::files::kind::EMBEDDING;

/// A model family.
pub struct Family {
    /// Names of the architecture: a GGUF's first, then those of `config.json`.
    pub architectures: &'static [&'static str],
    /// What people call the models of this family that can complete code, or say what they are.
    pub products: &'static str,
    /// Fills in what is particular to the family; the common settings are read already.
    pub adapt: fn(&Settings, &mut Config) -> Result<(), LoadError>,
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

/// Refuses an architecture that no family has.
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
