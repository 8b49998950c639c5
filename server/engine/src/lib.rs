//! Tokens in, tokens out: reads a model file, keeps its weights and its tokenizer, and continues a
//! list of token ids.
//!
//! The server's worker opens one [`Engine`] (immutable, shared in an `Arc`) and asks a [`Session`]
//! per stream of related prompts; the session keeps the KV cache and reuses the longest common
//! prefix of consecutive prompts. This crate knows nothing of documents, prompts, languages or
//! protocols, and never touches the network. A model family is one file in `models/`, a kind of
//! layer one file in `layers/`, an instruction set one file in `kernels/`. Every model file is
//! treated as hostile: `files/` checks it before anything is allocated from it.

mod behind;
mod branches;
mod cache;
mod decoder;
mod drafts;
mod engine;
mod error;
mod files;
mod info;
mod layers;
mod machine;
mod models;
mod options;
mod packed_copy;
mod quantize;
mod sampling;
mod scoring;
mod session;
mod stream;
mod tokenizer;

pub use branches::Branch;
pub use engine::{Engine, check, threads};
pub use error::{LoadError, QuantizeError, RunError};
pub use kernels::Cancel;
pub use info::{Check, FileKind, ModelInfo, TensorInfo};
pub use machine::Machine;
pub use options::{Finish, GenerateOptions, Generation, LoadOptions, Weights};
pub use quantize::{KINDS, Kind, Progress, QuantizeOptions, Quantized, Written, quantize};
pub use session::Session;
pub use tokenizer::{Role, Tokenizer};
