//! The parts a decoder is joined from, each once, on rows of f32 and the kernels of `kernels/`.
//!
//! `models` joins them, `decoder` runs them. A layer knows its weights and nothing of files, tokens
//! or sessions. Another device joins here: with its own `Linear`, `Cache` and rows, behind the same
//! calls.

mod attention;
mod embedding;
mod inputs;
mod linear;
mod mlp;
mod rms_norm;
mod rope;

pub use attention::Attention;
pub use embedding::Embedding;
pub use inputs::{Inputs, Joint};
pub use linear::{Linear, Matrix, Numbers};
pub use mlp::Mlp;
pub use rms_norm::RmsNorm;
pub use rope::{Rope, Scaling};

pub use kernels::Device;
use kernels::QuantizedActivations;

/// Tokens that follow each other, from position `start` on.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub start: usize,
    pub tokens: usize,
}

/// Buffers that one sequence's layers write their intermediate rows to; they keep their size from
/// call to call.
#[derive(Default)]
pub struct Scratch {
    /// Rounded inputs of a product.
    pub activations: QuantizedActivations,
    /// Normed rows.
    pub normed: Vec<f32>,
    /// Queries, keys and values, or gates and values.
    pub wide: Vec<f32>,
    /// Queries by head, then the attention's result or the gated values.
    pub inner: Vec<f32>,
    /// What is added to the residual stream.
    pub out: Vec<f32>,
    /// Counts what goes into the matrices, where somebody wants to know.
    pub inputs: Option<Inputs>,
}

impl Scratch {
    /// Counts in what has just gone into two products: `normed` into the first and `inner` into the
    /// second.
    pub fn watch(&mut self, tokens: usize, first: Joint, second: Joint) {
        if let Some(inputs) = &mut self.inputs {
            inputs.add(first, &self.normed, tokens);
            inputs.add(second, &self.inner, tokens);
        }
    }
}
