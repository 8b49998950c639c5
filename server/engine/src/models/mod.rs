//! The model families: which settings a checkpoint has and how the shared layers are joined for it.
//!
//! [`Config::read`] looks the architecture up in [`FAMILIES`] and gives a checked [`Config`]; `decoder` builds the layers
//! from it. To add a family: a file with a [`Family`] here, a line in [`FAMILIES`], a recorded reference in `tests/`.

mod config;
mod llama;
mod qwen2;
mod qwen3;

pub use config::Config;

use crate::LoadError;
use crate::files::Settings;

/// A model family.
pub struct Family {
    /// Names of the architecture: a GGUF's first, then those of `config.json`.
    pub architectures: &'static [&'static str],
    /// Fills in what is particular to the family; the common settings are read already.
    pub adapt: fn(&Settings, &mut Config) -> Result<(), LoadError>,
}

/// All families; an architecture belongs to the first that names it.
const FAMILIES: &[&Family] = &[&qwen3::FAMILY, &qwen2::FAMILY, &llama::FAMILY];

/// The family of an architecture.
fn family(architecture: &str) -> Result<&'static Family, LoadError> {
    let found = FAMILIES.iter().find(|f| f.architectures.contains(&architecture));
    found.copied().ok_or_else(|| {
        let known: Vec<&str> = FAMILIES.iter().flat_map(|f| f.architectures).copied().collect();
        LoadError::Unsupported(format!("the architecture {architecture:?} is not known; known: {}", known.join(", ")))
    })
}
