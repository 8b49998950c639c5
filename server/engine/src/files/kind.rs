//! Recognises files that are not a complete model, to say what they are and what to use instead.
//!
//! Called first, so that a valid file of another kind is not called damaged. Keys are those of
//! ggml's `docs/gguf.md`.

use super::gguf::Gguf;
use crate::LoadError;

/// An error that says what a file or folder is instead of a model.
pub fn refused<T>(what: impl Into<String>) -> Result<T, LoadError> {
    Err(LoadError::Unsupported(what.into()))
}

/// Refuses a valid GGUF that is not a model that generates text.
pub fn check(file: &Gguf) -> Result<(), LoadError> {
    let kind = file.text("general.type").unwrap_or("model");
    let architecture = file.text("general.architecture").unwrap_or_default();
    if kind == "adapter" || file.text("adapter.type").is_some() {
        return refused(
            "it is a LoRA adapter, which only changes another model; name that model, and name this adapter with \
             `--adapter` or the setting model.adapter",
        );
    }
    if kind == "mmproj" || architecture == "clip" {
        return refused(
            "it is a vision projector (mmproj), which accompanies a model; name the model's own file",
        );
    }
    if kind == "imatrix" || architecture == "imatrix" {
        return refused(
            "it is an importance matrix, an input of quantizers; name the model's own file",
        );
    }
    let number = |key: &str| file.number(key).unwrap_or_default();
    let causal = file
        .flag(&format!("{architecture}.attention.causal"))
        .unwrap_or(true);
    match number(&format!("{architecture}.pooling_type")) {
        4.0 => {
            return refused(
                "it is a reranker: no completion; choose a model that was trained for completion",
            );
        }
        pooling if pooling != 0.0 || !causal => return refused(EMBEDDING),
        _ => {}
    }
    if file.is_without_tensors() && file.array("tokenizer.ggml.tokens").is_some() {
        return refused("it holds a vocabulary only, no weights; name the model's own file");
    }
    Ok(())
}

/// The message about a model whose output is one vector per text.
pub const EMBEDDING: &str =
    "it is an embedding model: no completion; choose a model that was trained for completion";
