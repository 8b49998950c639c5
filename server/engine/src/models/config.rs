//! A decoder's checked configuration: sizes within those of any real model, heads that divide
//! evenly, known RoPE scaling.
//!
//! Field names are those of `config.json`. Every check here protects an allocation from a hostile
//! file.

use kernels::elementwise::Activation;

use super::recurrent_config::RecurrentConfig;
use super::rope_scaling::{self, RopeConfig, rope};
use super::unsupported_settings::{refuse_experts, refuse_unsupported};
use super::{Family, family};
use crate::LoadError;
use crate::files::{RawConfig, Tensors};
use crate::kv_cache::CacheShape;
use crate::recurrent_state::StateShape;

/// Components of a head at most.
const MAX_HEAD_DIM: usize = 256;
/// Bytes of all states of recurrent layers at most; the largest model in use has a quarter.
const MAX_STATE_BYTES: usize = 4 << 30;

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
    pub norm: NormConfig,
    /// Components of a head that are rotated, the first ones.
    pub rotary_dim: usize,
    /// Rotation in neighbouring pairs instead of halves.
    pub rope_interleaved: bool,
    /// The rotations that layers use, by number.
    pub ropes: Vec<RopeConfig>,
    /// What differs from layer to layer.
    pub layers: Vec<LayerConfig>,
    /// Queries and keys are normed per head.
    pub qk_norm: bool,
    /// Latent keys and values instead of those of each head.
    pub latent: Option<LatentConfig>,
    /// Each head's result is multiplied with a gate, which the queries' matrix computes as well.
    pub is_attention_gated: bool,
    /// The recurrent layers, where some have no attention.
    pub recurrent: Option<RecurrentConfig>,
    /// Layers of the file after the last one, which predict further tokens and are not used.
    pub unused_layers: usize,
    /// Heads have a score for attending to nothing.
    pub sinks: bool,
    /// Biases of queries, keys and values.
    pub qkv_bias: Bias,
    /// Bias of the output of attention.
    pub output_bias: Bias,
    /// Biases of the feed-forward layer.
    pub mlp_bias: Bias,
    /// The feed-forward layer's nonlinearity.
    pub activation: Activation,
    /// Whether the feed-forward layer has a gate.
    pub is_gated: bool,
    /// The experts of the layers that have some.
    pub experts: Option<ExpertsConfig>,
    /// The outputs of attention and feed-forward layer are normed as well.
    pub post_norms: bool,
    pub scales: ScaleConfig,
    /// Whether the head is tied to the embedding; `None` where only the absence of a head says so.
    pub tie_word_embeddings: Option<bool>,
}

/// The norms of a model.
#[derive(Clone, Copy, Debug)]
pub struct NormConfig {
    pub kind: NormKind,
    pub eps: f32,
    /// Added to each weight: some folders store weights less 1.
    pub offset: f32,
}

/// Kinds of norm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NormKind {
    /// Root-mean-square norm, without a bias.
    Rms,
    /// Layer norm, with a bias.
    Layer,
}

/// What differs from layer to layer.
#[derive(Clone, Copy, Debug)]
pub struct LayerConfig {
    /// Positions that a token attends to, its own included; `None` for all.
    pub window: Option<usize>,
    /// The number of the rotation in [`Config::ropes`]; `None` for no rotation.
    pub rope: Option<usize>,
    /// Whether its feed-forward layer is a mixture of experts.
    pub has_experts: bool,
    /// Whether it is recurrent instead of attending to other tokens.
    pub is_recurrent: bool,
    /// Its number in the cache: among the layers of attention, or among the recurrent ones.
    pub cache: usize,
}

impl LayerConfig {
    /// Attention to everything, rotated as the first rotation says.
    const PLAIN: LayerConfig = LayerConfig {
        window: None,
        rope: Some(0),
        has_experts: false,
        is_recurrent: false,
        cache: 0,
    };
}

/// Multi-head latent attention (arXiv 2405.04434): a token has one latent vector from which keys
/// and values of all heads are computed, and one rotated key for all heads.
#[derive(Clone, Copy, Debug)]
pub struct LatentConfig {
    /// Width of the latent vector.
    pub rank: usize,
    /// Width of the queries' own latent vector; 0 where they are computed directly.
    pub query_rank: usize,
    /// Components of a head's key that come from the latent vector.
    pub key_dim: usize,
    /// Components of the rotated key.
    pub rotated_dim: usize,
    /// Components of a head's value.
    pub value_dim: usize,
}

/// A mixture of experts.
#[derive(Clone, Copy, Debug)]
pub struct ExpertsConfig {
    pub count: usize,
    /// Experts that compute each token.
    pub used: usize,
    /// Width of an expert.
    pub width: usize,
    /// Width of the expert that computes every token; 0 for none.
    pub shared_width: usize,
    pub gate: ExpertGate,
    /// The weights of a token's experts are divided by their sum.
    pub is_normalized: bool,
    /// The factor of the weights.
    pub scale: f32,
    /// Whether the result of the expert for all is multiplied with a gate of its own.
    pub is_shared_gated: bool,
    /// Whether that gate is a matrix of one row, as in a folder.
    pub is_shared_gate_matrix: bool,
    /// Biases of the gate and of the experts.
    pub bias: Bias,
    /// Whether experts are chosen by weight plus a bias of their own (arXiv 2412.19437).
    pub has_selection_bias: bool,
}

impl ExpertsConfig {
    /// The shape of the gate of the expert that computes every token.
    pub fn shared_gate_shape(self, hidden: usize) -> Vec<usize> {
        match self.is_shared_gate_matrix {
            true => vec![1, hidden],
            false => vec![hidden],
        }
    }
}

/// How the scores of experts become weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpertGate {
    /// Softmax over all experts.
    Softmax,
    /// Softmax over the chosen ones.
    SoftmaxOfChosen,
    /// The logistic function of each.
    Sigmoid,
}

/// Factors and caps of the residual stream and what is added to it.
#[derive(Clone, Copy, Debug)]
pub struct ScaleConfig {
    /// The factor of embeddings.
    pub embedding: f32,
    /// The factor of what a layer adds to the residual stream.
    pub residual: f32,
    /// The factor of attention scores.
    pub attention: f32,
    /// The factor of logits.
    pub logits: f32,
    /// Softly limits attention scores; 0 for no cap.
    pub attention_cap: f32,
    /// Softly limits logits; 0 for no cap.
    pub logits_cap: f32,
    /// Makes queries of distant positions longer.
    pub temperature: Option<Temperature>,
}

impl ScaleConfig {
    /// Those of a Llama with heads of this width.
    fn plain(head_dim: usize) -> ScaleConfig {
        ScaleConfig {
            embedding: 1.0,
            residual: 1.0,
            attention: 1.0 / (head_dim as f32).sqrt(),
            logits: 1.0,
            attention_cap: 0.0,
            logits_cap: 0.0,
            temperature: None,
        }
    }
}

/// Queries are multiplied by 1 + scale * ln(1 + floor(position / length)).
#[derive(Clone, Copy, Debug)]
pub struct Temperature {
    pub scale: f32,
    pub length: usize,
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

impl Temperature {
    /// The factor of the queries at a position.
    pub fn factor(self, position: usize) -> f32 {
        1.0 + self.scale * ((position / self.length) as f32).ln_1p()
    }
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

/// Names of a setting under which checkpoints have the feed-forward layer's nonlinearity.
const ACTIVATION_NAMES: &[&str] = &["hidden_activation", "hidden_act"];

impl Config {
    /// Reads and checks the settings; `vocab_size` is the number of rows of the embedding.
    pub fn read(settings: &RawConfig, vocab_size: usize) -> Result<Config, LoadError> {
        let architecture = settings.architecture()?;
        let family = family(&architecture)?;
        check_activation(settings, family)?;
        let hidden_size = settings.size("hidden_size", None, 1..=65_536)?;
        let heads = settings.size("num_attention_heads", None, 1..=1024)?;
        let layers = settings.size("num_hidden_layers", None, 1..=512)?;
        let head_dim = settings.size("head_dim", Some(hidden_size / heads), 2..=MAX_HEAD_DIM)?;
        let theta = rope_theta(settings)?;
        let scaling = rope_scaling::read(settings)?;
        let mut config = Config {
            gguf_architecture: family.architectures.first().copied().unwrap_or_default(),
            hidden_size,
            intermediate_size: intermediate_size(settings)?,
            num_hidden_layers: layers,
            num_attention_heads: heads,
            num_key_value_heads: settings.size("num_key_value_heads", Some(heads), 1..=1024)?,
            head_dim,
            vocab_size,
            max_position_embeddings: settings.size(
                "max_position_embeddings",
                Some(2048),
                1..=16_777_216,
            )?,
            norm: NormConfig {
                kind: NormKind::Rms,
                eps: settings.positive("rms_norm_eps", Some(1e-6))?,
                offset: 0.0,
            },
            rotary_dim: head_dim,
            rope_interleaved: false,
            ropes: vec![RopeConfig { theta, scaling }],
            layers: vec![LayerConfig::PLAIN; layers],
            qk_norm: false,
            latent: None,
            is_attention_gated: false,
            recurrent: None,
            unused_layers: 0,
            sinks: false,
            qkv_bias: Bias::Never,
            output_bias: Bias::Never,
            mlp_bias: Bias::Never,
            activation: Activation::Silu,
            is_gated: true,
            experts: None,
            post_norms: false,
            scales: ScaleConfig::plain(head_dim),
            tie_word_embeddings: (!settings.is_gguf())
                .then(|| settings.flag("tie_word_embeddings", false)),
        };
        config.check_vocabulary(settings)?;
        refuse_unsupported(settings, family, head_dim)?;
        (family.adapt)(settings, &mut config)?;
        if config.experts.is_none() {
            refuse_experts(settings)?;
        }
        config.check(settings)?;
        config.number_layers();
        Ok(config)
    }

    /// Whether the head is the embedding's matrix.
    pub fn tied(&self, tensors: &Tensors) -> bool {
        self.tie_word_embeddings
            .unwrap_or_else(|| tensors.find("output.weight").is_none())
    }

    /// Ties the head to the embedding unless the folder says otherwise.
    pub fn tie_by_default(&mut self, settings: &RawConfig) {
        self.tie_word_embeddings =
            (!settings.is_gguf()).then(|| settings.flag("tie_word_embeddings", true));
    }

    /// What a sequence leaves in the cache.
    pub fn cache_shape(&self) -> CacheShape {
        let recurrent = self.layers.iter().filter(|layer| layer.is_recurrent);
        let recurrent = recurrent.count();
        let (layers, states) = match self.recurrent {
            Some(own) => (self.layers.len() - recurrent, own.state_shape(recurrent)),
            None => (self.layers.len(), StateShape::default()),
        };
        // The latent vector is the value, and the first part of the key.
        let (heads, key_dim, value_dim) = match self.latent {
            Some(latent) => (1, latent.rank + latent.rotated_dim, latent.rank),
            None => (self.num_key_value_heads, self.head_dim, self.head_dim),
        };
        CacheShape {
            layers,
            heads,
            key_dim,
            value_dim,
            states,
        }
    }

    /// Gives each layer its place in the cache.
    fn number_layers(&mut self) {
        let mut next = [0, 0];
        for layer in &mut self.layers {
            let next = &mut next[usize::from(layer.is_recurrent)];
            layer.cache = *next;
            *next += 1;
        }
    }

    /// Leaves out the last layers, which predict further tokens.
    pub fn leave_out(&mut self, layers: usize) -> Result<(), LoadError> {
        if layers >= self.num_hidden_layers {
            let (all, what) = (self.num_hidden_layers, "all predict further tokens");
            return Err(LoadError::Damaged(format!("of {all} layers, {what}")));
        }
        self.unused_layers = layers;
        self.num_hidden_layers -= layers;
        self.layers.truncate(self.num_hidden_layers);
        Ok(())
    }

    fn check_vocabulary(&self, settings: &RawConfig) -> Result<(), LoadError> {
        let rows = self.vocab_size;
        match settings.number("vocab_size") {
            Some(declared) if declared != rows as f64 => Err(LoadError::Damaged(format!(
                "the setting vocab_size is {declared}, but the embedding has {rows} rows"
            ))),
            _ => Ok(()),
        }
    }

    fn check(&self, settings: &RawConfig) -> Result<(), LoadError> {
        if self.latent.is_none() && rotary_dim(settings, self.head_dim)? != self.rotary_dim {
            return Err(unsupported("rotation of only a part of each head"));
        }
        if !self.rotary_dim.is_multiple_of(2) {
            let dim = self.rotary_dim;
            return Err(unsupported(format!("heads of the odd width {dim}")));
        }
        if self.cache_shape().states.bytes() > MAX_STATE_BYTES {
            return Err(unsupported("recurrent layers that remember gigabytes"));
        }
        let heads = self.num_attention_heads;
        let kv = self.num_key_value_heads;
        if !heads.is_multiple_of(kv) {
            return Err(LoadError::Damaged(format!(
                "{heads} heads cannot share {kv} key/value heads evenly"
            )));
        }
        Ok(())
    }
}

/// Width of the feed-forward layers, which a mixture of experts may leave out.
fn intermediate_size(settings: &RawConfig) -> Result<usize, LoadError> {
    let usual = settings.number("num_experts").map(|_| 1);
    settings.size("intermediate_size", usual, 1..=262_144)
}

/// The components of a head that the file says are rotated.
pub fn rotary_dim(settings: &RawConfig, head_dim: usize) -> Result<usize, LoadError> {
    let nested = || rope(settings)?["partial_rotary_factor"].as_f64();
    let part = settings.number("partial_rotary_factor").or_else(nested);
    let part = part.unwrap_or(1.0);
    let usual = (head_dim as f64 * part.clamp(0.0, 1.0)) as usize;
    settings.size("rotary_dim", Some(usual), 2..=MAX_HEAD_DIM)
}

/// Refuses a nonlinearity that the family does not have.
fn check_activation(settings: &RawConfig, family: &Family) -> Result<(), LoadError> {
    let named = ACTIVATION_NAMES
        .iter()
        .find_map(|name| settings.json(name)?.as_str());
    match named {
        Some(act) if !family.activations.contains(&act) => Err(unsupported(format!(
            "the activation {act:?}; only {} is",
            family.activations.join(" or ")
        ))),
        _ => Ok(()),
    }
}

fn rope_theta(settings: &RawConfig) -> Result<f32, LoadError> {
    let nested = rope(settings).and_then(|rope| rope["rope_theta"].as_f64());
    settings.positive("rope_theta", nested.or(Some(10_000.0)))
}
