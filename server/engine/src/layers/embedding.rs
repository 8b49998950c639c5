//! Token embeddings, looked up in the packed matrix; a tied language model head multiplies with the
//! same matrix.

use kernels::{PackedMatrix, QuantizedActivations};

use super::{Device, Matrix, MatrixData};
use crate::files::Tensors;
use crate::{LoadError, RunError, Weights};

/// One row per token.
pub struct Embedding {
    matrix: Matrix,
    width: usize,
}

impl Embedding {
    /// Reads `name` + `.weight` of `vocab` rows of `width`.
    pub fn load(
        tensors: &Tensors,
        name: &str,
        vocab: usize,
        width: usize,
        weights: Weights,
    ) -> Result<Embedding, LoadError> {
        Ok(Embedding {
            matrix: Matrix::load(tensors, &[(name, vocab)], width, weights)?,
            width,
        })
    }

    /// The matrix of all rows.
    pub fn matrix(&self) -> &Matrix {
        &self.matrix
    }

    /// The rows of `tokens`, each below the vocabulary's size.
    pub fn forward(&self, tokens: &[u32]) -> Result<Vec<f32>, RunError> {
        let mut out = vec![0.0; tokens.len() * self.width];
        for (out, &token) in out.chunks_exact_mut(self.width).zip(tokens) {
            match &self.matrix.data {
                MatrixData::Packed(parts) => packed_row(parts, token as usize, out),
                MatrixData::Dense(tensor) => {
                    let row = tensor.get(token as usize).and_then(|row| row.to_vec1());
                    out.copy_from_slice(&row.map_err(|e| RunError::Compute(e.to_string()))?);
                }
            }
        }
        Ok(out)
    }

    /// The logits of each row of `x`: the product with every token's row.
    pub fn logits(
        &self,
        device: &Device,
        x: &[f32],
        out: &mut Vec<f32>,
        activations: &mut QuantizedActivations,
    ) -> Result<(), RunError> {
        self.matrix.forward(device, x, out, activations)
    }
}

/// A row of stacked matrices.
fn packed_row(parts: &[PackedMatrix], mut row: usize, out: &mut [f32]) {
    for part in parts {
        if row < part.rows {
            part.row(row, out);
            return;
        }
        row -= part.rows;
    }
}
