//! The engine as its callers see it: one binary, a module per question.
//!
//! `reference` compares logits with transformers, `families` log-probabilities with llama.cpp
//! (`family_file` computes their weights),
//! `folders` those of folders with transformers, `adapters` is about LoRA, `sessions` compares
//! reused caches with fresh ones, `generating` has answers and their ends, `gguf_files` compares
//! the two kinds of files with each other, `vocabularies` the ids with llama.cpp's, `quantizing`
//! and `quantize_refused` write smaller files, `unusual` has models with biases, `rope_scaling`
//! those with scaled RoPE, `code_formats` and `float8` unusual types of weights, `layouts` split
//! files and nested folders, `large` models that are packed into a copy while they are loaded,
//! `gpu` sessions on a GPU, `chat_templates` where templates are found, `refused` valid files that
//! cannot be used, and `hostile` and `hostile_folder` files made to break their reader.
//! `write_gguf` and `gguf_fixtures` build small files for them, and `memory` counts allocations.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod adapters;
mod chat_templates;
mod code_formats;
mod families;
mod family_file;
mod float8;
mod folders;
mod generating;
mod gguf_files;
mod gguf_fixtures;
mod gpu;
mod hostile;
mod hostile_folder;
mod large;
mod layouts;
mod masked;
mod memory;
mod quantize_refused;
mod quantizing;
mod reference;
mod refused;
mod rope_scaling;
mod sessions;
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
