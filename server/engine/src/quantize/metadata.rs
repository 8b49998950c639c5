//! The metadata of the new file: copied verbatim from a GGUF, or written from a folder's settings.
//!
//! Keys and types are those of ggml's `docs/gguf.md`, which readers require. To write one more
//! setting of a folder, add a line to [`of_folder`].

use super::gguf_metadata::GgufMetadata;
use super::quant_type::QuantType;
use crate::LoadError;
use crate::checked_model::CheckedModel;
use crate::files::Folder;
use crate::files::gguf::Gguf;
use crate::layers::{Scaling, Yarn};
use crate::models::Bias;
use crate::tokenizer::{GgufVocabulary, SPELLINGS};

/// ggml's version of the block formats.
const QUANTIZATION_VERSION: u32 = 2;
/// Keys that describe the source's bytes rather than the model.
const OMITTED_KEYS: &[&str] = &[
    "general.alignment",
    "general.file_type",
    "general.quantization_version",
];
const OMITTED_PREFIXES: &[&str] = &["split.", "quantize."];

/// The metadata of a GGUF, for its quantised version.
pub fn of_gguf(file: &Gguf, kind: QuantType) -> GgufMetadata {
    let mut pairs = GgufMetadata::default();
    for (key, value) in file.pairs() {
        if !OMITTED_KEYS.contains(key) && !OMITTED_PREFIXES.iter().any(|head| key.starts_with(head))
        {
            pairs.verbatim(key, value);
        }
    }
    add_quantization(&mut pairs, kind);
    pairs
}

/// The metadata of a folder.
pub fn of_folder(
    folder: &Folder,
    opened: &CheckedModel,
    kind: QuantType,
) -> Result<GgufMetadata, LoadError> {
    let (config, info) = (&opened.config, &opened.info);
    // A GGUF does not declare biases; all of its readers expect them only in a Qwen2.
    let elsewhere = [config.output_bias, config.mlp_bias].contains(&Bias::Always);
    let unknown =
        elsewhere || config.qkv_bias == Bias::Always && config.gguf_architecture != "qwen2";
    if unknown {
        let architecture = config.gguf_architecture;
        return Err(LoadError::Unsupported(format!(
            "a GGUF of a {architecture} model cannot have these biases"
        )));
    }
    let theta = config.ropes.first().map_or(10_000.0, |rope| rope.theta);
    let mut pairs = GgufMetadata::default();
    pairs.text("general.architecture", config.gguf_architecture);
    pairs.text("general.name", &info.name);
    if let Some(licence) = &info.licence {
        pairs.text("general.license", licence);
    }
    let mut setting = |key: &str, value: usize| {
        pairs.number(&format!("{}.{key}", config.gguf_architecture), value)
    };
    setting("vocab_size", config.vocab_size);
    setting("context_length", config.max_position_embeddings);
    setting("embedding_length", config.hidden_size);
    setting("block_count", config.num_hidden_layers);
    setting("feed_forward_length", config.intermediate_size);
    setting("attention.head_count", config.num_attention_heads);
    setting("attention.head_count_kv", config.num_key_value_heads);
    setting("attention.key_length", config.head_dim);
    setting("attention.value_length", config.head_dim);
    setting("rope.dimension_count", config.head_dim);
    pairs.float(
        &format!("{}.rope.freq_base", config.gguf_architecture),
        theta,
    );
    pairs.float(
        &format!(
            "{}.attention.layer_norm_rms_epsilon",
            config.gguf_architecture
        ),
        config.norm.eps,
    );
    if let Some(Scaling::Yarn(yarn)) = config.ropes.first().map(|rope| &rope.scaling) {
        add_yarn(&mut pairs, config.gguf_architecture, yarn);
    }
    vocabulary(&mut pairs, folder, opened)?;
    add_quantization(&mut pairs, kind);
    Ok(pairs)
}

fn add_yarn(pairs: &mut GgufMetadata, architecture: &str, yarn: &Yarn) {
    let key = |name: &str| format!("{architecture}.rope.scaling.{name}");
    pairs.text(&key("type"), "yarn");
    pairs.float(&key("factor"), yarn.factor);
    pairs.number(&key("original_context_length"), yarn.original as usize);
    pairs.float(&key("yarn_beta_fast"), yarn.beta_fast);
    pairs.float(&key("yarn_beta_slow"), yarn.beta_slow);
    // Readers multiply it with the one that follows from the factor.
    let usual = Yarn::attention_factor(yarn.factor, 1.0);
    pairs.float(&key("attn_factor"), yarn.attention_factor / usual);
}

fn vocabulary(
    pairs: &mut GgufMetadata,
    folder: &Folder,
    opened: &CheckedModel,
) -> Result<(), LoadError> {
    let written = GgufVocabulary::read(folder, opened.config.vocab_size)?;
    pairs.text("tokenizer.ggml.model", "gpt2");
    pairs.text("tokenizer.ggml.pre", written.pre);
    pairs.texts("tokenizer.ggml.tokens", &written.tokens);
    pairs.integers("tokenizer.ggml.token_type", &written.token_types);
    pairs.texts("tokenizer.ggml.merges", &written.merges);
    for (role, key, _) in SPELLINGS {
        if let Some((id, _)) = opened.tokenizer.named(*role) {
            pairs.number(&format!("tokenizer.ggml.{key}"), id as usize);
        }
    }
    pairs.flag("tokenizer.ggml.add_bos_token", opened.tokenizer.adds_bos());
    if let Some(template) = &written.chat_template {
        pairs.text("tokenizer.chat_template", template);
    }
    Ok(())
}

fn add_quantization(pairs: &mut GgufMetadata, kind: QuantType) {
    pairs.number("general.file_type", kind.file_type as usize);
    pairs.number(
        "general.quantization_version",
        QUANTIZATION_VERSION as usize,
    );
}
