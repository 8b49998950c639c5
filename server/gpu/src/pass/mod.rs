//! A forward pass of some tokens: the operations of a decoder, in the order in which it has them.
//!
//! The engine begins a pass with [`Gpu::begin`], records each layer (norm, product, attention,
//! product, norm, product, gate, product), and ends with [`GpuPass::finish`],
//! [`GpuPass::logits`] or [`GpuPass::picks`]. Each method checks its shapes, because kernels run
//! without checks. A pass that is dropped or fails leaves the cache as long as it was.

use crate::cache::GpuCache;
use crate::error::require;
use crate::formats::BLOCK;
use crate::matrix::{GpuMatrix, GpuVector, MatrixPart};
use crate::products::products;
use crate::recorder::{Dispatch, Recorder};
use crate::rows::{GpuRows, InputRows, TokenBuffers};
use crate::sources::{GateKind, Kernel};
use crate::steps::Step;
use crate::tokens::{PassTokens, TokenSpan, saturated};
use crate::{Gpu, GpuError};

mod attention;
mod head;

pub use attention::{GpuHeads, HeadNorms};
pub use head::OutputHead;

/// What a product multiplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductInput {
    /// What [`GpuPass::norm`] left.
    Normed,
    /// What [`GpuPass::attend`] or [`GpuPass::gate`] left.
    Inner,
}

/// Where a product goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductOutput {
    /// To the rows that [`GpuPass::attend`] and [`GpuPass::gate`] read.
    Wide,
    /// It is added to the residual stream.
    Stream,
}

/// A forward pass that is being recorded.
pub struct GpuPass<'a> {
    pub(crate) recorder: Recorder<'a>,
    pub(crate) rows: &'a mut GpuRows,
    cache: &'a GpuCache,
    tokens: PassTokens,
    /// Widths of the rows that are there now; 0 for none.
    pub(crate) wide: usize,
    inner: usize,
    is_normed: bool,
}

impl Gpu {
    /// Begins a pass of `tokens`, which are those of all `spans`: looks up their embeddings and
    /// makes room in the cache. While `is_cancelled` is true, nothing more is submitted.
    pub fn begin<'a>(
        &self,
        tokens: &[u32],
        spans: &[TokenSpan],
        embedding: &GpuMatrix,
        cache: &'a mut GpuCache,
        rows: &'a mut GpuRows,
        is_cancelled: impl Fn() -> bool + 'a,
    ) -> Result<GpuPass<'a>, GpuError> {
        self.check()?;
        let width = rows.widths.stream;
        let is_known = tokens
            .iter()
            .all(|token| (*token as usize) < embedding.rows);
        require(is_known && embedding.cols == width, || {
            let GpuMatrix { rows, cols, .. } = embedding;
            format!("embeddings of {rows} x {cols} for a stream of {width}, or an unknown token")
        })?;
        let tokens = PassTokens::new(tokens, spans, cache.len())?;
        cache.reserve(tokens.end_slot())?;
        rows.reserve(tokens.count)?;
        let buffers = rows.of_tokens()?;
        let records = bytemuck::cast_slice(&tokens.records);
        self.step(Step::Submit)?;
        self.guarded(|| {
            self.shared
                .queue
                .write_buffer(&buffers.tokens.raw, 0, records)
        })?;
        let mut recorder = Recorder::new(self, Box::new(is_cancelled)).keeping(&rows.groups);
        for part in &embedding.parts {
            recorder.push(embed(part, width / BLOCK, &tokens, buffers))?;
        }
        Ok(GpuPass {
            recorder,
            rows,
            cache,
            tokens,
            wide: 0,
            inner: 0,
            is_normed: false,
        })
    }
}

fn embed(part: &MatrixPart, blocks: usize, tokens: &PassTokens, rows: &TokenBuffers) -> Dispatch {
    let kernel = Kernel::Embed(part.format);
    Dispatch::new(kernel, [blocks.div_ceil(kernel.threads()), tokens.count, 1])
        .bind(0, part.planes.iter().map(|plane| &plane.raw))
        .bind(4, [&rows.tokens.raw, &rows.stream.raw])
        .args(&[blocks, tokens.count, part.first, part.rows].map(saturated))
}

impl GpuPass<'_> {
    /// The root-mean-square norm of the residual stream.
    pub fn norm(&mut self, weight: &GpuVector, eps: f32) -> Result<(), GpuError> {
        self.norm_last(weight, eps, self.tokens.count)
    }

    /// The same for the last tokens only.
    fn norm_last(&mut self, weight: &GpuVector, eps: f32, count: usize) -> Result<(), GpuError> {
        let width = self.rows.widths.stream;
        require(weight.len == width, || {
            format!("a norm of {} for a stream of {width}", weight.len)
        })?;
        let rows = self.rows.of_tokens()?;
        let first = saturated(self.tokens.count - count);
        let dispatch = Dispatch::new(Kernel::Norm, [count, 1, 1])
            .bind(
                0,
                [
                    &rows.stream.raw,
                    &weight.buffer.raw,
                    &rows.normed.values.raw,
                ],
            )
            .args(&[saturated(width / BLOCK), first, eps.to_bits()]);
        let dispatch = self.rounding_to(dispatch, &rows.normed).kept();
        self.is_normed = true;
        self.recorder.push(dispatch)
    }

    /// Binds what rounding writes, on devices whose kernels round.
    fn rounding_to(&self, dispatch: Dispatch, rows: &InputRows) -> Dispatch {
        match self.recorder.gpu.shared.has_int8 {
            true => dispatch.bind(8, [&rows.rounded.raw, &rows.scales.raw]),
            false => dispatch,
        }
    }

    /// `input * matrix^T + bias` for all tokens.
    pub fn product(
        &mut self,
        matrix: &GpuMatrix,
        bias: Option<&GpuVector>,
        input: ProductInput,
        output: ProductOutput,
    ) -> Result<(), GpuError> {
        let widths = self.rows.widths;
        let width = match input {
            ProductInput::Normed if self.is_normed => widths.stream,
            ProductInput::Normed => 0,
            ProductInput::Inner => self.inner,
        };
        let fits = match output {
            ProductOutput::Wide => matrix.rows <= widths.wide,
            ProductOutput::Stream => matrix.rows == widths.stream,
        };
        let is_valid = fits && matrix.cols == width;
        require(
            is_valid && bias.is_none_or(|bias| bias.len == matrix.rows),
            || {
                let GpuMatrix { rows, cols, .. } = matrix;
                format!("a product of {rows} x {cols} with an input of {width}, to {output:?}")
            },
        )?;
        let rows = self.rows.of_tokens()?;
        let input = match input {
            ProductInput::Normed => &rows.normed,
            ProductInput::Inner => &rows.inner,
        };
        let (out, adds) = match output {
            ProductOutput::Wide => (&rows.wide.raw, false),
            ProductOutput::Stream => (&rows.stream.raw, true),
        };
        let gpu = self.recorder.gpu.clone();
        let count = self.tokens.count;
        for dispatch in products(&gpu, matrix, bias, [count, usize::from(adds)], input, out) {
            self.recorder.push(dispatch.kept())?;
        }
        if output == ProductOutput::Wide {
            self.wide = matrix.rows;
        }
        Ok(())
    }

    /// The activation of the first half of the wide rows times their second half, to the inner
    /// rows. arXiv 2002.05202.
    pub fn gate(&mut self, kind: GateKind) -> Result<(), GpuError> {
        let width = self.wide / 2;
        let is_valid = width > 0 && self.wide.is_multiple_of(2 * BLOCK);
        require(is_valid && width <= self.rows.widths.inner, || {
            format!("gates and values of {} together", self.wide)
        })?;
        let rows = self.rows.of_tokens()?;
        let (kernel, blocks) = (Kernel::Gate(kind), width / BLOCK);
        let groups = [blocks.div_ceil(kernel.threads()), self.tokens.count, 1];
        let dispatch = Dispatch::new(kernel, groups)
            .bind(0, [&rows.wide.raw, &rows.inner.values.raw])
            .args(&[saturated(blocks)]);
        let dispatch = self.rounding_to(dispatch, &rows.inner).kept();
        self.inner = width;
        self.recorder.push(dispatch)
    }

    /// Ends a pass without logits. It may still run when this returns; a later pass waits for it.
    pub fn finish(mut self) -> Result<(), GpuError> {
        self.recorder.submit()
    }
}
