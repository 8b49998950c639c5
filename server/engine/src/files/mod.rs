//! Model files as their bytes: checked headers, settings and tensors, not yet layers.
//!
//! `gguf` reads one GGUF file, `safetensors` a Hugging Face folder; both give [`Settings`] (the
//! configuration) and [`Tensors`] (raw rows by name). Nothing here trusts a count, length, offset
//! or name of a file before it is checked against the file's real size. `kind` and `folder_kind`
//! tell what a file or folder is where it is no model. Nothing here knows how a decoder is joined.

mod bytes;
pub mod dtype;
mod folder_kind;
mod ggml_types;
pub mod gguf;
mod gguf_header;
pub mod kind;
mod safetensors;
mod settings;
pub mod tensors;

pub use bytes::Bytes;
pub use dtype::Format;
pub use safetensors::Folder;
pub use settings::Settings;
pub use tensors::{Raw, Tensors};
