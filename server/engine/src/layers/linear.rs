//! A linear layer: a matrix, perhaps with a bias, and with what an adapter adds.

use kernels::{QuantizedActivations, elementwise};

use super::low_rank::LowRankUpdate;
use super::{Device, Matrix};
use crate::files::Tensors;
use crate::{LoadError, RunError, Weights};

/// A matrix, its bias, and what an adapter adds.
pub struct Linear {
    matrix: Matrix,
    bias: Option<Vec<f32>>,
    updates: Vec<LowRankUpdate>,
}

impl Linear {
    /// Reads the matrices `name` + `.weight` (with their rows) and, if the file has it, `name` +
    /// `.bias`; `models/tensors.rs` has checked whether it may or must.
    pub fn load(
        tensors: &Tensors,
        names: &[(&str, usize)],
        cols: usize,
        weights: Weights,
    ) -> Result<Linear, LoadError> {
        let matrix = Matrix::load(tensors, names, cols, weights)?;
        let mut all = Vec::new();
        let mut any = false;
        let mut updates = Vec::new();
        for (name, rows) in names {
            if let Some(part) = tensors.low_rank(name, [*rows, cols])? {
                let first = all.len();
                updates.push(LowRankUpdate::new(name, first, part, weights)?);
            }
            let name = format!("{name}.bias");
            if tensors.find(&name).is_some() {
                all.extend(tensors.vector(&name, *rows)?);
                any = true;
            } else {
                all.resize(all.len() + rows, 0.0);
            }
        }
        Ok(Linear {
            matrix,
            bias: any.then_some(all),
            updates,
        })
    }

    /// A matrix and its bias, one value for each row.
    pub fn of_parts(matrix: Matrix, bias: Option<Vec<f32>>) -> Linear {
        Linear {
            matrix,
            bias,
            updates: Vec::new(),
        }
    }

    /// The matrix without the bias.
    pub fn matrix(&self) -> &Matrix {
        &self.matrix
    }

    /// `out = x * weight^T + bias` for each row of `x`.
    pub fn forward(
        &self,
        device: &Device,
        x: &[f32],
        out: &mut Vec<f32>,
        activations: &mut QuantizedActivations,
    ) -> Result<(), RunError> {
        self.matrix.forward(device, x, out, activations)?;
        if let Some(bias) = &self.bias {
            elementwise::add_bias(device.isa, out, bias);
        }
        for update in &self.updates {
            let width = self.matrix.rows();
            update.add(device, x, out, width, activations)?;
        }
        Ok(())
    }
}
