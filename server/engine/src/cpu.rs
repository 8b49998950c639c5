//! The backend that computes on the CPU: the layers of `layers/` on the crate `kernels`.
//!
//! It computes every model that is supported. It knows no tokenizer and no session.

use kernels::{Isa, ThreadPool, elementwise};

use crate::backend::{Backend, DecoderHead, PassPlace, RunningPass, SequenceCache, WeightSource};
use crate::decoder::Decoder;
use crate::error::check_cancelled;
use crate::kv_cache::{CacheShape, KvCache};
use crate::layers::{
    Device, Embedding, Experts, Matrix, MatrixGroup, Mlp, Norm, Pass, Rope, Scratch, TokenMixer,
};
use crate::models::{Config, LayerConfig, RopeConfig};
use crate::{Cancel, LoadError, RunError};

/// Threads, and the instruction set of their kernels.
pub struct Cpu {
    pub isa: Isa,
    pub pool: ThreadPool,
}

/// A decoder on the CPU.
pub type CpuDecoder = Decoder<Cpu>;

/// The layers that look at each token by itself.
pub enum FeedForward {
    Mlp(Mlp),
    Experts(Box<Experts>),
}

/// A pass of some tokens.
pub struct CpuPass<'a> {
    device: Device<'a>,
    /// The residual stream.
    stream: Vec<f32>,
    tokens: usize,
    pass: Pass<'a>,
    cache: &'a mut KvCache,
    scratch: &'a mut Scratch,
}

impl Backend for Cpu {
    type Embedding = Embedding;
    type Norm = Norm;
    type Rope = Rope;
    type Mixer = TokenMixer;
    type FeedForward = FeedForward;
    type Cache = KvCache;
    type Rows = Scratch;
    type Running<'a> = CpuPass<'a>;

    fn pool(&self) -> &ThreadPool {
        &self.pool
    }

    fn embedding(&self, source: WeightSource, name: &str) -> Result<Embedding, LoadError> {
        let Config {
            vocab_size,
            hidden_size,
            ..
        } = *source.config;
        Embedding::load(
            source.tensors,
            name,
            vocab_size,
            hidden_size,
            source.weights,
        )
    }

    fn norm(&self, source: WeightSource, name: &str) -> Result<Norm, LoadError> {
        let config = source.config;
        Norm::load(source.tensors, name, config.hidden_size, config.norm)
    }

    fn rope(&self, config: &Config, rope: &RopeConfig, context: usize) -> Result<Rope, LoadError> {
        let (dim, interleaved) = (config.rotary_dim, config.rope_interleaved);
        Ok(Rope::new(
            dim,
            context,
            rope.theta,
            &rope.scaling,
            interleaved,
        ))
    }

    fn mixer(
        &self,
        source: WeightSource,
        name: &str,
        layer: LayerConfig,
    ) -> Result<TokenMixer, LoadError> {
        TokenMixer::load(source.tensors, name, source.config, layer, source.weights)
    }

    fn feed_forward(
        &self,
        source: WeightSource,
        name: &str,
        layer: LayerConfig,
    ) -> Result<FeedForward, LoadError> {
        let WeightSource {
            tensors,
            config,
            weights,
        } = source;
        match config.experts {
            Some(experts) if layer.has_experts => {
                let layer = Experts::load(tensors, name, config, experts, weights)?;
                Ok(FeedForward::Experts(Box::new(layer)))
            }
            _ => {
                let width = config.intermediate_size;
                let layer = Mlp::load(tensors, name, "", config, width, weights)?;
                Ok(FeedForward::Mlp(layer))
            }
        }
    }

    fn cache(&self, shape: CacheShape, _context: usize) -> Result<KvCache, RunError> {
        Ok(KvCache::new(shape))
    }

    fn rows(&self, _config: &Config) -> Result<Scratch, RunError> {
        Ok(Scratch::default())
    }

    fn begin<'a>(
        &'a self,
        tokens: &[u32],
        embedding: &Embedding,
        scale: f32,
        place: PassPlace<'a, Cpu>,
    ) -> Result<CpuPass<'a>, RunError> {
        let PassPlace {
            pass,
            cache,
            rows: scratch,
            cancel,
        } = place;
        cache.reserve(tokens.len());
        let mut stream = embedding.forward(tokens)?;
        if scale != 1.0 {
            elementwise::scale(self.isa, &mut stream, scale);
        }
        Ok(CpuPass {
            device: self.device(cancel),
            stream,
            tokens: tokens.len(),
            pass,
            cache,
            scratch,
        })
    }
}

impl Cpu {
    fn device<'a>(&'a self, cancel: &'a Cancel) -> Device<'a> {
        Device {
            isa: self.isa,
            pool: &self.pool,
            cancel,
        }
    }
}

impl SequenceCache for KvCache {
    fn len(&self) -> usize {
        KvCache::len(self)
    }

    fn advance(&mut self, count: usize) {
        KvCache::advance(self, count);
    }
}

impl RunningPass<Cpu> for CpuPass<'_> {
    fn norm(&mut self, norm: &Norm) -> Result<(), RunError> {
        norm.forward(&self.device, &self.stream, &mut self.scratch.normed);
        Ok(())
    }

    fn mix(
        &mut self,
        number: usize,
        layer: &TokenMixer,
        rope: Option<&Rope>,
    ) -> Result<(), RunError> {
        let scratch = &mut *self.scratch;
        layer.forward(&self.device, rope, self.pass, self.cache, scratch)?;
        let groups = [
            MatrixGroup::Attention(number),
            MatrixGroup::AttentionOutput(number),
        ];
        scratch.record_activations(self.tokens, groups);
        Ok(())
    }

    fn feed_forward(&mut self, number: usize, layer: &FeedForward) -> Result<(), RunError> {
        let scratch = &mut *self.scratch;
        match layer {
            FeedForward::Mlp(mlp) => {
                mlp.forward(&self.device, scratch)?;
                let groups = [MatrixGroup::Mlp(number), MatrixGroup::MlpDown(number)];
                scratch.record_activations(self.tokens, groups);
                Ok(())
            }
            FeedForward::Experts(experts) => experts.forward(&self.device, scratch),
        }
    }

    fn add(&mut self, norm: Option<&Norm>, factor: f32) -> Result<(), RunError> {
        let Scratch { out, head, .. } = &mut *self.scratch;
        if let Some(norm) = norm {
            norm.forward_in_place(&self.device, out, head);
        }
        match factor {
            1.0 => elementwise::add(self.device.isa, &mut self.stream, out),
            factor => elementwise::add_scaled(self.device.isa, &mut self.stream, out, factor),
        }
        Ok(())
    }

    fn finish(self) -> Result<(), RunError> {
        check_cancelled(self.device.cancel)
    }

    fn logits(
        self,
        wanted: usize,
        head: DecoderHead<Cpu>,
        logits: &mut Vec<f32>,
    ) -> Result<(), RunError> {
        check_cancelled(self.device.cancel)?;
        let (device, scratch) = (&self.device, self.scratch);
        let width = self.stream.len() / self.tokens.max(1);
        let rows = &self.stream[(self.tokens - wanted) * width..];
        head.norm.forward(device, rows, &mut scratch.normed);
        if let Some(stats) = &mut scratch.activation_stats {
            stats.add(MatrixGroup::LmHead, &scratch.normed, wanted);
        }
        let activations = &mut scratch.activations;
        head.matrix
            .logits(device, &scratch.normed, logits, activations)?;
        if head.scales.logits != 1.0 {
            elementwise::scale(device.isa, logits, head.scales.logits);
        }
        if head.scales.logits_cap > 0.0 {
            elementwise::soft_cap(device.isa, logits, head.scales.logits_cap);
        }
        check_cancelled(device.cancel)
    }
}

impl FeedForward {
    fn matrices(&self) -> Vec<&Matrix> {
        match self {
            FeedForward::Mlp(mlp) => mlp.matrices().to_vec(),
            FeedForward::Experts(experts) => experts.matrices(),
        }
    }
}

impl CpuDecoder {
    /// ln of the sum of e^x over logits; subtracted from a logit, it gives the log-probability.
    pub fn log_sum_exp(&self, logits: &[f32]) -> f32 {
        elementwise::log_sum_exp(self.backend.isa, logits)
    }

    /// An empty cache.
    pub fn kv_cache(&self) -> KvCache {
        KvCache::new(self.cache_shape())
    }

    /// The threads it runs on.
    pub fn threads(&self) -> usize {
        self.backend.pool.threads()
    }

    /// All matrices.
    pub fn matrices(&self) -> Vec<&Matrix> {
        let ends = [Some(&self.embedding), self.lm_head.as_ref()];
        let layers = self.layers.iter().flat_map(|layer| {
            let mut all = layer.mixer.matrices();
            all.extend(layer.feed_forward.matrices());
            all
        });
        let ends = ends.into_iter().flatten().map(Embedding::matrix);
        ends.chain(layers).collect()
    }
}
