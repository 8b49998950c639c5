//! The metadata of the new file: a GGUF's own carried over word for word, a folder's written from
//! its settings.
//!
//! Keys and types are those of ggml's `docs/gguf.md`, which readers insist on. To carry one more
//! setting of a folder, add a line to [`of_folder`].

use super::kind::Kind;
use super::pairs::Pairs;
use crate::LoadError;
use crate::engine::Opened;
use crate::files::Folder;
use crate::files::gguf::Gguf;
use crate::models::Bias;
use crate::tokenizer::{GgufVocabulary, SPELLINGS};

/// ggml's version of the block formats.
const QUANTIZATION_VERSION: u32 = 2;
/// What describes the source's bytes and not the model.
const LEFT_OUT: &[&str] = &[
    "general.alignment",
    "general.file_type",
    "general.quantization_version",
];
const LEFT_OUT_BELOW: &[&str] = &["split.", "quantize."];

/// The metadata of a GGUF for its quantised self.
pub fn of_gguf(file: &Gguf, kind: Kind) -> Pairs {
    let mut pairs = Pairs::default();
    for (key, value) in file.pairs() {
        if !LEFT_OUT.contains(key) && !LEFT_OUT_BELOW.iter().any(|head| key.starts_with(head)) {
            pairs.verbatim(key, value);
        }
    }
    described(&mut pairs, kind);
    pairs
}

/// The metadata of a folder.
pub fn of_folder(folder: &Folder, opened: &Opened, kind: Kind) -> Result<Pairs, LoadError> {
    let (config, info) = (&opened.config, &opened.info);
    // A GGUF does not say that there are biases; all of its readers know of a Qwen2's alone.
    let elsewhere = [config.output_bias, config.mlp_bias].contains(&Bias::Always);
    let unknown =
        elsewhere || config.qkv_bias == Bias::Always && config.gguf_architecture != "qwen2";
    if unknown {
        let architecture = config.gguf_architecture;
        return Err(LoadError::Unsupported(format!(
            "a GGUF of a {architecture} model cannot have these biases"
        )));
    }
    let mut pairs = Pairs::default();
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
        config.rope_theta,
    );
    pairs.float(
        &format!(
            "{}.attention.layer_norm_rms_epsilon",
            config.gguf_architecture
        ),
        config.rms_norm_eps,
    );
    vocabulary(&mut pairs, folder, opened)?;
    described(&mut pairs, kind);
    Ok(pairs)
}

fn vocabulary(pairs: &mut Pairs, folder: &Folder, opened: &Opened) -> Result<(), LoadError> {
    let written = GgufVocabulary::read(folder, opened.config.vocab_size)?;
    pairs.text("tokenizer.ggml.model", "gpt2");
    pairs.text("tokenizer.ggml.pre", written.pre);
    pairs.texts("tokenizer.ggml.tokens", &written.tokens);
    pairs.integers("tokenizer.ggml.token_type", &written.kinds);
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

fn described(pairs: &mut Pairs, kind: Kind) {
    pairs.number("general.file_type", kind.file_type as usize);
    pairs.number(
        "general.quantization_version",
        QUANTIZATION_VERSION as usize,
    );
}
