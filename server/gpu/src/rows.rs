//! Buffers for the intermediate rows of a pass; they keep their memory from pass to pass.

use crate::bind_groups::BindGroups;
use crate::buffers::GpuBuffer;
use crate::error::require;
use crate::formats::BLOCK;
use crate::tokens::MAX_TOKENS;
use crate::{Gpu, GpuError};

/// Tokens of the smallest buffers.
const MIN_TOKENS: usize = 8;

/// Values of a token's rows; all are multiples of 32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowWidths {
    /// The residual stream.
    pub stream: usize,
    /// The widest result of a product within a layer: queries, keys and values, or gates and
    /// values.
    pub wide: usize,
    /// The widest input of the second products: gated values, or the result of attention.
    pub inner: usize,
    /// Queries of all heads.
    pub queries: usize,
}

/// Buffers for the intermediate rows of a pass. Those of a model that is dropped must be dropped
/// too: they keep its weights in memory.
pub struct GpuRows {
    pub(crate) gpu: Gpu,
    pub(crate) widths: RowWidths,
    per_token: Option<TokenBuffers>,
    /// Of the layers' kernels, with `per_token` and weights.
    pub(crate) groups: BindGroups,
    /// Attention of few tokens, before it is put together.
    pub(crate) spans: Growing,
    /// The result of a layer, where a norm comes before it is added to the residual stream.
    pub(crate) out: Growing,
    /// What the first matrix of an adapter gives.
    pub(crate) low: Option<InputRows>,
    /// The experts of each token, their weights, and the pairs of both by expert.
    pub(crate) chosen: Growing,
    pub(crate) expert_weights: Growing,
    pub(crate) pairs: Growing,
    pub(crate) logits: Growing,
    pub(crate) wanted: Growing,
    pub(crate) picked: Growing,
}

/// Rows of up to `capacity` tokens.
pub(crate) struct TokenBuffers {
    capacity: usize,
    pub tokens: GpuBuffer,
    pub stream: GpuBuffer,
    pub normed: InputRows,
    pub wide: GpuBuffer,
    pub queries: GpuBuffer,
    pub inner: InputRows,
}

/// Rows that products take: as f32, and rounded to int8 with a scale and a sum for each block.
pub(crate) struct InputRows {
    pub values: GpuBuffer,
    pub rounded: GpuBuffer,
    pub scales: GpuBuffer,
}

/// A buffer that is made again when more is needed.
#[derive(Default)]
pub(crate) struct Growing(Option<GpuBuffer>);

impl Growing {
    /// The buffer, with at least so many bytes.
    pub fn at_least(&mut self, gpu: &Gpu, bytes: u64) -> Result<&GpuBuffer, GpuError> {
        let kept = self.0.take().filter(|buffer| buffer.bytes() >= bytes);
        let buffer = match kept {
            Some(buffer) => buffer,
            None => gpu.buffer(bytes)?,
        };
        Ok(self.0.insert(buffer))
    }
}

impl InputRows {
    fn new(gpu: &Gpu, values: usize) -> Result<InputRows, GpuError> {
        let values = values as u64;
        Ok(InputRows {
            values: gpu.buffer(4 * values)?,
            rounded: gpu.buffer(values)?,
            scales: gpu.buffer(8 * values / BLOCK as u64)?,
        })
    }
}

impl Gpu {
    /// Buffers for rows of these widths; they get their memory when a pass begins.
    pub fn rows(&self, widths: RowWidths) -> Result<GpuRows, GpuError> {
        let RowWidths {
            stream,
            wide,
            inner,
            queries,
        } = widths;
        let all = [stream, wide, inner, queries];
        require(
            all.iter()
                .all(|width| *width > 0 && width.is_multiple_of(BLOCK)),
            || format!("rows of {widths:?}"),
        )?;
        Ok(GpuRows {
            gpu: self.clone(),
            widths,
            per_token: None,
            groups: BindGroups::default(),
            spans: Growing::default(),
            out: Growing::default(),
            low: None,
            chosen: Growing::default(),
            expert_weights: Growing::default(),
            pairs: Growing::default(),
            logits: Growing::default(),
            wanted: Growing::default(),
            picked: Growing::default(),
        })
    }
}

impl GpuRows {
    /// The buffers for so many tokens.
    pub(crate) fn reserve(&mut self, tokens: usize) -> Result<(), GpuError> {
        let kept = self.per_token.take().filter(|rows| rows.capacity >= tokens);
        self.per_token = Some(match kept {
            Some(rows) => rows,
            None => {
                self.groups.clear();
                let capacity = tokens.next_power_of_two().clamp(MIN_TOKENS, MAX_TOKENS);
                TokenBuffers::new(&self.gpu, self.widths, capacity)?
            }
        });
        Ok(())
    }

    /// Rows for what the first matrix of an adapter gives.
    pub(crate) fn low(&mut self, values: usize) -> Result<&InputRows, GpuError> {
        let needed = 4 * values as u64;
        let kept = self.low.take().filter(|rows| rows.values.bytes() >= needed);
        let rows = match kept {
            Some(rows) => rows,
            None => InputRows::new(&self.gpu, values.next_multiple_of(BLOCK))?,
        };
        Ok(self.low.insert(rows))
    }

    /// The buffers of the pass, which has begun.
    pub(crate) fn of_tokens(&self) -> Result<&TokenBuffers, GpuError> {
        let rows = self.per_token.as_ref();
        rows.ok_or_else(|| GpuError::Invalid("a pass without tokens".into()))
    }
}

impl TokenBuffers {
    fn new(gpu: &Gpu, widths: RowWidths, capacity: usize) -> Result<TokenBuffers, GpuError> {
        let f32_rows = |width: usize| gpu.buffer(4 * (width * capacity) as u64);
        Ok(TokenBuffers {
            capacity,
            tokens: gpu.buffer(16 * capacity as u64)?,
            stream: f32_rows(widths.stream)?,
            normed: InputRows::new(gpu, widths.stream * capacity)?,
            wide: f32_rows(widths.wide)?,
            queries: f32_rows(widths.queries)?,
            inner: InputRows::new(gpu, widths.inner * capacity)?,
        })
    }
}
