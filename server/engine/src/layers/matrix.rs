//! A matrix of weights: packed and multiplied by our kernels, or dense f32 and multiplied by
//! candle.
//!
//! Loading joins several matrices with the same input (query, key and value; gate and up) into one,
//! so that the input is rounded only once. The dense form has exactly the values of the file; the
//! tests compare it with transformers and the packed form with it.

use candle_core::{Device as CandleDevice, Tensor};
use kernels::{
    BLOCK, Isa, MatrixWriter, NativeFormat, PackedMatrix, QuantScheme, QuantizedActivations, matmul,
};

use super::Device;
use crate::files::{Format, RawTensor, Tensors, not_numbers};
use crate::packing::total;
use crate::{LoadError, RunError, Weights};

/// Rows decoded from the file at a time: few enough to stay in the cache until they are packed.
const CHUNK: usize = 16;

/// A matrix, `[rows][cols]`.
pub struct Matrix {
    /// The name of its first tensor.
    pub name: String,
    pub data: MatrixData,
}

/// The weights of a matrix.
pub enum MatrixData {
    /// Packed; several parts, stacked, where their schemes differ.
    Packed(Vec<PackedMatrix>),
    /// f32.
    Dense(Tensor),
}

impl Matrix {
    /// Reads one matrix, or several of `cols` columns stacked: pairs of name and rows.
    pub fn load(
        tensors: &Tensors,
        names: &[(&str, usize)],
        cols: usize,
        weights: Weights,
    ) -> Result<Matrix, LoadError> {
        let raws = names
            .iter()
            .map(|(name, rows)| {
                tensors
                    .get(&format!("{name}.weight"), &[*rows, cols])
                    .cloned()
            })
            .collect::<Result<Vec<_>, _>>()?;
        let name = names
            .first()
            .map_or_else(String::new, |(name, _)| (*name).to_owned());
        Matrix::of_tensors(tensors, name, &raws, weights)
    }

    /// Stacks tensors of as many columns; `name` is the matrix's own in the packed copy of
    /// `tensors`.
    pub fn of_tensors(
        tensors: &Tensors,
        name: String,
        raws: &[RawTensor],
        weights: Weights,
    ) -> Result<Matrix, LoadError> {
        let cols = raws.first().and_then(|raw| raw.shape.last()).copied();
        let cols = cols.unwrap_or(BLOCK);
        // Widths that are not a multiple of 32 cannot be packed; no model in use has them.
        let data = if weights == Weights::Exact || !cols.is_multiple_of(BLOCK) {
            MatrixData::Dense(dense(raws, cols)?)
        } else {
            MatrixData::Packed(packed(tensors, &name, raws, cols)?)
        };
        Ok(Matrix { name, data })
    }

    /// A matrix of these values, `[rows][cols]`.
    pub fn of_values(
        tensors: &Tensors,
        name: String,
        values: &[f32],
        cols: usize,
        weights: Weights,
    ) -> Result<Matrix, LoadError> {
        let shape = vec![values.len() / cols, cols];
        let raw = RawTensor::new(Format::F32, shape, bytemuck::cast_slice(values));
        Matrix::of_tensors(tensors, name, &[raw], weights)
    }

    /// Has a matrix that is part of a mapped copy read from the disk before it is used.
    pub fn read_ahead(&self) {
        if let MatrixData::Packed(parts) = &self.data {
            parts.iter().for_each(PackedMatrix::read_ahead);
        }
    }

    /// Announces that the pages around those that are read are not needed next.
    pub fn set_random_access(&self) {
        if let MatrixData::Packed(parts) = &self.data {
            parts.iter().for_each(PackedMatrix::set_random_access);
        }
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        match &self.data {
            MatrixData::Packed(parts) => parts.iter().map(PackedMatrix::byte_len).sum(),
            MatrixData::Dense(tensor) => 4 * tensor.elem_count(),
        }
    }

    /// Its rows, which are the values of a result.
    pub fn rows(&self) -> usize {
        match &self.data {
            MatrixData::Packed(parts) => parts.iter().map(|part| part.rows).sum(),
            MatrixData::Dense(tensor) => tensor.dims().first().copied().unwrap_or(0),
        }
    }

    /// `out = x * self^T` for each row of `x`.
    pub fn forward(
        &self,
        device: &Device,
        x: &[f32],
        out: &mut Vec<f32>,
        activations: &mut QuantizedActivations,
    ) -> Result<(), RunError> {
        match &self.data {
            MatrixData::Packed(parts) => {
                let width: usize = parts.iter().map(|part| part.rows).sum();
                out.resize(
                    x.len() / parts.first().map_or(1, |part| part.cols) * width,
                    0.0,
                );
                matmul(*device, parts, x, out, activations);
                Ok(())
            }
            MatrixData::Dense(tensor) => {
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

fn dense(raws: &[RawTensor], cols: usize) -> Result<Tensor, LoadError> {
    let mut values = Vec::new();
    for raw in raws {
        values.extend(raw.to_f32()?);
    }
    let shape = (values.len() / cols, cols);
    let tensor = Tensor::from_vec(values, shape, &CandleDevice::Cpu);
    tensor.map_err(|e| LoadError::Damaged(e.to_string()))
}

/// The parts of a matrix, from the packed copy where there is one.
fn packed(
    tensors: &Tensors,
    name: &str,
    raws: &[RawTensor],
    cols: usize,
) -> Result<Vec<PackedMatrix>, LoadError> {
    let scheme = |raw: &RawTensor| {
        raw.format
            .native()
            .map_or(QuantScheme::INT8, NativeFormat::scheme)
    };
    let parts: Vec<_> = raws
        .chunk_by(|one, next| scheme(one) == scheme(next))
        .collect();
    let shape = |raws: &&[RawTensor]| (raws.iter().map(|raw| raw.shape[0]).sum(), scheme(&raws[0]));
    let shapes: Vec<(usize, QuantScheme)> = parts.iter().map(shape).collect();
    let packing = &tensors.packing;
    packing.progress.check()?;
    let sources: Vec<&[u8]> = raws.iter().map(|raw| raw.bytes).collect();
    let copy = packing.copy.as_ref();
    if let Some(shared) = copy.and_then(|copy| copy.matrix(name, &shapes, cols)) {
        packing.progress.add(total(&sources))?;
        return Ok(shared);
    }
    let pack = |(raws, (rows, scheme)): (&[RawTensor], (usize, QuantScheme))| {
        let mut part = PackedMatrix::new(rows, cols, scheme);
        let mut first = 0;
        for raw in raws {
            set_rows(&mut part.writer(), cols, first, raw)?;
            first += raw.shape[0];
        }
        match part.is_finite() {
            true => Ok(part),
            false => Err(not_numbers()),
        }
    };
    let packed: Result<_, LoadError> = parts.into_iter().zip(shapes).map(pack).collect();
    packing.keep(name, packed?, &sources)
}

/// Stores the rows of `raw` from row `first` on.
fn set_rows(
    part: &mut MatrixWriter,
    cols: usize,
    first: usize,
    raw: &RawTensor,
) -> Result<(), LoadError> {
    let isa = Isa::detect();
    let row_bytes = raw.row_bytes();
    if let Some(format) = raw.format.native() {
        for (row, bytes) in raw.bytes.chunks_exact(row_bytes).enumerate() {
            part.factor = raw.row_factor(row);
            format.set_row(part, first + row, bytes);
        }
        return Ok(());
    }
    let mut rows = first..;
    let mut read = 0;
    for chunk in raw.bytes.chunks(CHUNK * row_bytes) {
        let values = raw.rows_to_f32(read, chunk)?;
        if values.iter().any(|value| value.is_nan()) {
            return Err(not_numbers());
        }
        for (values, row) in values.chunks_exact(cols).zip(&mut rows) {
            part.set_row(isa, row, values);
        }
        read += CHUNK;
    }
    Ok(())
}
