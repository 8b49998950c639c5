//! Mixtral: a Mistral whose feed-forward layers are a mixture of experts (arXiv 2401.04088).
//!
//! A GGUF calls it a Llama. Settings as in transformers' `MixtralConfig`.

use super::{Config, Family, PLAIN, experts, windows};
use crate::LoadError;
use crate::files::RawConfig;

/// See the module.
pub const FAMILY: Family = Family {
    architectures: &["llama", "MixtralForCausalLM"],
    folder_names: &[
        ("ffn_gate_inp", "block_sparse_moe.gate"),
        ("ffn_gate_exps.*", "block_sparse_moe.experts.*.w1"),
        ("ffn_up_exps.*", "block_sparse_moe.experts.*.w3"),
        ("ffn_down_exps.*", "block_sparse_moe.experts.*.w2"),
    ],
    adapt,
    ..PLAIN
};

fn adapt(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    windows::set_all(settings, config)?;
    experts::set(
        config,
        experts::read(settings, config.intermediate_size)?,
        0,
    );
    Ok(())
}
