//! A matrix with an optional bias: packed int8 through our own kernels, or dense f32 through candle.
//!
//! Loading joins several matrices of the same input (query, key and value; gate and value) into one, which saves
//! rounding the input more than once.

use candle_core::{Device as CandleDevice, Tensor};

use super::Device;
use crate::files::{Raw, Tensors};
use crate::kernels::matmul::Activations;
use crate::kernels::packed::BLOCK;
use crate::kernels::{Isa, Packed, matmul, rows};
use crate::{LoadError, RunError, Weights};

/// Rows that are decoded from the file at a time: so few that they stay in the cache until they are packed.
const CHUNK: usize = 16;

/// The numbers of a matrix, `[rows][cols]`.
pub enum Matrix {
    /// Int8 with a scale per 32.
    Packed(Packed),
    /// f32.
    Dense(Tensor),
}

impl Matrix {
    /// Reads one matrix, or several of `cols` columns one below the other: pairs of name and rows.
    pub fn load(
        tensors: &Tensors,
        names: &[(&str, usize)],
        cols: usize,
        weights: Weights,
    ) -> Result<Matrix, LoadError> {
        let raws = names
            .iter()
            .map(|(name, rows)| tensors.get(&format!("{name}.weight"), &[*rows, cols]))
            .collect::<Result<Vec<_>, _>>()?;
        // Widths that are no multiple of 32 cannot be packed; no model in use has them.
        if weights == Weights::Exact || !cols.is_multiple_of(BLOCK) { dense(&raws, cols) } else { packed(&raws, cols) }
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        match self {
            Matrix::Packed(packed) => packed.bytes(),
            Matrix::Dense(tensor) => 4 * tensor.elem_count(),
        }
    }

    /// `out = x * self^T` for each row of `x`.
    pub fn forward(
        &self,
        device: &Device,
        x: &[f32],
        out: &mut Vec<f32>,
        activations: &mut Activations,
    ) -> Result<(), RunError> {
        match self {
            Matrix::Packed(packed) => {
                out.resize(x.len() / packed.cols * packed.rows, 0.0);
                matmul::matmul(device.isa, &device.pool, packed, x, out, activations);
                Ok(())
            }
            Matrix::Dense(tensor) => {
                *out = dense_forward(tensor, x).map_err(|e| RunError::Compute(e.to_string()))?;
                Ok(())
            }
        }
    }
}

fn dense_forward(tensor: &Tensor, x: &[f32]) -> candle_core::Result<Vec<f32>> {
    let cols = tensor.dims()[1];
    let x = Tensor::from_slice(x, (x.len() / cols, cols), &CandleDevice::Cpu)?;
    x.matmul(&tensor.t()?)?.flatten_all()?.to_vec1()
}

fn dense(raws: &[&Raw], cols: usize) -> Result<Matrix, LoadError> {
    let mut values = Vec::new();
    for raw in raws {
        values.extend(raw.format.to_f32(raw.bytes)?);
    }
    let shape = (values.len() / cols, cols);
    let tensor = Tensor::from_vec(values, shape, &CandleDevice::Cpu);
    Ok(Matrix::Dense(tensor.map_err(|e| LoadError::Damaged(e.to_string()))?))
}

fn packed(raws: &[&Raw], cols: usize) -> Result<Matrix, LoadError> {
    let mut packed = Packed::new(raws.iter().map(|raw| raw.shape[0]).sum(), cols);
    let (isa, mut row) = (Isa::detect(), 0);
    for raw in raws {
        let row_bytes = raw.row_bytes();
        if raw.format.name == "Q8_0" {
            for bytes in raw.bytes.chunks_exact(row_bytes) {
                packed.set_q8_0(row, bytes);
                row += 1;
            }
            continue;
        }
        for chunk in raw.bytes.chunks(CHUNK * row_bytes) {
            for values in raw.format.to_f32(chunk)?.chunks_exact(cols) {
                packed.set_row(isa, row, values);
                row += 1;
            }
        }
    }
    Ok(Matrix::Packed(packed))
}

/// A matrix and what is added to its outputs.
pub struct Linear {
    matrix: Matrix,
    bias: Option<Vec<f32>>,
}

impl Linear {
    /// Reads the matrices `name` + `.weight` (with their rows) and, where `bias` says so, `name` + `.bias`.
    pub fn load(
        tensors: &Tensors,
        names: &[(&str, usize)],
        cols: usize,
        bias: bool,
        weights: Weights,
    ) -> Result<Linear, LoadError> {
        let matrix = Matrix::load(tensors, names, cols, weights)?;
        let mut all = Vec::new();
        if bias {
            for (name, rows) in names {
                all.extend(tensors.vector(&format!("{name}.bias"), *rows)?);
            }
        }
        Ok(Linear { matrix, bias: bias.then_some(all) })
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        self.matrix.bytes() + self.bias.as_ref().map_or(0, |b| 4 * b.len())
    }

    /// `out = x * weight^T + bias` for each row of `x`.
    pub fn forward(
        &self,
        device: &Device,
        x: &[f32],
        out: &mut Vec<f32>,
        activations: &mut Activations,
    ) -> Result<(), RunError> {
        self.matrix.forward(device, x, out, activations)?;
        if let Some(bias) = &self.bias {
            rows::add_bias(device.isa, out, bias);
        }
        Ok(())
    }
}
