//! What a LoRA adapter adds to a product: the input through two small matrices
//! (arXiv 2106.09685).

use std::collections::HashMap;

use kernels::{BLOCK, QuantizedActivations, elementwise};

use super::{Device, Matrix};
use crate::files::Tensors;
use crate::files::low_rank::LowRank;
use crate::files::tensors::TensorNames;
use crate::{LoadError, RunError, Weights};

/// The two small matrices for some rows of a larger one.
pub struct LowRankUpdate {
    /// `[rank][columns]`, and `[rows][rank]`; the rank is filled up to whole blocks with zeros.
    a: Matrix,
    b: Matrix,
    /// The first row that it changes.
    first: usize,
    rows: usize,
}

impl LowRankUpdate {
    /// The part of an adapter for the matrix `name`, whose first row is row `first` of a larger
    /// one.
    pub fn new(
        name: &str,
        first: usize,
        part: &LowRank,
        weights: Weights,
    ) -> Result<LowRankUpdate, LoadError> {
        let rank = part.rank.next_multiple_of(BLOCK);
        let mut a = part.a.clone();
        a.resize(rank * part.columns, 0.0);
        let mut b = Vec::with_capacity(part.rows * rank);
        for row in part.b.chunks_exact(part.rank) {
            b.extend_from_slice(row);
            b.resize(b.len() + rank - part.rank, 0.0);
        }
        let label = |part: &str| format!("{name}.lora_{part}");
        // Not those of the model: its packed copy knows no adapter.
        let tensors = Tensors::new(HashMap::new(), TensorNames::Gguf(&[]));
        Ok(LowRankUpdate {
            a: Matrix::of_values(&tensors, label("a"), &a, part.columns, weights)?,
            b: Matrix::of_values(&tensors, label("b"), &b, rank, weights)?,
            first,
            rows: part.rows,
        })
    }

    /// Adds its product with each row of `x` to the rows of `out`, each of `width` values.
    pub fn add(
        &self,
        device: &Device,
        x: &[f32],
        out: &mut [f32],
        width: usize,
        activations: &mut QuantizedActivations,
    ) -> Result<(), RunError> {
        let mut small = Vec::new();
        let mut large = Vec::new();
        self.a.forward(device, x, &mut small, activations)?;
        self.b.forward(device, &small, &mut large, activations)?;
        let rows = large.chunks_exact(self.rows);
        for (out, large) in out.chunks_exact_mut(width).zip(rows) {
            elementwise::add(device.isa, &mut out[self.first..][..self.rows], large);
        }
        Ok(())
    }
}
