//! Token embeddings, looked up from the matrix's compact form; a tied head multiplies with the same
//! matrix.

use super::{Device, Matrix, Numbers};
use crate::files::Tensors;
use kernels::QuantizedActivations;
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
            match &self.matrix.numbers {
                Numbers::Packed(parts) => {
                    let mut row = token as usize;
                    for part in parts {
                        if row < part.rows {
                            part.row(row, out);
                            break;
                        }
                        row -= part.rows;
                    }
                }
                Numbers::Dense(tensor) => {
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
