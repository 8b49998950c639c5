//! Reads a `tokenizer.json`.
use super::Tokenizer;
use crate::LoadError;
use crate::files::Folder;

/// Reads the tokenizer of a folder.
pub fn read(_folder: &Folder) -> Result<Tokenizer, LoadError> {
    Err(LoadError::Tokenizer("tokenizer.json is not read yet".into()))
}
