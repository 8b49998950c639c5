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
    Device, Embedding, Experts, Matrix, MatrixGroup, Mlp, Norm, Pass, PositionRange, Rope, Scaling,
    Scratch, TokenMixer,
};
use crate::models::{Config, RopeConfig};
use crate::{Cancel, LoadError, RunError, Weights};

/// The weights of a model, and the instruction set and threads it runs with.
pub struct Decoder {
    config: Config,
    /// The instruction set of its kernels.
    pub isa: Isa,
    pool: ThreadPool,
    embedding: Embedding,
    /// `None` where the head is tied to the embedding.
    lm_head: Option<Embedding>,
    layers: Vec<Layer>,
    norm: Norm,
    ropes: Vec<Rope>,
    context: usize,
}

struct Layer {
    attention_norm: Norm,
    mixer: TokenMixer,
    attention_post_norm: Option<Norm>,
    mlp_norm: Norm,
    mlp: FeedForward,
    mlp_post_norm: Option<Norm>,
    /// The number of its rotation.
    rope: Option<usize>,
}

/// The layers that look at each token by itself.
enum FeedForward {
    Mlp(Mlp),
    Experts(Box<Experts>),
}

impl Layer {
    fn load(
        tensors: &Tensors,
        number: usize,
        config: &Config,
        weights: Weights,
    ) -> Result<Layer, LoadError> {
        let name = format!("blk.{number}");
        let layer = config.layers[number];
        let norm = |part: &str| {
            let name = format!("{name}.{part}");
            Norm::load(tensors, &name, config.hidden_size, config.norm)
        };
        let post_norm = |part: &str| config.post_norms.then(|| norm(part)).transpose();
        let mlp = match config.experts {
            Some(experts) if layer.has_experts => {
                let layer = Experts::load(tensors, &name, config, experts, weights)?;
                FeedForward::Experts(Box::new(layer))
            }
            _ => {
                let width = config.intermediate_size;
                FeedForward::Mlp(Mlp::load(tensors, &name, "", config, width, weights)?)
            }
        };
        Ok(Layer {
            attention_norm: norm("attn_norm")?,
            mixer: TokenMixer::load(tensors, &name, config, layer, weights)?,
            attention_post_norm: post_norm("post_attention_norm")?,
            mlp_norm: norm("ffn_norm")?,
            mlp,
            mlp_post_norm: post_norm("post_ffw_norm")?,
            rope: layer.rope,
        })
    }

    fn matrices(&self) -> Vec<&Matrix> {
        let mut all = self.mixer.matrices();
        match &self.mlp {
            FeedForward::Mlp(mlp) => all.extend(mlp.matrices()),
            FeedForward::Experts(experts) => all.extend(experts.matrices()),
        }
        all
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
        if let Some(rope) = config.ropes.first_mut() {
            read_divisors(tensors, config.rotary_dim / 2, &mut rope.scaling)?;
        }
        let embedding = Embedding::load(tensors, "token_embd", vocab, hidden, weights)?;
        let lm_head = match config.tied(tensors) {
            true => None,
            false => Some(Embedding::load(tensors, "output", vocab, hidden, weights)?),
        };
        let layer = |i| Layer::load(tensors, i, &config, weights);
        let layers = pool
            .map(config.num_hidden_layers, &layer)
            .into_iter()
            .collect::<Result<_, _>>()?;
        let norm = Norm::load(tensors, "output_norm", hidden, config.norm)?;
        let rope = |rope: &RopeConfig| {
            let (dim, interleaved) = (config.rotary_dim, config.rope_interleaved);
            Rope::new(dim, context, rope.theta, &rope.scaling, interleaved)
        };
        let ropes = config.ropes.iter().map(rope).collect();
        let isa = Isa::detect();
        Ok(Decoder {
            config,
            isa,
            pool,
            embedding,
            lm_head,
            layers,
            norm,
            ropes,
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
                Some(head) => *head = Embedding::load(tensors, "output", vocab, hidden, weights)?,
                None => {
                    self.embedding = Embedding::load(tensors, "token_embd", vocab, hidden, weights)?
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
        ends.chain(self.layers.iter().flat_map(Layer::matrices))
            .collect()
    }

    /// Bytes of the cache of this many tokens.
    pub fn cache_bytes(&self, tokens: usize) -> usize {
        let shape = self.config.cache_shape();
        tokens * shape.bytes_per_token() + shape.states.bytes()
    }

    /// Whether it has recurrent layers, which make a cut of a sequence expensive.
    pub fn is_recurrent(&self) -> bool {
        self.config.recurrent.is_some()
    }

    /// An empty cache for this decoder.
    pub fn cache(&self) -> KvCache {
        KvCache::new(self.config.cache_shape())
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
        let pass = Pass {
            ranges: &[range],
            is_kept: true,
        };
        let stream = self.run_layers(tokens, pass, cache, scratch, cancel)?;
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
    /// position of each branch on, so branches that need more of it come first. With recurrent
    /// layers, all branches begin where the cache ends.
    pub fn forward_branches(
        &self,
        tokens: &[u32],
        ranges: &[PositionRange],
        cache: &mut KvCache,
        scratch: &mut Scratch,
        logits: &mut Vec<f32>,
        cancel: &Cancel,
    ) -> Result<(), RunError> {
        let pass = Pass {
            ranges,
            is_kept: false,
        };
        let stream = self.run_layers(tokens, pass, cache, scratch, cancel)?;
        self.run_head(&stream, scratch, logits, cancel)
    }

    /// The residual stream after the last layer.
    fn run_layers(
        &self,
        tokens: &[u32],
        pass: Pass,
        cache: &mut KvCache,
        scratch: &mut Scratch,
        cancel: &Cancel,
    ) -> Result<Vec<f32>, RunError> {
        let device = &self.device(cancel);
        cache.reserve(tokens.len());
        let mut stream = self.embedding.forward(tokens)?;
        if self.config.scales.embedding != 1.0 {
            elementwise::scale(device.isa, &mut stream, self.config.scales.embedding);
        }
        for (i, layer) in self.layers.iter().enumerate() {
            check_cancelled(cancel)?;
            layer
                .attention_norm
                .forward(device, &stream, &mut scratch.normed);
            let rope = layer.rope.and_then(|number| self.ropes.get(number));
            layer.mixer.forward(device, rope, pass, cache, scratch)?;
            let groups = (MatrixGroup::Attention(i), MatrixGroup::AttentionOutput(i));
            scratch.record_activations(tokens.len(), groups.0, groups.1);
            self.add(
                device,
                &mut stream,
                scratch,
                layer.attention_post_norm.as_ref(),
            );
            layer.mlp_norm.forward(device, &stream, &mut scratch.normed);
            match &layer.mlp {
                FeedForward::Mlp(mlp) => {
                    mlp.forward(device, scratch)?;
                    let groups = (MatrixGroup::Mlp(i), MatrixGroup::MlpDown(i));
                    scratch.record_activations(tokens.len(), groups.0, groups.1);
                }
                FeedForward::Experts(experts) => experts.forward(device, scratch)?,
            }
            self.add(device, &mut stream, scratch, layer.mlp_post_norm.as_ref());
        }
        check_cancelled(cancel)?;
        Ok(stream)
    }

    /// Adds a layer's output to the residual stream.
    fn add(&self, device: &Device, stream: &mut [f32], scratch: &mut Scratch, norm: Option<&Norm>) {
        if let Some(norm) = norm {
            norm.forward_in_place(device, &mut scratch.out, &mut scratch.head);
        }
        match self.config.scales.residual {
            1.0 => elementwise::add(device.isa, stream, &scratch.out),
            factor => elementwise::add_scaled(device.isa, stream, &scratch.out, factor),
        }
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
        let scales = &self.config.scales;
        if scales.logits != 1.0 {
            elementwise::scale(device.isa, logits, scales.logits);
        }
        if scales.logits_cap > 0.0 {
            elementwise::soft_cap(device.isa, logits, scales.logits_cap);
        }
        check_cancelled(cancel)
    }
}

/// Adds a GGUF's own RoPE divisors, which must be positive and finite, to how RoPE is scaled.
fn read_divisors(tensors: &Tensors, len: usize, scaling: &mut Scaling) -> Result<(), LoadError> {
    let read = |name: &str| {
        let name = format!("{name}.weight");
        if tensors.find(&name).is_none() {
            return Ok(None);
        }
        let divisors = tensors.vector(&name, len)?;
        if divisors.iter().all(|d| d.is_finite() && *d > 0.0) {
            return Ok(Some(divisors));
        }
        let what = format!("{name} holds a divisor that is not positive");
        Err(LoadError::Damaged(what))
    };
    if let Some(divisors) = read("rope_freqs")? {
        *scaling = scaling.with_divisors(divisors);
    }
    let (short, long) = (read("rope_factors_short")?, read("rope_factors_long")?);
    match (scaling, short, long) {
        (_, None, None) => Ok(()),
        (Scaling::LongRope(long_rope), Some(short), Some(long)) => {
            (long_rope.short, long_rope.long) = (short, long);
            Ok(())
        }
        _ => Err(LoadError::Unsupported(
            "it has divisors for long contexts, but its settings do not scale RoPE so".into(),
        )),
    }
}
