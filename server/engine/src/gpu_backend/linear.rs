//! Matrices with their biases and what adapters add.

use gpu::{
    GateKind, GpuLowRank, GpuMatrix, GpuPass, GpuVector, MatrixSource, ProductInput, ProductOutput,
    WeightFormat,
};

use super::device::{BLOCK, GpuBackend, run_error};
use crate::backend::WeightSource;
use crate::files::low_rank::LowRank;
use crate::files::not_numbers;
use crate::{LoadError, RunError};

/// A matrix, its bias, and what an adapter adds.
pub struct GpuLinear {
    matrix: GpuMatrix,
    bias: Option<GpuVector>,
    updates: Vec<GpuLowRank>,
}

impl GpuLinear {
    /// Reads the matrices `name` + `.weight` of `cols` columns (with their rows), stacked, and what
    /// belongs to them.
    pub fn load(
        backend: &GpuBackend,
        source: WeightSource,
        names: &[(&str, usize)],
        cols: usize,
    ) -> Result<GpuLinear, LoadError> {
        let tensors = source.tensors;
        let (mut raws, mut updates) = (Vec::new(), Vec::new());
        let (mut bias, mut has_bias) = (Vec::new(), false);
        for (name, rows) in names {
            let raw = tensors.get(&format!("{name}.weight"), &[*rows, cols])?;
            raws.push(raw.clone());
            if let Some(part) = tensors.low_rank(name, [*rows, cols])? {
                updates.push(low_rank(backend, part, bias.len())?);
            }
            let name = format!("{name}.bias");
            match tensors.find(&name) {
                Some(_) => {
                    bias.extend(tensors.vector(&name, *rows)?);
                    has_bias = true;
                }
                None => bias.resize(bias.len() + rows, 0.0),
            }
        }
        let bias = has_bias.then(|| backend.vector(&bias)).transpose()?;
        Ok(GpuLinear {
            matrix: backend.matrix(&raws, source.weights)?,
            bias,
            updates,
        })
    }

    /// The same of one matrix, as f32: its products are not rounded.
    pub fn load_f32(
        backend: &GpuBackend,
        source: WeightSource,
        name: &str,
        [rows, cols]: [usize; 2],
    ) -> Result<GpuLinear, LoadError> {
        let tensors = source.tensors;
        let raw = tensors.get(&format!("{name}.weight"), &[rows, cols])?;
        let bias = format!("{name}.bias");
        let bias = match tensors.find(&bias) {
            Some(_) => Some(backend.vector(&tensors.vector(&bias, rows)?)?),
            None => None,
        };
        let updates = match tensors.low_rank(name, [rows, cols])? {
            Some(part) => vec![low_rank(backend, part, 0)?],
            None => Vec::new(),
        };
        let values = raw.to_f32()?;
        Ok(GpuLinear {
            matrix: f32_matrix(backend, &values, rows, cols)?,
            bias,
            updates,
        })
    }

    /// Records the product.
    pub fn product(
        &self,
        pass: &mut GpuPass,
        input: ProductInput,
        output: ProductOutput,
    ) -> Result<(), RunError> {
        let product = pass.product(&self.matrix, self.bias.as_ref(), input, output);
        product.map_err(run_error)?;
        let mut updates = self.updates.iter();
        let update = updates.try_for_each(|update| pass.add_low_rank(update, input, output));
        update.map_err(run_error)
    }

    /// Records the product of the normed rows, whose result is gates and values, and what these
    /// make: at once where nothing else is added to the product.
    pub fn gated_product(&self, pass: &mut GpuPass, kind: GateKind) -> Result<(), RunError> {
        if self.updates.is_empty() {
            let product = pass.gated_product(&self.matrix, self.bias.as_ref(), kind);
            return product.map_err(run_error);
        }
        self.product(pass, ProductInput::Normed, ProductOutput::Wide)?;
        pass.gate(kind).map_err(run_error)
    }
}

/// The two small matrices of an adapter; the rank is filled up to whole blocks with zeros.
fn low_rank(backend: &GpuBackend, part: &LowRank, first: usize) -> Result<GpuLowRank, LoadError> {
    let rank = part.rank.next_multiple_of(BLOCK);
    let mut a = part.a.clone();
    a.resize(rank * part.columns, 0.0);
    let mut b = Vec::with_capacity(part.rows * rank);
    for row in part.b.chunks_exact(part.rank) {
        b.extend_from_slice(row);
        b.resize(b.len() + rank - part.rank, 0.0);
    }
    Ok(GpuLowRank {
        a: f32_matrix(backend, &a, rank, part.columns)?,
        b: f32_matrix(backend, &b, part.rows, rank)?,
        first,
    })
}

fn f32_matrix(
    backend: &GpuBackend,
    values: &[f32],
    rows: usize,
    cols: usize,
) -> Result<GpuMatrix, LoadError> {
    if !values.iter().all(|value| value.is_finite()) {
        return Err(not_numbers());
    }
    let source = MatrixSource {
        format: WeightFormat::F32,
        rows,
        bytes: bytemuck::cast_slice(values),
    };
    Ok(backend.gpu.matrix(&[source], cols)?)
}
