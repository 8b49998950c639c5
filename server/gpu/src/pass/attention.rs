//! Attention within a pass: with few tokens in spans of the cache that run at once, with many in
//! tiles of queries.

use super::GpuPass;
use crate::GpuError;
use crate::cache::GpuCache;
use crate::error::require;
use crate::formats::BLOCK;
use crate::matrix::{GpuRotation, GpuVector};
use crate::recorder::Dispatch;
use crate::sources::{ATTENTION_ROWS, ATTENTION_SPAN, FEW_TOKENS, Kernel};
use crate::tokens::saturated;

/// How the heads of a layer attend. Query heads share key/value heads in equal groups.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GpuHeads {
    /// Query heads.
    pub heads: usize,
    /// Key/value heads.
    pub kv_heads: usize,
    /// Components of a head, a multiple of 8, at most 256.
    pub head_dim: usize,
    /// The factor of scores.
    pub scale: f32,
    /// Positions that a token attends to, its own included.
    pub window: Option<usize>,
    /// Limits scores softly (arXiv 2408.00118, section 2).
    pub soft_cap: Option<f32>,
    /// Makes queries of distant positions longer.
    pub temperature: Option<HeadTemperature>,
}

/// Queries are multiplied by 1 + scale * ln(1 + floor(position / length)).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeadTemperature {
    /// The factor of the logarithm.
    pub scale: f32,
    /// Positions of the same factor.
    pub length: usize,
}

/// What the heads of a layer have besides their product.
#[derive(Clone, Copy, Default)]
pub struct HeadWeights<'a> {
    /// Norms of queries and keys.
    pub norms: Option<HeadNorms<'a>>,
    /// How queries and keys are rotated.
    pub rotation: Option<&'a GpuRotation>,
    /// Each query head's score for attending to nothing.
    pub sinks: Option<&'a GpuVector>,
}

/// Root-mean-square norms of each query and key.
#[derive(Clone, Copy)]
pub struct HeadNorms<'a> {
    /// The weight for queries.
    pub query: &'a GpuVector,
    /// The weight for keys.
    pub key: &'a GpuVector,
    /// What is added to the mean square.
    pub eps: f32,
}

impl GpuPass<'_> {
    /// Attention of the wide rows, which are each token's queries, keys and values: norms and
    /// rotates queries and keys, writes keys and values to a layer of the cache, and leaves what
    /// the queries attend to in the inner rows, `[heads][head_dim]`.
    pub fn attend(
        &mut self,
        layer: usize,
        heads: &GpuHeads,
        weights: HeadWeights,
    ) -> Result<(), GpuError> {
        self.check_heads(layer, heads, weights)?;
        self.place(layer, heads, weights)?;
        self.inner = heads.heads * heads.head_dim;
        self.inner_rows = self.tokens.count;
        match self.tokens.count <= FEW_TOKENS {
            true => self.attend_few(layer, heads, weights.sinks),
            false => self.attend_many(layer, heads, weights.sinks),
        }
    }

    fn check_heads(
        &self,
        layer: usize,
        heads: &GpuHeads,
        weights: HeadWeights,
    ) -> Result<(), GpuError> {
        let GpuHeads {
            heads: count,
            kv_heads,
            head_dim,
            window,
            ..
        } = *heads;
        let (shape, widths) = (self.cache.shape, self.rows.widths);
        let is_valid = layer < shape.layers
            && (kv_heads, head_dim) == (shape.kv_heads, shape.head_dim)
            && head_dim <= 256
            && count > 0
            && count.is_multiple_of(kv_heads)
            && count / kv_heads <= 16
            && window != Some(0)
            && (count + 2 * kv_heads) * head_dim == self.wide
            && self.wide_rows == self.tokens.count
            && heads.soft_cap.is_none_or(|cap| cap > 0.0)
            && heads.temperature.is_none_or(|own| own.length > 0)
            && weights.sinks.is_none_or(|sinks| sinks.len == count)
            && count * head_dim <= widths.inner.min(widths.queries)
            && (count * head_dim).is_multiple_of(BLOCK);
        require(is_valid, || {
            format!(
                "{heads:?} in layer {layer} of {shape:?}, from rows of {}",
                self.wide
            )
        })?;
        if let Some(norms) = weights.norms {
            require(
                norms.query.len == head_dim && norms.key.len == head_dim,
                || format!("norms of {} and {}", norms.query.len, norms.key.len),
            )?;
        }
        if let Some(rotation) = weights.rotation {
            let (positions, pairs) = (rotation.positions, rotation.half);
            require(
                2 * pairs <= head_dim && self.tokens.end_position <= positions,
                || {
                    let end = self.tokens.end_position;
                    format!(
                        "rotations of {pairs} pairs and {positions} positions for {end} positions"
                    )
                },
            )?;
        }
        Ok(())
    }

    fn place(
        &mut self,
        layer: usize,
        heads: &GpuHeads,
        HeadWeights {
            norms, rotation, ..
        }: HeadWeights,
    ) -> Result<(), GpuError> {
        let rows = self.rows.of_tokens()?;
        let (keys, values, capacity) = cached(self.cache, layer)?;
        let nothing = &self.recorder.gpu.shared.nothing;
        let kernel = Kernel::Place {
            head_dim: heads.head_dim,
            has_norms: norms.is_some(),
        };
        let groups = [heads.heads + 2 * heads.kv_heads, self.tokens.count, 1];
        let table = rotation.map_or(nothing, |rotation| &rotation.buffer.raw);
        let half = rotation.map_or(0, |rotation| rotation.half);
        let interleaved = rotation.is_some_and(|rotation| rotation.interleaved);
        let heat = heads.temperature.map_or(0.0, |own| own.scale);
        let heat_length = heads.temperature.map_or(1, |own| own.length);
        let norm_weights = norms.map(|norms| [&norms.query.buffer.raw, &norms.key.buffer.raw]);
        let dispatch = Dispatch::new(kernel, groups)
            .bind(
                0,
                [
                    &rows.wide.raw,
                    &rows.tokens.raw,
                    table,
                    &rows.queries.raw,
                    keys,
                    values,
                ],
            )
            .bind(6, norm_weights.into_iter().flatten())
            .args(&[
                saturated(heads.heads),
                saturated(heads.kv_heads),
                saturated(self.tokens.first_slot),
                saturated(capacity),
                saturated(half),
                u32::from(interleaved),
                norms.map_or(0.0, |norms| norms.eps).to_bits(),
                heat.to_bits(),
                saturated(heat_length),
            ]);
        self.recorder.push(dispatch)
    }

    /// Attention in spans of the cache, which are then merged.
    fn attend_few(
        &mut self,
        layer: usize,
        heads: &GpuHeads,
        sinks: Option<&GpuVector>,
    ) -> Result<(), GpuError> {
        let GpuHeads {
            heads: count,
            kv_heads,
            head_dim,
            ..
        } = *heads;
        let (first_slot, end) = (self.tokens.first_slot, self.tokens.end_slot());
        let begin = (first_slot + 1).saturating_sub(self.tokens.reach(heads.window));
        let spans = (end - begin).div_ceil(ATTENTION_SPAN);
        let results = self.tokens.count * count * spans;
        let gpu = &self.recorder.gpu;
        let merged = self
            .rows
            .spans
            .at_least(gpu, 4 * (results * (head_dim + 2)) as u64)?;
        let merged = merged.raw.clone();
        let rows = self.rows.of_tokens()?;
        let (keys, values, capacity) = cached(self.cache, layer)?;
        let group = count / kv_heads;
        let attend = Kernel::AttendFew {
            head_dim,
            group,
            is_capped: heads.soft_cap.is_some(),
        };
        let attend = Dispatch::new(attend, [kv_heads, spans, self.tokens.count])
            .bind(
                0,
                [&rows.queries.raw, keys, values, &rows.tokens.raw, &merged],
            )
            .args(&[
                saturated(kv_heads),
                saturated(first_slot),
                saturated(begin),
                saturated(end),
                saturated(capacity),
                saturated(heads.window.unwrap_or(usize::MAX)),
                heads.scale.to_bits(),
                heads.soft_cap.unwrap_or_default().to_bits(),
            ])
            .work(2 * results * ATTENTION_SPAN * head_dim);
        self.recorder.push(attend)?;
        self.merge(heads, &merged, spans, sinks)
    }

    /// Puts the results of spans of the cache together.
    fn merge(
        &mut self,
        heads: &GpuHeads,
        merged: &wgpu::Buffer,
        spans: usize,
        sinks: Option<&GpuVector>,
    ) -> Result<(), GpuError> {
        let (count, head_dim) = (heads.heads, heads.head_dim);
        let kernel = Kernel::Merge {
            head_dim,
            has_sinks: sinks.is_some(),
        };
        let rows = self.rows.of_tokens()?;
        let merge = Dispatch::new(kernel, [count, self.tokens.count, 1])
            .bind(0, [merged, &rows.inner.values.raw])
            .bind(5, sinks.map(|sinks| &sinks.buffer.raw))
            .args(&[saturated(count), saturated(spans)]);
        let rounds = head_dim.is_multiple_of(BLOCK);
        let merge = match rounds {
            true => self.rounding_to(merge, &rows.inner),
            false => merge,
        };
        self.recorder.push(merge)?;
        match rounds {
            true => Ok(()),
            false => self.round_inner(),
        }
    }

    /// Attention of tiles of queries, each along all that its tokens see.
    fn attend_many(
        &mut self,
        layer: usize,
        heads: &GpuHeads,
        sinks: Option<&GpuVector>,
    ) -> Result<(), GpuError> {
        let GpuHeads {
            heads: count,
            kv_heads,
            head_dim,
            ..
        } = *heads;
        let rows = self.rows.of_tokens()?;
        let (keys, values, capacity) = cached(self.cache, layer)?;
        let (group, tokens) = (count / kv_heads, self.tokens.count);
        let tiles = (tokens * group).div_ceil(ATTENTION_ROWS);
        let kernel = Kernel::AttendMany {
            head_dim,
            group,
            is_capped: heads.soft_cap.is_some(),
            has_sinks: sinks.is_some(),
        };
        let reach = self.tokens.reach(heads.window);
        let seen = self.tokens.end_slot().min(reach.saturating_add(tokens));
        let dispatch = Dispatch::new(kernel, [tiles, kv_heads, 1])
            .bind(
                0,
                [
                    &rows.queries.raw,
                    keys,
                    values,
                    &rows.tokens.raw,
                    &rows.inner.values.raw,
                ],
            )
            .bind(5, sinks.map(|sinks| &sinks.buffer.raw))
            .args(&[
                saturated(kv_heads),
                saturated(tokens),
                saturated(self.tokens.first_slot),
                saturated(capacity),
                saturated(heads.window.unwrap_or(usize::MAX)),
                saturated(reach),
                heads.scale.to_bits(),
                heads.soft_cap.unwrap_or_default().to_bits(),
            ])
            .work(2 * tokens * count * seen * head_dim);
        self.recorder.push(dispatch)?;
        self.round_inner()
    }

    /// Rounds the inner rows, on devices that multiply int8.
    fn round_inner(&mut self) -> Result<(), GpuError> {
        if !self.recorder.gpu.shared.has_int8 {
            return Ok(());
        }
        let rows = self.rows.of_tokens()?;
        let blocks = self.inner / BLOCK;
        let groups = [
            blocks.div_ceil(Kernel::Round.threads()),
            self.tokens.count,
            1,
        ];
        let dispatch = Dispatch::new(Kernel::Round, groups)
            .bind(0, [&rows.inner.values.raw])
            .args(&[saturated(blocks)]);
        let dispatch = self.rounding_to(dispatch, &rows.inner).kept();
        self.recorder.push(dispatch)
    }
}

/// Keys, values and capacity of a layer.
fn cached(
    cache: &GpuCache,
    layer: usize,
) -> Result<(&wgpu::Buffer, &wgpu::Buffer, usize), GpuError> {
    let layer = cache.layer(layer);
    let layer =
        layer.ok_or_else(|| GpuError::Invalid("a layer that is not in the cache".into()))?;
    Ok((&layer.keys.raw, &layer.values.raw, layer.capacity))
}
