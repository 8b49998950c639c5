//! Norms within a pass: of the residual stream, and of a layer's result before it is added.

use super::GpuPass;
use crate::GpuError;
use crate::error::require;
use crate::formats::BLOCK;
use crate::matrix::GpuVector;
use crate::recorder::Dispatch;
use crate::sources::{Kernel, NormKind};
use crate::tokens::saturated;

/// A norm of rows: root mean square (arXiv 1910.07467), or with a bias a layer norm
/// (arXiv 1607.06450).
#[derive(Clone, Copy)]
pub struct RowNorm<'a> {
    /// What normed rows are multiplied with.
    pub weight: &'a GpuVector,
    /// What a layer norm adds.
    pub bias: Option<&'a GpuVector>,
    /// What is added to the mean square, or to the variance.
    pub eps: f32,
}

impl<'a> RowNorm<'a> {
    /// A root-mean-square norm.
    pub fn root_mean_square(weight: &'a GpuVector, eps: f32) -> RowNorm<'a> {
        RowNorm {
            weight,
            bias: None,
            eps,
        }
    }

    fn kind(self) -> NormKind {
        match self.bias {
            Some(_) => NormKind::Layer,
            None => NormKind::RootMeanSquare,
        }
    }

    fn check(self, width: usize) -> Result<(), GpuError> {
        let is_valid = self.weight.len == width && self.bias.is_none_or(|bias| bias.len == width);
        require(is_valid, || {
            format!("a norm of {} for a stream of {width}", self.weight.len)
        })
    }
}

impl GpuPass<'_> {
    /// Norms the residual stream, for products with [`ProductInput::Normed`](super::ProductInput).
    pub fn norm(&mut self, norm: RowNorm) -> Result<(), GpuError> {
        self.norm_last(norm, self.tokens.count)
    }

    /// The same for the last tokens only.
    pub(super) fn norm_last(&mut self, norm: RowNorm, count: usize) -> Result<(), GpuError> {
        let width = self.rows.widths.stream;
        norm.check(width)?;
        let rows = self.rows.of_tokens()?;
        let first = saturated(self.tokens.count - count);
        let normed = &rows.normed.values.raw;
        let dispatch = Dispatch::new(Kernel::Norm(norm.kind()), [count, 1, 1])
            .bind(0, [&rows.stream.raw, &norm.weight.buffer.raw, normed])
            .bind(3, norm.bias.map(|bias| &bias.buffer.raw))
            .args(&[saturated(width / BLOCK), first, norm.eps.to_bits()]);
        let dispatch = self.rounding_to(dispatch, &rows.normed).kept();
        self.is_normed = true;
        self.recorder.push(dispatch)
    }

    /// Norms what a product left with [`ProductOutput::Out`](super::ProductOutput), and adds it
    /// times `factor` to the residual stream.
    pub fn add_normed(&mut self, norm: RowNorm, factor: f32) -> Result<(), GpuError> {
        let width = self.rows.widths.stream;
        norm.check(width)?;
        require(self.has_out, || "no result to norm".into())?;
        let gpu = &self.recorder.gpu;
        let bytes = 4 * (self.tokens.count * width) as u64;
        let out = self.rows.out.at_least(gpu, bytes)?.raw.clone();
        let rows = self.rows.of_tokens()?;
        let kernel = Kernel::AddNormed(norm.kind());
        let dispatch = Dispatch::new(kernel, [self.tokens.count, 1, 1])
            .bind(0, [&out, &norm.weight.buffer.raw, &rows.stream.raw])
            .bind(3, norm.bias.map(|bias| &bias.buffer.raw))
            .args(&[
                saturated(width / BLOCK),
                norm.eps.to_bits(),
                factor.to_bits(),
            ]);
        self.has_out = false;
        self.recorder.push(dispatch)
    }
}
