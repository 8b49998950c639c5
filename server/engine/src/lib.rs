//! Tokens in, tokens out: reads a model file, holds its weights and its tokenizer, and continues a
//! list of token ids.
//!
//! The server's worker opens one [`Engine`] (immutable, shared in an `Arc`) and asks a [`Session`]
//! per sequence of related prompts; the session holds the KV cache and reuses the longest common
//! prefix of consecutive prompts. This crate knows nothing of documents, prompts, languages or
//! protocols, and never touches the network. A model family is one file in `models/`, a kind of
//! layer one file in `layers/`; the arithmetic is in the crate `kernels`. Every model file is
//! treated as hostile: `files/` checks it before anything is allocated from it.
//!
//! candle-core does three jobs here: it decodes the block formats that `kernels` does not pack
//! (`files/dtype.rs`), it quantizes (`quantize/encode.rs`), and it multiplies dense f32 matrices,
//! which is the reference that packed ones are tested against (`layers/matrix.rs`).

mod backend;
mod checked_model;
mod continuation_cache;
mod copy_writer;
mod cpu;
mod decoder;
mod drafts;
mod engine;
mod error;
mod files;
mod free_memory;
mod generate;
mod gpu_backend;
mod gpu_model;
mod gpu_slot;
mod info;
mod kv_cache;
mod layers;
mod load_progress;
mod loading;
mod machine;
mod masked;
mod memory_needs;
mod models;
mod n_best;
mod options;
mod packed_copy;
mod packing;
mod quantize;
mod recurrent_state;
mod sampling;
mod score;
mod sequence;
mod session;
mod stream;
mod tokenizer;

pub use engine::{Engine, ModelSummary, check, inspect, inspect_bytes};
pub use error::{LoadError, QuantizeError, RunError};
pub use free_memory::free_memory;
pub use gpu::{GpuAdapter, GpuError, GpuKind, GpuOptions, adapters as gpu_adapters};
pub use gpu_slot::{GpuEvent, GpuStatus};
pub use info::{FileKind, ModelInfo, TensorInfo};
pub use kernels::Cancel;
pub use load_progress::LoadWatch;
pub use machine::{MachineLimits, threads};
pub use masked::TextMask;
pub use n_best::Hypothesis;
pub use options::{FinishReason, GenerateOptions, Generation, LoadOptions, Weights};
pub use quantize::{
    QUANT_TYPES, QuantType, QuantizeOptions, QuantizeProgress, QuantizeReport, TypeTotals, quantize,
};
pub use session::Session;
pub use tokenizer::{TokenRole, Tokenizer};
