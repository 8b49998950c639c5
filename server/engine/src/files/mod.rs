//! Model files: checked headers, settings and tensors as bytes, not yet layers.
//!
//! `location` finds the files, `gguf` reads a GGUF, `safetensors` a Hugging Face folder; both give
//! [`RawConfig`] (the configuration) and [`Tensors`] (raw tensors by name). Nothing here trusts a
//! count, length, offset or name of a file before it is checked against the file's real size.
//! `kind` and `folder_kind` identify files and folders that are not models. Nothing here knows how
//! a decoder is built.

pub mod adapter;
pub mod dtype;
mod float8;
mod folder_kind;
mod ggml_types;
pub mod gguf;
mod gguf_header;
pub mod kind;
mod location;
pub mod low_rank;
mod mapped_file;
mod nested;
mod other_files;
mod safetensors;
mod settings;
pub mod tensors;
mod weight_scale;

pub use dtype::Format;
pub use location::ModelFiles;
pub use mapped_file::MappedFile;
pub use safetensors::Folder;
pub use settings::RawConfig;
pub use tensors::{RawTensor, Tensors, not_numbers};
pub use weight_scale::WeightScale;
