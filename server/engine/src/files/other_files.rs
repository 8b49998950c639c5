//! Recognises files that are not a GGUF by their first bytes, to say what they are and what to use
//! instead.

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

/// Why bytes that do not begin like a GGUF are not one.
pub fn refusal(bytes: &[u8]) -> LoadError {
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
