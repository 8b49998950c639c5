//! The decoder: embedding, layers of attention and feed-forward, final norm, language model head.
//! Written once for all families and for all backends.
//!
//! `session` calls [`Decoder::forward`] with a block of tokens and gets logits where it wants them.
//! A decoder is immutable; the caller owns the cache and the rows of its backend. It knows no text
//! and no tokenizer.

use crate::backend::{Backend, DecoderHead, PassPlace, RunningPass, SequenceCache, WeightSource};
use crate::error::check_cancelled;
use crate::files::Tensors;
use crate::kv_cache::CacheShape;
use crate::layers::{MatrixGroup, Pass, PositionRange, Scaling};
use crate::models::{Config, RopeConfig};
use crate::{Cancel, LoadError, RunError, Weights};

/// The weights of a model, and where they are computed with.
pub struct Decoder<B: Backend> {
    config: Config,
    pub backend: B,
    pub embedding: B::Embedding,
    /// `None` where the head is tied to the embedding.
    pub lm_head: Option<B::Embedding>,
    pub layers: Vec<Layer<B>>,
    norm: B::Norm,
    ropes: Vec<B::Rope>,
    context: usize,
}

/// A layer that looks at other tokens, and one of feed-forward.
pub struct Layer<B: Backend> {
    mixer_norm: B::Norm,
    pub mixer: B::Mixer,
    mixer_post_norm: Option<B::Norm>,
    feed_forward_norm: B::Norm,
    pub feed_forward: B::FeedForward,
    feed_forward_post_norm: Option<B::Norm>,
    /// The number of its rotation.
    rope: Option<usize>,
}

impl<B: Backend> Layer<B> {
    fn load(backend: &B, source: WeightSource, number: usize) -> Result<Layer<B>, LoadError> {
        let name = format!("blk.{number}");
        let layer = source.config.layers[number];
        let norm = |part: &str| backend.norm(source, &format!("{name}.{part}"));
        let has_post_norms = source.config.post_norms;
        let post_norm = |part: &str| has_post_norms.then(|| norm(part)).transpose();
        Ok(Layer {
            mixer_norm: norm("attn_norm")?,
            mixer: backend.mixer(source, &name, layer)?,
            mixer_post_norm: post_norm("post_attention_norm")?,
            feed_forward_norm: norm("ffn_norm")?,
            feed_forward: backend.feed_forward(source, &name, layer)?,
            feed_forward_post_norm: post_norm("post_ffw_norm")?,
            rope: layer.rope,
        })
    }
}

impl<B: Backend> Decoder<B> {
    /// Builds the layers that `config` describes; sequences may have `context` tokens.
    pub fn load(
        backend: B,
        tensors: &Tensors,
        mut config: Config,
        weights: Weights,
        context: usize,
    ) -> Result<Decoder<B>, LoadError> {
        if let Some(rope) = config.ropes.first_mut() {
            read_divisors(tensors, config.rotary_dim / 2, &mut rope.scaling)?;
        }
        let source = WeightSource {
            tensors,
            config: &config,
            weights,
        };
        let embedding = backend.embedding(source, "token_embd")?;
        let lm_head = match config.tied(tensors) {
            true => None,
            false => Some(backend.embedding(source, "output")?),
        };
        let layer = |number| Layer::load(&backend, source, number);
        let layers = backend.pool().map(config.num_hidden_layers, &layer);
        let layers = layers.into_iter().collect::<Result<_, _>>()?;
        let norm = backend.norm(source, "output_norm")?;
        let rope = |rope: &RopeConfig| backend.rope(&config, rope, context);
        let ropes = config.ropes.iter().map(rope).collect::<Result<_, _>>()?;
        Ok(Decoder {
            embedding,
            lm_head,
            layers,
            norm,
            ropes,
            context,
            backend,
            config,
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
        let source = WeightSource {
            tensors,
            config: &self.config,
            weights,
        };
        let backend = &self.backend;
        match group {
            MatrixGroup::Attention(number)
            | MatrixGroup::AttentionOutput(number)
            | MatrixGroup::Mlp(number)
            | MatrixGroup::MlpDown(number) => {
                if let Some(layer) = self.layers.get_mut(number) {
                    *layer = Layer::load(backend, source, number)?;
                }
            }
            MatrixGroup::LmHead => match &mut self.lm_head {
                Some(head) => *head = backend.embedding(source, "output")?,
                None => self.embedding = backend.embedding(source, "token_embd")?,
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

    /// Bytes of the cache of this many tokens.
    pub fn cache_bytes(&self, tokens: usize) -> usize {
        let shape = self.config.cache_shape();
        tokens * shape.bytes_per_token() + shape.states.bytes()
    }

    /// What each token leaves in the cache.
    pub fn cache_shape(&self) -> CacheShape {
        self.config.cache_shape()
    }

    /// Whether it has recurrent layers, which make a cut of a sequence expensive.
    pub fn is_recurrent(&self) -> bool {
        self.config.recurrent.is_some()
    }

    /// An empty cache for this decoder.
    pub fn cache(&self) -> Result<B::Cache, RunError> {
        self.backend.cache(self.config.cache_shape(), self.context)
    }

    /// Buffers for the rows of this decoder.
    pub fn rows(&self) -> Result<B::Rows, RunError> {
        self.backend.rows(&self.config)
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
        cache: &mut B::Cache,
        rows: &mut B::Rows,
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
        let place = PassPlace {
            pass,
            cache,
            rows,
            cancel,
        };
        let running = self.run_layers(tokens, place)?;
        match wanted {
            0 => running.finish()?,
            _ => running.logits(wanted, self.head(), logits)?,
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
        cache: &mut B::Cache,
        rows: &mut B::Rows,
        logits: &mut Vec<f32>,
        cancel: &Cancel,
    ) -> Result<(), RunError> {
        let pass = Pass {
            ranges,
            is_kept: false,
        };
        let place = PassPlace {
            pass,
            cache,
            rows,
            cancel,
        };
        let running = self.run_layers(tokens, place)?;
        running.logits(tokens.len(), self.head(), logits)
    }

    /// Runs all layers.
    fn run_layers<'a>(
        &'a self,
        tokens: &[u32],
        place: PassPlace<'a, B>,
    ) -> Result<B::Running<'a>, RunError> {
        let (scales, cancel) = (&self.config.scales, place.cancel);
        let embedding = &self.embedding;
        let mut running = self
            .backend
            .begin(tokens, embedding, scales.embedding, place)?;
        for (number, layer) in self.layers.iter().enumerate() {
            check_cancelled(cancel)?;
            running.norm(&layer.mixer_norm)?;
            let rope = layer.rope.and_then(|number| self.ropes.get(number));
            running.mix(number, &layer.mixer, rope)?;
            running.add(layer.mixer_post_norm.as_ref(), scales.residual)?;
            running.norm(&layer.feed_forward_norm)?;
            running.feed_forward(number, &layer.feed_forward)?;
            running.add(layer.feed_forward_post_norm.as_ref(), scales.residual)?;
        }
        Ok(running)
    }

    fn head(&self) -> DecoderHead<'_, B> {
        DecoderHead {
            norm: &self.norm,
            matrix: self.lm_head.as_ref().unwrap_or(&self.embedding),
            scales: &self.config.scales,
        }
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
