//! Gates, values and what they make in one run of a kernel, for few tokens.

use super::{GpuPass, ProductInput, ProductOutput};
use crate::GpuError;
use crate::error::require;
use crate::formats::BLOCK;
use crate::matrix::{GpuMatrix, GpuVector, MatrixPart};
use crate::recorder::Dispatch;
use crate::sources::{FEW_TOKENS, GateKind, Kernel};
use crate::tokens::saturated;

impl GpuPass<'_> {
    /// A product of the normed rows whose result is gates, then as many values; the activations of
    /// the gates times the values go to the inner rows. As [`GpuPass::product`] to the wide rows
    /// and [`GpuPass::gate`], but with fewer runs of kernels; the wide rows are undefined then.
    pub fn gated_product(
        &mut self,
        matrix: &GpuMatrix,
        bias: Option<&GpuVector>,
        kind: GateKind,
    ) -> Result<(), GpuError> {
        let is_few = self.tokens.count <= FEW_TOKENS;
        match matrix.parts.as_slice() {
            [part] if is_few && bias.is_none() && self.recorder.gpu.shared.has_subgroups => {
                self.gate_few(matrix, part, kind)
            }
            _ => {
                self.product(matrix, bias, ProductInput::Normed, ProductOutput::Wide)?;
                self.gate(kind)
            }
        }
    }

    fn gate_few(
        &mut self,
        matrix: &GpuMatrix,
        part: &MatrixPart,
        kind: GateKind,
    ) -> Result<(), GpuError> {
        let (widths, width) = (self.rows.widths, matrix.rows / 2);
        let is_valid = self.is_normed
            && matrix.cols == widths.stream
            && matrix.rows.is_multiple_of(2 * BLOCK)
            && matrix.rows <= widths.wide
            && width <= widths.inner;
        require(is_valid, || {
            let GpuMatrix { rows, cols, .. } = matrix;
            format!("gates and values of {rows} x {cols} for rows of {widths:?}")
        })?;
        let (tokens, blocks) = (self.tokens.count, matrix.cols / BLOCK);
        let rows = self.rows.of_tokens()?;
        let kernel = Kernel::gated(part.format, kind, tokens);
        let run = Dispatch::new(kernel, [width / BLOCK, 1, 1])
            .bind(0, part.planes.iter().map(|plane| &plane.raw))
            .bind(6, [&rows.inner.values.raw])
            .args(&[width, blocks, tokens].map(saturated))
            .work(tokens * matrix.rows * matrix.cols)
            .kept();
        let gpu = &self.recorder.gpu;
        let run = match gpu.kernel_features().multiplies_int8(part.format) {
            true => run.bind(4, [&rows.normed.rounded.raw, &rows.normed.scales.raw]),
            false => run.bind(4, [&rows.normed.values.raw]),
        };
        let run = self.rounding_to(run, &rows.inner);
        self.wide = 0;
        (self.inner, self.inner_rows) = (width, tokens);
        self.recorder.push(run)
    }
}
