//! Where a decoder computes.
//!
//! `decoder` describes every model once: which layers follow each other and how their results are
//! added. A backend has the layers themselves, their weights in its own memory, and the rows
//! between them. [`Cpu`](crate::cpu::Cpu) is one. Another implements these traits, refuses what it
//! cannot compute when it loads a layer, and leaves `decoder` and `models` as they are.

use kernels::ThreadPool;

use crate::files::Tensors;
use crate::kv_cache::CacheShape;
use crate::layers::Pass;
use crate::models::{Config, LayerConfig, RopeConfig, ScaleConfig};
use crate::{Cancel, LoadError, RunError, Weights};

/// A processor, and the layers that it computes.
pub trait Backend: Sized + Send + Sync {
    /// A row for each token of the vocabulary.
    type Embedding: Send + Sync;
    /// Norms rows.
    type Norm: Send + Sync;
    /// Rotates queries and keys by their positions.
    type Rope: Send + Sync;
    /// A layer that looks at other tokens.
    type Mixer: Send + Sync;
    /// A layer that looks at each token by itself.
    type FeedForward: Send + Sync;
    /// What is kept of a sequence.
    type Cache: SequenceCache;
    /// Buffers for the rows of a pass, which keep their memory from pass to pass.
    type Rows;
    /// A pass that has begun.
    type Running<'a>: RunningPass<Self>
    where
        Self: 'a;

    /// Threads that load weights.
    fn pool(&self) -> &ThreadPool;

    /// Reads the matrix `name`, a row of the hidden size for each token.
    fn embedding(&self, source: WeightSource, name: &str) -> Result<Self::Embedding, LoadError>;

    /// Reads the norm `name` of the hidden size.
    fn norm(&self, source: WeightSource, name: &str) -> Result<Self::Norm, LoadError>;

    /// A rotation for positions up to `context`.
    fn rope(
        &self,
        config: &Config,
        rope: &RopeConfig,
        context: usize,
    ) -> Result<Self::Rope, LoadError>;

    /// Reads the layer whose tensors are under `name`.
    fn mixer(
        &self,
        source: WeightSource,
        name: &str,
        layer: LayerConfig,
    ) -> Result<Self::Mixer, LoadError>;

    /// Reads the layer whose tensors are under `name`.
    fn feed_forward(
        &self,
        source: WeightSource,
        name: &str,
        layer: LayerConfig,
    ) -> Result<Self::FeedForward, LoadError>;

    /// An empty cache for sequences of up to `context` tokens.
    fn cache(&self, shape: CacheShape, context: usize) -> Result<Self::Cache, RunError>;

    /// Buffers for the rows of a model.
    fn rows(&self, config: &Config) -> Result<Self::Rows, RunError>;

    /// Begins a pass: the rows of `tokens`, each times `scale`, become the residual stream.
    fn begin<'a>(
        &'a self,
        tokens: &[u32],
        embedding: &Self::Embedding,
        scale: f32,
        place: PassPlace<'a, Self>,
    ) -> Result<Self::Running<'a>, RunError>;
}

/// What layers are read from.
#[derive(Clone, Copy)]
pub struct WeightSource<'a> {
    /// The tensors of the file.
    pub tensors: &'a Tensors<'a>,
    /// What the model is.
    pub config: &'a Config,
    /// How matrices are kept in memory.
    pub weights: Weights,
}

/// Where a pass takes place.
pub struct PassPlace<'a, B: Backend> {
    /// The positions of its tokens.
    pub pass: Pass<'a>,
    /// The sequence that it continues.
    pub cache: &'a mut B::Cache,
    /// Its buffers.
    pub rows: &'a mut B::Rows,
    /// Ends it early.
    pub cancel: &'a Cancel,
}

/// The keys, values and states of a sequence.
pub trait SequenceCache {
    /// Positions in the cache.
    fn len(&self) -> usize;

    /// Counts `count` more positions, which all layers have written.
    fn advance(&mut self, count: usize);
}

/// A pass of some tokens through the layers. Each layer reads the normed rows and leaves its
/// result, which is then added to the residual stream.
pub trait RunningPass<B: Backend> {
    /// Norms the residual stream.
    fn norm(&mut self, norm: &B::Norm) -> Result<(), RunError>;

    /// Computes the layer with this number among all.
    fn mix(
        &mut self,
        number: usize,
        layer: &B::Mixer,
        rope: Option<&B::Rope>,
    ) -> Result<(), RunError>;

    /// Computes the layer with this number among all.
    fn feed_forward(&mut self, number: usize, layer: &B::FeedForward) -> Result<(), RunError>;

    /// Norms the result if there is a norm, and adds it times `factor` to the residual stream.
    fn add(&mut self, norm: Option<&B::Norm>, factor: f32) -> Result<(), RunError>;

    /// Ends the pass without logits.
    fn finish(self) -> Result<(), RunError>;

    /// Ends the pass; the logits after its last `wanted` tokens go to `logits`, `[wanted][vocab]`.
    fn logits(
        self,
        wanted: usize,
        head: DecoderHead<B>,
        logits: &mut Vec<f32>,
    ) -> Result<(), RunError>;
}

/// What comes after the last layer.
pub struct DecoderHead<'a, B: Backend> {
    pub norm: &'a B::Norm,
    pub matrix: &'a B::Embedding,
    pub scales: &'a ScaleConfig,
}
