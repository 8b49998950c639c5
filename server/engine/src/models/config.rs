//! A decoder's checked configuration: sizes within those of any real model, heads that divide
//! evenly, known RoPE scaling.
//!
//! Field names are those of `config.json`. Every check here protects an allocation from a hostile
//! file.

use serde_json::Value;

use super::family;
use super::rope_scaling::{self, rope};
use super::unsupported_settings::refuse_unsupported;
use crate::LoadError;
use crate::files::{RawConfig, Tensors};
use crate::layers::Scaling;

/// The configuration of the shared layers.
#[derive(Clone, Debug)]
pub struct Config {
    /// The architecture's name in a GGUF.
    pub gguf_architecture: &'static str,
    pub hidden_size: usize,
    pub intermediate_size: usize,
    pub num_hidden_layers: usize,
    pub num_attention_heads: usize,
    pub num_key_value_heads: usize,
    pub head_dim: usize,
    pub vocab_size: usize,
    pub max_position_embeddings: usize,
    pub rms_norm_eps: f32,
    pub rope_theta: f32,
    pub rope_scaling: Scaling,
    /// Rotation in neighbouring pairs instead of halves.
    pub rope_interleaved: bool,
    /// Queries and keys are normed per head.
    pub qk_norm: bool,
    /// Biases of queries, keys and values.
    pub qkv_bias: Bias,
    /// Bias of the output of attention.
    pub output_bias: Bias,
    /// Biases of the feed-forward layer.
    pub mlp_bias: Bias,
    /// Whether the head is tied to the embedding; `None` where only the absence of a head says so.
    pub tie_word_embeddings: Option<bool>,
}

/// Whether matrices have biases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bias {
    /// There must be none.
    Never,
    /// There may be some: a GGUF does not declare whether there are.
    Optional,
    /// All must be there.
    Always,
}

impl Bias {
    /// From the Boolean setting `name` of `config.json`; `Never` without a name.
    pub fn of(settings: &RawConfig, name: &str) -> Bias {
        match settings.is_gguf() {
            true => Bias::Optional,
            false if settings.flag(name, false) => Bias::Always,
            false => Bias::Never,
        }
    }
}

fn unsupported(what: impl Into<String>) -> LoadError {
    LoadError::Unsupported(what.into())
}

impl Config {
    /// Reads and checks the settings; `vocab_size` is the number of rows of the embedding.
    pub fn read(settings: &RawConfig, vocab_size: usize) -> Result<Config, LoadError> {
        let architecture = settings.architecture()?;
        let family = family(&architecture)?;
        if let Some(act) = settings.json("hidden_act").and_then(Value::as_str)
            && act != "silu"
        {
            return Err(unsupported(format!("the activation {act:?}; only silu is")));
        }
        let hidden_size = settings.size("hidden_size", None, 1..=65_536)?;
        let heads = settings.size("num_attention_heads", None, 1..=1024)?;
        let mut config = Config {
            gguf_architecture: family.architectures.first().copied().unwrap_or_default(),
            hidden_size,
            intermediate_size: settings.size("intermediate_size", None, 1..=262_144)?,
            num_hidden_layers: settings.size("num_hidden_layers", None, 1..=512)?,
            num_attention_heads: heads,
            num_key_value_heads: settings.size("num_key_value_heads", Some(heads), 1..=1024)?,
            head_dim: settings.size("head_dim", Some(hidden_size / heads), 2..=256)?,
            vocab_size,
            max_position_embeddings: settings.size(
                "max_position_embeddings",
                Some(2048),
                1..=16_777_216,
            )?,
            rms_norm_eps: settings.positive("rms_norm_eps", Some(1e-6))?,
            rope_theta: rope_theta(settings)?,
            rope_scaling: rope_scaling::read(settings)?,
            rope_interleaved: false,
            qk_norm: false,
            qkv_bias: Bias::Never,
            output_bias: Bias::Never,
            mlp_bias: Bias::Never,
            tie_word_embeddings: (!settings.is_gguf())
                .then(|| settings.flag("tie_word_embeddings", false)),
        };
        let is_partial = settings
            .number("rotary_dim")
            .is_some_and(|dim| dim != config.head_dim as f64)
            || settings
                .number("partial_rotary_factor")
                .is_some_and(|part| part != 1.0);
        if is_partial {
            return Err(unsupported("rotation of only a part of each head"));
        }
        if let Some(declared) = settings
            .number("vocab_size")
            .filter(|declared| *declared != vocab_size as f64)
        {
            let what = format!(
                "the setting vocab_size is {declared}, but the embedding has {vocab_size} rows"
            );
            return Err(LoadError::Damaged(what));
        }
        refuse_unsupported(settings, config.head_dim)?;
        (family.adapt)(settings, &mut config)?;
        config.check()?;
        Ok(config)
    }

    /// Whether the head is the embedding's matrix.
    pub fn tied(&self, tensors: &Tensors) -> bool {
        self.tie_word_embeddings
            .unwrap_or_else(|| tensors.find("lm_head.weight").is_none())
    }

    fn check(&self) -> Result<(), LoadError> {
        if !self.head_dim.is_multiple_of(2) {
            return Err(unsupported(format!(
                "heads of the odd width {}",
                self.head_dim
            )));
        }
        if !self
            .num_attention_heads
            .is_multiple_of(self.num_key_value_heads)
        {
            let (heads, kv) = (self.num_attention_heads, self.num_key_value_heads);
            return Err(LoadError::Damaged(format!(
                "{heads} heads cannot share {kv} key/value heads evenly"
            )));
        }
        Ok(())
    }

    /// For families that support sliding-window attention: refuses a checkpoint that uses it.
    pub fn refuse_sliding_window(settings: &RawConfig) -> Result<(), LoadError> {
        if settings.flag("use_sliding_window", false) {
            return Err(unsupported("attention in a sliding window is not computed"));
        }
        Ok(())
    }
}

fn rope_theta(settings: &RawConfig) -> Result<f32, LoadError> {
    let nested = rope(settings).and_then(|rope| rope["rope_theta"].as_f64());
    settings.positive("rope_theta", nested.or(Some(10_000.0)))
}
