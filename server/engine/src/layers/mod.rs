//! The layers of a decoder, each once, on rows of f32 and the crate `kernels`.
//!
//! `models` describes how a family combines them, `decoder` runs them. A layer knows its weights
//! and nothing of files, tokens or sessions. Apart from the KV cache, only the layers call the
//! kernels: a second backend would bring its own `Linear`, `KvCache` and elementwise operations.

mod activation_stats;
mod attention;
mod convolution;
mod delta_net;
mod embedding;
mod experts;
mod heads;
mod latent_attention;
mod linear;
mod low_rank;
mod mamba2;
mod mlp;
mod norm;
mod rope;
mod short_convolution;
mod token_mixer;

pub use activation_stats::{ActivationStats, MatrixGroup};
use attention::Attention;
use convolution::Convolution;
use delta_net::DeltaNet;
pub use embedding::Embedding;
pub use experts::Experts;
use latent_attention::LatentAttention;
pub use linear::{Linear, Matrix, MatrixData};
use low_rank::LowRankUpdate;
use mamba2::Mamba2;
pub use mlp::Mlp;
pub use norm::Norm;
pub use rope::{LongRope, Rope, Scaling, Yarn};
use short_convolution::ShortConvolution;
pub use token_mixer::TokenMixer;

pub use kernels::Device;
use kernels::QuantizedActivations;
use std::ops::Range;

use crate::kv_cache::KvCache;
use crate::recurrent_state::LayerState;

/// Consecutive positions of a sequence.
#[derive(Clone, Copy, Debug)]
pub struct PositionRange {
    pub start: usize,
    pub len: usize,
}

impl PositionRange {
    /// The position of every row, where the rows of all ranges follow each other.
    pub fn positions(ranges: &[PositionRange]) -> impl Iterator<Item = usize> {
        ranges
            .iter()
            .flat_map(|range| range.start..range.start + range.len)
    }

    /// The first position of each range and the numbers of its rows.
    pub fn rows(ranges: &[PositionRange]) -> impl Iterator<Item = (usize, Range<usize>)> {
        let mut first = 0;
        ranges.iter().map(move |range| {
            let rows = first..first + range.len;
            first = rows.end;
            (range.start, rows)
        })
    }
}

/// The tokens of a pass.
#[derive(Clone, Copy)]
pub struct Pass<'a> {
    /// Their positions.
    pub ranges: &'a [PositionRange],
    /// Whether they stay in the sequence; else each range is a branch that is only tried.
    pub is_kept: bool,
}

impl Pass<'_> {
    /// Continues the state of a recurrent layer: the cache's own, or a copy for a branch.
    fn with_state(&self, cache: &mut KvCache, layer: usize, run: impl FnOnce(&mut LayerState)) {
        match self.is_kept {
            true => run(cache.states().layer(layer)),
            false => run(&mut cache.states().copy_of(layer)),
        }
    }
}

/// ln(1 + e^x).
fn softplus(x: f32) -> f32 {
    if x > 20.0 { x } else { x.exp().ln_1p() }
}

/// Buffers for the intermediate rows of all layers; they keep their memory from call to call.
#[derive(Default)]
pub struct Scratch {
    /// Rounded activations of a product.
    pub activations: QuantizedActivations,
    /// Normed rows.
    pub normed: Vec<f32>,
    /// Queries, keys and values, or gates and values.
    pub wide: Vec<f32>,
    /// Queries by head, then the attention's result or the gated values.
    pub inner: Vec<f32>,
    /// The layer's output, which is added to the residual stream.
    pub out: Vec<f32>,
    /// Rows of one head, or of one expert's tokens.
    pub head: Vec<f32>,
    /// A product of these.
    pub product: Vec<f32>,
    /// Collects statistics of the activations, where they are wanted.
    pub activation_stats: Option<ActivationStats>,
}

impl Scratch {
    /// Records the activations of a layer's two products: `normed` of the first and `inner` of the
    /// second.
    pub fn record_activations(&mut self, tokens: usize, first: MatrixGroup, second: MatrixGroup) {
        if let Some(stats) = &mut self.activation_stats {
            stats.add(first, &self.normed, tokens);
            stats.add(second, &self.inner, tokens);
        }
    }
}
