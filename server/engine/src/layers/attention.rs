//! Grouped-query attention (arXiv 2305.13245) with optional biases and optional norms of queries
//! and keys.
//!
//! One product gives queries, keys and values. Keys and values go into the cache, then each
//! key/value head attends for all query heads of its group at once; heads and spans of rows are the
//! pieces that threads share.

use std::cell::RefCell;

use half::slice::HalfFloatSliceExt;
use kernels::{DisjointMut, KvHead, attend};

use super::{Device, Linear, Matrix, RmsNorm, Rope, Run, Scratch};
use crate::cache::Cache;
use crate::files::Tensors;
use crate::models::Config;
use crate::{LoadError, RunError, Weights};

/// Query tokens of one piece of work.
const SPAN: usize = 12;
/// Multiply-adds below which a helper is not woken.
const ALONE: usize = 1 << 18;

thread_local! {
    /// A thread's scores; kept, because they are large and asked for all the time.
    static SCORES: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// The projections of one layer.
pub struct Attention {
    qkv: Linear,
    output: Linear,
    norms: Option<(RmsNorm, RmsNorm)>,
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
}

impl Attention {
    /// Reads `q_proj`, `k_proj`, `v_proj`, `o_proj` and perhaps `q_norm`, `k_norm` under `name`.
    pub fn load(
        tensors: &Tensors,
        name: &str,
        config: &Config,
        weights: Weights,
    ) -> Result<Attention, LoadError> {
        let Config {
            hidden_size,
            num_attention_heads: heads,
            num_key_value_heads: kv_heads,
            head_dim,
            ..
        } = *config;
        let part = |part: &str| format!("{name}.{part}");
        let (q, k, v, o) = (
            part("q_proj"),
            part("k_proj"),
            part("v_proj"),
            part("o_proj"),
        );
        let rows = [
            (q.as_str(), heads * head_dim),
            (k.as_str(), kv_heads * head_dim),
            (v.as_str(), kv_heads * head_dim),
        ];
        let qkv = Linear::load(tensors, &rows, hidden_size, weights)?;
        let output = Linear::load(tensors, &[(&o, hidden_size)], heads * head_dim, weights)?;
        let norm = |name: &str| RmsNorm::load(tensors, &part(name), head_dim, config.rms_norm_eps);
        let norms = if config.qk_norm {
            Some((norm("q_norm")?, norm("k_norm")?))
        } else {
            None
        };
        Ok(Attention {
            qkv,
            output,
            norms,
            heads,
            kv_heads,
            head_dim,
        })
    }

    /// Its two matrices.
    pub fn matrices(&self) -> [&Matrix; 2] {
        [self.qkv.matrix(), self.output.matrix()]
    }

    /// Reads `scratch.normed`, leaves the result in `scratch.out`. The rows are those of `runs`;
    /// each run sees the positions in front of its own and itself, and leaves keys and values
    /// there.
    pub fn forward(
        &self,
        device: &Device,
        rope: &Rope,
        layer: usize,
        runs: &[Run],
        cache: &mut Cache,
        scratch: &mut Scratch,
    ) -> Result<(), RunError> {
        let Scratch {
            activations,
            normed,
            wide,
            inner,
            out,
            ..
        } = scratch;
        self.qkv.forward(device, normed, wide, activations)?;
        let (width, attended) = (self.width(), self.heads * self.head_dim);
        inner.resize(wide.len() / width * attended, 0.0);
        let mut from = 0;
        for &Run { start, tokens } in runs {
            let rows = &mut wide[from * width..(from + tokens) * width];
            self.place(device, rope, layer, start, cache, rows);
            self.attend(
                device,
                layer,
                start,
                cache,
                rows,
                &mut inner[from * attended..(from + tokens) * attended],
            );
            from += tokens;
        }
        self.output.forward(device, inner, out, activations)
    }

    /// Queries, keys and values of one token.
    fn width(&self) -> usize {
        (self.heads + 2 * self.kv_heads) * self.head_dim
    }

    /// Norms and rotates queries and keys in place, and writes keys and values to the cache.
    fn place(
        &self,
        device: &Device,
        rope: &Rope,
        layer: usize,
        start: usize,
        cache: &mut Cache,
        wide: &mut [f32],
    ) {
        for (i, row) in wide.chunks_exact_mut(self.width()).enumerate() {
            let (queries, rest) = row.split_at_mut(self.heads * self.head_dim);
            let (keys, values) = rest.split_at_mut(self.kv_heads * self.head_dim);
            for head in queries.chunks_exact_mut(self.head_dim) {
                if let Some((norm, _)) = &self.norms {
                    norm.forward_head(device, head);
                }
                rope.forward(device, head, start + i);
            }
            let pairs = keys
                .chunks_exact_mut(self.head_dim)
                .zip(values.chunks_exact(self.head_dim));
            for (h, (key, value)) in pairs.enumerate() {
                if let Some((_, norm)) = &self.norms {
                    norm.forward_head(device, key);
                }
                rope.forward(device, key, start + i);
                cache.write(layer, h, start + i, key, value);
            }
        }
    }

    /// Attends for all tokens; `out` is `[tokens][heads][head_dim]`.
    fn attend(
        &self,
        device: &Device,
        layer: usize,
        start: usize,
        cache: &Cache,
        wide: &[f32],
        out: &mut [f32],
    ) {
        let (head_dim, group) = (self.head_dim, self.heads / self.kv_heads);
        let (row, tokens) = (self.heads * head_dim, wide.len() / self.width());
        let shards = DisjointMut::new(out);
        let spans = tokens.div_ceil(SPAN);
        let scale = 1.0 / (head_dim as f32).sqrt();
        let piece = |piece: usize| {
            let (kv_head, span) = (piece / spans, piece % spans);
            let (first, last) = (span * SPAN, (span * SPAN + SPAN).min(tokens));
            let at = |token: usize| (token * self.heads + kv_head * group) * head_dim;
            // The group's heads of all tokens of the span, row after row.
            let mut queries = Vec::with_capacity((last - first) * group * head_dim);
            let mut seen = Vec::with_capacity((last - first) * group);
            for token in first..last {
                let from = token * self.width() + kv_head * group * head_dim;
                queries.extend_from_slice(&wide[from..from + group * head_dim]);
                seen.extend(std::iter::repeat_n(start + token + 1, group));
            }
            let mut result = vec![0.0; queries.len()];
            let head = &cache.layer(layer)[kv_head];
            let (keys, values) = (head.keys.reinterpret_cast(), head.values.reinterpret_cast());
            let head = KvHead {
                keys,
                values,
                head_dim,
                scale,
            };
            SCORES.with_borrow_mut(|scores| {
                attend(device.isa, head, &queries, &seen, &mut result, scores);
            });
            for (token, result) in (first..last).zip(result.chunks_exact(group * head_dim)) {
                // SAFETY: every piece has tokens or heads of its own.
                unsafe { shards.part(at(token), group * head_dim) }.copy_from_slice(result);
            }
        };
        let pieces = self.kv_heads * spans;
        if tokens * (start + tokens) * row < ALONE {
            (0..pieces).for_each(piece);
        } else {
            device.run(pieces, &piece);
        }
    }
}
