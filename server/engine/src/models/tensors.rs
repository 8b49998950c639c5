//! The tensors of a decoder and their shapes; a file must have these and no others.
//!
//! Checked before weights are loaded. A tensor that the decoder does not use is refused: the model
//! would not be the one that the decoder computes.

use std::collections::HashSet;

use super::config::{Bias, Config};
use crate::LoadError;
use crate::files::Tensors;

/// Suffixes of tensors that only hold the frequencies of RoPE, which are recomputed.
const IGNORED_SUFFIXES: &[&str] = &[".attn_rot_embd.weight", ".rotary_emb.inv_freq"];

/// A tensor under its name in a Hugging Face folder.
struct ExpectedTensor {
    name: String,
    shape: Vec<usize>,
    optional: bool,
}

/// Compares the tensors of a file with those that the decoder will load.
pub fn check(tensors: &Tensors, config: &Config) -> Result<(), LoadError> {
    let expected = expected(tensors, config);
    let known: HashSet<String> = expected
        .iter()
        .filter_map(|one| tensors.name_in_file(&one.name))
        .collect();
    let is_stray = |name: &&str| {
        !known.contains(*name) && !IGNORED_SUFFIXES.iter().any(|end| name.ends_with(end))
    };
    if let Some(stray) = tensors.names().filter(is_stray).min() {
        return Err(LoadError::Unsupported(refusal(stray, config)));
    }
    for ExpectedTensor {
        name,
        shape,
        optional,
    } in &expected
    {
        if !optional || tensors.find(name).is_some() {
            tensors.get(name, shape)?;
        }
    }
    Ok(())
}

/// Why a tensor is not accepted.
fn refusal(stray: &str, config: &Config) -> String {
    let stray: String = stray.chars().take(100).collect();
    if stray.contains("attn_qkv.") {
        return format!(
            "queries, keys and values are one tensor ({stray}); convert it again without --fuse-qkv"
        );
    }
    if stray.ends_with(".bias") {
        return format!(
            "it holds {stray}, a bias that its architecture or its configuration does not have"
        );
    }
    let architecture = config.gguf_architecture;
    format!(
        "it holds {stray}, which no {architecture} model that nigh supports has; use another model"
    )
}

/// All tensors, in the order in which they are loaded.
fn expected(tensors: &Tensors, config: &Config) -> Vec<ExpectedTensor> {
    let (vocab, hidden, head_dim) = (config.vocab_size, config.hidden_size, config.head_dim);
    let tensor = |name: &str, shape: &[usize], optional| ExpectedTensor {
        name: name.into(),
        shape: shape.into(),
        optional,
    };
    let mut all = vec![
        tensor("model.embed_tokens.weight", &[vocab, hidden], false),
        tensor("model.norm.weight", &[hidden], false),
        // A tied head may be in the file as well.
        tensor("lm_head.weight", &[vocab, hidden], config.tied(tensors)),
        tensor("rope_freqs.weight", &[head_dim / 2], true),
    ];
    for layer in 0..config.num_hidden_layers {
        let mut add = |name: &str, shape: &[usize], optional| {
            all.push(tensor(
                &format!("model.layers.{layer}.{name}"),
                shape,
                optional,
            ));
        };
        add("input_layernorm.weight", &[hidden], false);
        add("post_attention_layernorm.weight", &[hidden], false);
        if config.qk_norm {
            add("self_attn.q_norm.weight", &[head_dim], false);
            add("self_attn.k_norm.weight", &[head_dim], false);
        }
        for (name, rows, cols, bias) in linear(config) {
            add(&format!("{name}.weight"), &[rows, cols], false);
            if bias != Bias::Never {
                add(&format!("{name}.bias"), &[rows], bias == Bias::Optional);
            }
        }
    }
    all
}

/// A layer's matrices: their names, rows and columns, and whether they have biases.
fn linear(config: &Config) -> [(&'static str, usize, usize, Bias); 7] {
    let Config {
        hidden_size: hidden,
        intermediate_size: wide,
        head_dim,
        ..
    } = *config;
    let (q, kv) = (
        config.num_attention_heads * head_dim,
        config.num_key_value_heads * head_dim,
    );
    [
        ("self_attn.q_proj", q, hidden, config.qkv_bias),
        ("self_attn.k_proj", kv, hidden, config.qkv_bias),
        ("self_attn.v_proj", kv, hidden, config.qkv_bias),
        ("self_attn.o_proj", hidden, q, config.output_bias),
        ("mlp.gate_proj", wide, hidden, config.mlp_bias),
        ("mlp.up_proj", wide, hidden, config.mlp_bias),
        ("mlp.down_proj", hidden, wide, config.mlp_bias),
    ]
}
