//! The backend that computes on a GPU: the layers of a decoder on the crate `gpu`.
//!
//! `refusal` says of which models it computes nothing; it needs no device, and every layer asks it
//! before anything is uploaded. `weights` has the formats of files, `linear` matrices with biases
//! and adapters, `attention`, `feed_forward`, `mlp` and `experts` the layers, `pass` their order.
//! What the CPU computes in `layers/` is the reference; the tests compare every family with it.

mod attention;
mod device;
mod experts;
mod feed_forward;
mod linear;
mod mlp;
mod pass;
mod refusal;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
mod weights;

pub use device::{GpuBackend, GpuNorm};
pub use refusal::gpu_refusal;
pub use weights::gpu_weight_bytes;

use attention::GpuAttention;
use device::{BLOCK, run_error};
use feed_forward::GpuFeedForward;
use gpu::{
    GpuCache, GpuCacheShape, GpuEmbedding, GpuError, GpuMatrix, GpuPass, GpuRotation, GpuRows,
    RowWidths, TokenSpan,
};
use kernels::ThreadPool;

use crate::backend::{Backend, PassPlace, WeightSource};
use crate::kv_cache::CacheShape;
use crate::layers::Rope;
use crate::models::{Config, LayerConfig, RopeConfig};
use crate::{LoadError, RunError};

/// Slots of a cache besides those of its sequence: the tokens of branches.
const BRANCH_SLOTS: usize = 4096;
/// Refuses a model that no kernel computes.
fn check(config: &Config) -> Result<(), LoadError> {
    match gpu_refusal(config) {
        Some(why) => Err(LoadError::Gpu(GpuError::Unsupported(why))),
        None => Ok(()),
    }
}

impl Backend for GpuBackend {
    type Embedding = GpuMatrix;
    type Norm = GpuNorm;
    type Rope = GpuRotation;
    type Mixer = GpuAttention;
    type FeedForward = GpuFeedForward;
    type Cache = GpuCache;
    type Rows = GpuRows;
    type Running<'a> = GpuPass<'a>;

    fn pool(&self) -> &ThreadPool {
        &self.pool
    }

    fn embedding(&self, source: WeightSource, name: &str) -> Result<GpuMatrix, LoadError> {
        let config = source.config;
        check(config)?;
        let shape = [config.vocab_size, config.hidden_size];
        let raw = source.tensors.get(&format!("{name}.weight"), &shape)?;
        self.matrix(std::slice::from_ref(raw), source.weights)
    }

    fn norm(&self, source: WeightSource, name: &str) -> Result<GpuNorm, LoadError> {
        self.norm_of(source, name, source.config.hidden_size)
    }

    fn rope(
        &self,
        config: &Config,
        rope: &RopeConfig,
        context: usize,
    ) -> Result<GpuRotation, LoadError> {
        let (dim, interleaved) = (config.rotary_dim, config.rope_interleaved);
        let rope = Rope::new(dim, context, rope.theta, &rope.scaling, interleaved);
        let (cosines, sines, half, interleaved) = rope.tables();
        let table = self.gpu.rotation(cosines, sines, half, interleaved);
        Ok(table?)
    }

    fn mixer(
        &self,
        source: WeightSource,
        name: &str,
        layer: LayerConfig,
    ) -> Result<GpuAttention, LoadError> {
        check(source.config)?;
        GpuAttention::load(self, source, name, layer)
    }

    fn feed_forward(
        &self,
        source: WeightSource,
        name: &str,
        layer: LayerConfig,
    ) -> Result<GpuFeedForward, LoadError> {
        check(source.config)?;
        GpuFeedForward::load(self, source, name, layer)
    }

    fn cache(&self, shape: CacheShape, context: usize) -> Result<GpuCache, RunError> {
        let shape = GpuCacheShape {
            layers: shape.layers,
            kv_heads: shape.heads,
            head_dim: shape.key_dim,
            max_slots: context + BRANCH_SLOTS,
        };
        self.gpu.cache(shape).map_err(run_error)
    }

    fn rows(&self, config: &Config) -> Result<GpuRows, RunError> {
        self.gpu.rows(row_widths(config)).map_err(run_error)
    }

    fn begin<'a>(
        &'a self,
        tokens: &[u32],
        embedding: &GpuMatrix,
        scale: f32,
        place: PassPlace<'a, GpuBackend>,
    ) -> Result<GpuPass<'a>, RunError> {
        let PassPlace {
            pass,
            cache,
            rows,
            cancel,
        } = place;
        let spans = pass.ranges.iter().map(|range| TokenSpan {
            start: range.start,
            len: range.len,
        });
        let spans: Vec<TokenSpan> = spans.collect();
        let is_cancelled = || cancel.is_cancelled();
        let embedding = GpuEmbedding {
            matrix: embedding,
            factor: scale,
        };
        let begun = self
            .gpu
            .begin(tokens, &spans, embedding, cache, rows, is_cancelled);
        begun.map_err(run_error)
    }
}

/// The widest rows of the layers of a model.
fn row_widths(config: &Config) -> RowWidths {
    let queries = config.num_attention_heads * config.head_dim;
    let qkv = queries + 2 * config.num_key_value_heads * config.head_dim;
    let has_dense = config.layers.iter().any(|layer| !layer.has_experts);
    let dense = if has_dense {
        config.intermediate_size
    } else {
        0
    };
    let mut widths = [qkv.max(2 * dense), queries.max(dense)];
    if let Some(experts) = config.experts {
        let shared = experts.shared_width;
        let pair = (2 * experts.width).max(config.hidden_size);
        let wide = (experts.used * pair).max(experts.count).max(2 * shared);
        let inner = (experts.used * experts.width).max(shared);
        widths = [widths[0].max(wide), widths[1].max(inner)];
    }
    let [wide, inner] = widths.map(|width| width.next_multiple_of(BLOCK));
    RowWidths {
        stream: config.hidden_size,
        wide,
        inner,
        queries,
    }
}
