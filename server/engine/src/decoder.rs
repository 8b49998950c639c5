//! The decoder: embedding, layers of attention and feed-forward, final norm, language model head.
//! Written once for all families.
//!
//! `session` calls [`Decoder::forward`] with a block of tokens and gets logits where it wants them.
//! A decoder is immutable; the caller owns the [`KvCache`] and the [`Scratch`]. It knows no text
//! and no tokenizer.

use kernels::{Isa, ThreadPool, elementwise};

use crate::error::check_cancelled;
use crate::files::Tensors;
use crate::kv_cache::KvCache;
use crate::layers::{
    Attention, Device, Embedding, Matrix, MatrixGroup, Mlp, PositionRange, RmsNorm, Rope, Scratch,
};
use crate::models::Config;
use crate::{Cancel, LoadError, RunError, Weights};

/// The weights of a model, and the instruction set and threads it runs with.
pub struct Decoder {
    config: Config,
    isa: Isa,
    pool: ThreadPool,
    embedding: Embedding,
    /// `None` where the head is tied to the embedding.
    lm_head: Option<Embedding>,
    layers: Vec<Layer>,
    norm: RmsNorm,
    rope: Rope,
    context: usize,
}

struct Layer {
    attention_norm: RmsNorm,
    attention: Attention,
    mlp_norm: RmsNorm,
    mlp: Mlp,
}

impl Layer {
    fn load(
        tensors: &Tensors,
        layer: usize,
        config: &Config,
        weights: Weights,
    ) -> Result<Layer, LoadError> {
        let (hidden, eps) = (config.hidden_size, config.rms_norm_eps);
        let name = |part: &str| format!("model.layers.{layer}.{part}");
        let mlp = name("mlp");
        Ok(Layer {
            attention_norm: RmsNorm::load(tensors, &name("input_layernorm"), hidden, eps)?,
            attention: Attention::load(tensors, &name("self_attn"), config, weights)?,
            mlp_norm: RmsNorm::load(tensors, &name("post_attention_layernorm"), hidden, eps)?,
            mlp: Mlp::load(tensors, &mlp, hidden, config.intermediate_size, weights)?,
        })
    }
}

impl Decoder {
    /// Builds the layers that `config` describes; sequences may have `context` tokens.
    pub fn load(
        tensors: &Tensors,
        mut config: Config,
        pool: ThreadPool,
        weights: Weights,
        context: usize,
    ) -> Result<Decoder, LoadError> {
        let (vocab, hidden) = (config.vocab_size, config.hidden_size);
        if tensors.find("rope_freqs.weight").is_some() {
            let divisors = divisors(tensors, config.head_dim / 2)?;
            config.rope_scaling = config.rope_scaling.with_divisors(divisors);
        }
        let embedding = Embedding::load(tensors, "model.embed_tokens", vocab, hidden, weights)?;
        let lm_head = match config.tied(tensors) {
            true => None,
            false => Some(Embedding::load(tensors, "lm_head", vocab, hidden, weights)?),
        };
        let layer = |i| Layer::load(tensors, i, &config, weights);
        let layers = pool
            .map(config.num_hidden_layers, &layer)
            .into_iter()
            .collect::<Result<_, _>>()?;
        let norm = RmsNorm::load(tensors, "model.norm", hidden, config.rms_norm_eps)?;
        let Config {
            head_dim,
            rope_theta,
            rope_interleaved,
            ..
        } = config;
        let rope = Rope::new(
            head_dim,
            context,
            rope_theta,
            &config.rope_scaling,
            rope_interleaved,
        );
        let isa = Isa::detect();
        Ok(Decoder {
            config,
            isa,
            pool,
            embedding,
            lm_head,
            layers,
            norm,
            rope,
            context,
        })
    }

    /// Reloads what the matrices of a group belong to from other tensors of the same shapes: a
    /// layer, or embedding and head.
    pub fn reload(
        &mut self,
        tensors: &Tensors,
        group: MatrixGroup,
        weights: Weights,
    ) -> Result<(), LoadError> {
        let (vocab, hidden) = (self.config.vocab_size, self.config.hidden_size);
        match group {
            MatrixGroup::Attention(i)
            | MatrixGroup::AttentionOutput(i)
            | MatrixGroup::Mlp(i)
            | MatrixGroup::MlpDown(i) => {
                let Some(layer) = self.layers.get_mut(i) else {
                    return Ok(());
                };
                *layer = Layer::load(tensors, i, &self.config, weights)?;
            }
            MatrixGroup::LmHead => match &mut self.lm_head {
                Some(head) => *head = Embedding::load(tensors, "lm_head", vocab, hidden, weights)?,
                None => {
                    self.embedding =
                        Embedding::load(tensors, "model.embed_tokens", vocab, hidden, weights)?
                }
            },
        }
        Ok(())
    }

    /// Tokens a sequence may have.
    pub fn context(&self) -> usize {
        self.context
    }

    /// Tokens of the vocabulary: logits per position.
    pub fn vocab_size(&self) -> usize {
        self.config.vocab_size
    }

    /// ln of the sum of e^x over logits; subtracted from a logit, it gives the log-probability.
    pub fn log_sum_exp(&self, logits: &[f32]) -> f32 {
        elementwise::log_sum_exp(self.isa, logits)
    }

    /// The threads it runs on.
    pub fn threads(&self) -> usize {
        self.pool.threads()
    }

    fn device<'a>(&'a self, cancel: &'a Cancel) -> Device<'a> {
        Device {
            isa: self.isa,
            pool: &self.pool,
            cancel,
        }
    }

    /// All matrices.
    pub fn matrices(&self) -> Vec<&Matrix> {
        let ends = [Some(&self.embedding), self.lm_head.as_ref()]
            .into_iter()
            .flatten()
            .map(Embedding::matrix);
        let layers = self
            .layers
            .iter()
            .flat_map(|l| l.attention.matrices().into_iter().chain(l.mlp.matrices()));
        ends.chain(layers).collect()
    }

    /// Bytes of one token's keys and values, as f16.
    pub fn cache_bytes_per_token(&self) -> usize {
        let Config {
            num_hidden_layers,
            num_key_value_heads,
            head_dim,
            ..
        } = self.config;
        num_hidden_layers * num_key_value_heads * head_dim * 2 * size_of::<u16>()
    }

    /// An empty cache for this decoder.
    pub fn cache(&self) -> KvCache {
        KvCache::new(
            self.config.num_hidden_layers,
            self.config.num_key_value_heads,
            self.config.head_dim,
        )
    }

    /// Runs `tokens`, which follow those in the cache, and adds them to it. The logits after the
    /// last `wanted` tokens go to `logits`, `[wanted][vocab]`. On an error or a cancel the length
    /// of the cache does not change.
    ///
    /// The caller has checked that tokens are below the vocabulary's size and fit the context.
    pub fn forward(
        &self,
        tokens: &[u32],
        wanted: usize,
        cache: &mut KvCache,
        scratch: &mut Scratch,
        logits: &mut Vec<f32>,
        cancel: &Cancel,
    ) -> Result<(), RunError> {
        let range = PositionRange {
            start: cache.len(),
            len: tokens.len(),
        };
        let stream = self.run_layers(tokens, &[range], cache, scratch, cancel)?;
        if wanted > 0 {
            let rows = &stream[(tokens.len() - wanted) * self.config.hidden_size..];
            self.run_head(rows, scratch, logits, cancel)?;
        }
        cache.advance(tokens.len());
        Ok(())
    }

    /// Runs several branches at once, each after as much of the cache as precedes its range; they
    /// do not attend to each other. The weights are read once for all. The logits after every token
    /// go to `logits`, and no token is added to the cache. The cache is overwritten from the first
    /// position of each branch on, so branches that need more of it come first.
    pub fn forward_branches(
        &self,
        tokens: &[u32],
        ranges: &[PositionRange],
        cache: &mut KvCache,
        scratch: &mut Scratch,
        logits: &mut Vec<f32>,
        cancel: &Cancel,
    ) -> Result<(), RunError> {
        let stream = self.run_layers(tokens, ranges, cache, scratch, cancel)?;
        self.run_head(&stream, scratch, logits, cancel)
    }

    /// The residual stream after the last layer.
    fn run_layers(
        &self,
        tokens: &[u32],
        ranges: &[PositionRange],
        cache: &mut KvCache,
        scratch: &mut Scratch,
        cancel: &Cancel,
    ) -> Result<Vec<f32>, RunError> {
        let device = &self.device(cancel);
        cache.reserve(tokens.len());
        let mut stream = self.embedding.forward(tokens)?;
        for (i, layer) in self.layers.iter().enumerate() {
            check_cancelled(cancel)?;
            layer
                .attention_norm
                .forward(device, &stream, &mut scratch.normed);
            layer
                .attention
                .forward(device, &self.rope, i, ranges, cache, scratch)?;
            let groups = (MatrixGroup::Attention(i), MatrixGroup::AttentionOutput(i));
            scratch.record_activations(tokens.len(), groups.0, groups.1);
            elementwise::add(device.isa, &mut stream, &scratch.out);
            layer.mlp_norm.forward(device, &stream, &mut scratch.normed);
            layer.mlp.forward(device, scratch)?;
            let groups = (MatrixGroup::Mlp(i), MatrixGroup::MlpDown(i));
            scratch.record_activations(tokens.len(), groups.0, groups.1);
            elementwise::add(device.isa, &mut stream, &scratch.out);
        }
        check_cancelled(cancel)?;
        Ok(stream)
    }

    /// The logits of rows of the residual stream.
    fn run_head(
        &self,
        stream: &[f32],
        scratch: &mut Scratch,
        logits: &mut Vec<f32>,
        cancel: &Cancel,
    ) -> Result<(), RunError> {
        let device = &self.device(cancel);
        self.norm.forward(device, stream, &mut scratch.normed);
        if let Some(stats) = &mut scratch.activation_stats {
            let rows = stream.len() / self.config.hidden_size;
            stats.add(MatrixGroup::LmHead, &scratch.normed, rows);
        }
        let head = self.lm_head.as_ref().unwrap_or(&self.embedding);
        head.logits(device, &scratch.normed, logits, &mut scratch.activations)?;
        check_cancelled(cancel)
    }
}

/// A GGUF's own RoPE divisors, which must be positive and finite.
fn divisors(tensors: &Tensors, len: usize) -> Result<Vec<f32>, LoadError> {
    let divisors = tensors.vector("rope_freqs.weight", len)?;
    if divisors.iter().all(|d| d.is_finite() && *d > 0.0) {
        Ok(divisors)
    } else {
        Err(LoadError::Damaged(
            "rope_freqs.weight holds a divisor that is not positive".into(),
        ))
    }
}
