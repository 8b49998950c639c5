//! Recognises files that are not a complete model, to say what they are and what to use instead.
//!
//! Called first, so that a valid file of another kind is not called damaged. Keys are those of
//! ggml's `docs/gguf.md`.

use super::gguf::Gguf;
use crate::LoadError;

/// First bytes of files that are mistaken for models, and the messages about them.
const OTHER_FILES: &[(&[u8], &str)] = &[
    (
        b"version https://git-lfs",
        "it is a pointer of Git LFS to the model's file; fetch the file itself: git lfs pull",
    ),
    (
        b"<",
        "it is a web page, left by a download that failed or needs a login; download the file itself",
    ),
    (
        b"PK\x03\x04",
        "it is a zip archive, such as PyTorch writes; use the GGUF or the safetensors of the same model",
    ),
    (
        b"tjgg",
        "it is a GGML file from before August 2023; use the GGUF of the same model",
    ),
    (
        b"fmgg",
        "it is a GGML file from before August 2023; use the GGUF of the same model",
    ),
    (
        b"lmgg",
        "it is a GGML file from before August 2023; use the GGUF of the same model",
    ),
];

/// An error that says what a file or folder is instead of a model.
pub fn refused<T>(what: impl Into<String>) -> Result<T, LoadError> {
    Err(LoadError::Unsupported(what.into()))
}

/// Why bytes that do not begin like a GGUF are not one.
pub fn other_file(bytes: &[u8]) -> LoadError {
    let text = bytes.trim_ascii_start();
    if let Some((_, what)) = OTHER_FILES
        .iter()
        .find(|(start, _)| text.starts_with(start))
    {
        return LoadError::Unsupported((*what).into());
    }
    // A safetensors file begins with the length of its header, a JSON object.
    if bytes.get(8) == Some(&b'{') {
        return LoadError::Unsupported(
            "it is a safetensors file; name its folder, which must hold config.json and tokenizer.json too".into(),
        );
    }
    LoadError::Damaged("it does not begin with GGUF".into())
}

/// Refuses a valid GGUF that is not a model that generates text.
pub fn check(file: &Gguf) -> Result<(), LoadError> {
    let kind = file.text("general.type").unwrap_or("model");
    let architecture = file.text("general.architecture").unwrap_or_default();
    if kind == "adapter" || file.text("adapter.type").is_some() {
        return refused(
            "it is a LoRA adapter, which only changes another model; merge it into that model and convert the result \
             to a GGUF",
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
    if number("split.count") > 1.0 {
        return refused(format!(
            "it is part {} of {} of a split model; join the parts: llama-gguf-split --merge FIRST-PART.gguf OUT.gguf",
            number("split.no") + 1.0,
            number("split.count"),
        ));
    }
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
