//! Grouped-query attention (arXiv 2305.13245) with optional biases and optional norms of queries
//! and keys.
//!
//! One product gives queries, keys and values. Keys and values go into the cache, then the query
//! heads that share a key/value head are computed together; heads and spans of tokens are the
//! pieces that threads share.

use std::cell::RefCell;
use std::ops::Range;

use half::slice::HalfFloatSliceExt;
use kernels::{DisjointMut, KvHead, attend};

use super::{Device, Linear, Matrix, PositionRange, RmsNorm, Rope, Scratch};
use crate::files::Tensors;
use crate::kv_cache::{HeadCache, KvCache};
use crate::models::Config;
use crate::{LoadError, RunError, Weights};

/// Tokens of one piece of parallel work.
const TOKENS_PER_PIECE: usize = 12;
/// Multiply-adds below which waking a worker costs more than it saves.
const MIN_PARALLEL_OPS: usize = 1 << 18;

thread_local! {
    /// This thread's attention scores; kept, because they are large and needed all the time.
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

    /// Reads `scratch.normed` and leaves the result in `scratch.out`. The rows are those of
    /// `ranges`; each range attends to the positions before it and to itself, and writes its keys
    /// and values to the cache.
    pub fn forward(
        &self,
        device: &Device,
        rope: &Rope,
        layer: usize,
        ranges: &[PositionRange],
        cache: &mut KvCache,
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
        let (qkv_width, out_width) = (self.qkv_width(), self.heads * self.head_dim);
        inner.resize(wide.len() / qkv_width * out_width, 0.0);
        let mut first = 0;
        for &PositionRange { start, len } in ranges {
            let rows = first..first + len;
            let qkv = &mut wide[rows.start * qkv_width..rows.end * qkv_width];
            let attended = &mut inner[rows.start * out_width..rows.end * out_width];
            self.write_cache(device, rope, layer, start, cache, qkv);
            self.attend(device, cache.layer(layer), start, qkv, attended);
            first += len;
        }
        self.output.forward(device, inner, out, activations)
    }

    /// Width of the queries, keys and values of one token.
    fn qkv_width(&self) -> usize {
        (self.heads + 2 * self.kv_heads) * self.head_dim
    }

    /// Norms and rotates queries and keys in place, and writes keys and values to the cache.
    fn write_cache(
        &self,
        device: &Device,
        rope: &Rope,
        layer: usize,
        start: usize,
        cache: &mut KvCache,
        qkv: &mut [f32],
    ) {
        for (i, row) in qkv.chunks_exact_mut(self.qkv_width()).enumerate() {
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

    /// Computes the attention of all tokens; `out` is `[tokens][heads][head_dim]`.
    fn attend(
        &self,
        device: &Device,
        cache: &[HeadCache],
        start: usize,
        qkv: &[f32],
        out: &mut [f32],
    ) {
        let tokens = qkv.len() / self.qkv_width();
        let spans = tokens.div_ceil(TOKENS_PER_PIECE);
        let out = DisjointMut::new(out);
        let piece = |piece: usize| {
            let (kv_head, first) = (piece / spans, piece % spans * TOKENS_PER_PIECE);
            let span = first..(first + TOKENS_PER_PIECE).min(tokens);
            self.attend_piece(device, &cache[kv_head], kv_head, start, span, qkv, out);
        };
        let pieces = self.kv_heads * spans;
        if tokens * (start + tokens) * self.heads * self.head_dim < MIN_PARALLEL_OPS {
            (0..pieces).for_each(piece);
        } else {
            device.run(pieces, &piece);
        }
    }

    /// Computes the attention of some tokens for the query heads that share a key/value head.
    #[allow(clippy::too_many_arguments)]
    fn attend_piece(
        &self,
        device: &Device,
        cache: &HeadCache,
        kv_head: usize,
        start: usize,
        span: Range<usize>,
        qkv: &[f32],
        out: DisjointMut<f32>,
    ) {
        let group = self.heads / self.kv_heads;
        let width = group * self.head_dim;
        // The group's query heads of all tokens of the span, row after row.
        let mut queries = Vec::with_capacity(span.len() * width);
        let mut visible = Vec::with_capacity(span.len() * group);
        for token in span.clone() {
            let from = token * self.qkv_width() + kv_head * width;
            queries.extend_from_slice(&qkv[from..from + width]);
            visible.extend(std::iter::repeat_n(start + token + 1, group));
        }
        let mut result = vec![0.0; queries.len()];
        let head = KvHead {
            keys: cache.keys.reinterpret_cast(),
            values: cache.values.reinterpret_cast(),
            head_dim: self.head_dim,
            scale: 1.0 / (self.head_dim as f32).sqrt(),
        };
        SCORES.with_borrow_mut(|scores| {
            attend(device.isa, head, &queries, &visible, &mut result, scores);
        });
        for (token, result) in span.zip(result.chunks_exact(width)) {
            let at = (token * self.heads + kv_head * group) * self.head_dim;
            // SAFETY: every piece has tokens or heads of its own.
            unsafe { out.part(at, width) }.copy_from_slice(result);
        }
    }
}
