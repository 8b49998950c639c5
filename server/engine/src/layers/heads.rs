//! Attention of query heads to the cached keys and values of the heads they share.
//!
//! The kinds of attention layer compute queries and write the cache; this part is the same for all.
//! The query heads that share a key/value head are computed together; heads and spans of tokens are
//! the pieces that threads share.

use std::cell::RefCell;
use std::ops::Range;

use half::slice::HalfFloatSliceExt;
use kernels::{DisjointMut, KvHead, Visible, attend};

use super::Device;
use crate::kv_cache::HeadCache;

/// Tokens of one piece of parallel work.
const TOKENS_PER_PIECE: usize = 12;
/// Multiply-adds below which waking a worker costs more than it saves.
const MIN_PARALLEL_OPS: usize = 1 << 18;

thread_local! {
    /// This thread's attention scores; kept, because they are large and needed all the time.
    static SCORES: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// How the heads of a layer attend.
pub struct AttentionHeads {
    /// Query heads.
    pub count: usize,
    /// Key/value heads, each shared by equally many query heads.
    pub kv_count: usize,
    /// Components of a query and of a key.
    pub key_dim: usize,
    /// Components of a value and of a result.
    pub value_dim: usize,
    /// The factor of scores.
    pub scale: f32,
    /// Softly limits scores; 0 for no cap.
    pub soft_cap: f32,
    /// Positions that a token attends to, its own included.
    pub window: Option<usize>,
    /// Each query head's score for attending to nothing; empty for none.
    pub sinks: Vec<f32>,
}

/// The queries of consecutive tokens.
#[derive(Clone, Copy)]
pub struct TokenQueries<'a> {
    /// Rows that begin with the queries of all heads, `[heads][key_dim]`.
    pub rows: &'a [f32],
    /// Length of a row.
    pub width: usize,
    /// The position of the first token.
    pub start: usize,
}

impl AttentionHeads {
    /// Computes the attention of all tokens; `out` is `[tokens][heads][value_dim]`.
    pub fn attend(
        &self,
        device: &Device,
        cache: &[HeadCache],
        queries: TokenQueries,
        out: &mut [f32],
    ) {
        let tokens = queries.rows.len() / queries.width;
        let spans = tokens.div_ceil(TOKENS_PER_PIECE);
        let out = DisjointMut::new(out);
        let piece = |piece: usize| {
            let (kv_head, first) = (piece / spans, piece % spans * TOKENS_PER_PIECE);
            let span = first..(first + TOKENS_PER_PIECE).min(tokens);
            self.attend_piece(device, &cache[kv_head], kv_head, span, queries, out);
        };
        let pieces = self.kv_count * spans;
        let positions = queries.start + tokens;
        if tokens * positions * self.count * self.key_dim < MIN_PARALLEL_OPS {
            (0..pieces).for_each(piece);
        } else {
            device.run(pieces, &piece);
        }
    }

    /// Computes the attention of some tokens for the query heads that share a key/value head.
    fn attend_piece(
        &self,
        device: &Device,
        cache: &HeadCache,
        kv_head: usize,
        span: Range<usize>,
        queries: TokenQueries,
        out: DisjointMut<f32>,
    ) {
        let group = self.count / self.kv_count;
        let width = group * self.key_dim;
        // The group's query heads of all tokens of the span, row after row.
        let mut rows = Vec::with_capacity(span.len() * width);
        let mut visible = Vec::with_capacity(span.len() * group);
        for token in span.clone() {
            let from = token * queries.width + kv_head * width;
            rows.extend_from_slice(&queries.rows[from..from + width]);
            let end = queries.start + token + 1;
            let start = self.window.map_or(0, |window| end.saturating_sub(window));
            visible.extend((0..group).map(|i| Visible {
                start,
                end,
                sink: self.sink(kv_head * group + i),
            }));
        }
        let width = group * self.value_dim;
        let mut result = vec![0.0; span.len() * width];
        let head = KvHead {
            keys: cache.keys.reinterpret_cast(),
            values: cache.values.reinterpret_cast(),
            key_dim: self.key_dim,
            value_dim: self.value_dim,
            scale: self.scale,
            soft_cap: self.soft_cap,
        };
        SCORES.with_borrow_mut(|scores| {
            attend(device.isa, head, &rows, &visible, &mut result, scores);
        });
        for (token, result) in span.zip(result.chunks_exact(width)) {
            let at = (token * self.count + kv_head * group) * self.value_dim;
            // SAFETY: every piece has tokens or heads of its own.
            unsafe { out.part(at, width) }.copy_from_slice(result);
        }
    }

    fn sink(&self, head: usize) -> f32 {
        self.sinks.get(head).copied().unwrap_or(f32::NEG_INFINITY)
    }
}
