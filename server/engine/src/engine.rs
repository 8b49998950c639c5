//! Opens a model file and holds what it gave.

use std::path::Path;

use crate::{Check, LoadError, LoadOptions, ModelInfo, Tokenizer};

/// A loaded model: immutable weights and their tokenizer. `Send + Sync`; share it in an `Arc`.
pub struct Engine {
    info: ModelInfo,
    tokenizer: Tokenizer,
}

impl Engine {
    /// Opens a `.gguf` file or a folder with safetensors.
    pub fn open(path: &Path, _options: &LoadOptions) -> Result<Engine, LoadError> {
        Err(LoadError::Unsupported(format!("{}: no reader yet", path.display())))
    }

    /// Opens a GGUF that is part of the program.
    pub fn from_bytes(_gguf: &'static [u8], _options: &LoadOptions) -> Result<Engine, LoadError> {
        Err(LoadError::Unsupported("no reader yet".into()))
    }

    /// What the file says of itself and where it runs.
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// The model's tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }
}

/// Reads and checks everything but the weights themselves: header, configuration, tokenizer, tensor list.
pub fn check(path: &Path) -> Result<Check, LoadError> {
    Err(LoadError::Unsupported(format!("{}: no reader yet", path.display())))
}
