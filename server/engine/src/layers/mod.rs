//! The layers of a decoder, each once, on rows of f32 and the crate `kernels`.
//!
//! `models` describes how a family combines them, and `cpu` runs them in the order of `decoder`. A
//! layer knows its weights and nothing of files, tokens or sessions.

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
mod matrix;
mod mlp;
mod norm;
mod pass;
mod rope;
mod short_convolution;
mod token_mixer;

pub use activation_stats::{ActivationStats, MatrixGroup};
pub use embedding::Embedding;
pub use experts::Experts;
pub use linear::Linear;
pub use matrix::{Matrix, MatrixData};
pub use mlp::Mlp;
pub use norm::Norm;
pub use pass::Pass;
pub use rope::{LongRope, Rope, Scaling, Yarn};
pub use token_mixer::TokenMixer;

pub use kernels::Device;
use kernels::QuantizedActivations;
use std::ops::Range;

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
    pub fn record_activations(&mut self, tokens: usize, [first, second]: [MatrixGroup; 2]) {
        if let Some(stats) = &mut self.activation_stats {
            stats.add(first, &self.normed, tokens);
            stats.add(second, &self.inner, tokens);
        }
    }
}
