//! The engine as its callers see it: one binary, a module per question.
//!
//! `reference` compares logits with transformers, `gguf_files` the two kinds of files with each
//! other, `vocabularies` the ids with llama.cpp's, `quantizing` makes smaller files, `unusual` has
//! models with biases and scaled RoPE, `refused` sound files that cannot be used, and `hostile`
//! feeds files that lie. `write_gguf` builds small files for them and `memory` counts what they
//! take.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod gguf_files;
mod hostile;
mod hostile_folder;
mod memory;
mod quantizing;
mod reference;
mod refused;
mod unusual;
mod vocabularies;
mod write_gguf;

use std::path::PathBuf;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

/// The folder of a recorded model.
fn fixture(family: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(family)
}
