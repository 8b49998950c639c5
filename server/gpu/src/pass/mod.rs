//! A forward pass of some tokens: the operations of a decoder, in the order in which it has them.
//!
//! The engine begins a pass with [`Gpu::begin`], records each layer (norm, product, attention,
//! product, norm, gated product, product), and ends with [`GpuPass::finish`],
//! [`GpuPass::logits`] or [`GpuPass::picks`]. Each method checks its shapes, because kernels run
//! without checks. A pass that is dropped or fails leaves the cache as long as it was.

use crate::cache::GpuCache;
use crate::error::require;
use crate::formats::BLOCK;
use crate::matrix::{GpuLowRank, GpuMatrix, GpuVector, MatrixPart};
use crate::products::{ProductRows, products};
use crate::recorder::{Dispatch, Recorder};
use crate::rows::{GpuRows, InputRows, TokenBuffers};
use crate::sources::{GateKind, Kernel};
use crate::steps::Step;
use crate::tokens::{PassTokens, TokenSpan, saturated};
use crate::{Gpu, GpuError};

mod attention;
mod experts;
mod gated;
mod head;
mod norms;

pub use attention::{GpuHeads, HeadNorms, HeadTemperature, HeadWeights};
pub use experts::{ExpertChoice, ExpertGateKind, ExpertMatrix};
pub use head::OutputHead;
pub use norms::RowNorm;

/// What a product multiplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductInput {
    /// What [`GpuPass::norm`] left.
    Normed,
    /// What [`GpuPass::attend`] or [`GpuPass::gate`] left.
    Inner,
}

/// Where a product goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ProductOutput {
    /// To the rows that [`GpuPass::attend`], [`GpuPass::gate`] and [`GpuPass::activate`] read.
    Wide,
    /// To the rows that [`GpuPass::add_normed`] reads.
    Out,
    /// It is added to the residual stream.
    Stream,
    /// It is added to the residual stream, times a factor.
    Scaled(f32),
}

/// The matrix of embeddings, and the factor of its rows.
#[derive(Clone, Copy)]
pub struct GpuEmbedding<'a> {
    /// A row for each token of the vocabulary.
    pub matrix: &'a GpuMatrix,
    /// What a row is multiplied with.
    pub factor: f32,
}

impl<'a> From<&'a GpuMatrix> for GpuEmbedding<'a> {
    fn from(matrix: &'a GpuMatrix) -> Self {
        GpuEmbedding {
            matrix,
            factor: 1.0,
        }
    }
}

/// A forward pass that is being recorded.
pub struct GpuPass<'a> {
    pub(crate) recorder: Recorder<'a>,
    pub(crate) rows: &'a mut GpuRows,
    cache: &'a GpuCache,
    tokens: PassTokens,
    /// Widths of the rows that are there now, and how many; 0 for none.
    pub(crate) wide: usize,
    pub(crate) wide_rows: usize,
    inner: usize,
    inner_rows: usize,
    is_normed: bool,
    has_out: bool,
    chosen: Option<experts::ChosenExperts>,
}

impl Gpu {
    /// Begins a pass of `tokens`, which are those of all `spans`: looks up their embeddings and
    /// makes room in the cache. While `is_cancelled` is true, nothing more is submitted.
    pub fn begin<'a, 'e>(
        &self,
        tokens: &[u32],
        spans: &[TokenSpan],
        embedding: impl Into<GpuEmbedding<'e>>,
        cache: &'a mut GpuCache,
        rows: &'a mut GpuRows,
        is_cancelled: impl Fn() -> bool + 'a,
    ) -> Result<GpuPass<'a>, GpuError> {
        self.check()?;
        let GpuEmbedding {
            matrix: embedding,
            factor,
        } = embedding.into();
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
        let mut recorder = Recorder::new(self, is_cancelled).with_groups(&rows.groups);
        for part in &embedding.parts {
            recorder.push(embed(part, width / BLOCK, factor, &tokens, buffers))?;
        }
        Ok(GpuPass {
            recorder,
            rows,
            cache,
            tokens,
            wide: 0,
            wide_rows: 0,
            inner: 0,
            inner_rows: 0,
            is_normed: false,
            has_out: false,
            chosen: None,
        })
    }
}

fn embed(
    part: &MatrixPart,
    blocks: usize,
    factor: f32,
    tokens: &PassTokens,
    rows: &TokenBuffers,
) -> Dispatch {
    let [blocks_arg, count, first, part_rows] =
        [blocks, tokens.count, part.first, part.rows].map(saturated);
    let kernel = Kernel::Embed(part.format);
    Dispatch::new(kernel, [blocks.div_ceil(kernel.threads()), tokens.count, 1])
        .bind(0, part.planes.iter().map(|plane| &plane.raw))
        .bind(4, [&rows.tokens.raw, &rows.stream.raw])
        .args(&[blocks_arg, count, first, part_rows, factor.to_bits()])
}

impl GpuPass<'_> {
    /// Binds what rounding writes, on devices whose kernels round.
    fn rounding_to(&self, dispatch: Dispatch, rows: &InputRows) -> Dispatch {
        match self.recorder.gpu.shared.has_int8 {
            true => dispatch.bind(8, [&rows.rounded.raw, &rows.scales.raw]),
            false => dispatch,
        }
    }

    /// The width of the rows of all tokens that a product takes; 0 if there are none.
    fn input_width(&self, input: ProductInput) -> usize {
        match input {
            ProductInput::Normed if self.is_normed => self.rows.widths.stream,
            ProductInput::Inner if self.inner_rows == self.tokens.count => self.inner,
            _ => 0,
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
        let (width, widths) = (self.input_width(input), self.rows.widths);
        let fits = match output {
            ProductOutput::Wide => matrix.rows <= widths.wide,
            _ => matrix.rows == widths.stream,
        };
        let is_valid = fits && matrix.cols == width;
        require(
            is_valid && bias.is_none_or(|bias| bias.len == matrix.rows),
            || {
                let GpuMatrix { rows, cols, .. } = matrix;
                format!("a product of {rows} x {cols} with an input of {width}, to {output:?}")
            },
        )?;
        match output {
            ProductOutput::Wide => (self.wide, self.wide_rows) = (matrix.rows, self.tokens.count),
            ProductOutput::Out => self.has_out = true,
            _ => {}
        }
        let out = self.output_buffer(output)?;
        let place = ProductRows {
            adds: !matches!(output, ProductOutput::Wide | ProductOutput::Out),
            factor: factor_of(output),
            ..ProductRows::whole(&out, matrix.rows)
        };
        let gpu = self.recorder.gpu.clone();
        let rows = self.rows.of_tokens()?;
        let input = match input {
            ProductInput::Normed => &rows.normed,
            ProductInput::Inner => &rows.inner,
        };
        for dispatch in products(&gpu, matrix, bias, self.tokens.count, input, place) {
            // The rows of results of layers are no rows of a token.
            let dispatch = match output {
                ProductOutput::Out => dispatch,
                _ => dispatch.kept(),
            };
            self.recorder.push(dispatch)?;
        }
        Ok(())
    }

    fn output_buffer(&mut self, output: ProductOutput) -> Result<wgpu::Buffer, GpuError> {
        if output == ProductOutput::Out {
            let bytes = 4 * (self.tokens.count * self.rows.widths.stream) as u64;
            let out = self.rows.out.at_least(&self.recorder.gpu, bytes)?;
            return Ok(out.raw.clone());
        }
        let rows = self.rows.of_tokens()?;
        Ok(match output {
            ProductOutput::Wide => rows.wide.raw.clone(),
            _ => rows.stream.raw.clone(),
        })
    }

    /// Adds what an adapter changes to a product that has just been made.
    pub fn add_low_rank(
        &mut self,
        update: &GpuLowRank,
        input: ProductInput,
        output: ProductOutput,
    ) -> Result<(), GpuError> {
        let GpuLowRank { a, b, first } = update;
        let tokens = self.tokens.count;
        let width = match output {
            ProductOutput::Wide if self.wide_rows == tokens => self.wide,
            ProductOutput::Wide => 0,
            _ => self.rows.widths.stream,
        };
        let is_valid =
            a.cols == self.input_width(input) && b.cols == a.rows && first + b.rows <= width;
        require(is_valid, || {
            format!("an update of {} rows from {first} on, of {width}", b.rows)
        })?;
        let gpu = self.recorder.gpu.clone();
        let out = self.output_buffer(output)?;
        self.rows.low(tokens * a.rows)?;
        let rows = self.rows.of_tokens()?;
        let input = match input {
            ProductInput::Normed => &rows.normed,
            ProductInput::Inner => &rows.inner,
        };
        let Some(low) = &self.rows.low else {
            return Err(GpuError::Invalid("no rows for an update".into()));
        };
        let place = ProductRows::whole(&low.values.raw, a.rows);
        let mut all = products(&gpu, a, None, tokens, input, place);
        let place = ProductRows {
            first: *first,
            adds: true,
            factor: factor_of(output),
            ..ProductRows::whole(&out, width)
        };
        all.extend(products(&gpu, b, None, tokens, low, place));
        all.into_iter()
            .try_for_each(|dispatch| self.recorder.push(dispatch))
    }

    /// The activation of the first half of the wide rows times their second half, to the inner
    /// rows. arXiv 2002.05202.
    pub fn gate(&mut self, kind: GateKind) -> Result<(), GpuError> {
        let width = self.wide / 2;
        let of_token = self.wide_rows / self.tokens.count;
        let is_valid = width > 0 && self.wide.is_multiple_of(2 * BLOCK);
        require(
            is_valid && width * of_token <= self.rows.widths.inner,
            || format!("gates and values of {} together", self.wide),
        )?;
        self.activate_by(Kernel::Gate(kind), width, of_token)
    }

    /// The activation of the wide rows, to the inner rows.
    pub fn activate(&mut self, kind: GateKind) -> Result<(), GpuError> {
        let is_valid = self.wide > 0
            && self.wide.is_multiple_of(BLOCK)
            && self.wide <= self.rows.widths.inner
            && self.wide_rows == self.tokens.count
            && kind != GateKind::ClampedSwiglu;
        require(is_valid, || {
            format!("{kind:?} of values of {} without a gate", self.wide)
        })?;
        self.activate_by(Kernel::Activate(kind), self.wide, 1)
    }

    fn activate_by(
        &mut self,
        kernel: Kernel,
        width: usize,
        of_token: usize,
    ) -> Result<(), GpuError> {
        let rows = self.rows.of_tokens()?;
        let blocks = width / BLOCK;
        // The kernels take the rows of a token one after the other.
        let groups = match of_token {
            1 => [self.tokens.count, 1],
            _ => [of_token, self.tokens.count],
        };
        let groups = [blocks.div_ceil(kernel.threads()), groups[0], groups[1]];
        let dispatch = Dispatch::new(kernel, groups)
            .bind(0, [&rows.wide.raw, &rows.inner.values.raw])
            .args(&[saturated(blocks)]);
        let dispatch = self.rounding_to(dispatch, &rows.inner).kept();
        (self.inner, self.inner_rows) = (width, self.wide_rows);
        self.recorder.push(dispatch)
    }

    /// Ends a pass without logits. It may still run when this returns; a later pass waits for it.
    pub fn finish(mut self) -> Result<(), GpuError> {
        self.recorder.submit()
    }
}

/// What a product is multiplied with.
fn factor_of(output: ProductOutput) -> f32 {
    match output {
        ProductOutput::Scaled(factor) => factor,
        _ => 1.0,
    }
}
