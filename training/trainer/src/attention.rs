//! Causal attention with grouped queries over the samples of a batch, forward and backward, in f32.
//!
//! Tokens attend only to earlier tokens of their own sample. Scores are made for a few queries at a
//! time and never kept: the backward pass makes them again from the saved log-sum-exp of each row,
//! as in FlashAttention (arXiv 2205.14135).

use crate::layers::{dot, exp, exp_all, largest};
use crate::product::{View, tiles};
use crate::quantized::PANEL;
use std::ops::Range;

/// Queries whose scores are in memory at a time; a multiple of the tile's rows.
const QUERIES: usize = 96;
/// The width of a head; that of a panel.
pub const HEAD: usize = PANEL;

/// The heads, as they lie in a token's row: queries, keys, values.
#[derive(Clone, Copy)]
pub struct Heads {
    pub queries: usize,
    pub keys: usize,
}

impl Heads {
    /// Values in a token's row of queries, keys and values.
    pub fn row(self) -> usize {
        (self.queries + 2 * self.keys) * HEAD
    }

    /// Query heads that share a key head.
    fn group(self) -> usize {
        self.queries / self.keys
    }

    fn is_first_of_group(self, head: usize) -> bool {
        head.is_multiple_of(self.group())
    }

    fn key(self, head: usize) -> usize {
        (self.queries + head / self.group()) * HEAD
    }

    fn value(self, head: usize) -> usize {
        self.key(head) + self.keys * HEAD
    }
}

/// Memory that is used again from call to call.
#[derive(Default)]
pub struct Scratch {
    scores: Vec<f32>,
    d_scores: Vec<f32>,
    keys: Vec<f32>,
    values: Vec<f32>,
}

/// `from` [tokens][row], 64 columns from `at` on, turned round: [64][padded]; what is beyond the
/// tokens is 0.
fn turn(from: &[f32], row: usize, at: usize, padded: usize, to: &mut Vec<f32>) {
    to.clear();
    to.resize(HEAD * padded, 0.0);
    for first in (0..from.len() / row).step_by(16) {
        for (i, to) in to.chunks_exact_mut(padded).enumerate() {
            let tokens = from[first * row..].chunks_exact(row).zip(&mut to[first..]).take(16);
            tokens.for_each(|(from, to)| *to = from[at + i]);
        }
    }
}

/// One sample's rows and what the functions below share.
struct Sample<'a> {
    heads: Heads,
    /// [length][heads.row()]
    qkv: &'a [f32],
    length: usize,
    padded: usize,
}

impl Sample<'_> {
    /// scores [queries][padded] = the products of queries `range` of a head with the rows that were
    /// turned into `with`.
    fn products(&self, view: View, range: &Range<usize>, with: &[f32], scores: &mut [f32]) {
        for first in (0..range.end).step_by(PANEL) {
            let (b, c) = ((&with[first..], self.padded), (&mut scores[first..], self.padded));
            tiles(view, range.len(), HEAD, b, c, false);
        }
    }

    fn queries(&self, head: usize, range: &Range<usize>) -> View<'_> {
        let row = self.heads.row();
        View { from: &self.qkv[range.start * row + head * HEAD..], row_step: row, step: 1 }
    }
}

/// Softmax of the scores of queries `range`, zeros after each query's own position. Returns
/// log-sum- exp by query.
fn softmax(scores: &mut [f32], padded: usize, range: &Range<usize>, sums: &mut [f32]) {
    let scale = 1.0 / (HEAD as f32).sqrt();
    for (query, row) in range.clone().zip(scores.chunks_exact_mut(padded)) {
        let (seen, hidden) = row.split_at_mut(query + 1);
        let top = largest(seen);
        let sum = exp_all(seen, top, scale);
        let inverse = 1.0 / sum;
        seen.iter_mut().for_each(|value| *value *= inverse);
        hidden.fill(0.0);
        sums[query - range.start] = sum.ln() + top * scale;
    }
}

/// out [tokens][queries * 64] of `qkv` [tokens][row]; `sums` [queries][tokens] keeps the log-sum-
/// exp.
pub fn forward(
    heads: Heads,
    samples: &[Range<usize>],
    qkv: &[f32],
    out: &mut [f32],
    sums: &mut [f32],
    scratch: &mut Scratch,
) {
    let (row, width) = (heads.row(), heads.queries * HEAD);
    let tokens = qkv.len() / row;
    for sample in samples {
        let length = sample.len();
        let padded = length.next_multiple_of(PANEL);
        let qkv = &qkv[sample.start * row..sample.end * row];
        let this = Sample { heads, qkv, length, padded };
        scratch.scores.resize(QUERIES * padded, 0.0);
        for head in 0..heads.queries {
            if heads.is_first_of_group(head) {
                turn(qkv, row, heads.key(head), padded, &mut scratch.keys);
            }
            for first in (0..length).step_by(QUERIES) {
                let range = first..length.min(first + QUERIES);
                this.products(
                    this.queries(head, &range),
                    &range,
                    &scratch.keys,
                    &mut scratch.scores,
                );
                let sums = &mut sums[head * tokens + sample.start + first..];
                softmax(&mut scratch.scores, padded, &range, sums);
                let view = View { from: &scratch.scores, row_step: padded, step: 1 };
                let to = &mut out[(sample.start + first) * width + head * HEAD..];
                let values = (&qkv[heads.value(head)..], row);
                tiles(view, range.len(), range.end, values, (to, width), false);
            }
        }
    }
}

/// What the backward pass reads of the forward one.
pub struct Saved<'a> {
    pub qkv: &'a [f32],
    pub out: &'a [f32],
    pub sums: &'a [f32],
}

/// Writes into `d_qkv` what `d_out` says of queries, keys and values.
pub fn backward(
    heads: Heads,
    samples: &[Range<usize>],
    saved: &Saved,
    d_out: &[f32],
    d_qkv: &mut [f32],
    scratch: &mut Scratch,
) {
    let (row, width) = (heads.row(), heads.queries * HEAD);
    let tokens = saved.qkv.len() / row;
    d_qkv.fill(0.0);
    for sample in samples {
        let length = sample.len();
        let padded = length.next_multiple_of(PANEL);
        let qkv = &saved.qkv[sample.start * row..sample.end * row];
        let this = Sample { heads, qkv, length, padded };
        scratch.scores.resize(QUERIES * padded, 0.0);
        scratch.d_scores.resize(QUERIES * padded, 0.0);
        for head in 0..heads.queries {
            if heads.is_first_of_group(head) {
                turn(qkv, row, heads.key(head), padded, &mut scratch.keys);
                turn(qkv, row, heads.value(head), padded, &mut scratch.values);
            }
            for first in (0..length).step_by(QUERIES) {
                let range = first..length.min(first + QUERIES);
                let at = (sample.start + first) * width + head * HEAD;
                let out = &saved.out[at..];
                let d_out = &d_out[at..];
                let sums = &saved.sums[head * tokens + sample.start + first..];
                this.products(
                    this.queries(head, &range),
                    &range,
                    &scratch.keys,
                    &mut scratch.scores,
                );
                let view = View { from: d_out, row_step: width, step: 1 };
                this.products(view, &range, &scratch.values, &mut scratch.d_scores);
                softmax_backward(scratch, padded, &range, (out, d_out, width), sums);
                let d_qkv = &mut d_qkv[sample.start * row..sample.end * row];
                this.spread(head, &range, scratch, (d_out, width), d_qkv);
            }
        }
    }
}

/// Makes probabilities of the scores, and of their gradients those of the scores before the
/// softmax.
fn softmax_backward(
    scratch: &mut Scratch,
    padded: usize,
    range: &Range<usize>,
    (out, d_out, width): (&[f32], &[f32], usize),
    sums: &[f32],
) {
    let scale = 1.0 / (HEAD as f32).sqrt();
    let rows =
        scratch.scores.chunks_exact_mut(padded).zip(scratch.d_scores.chunks_exact_mut(padded));
    for (i, (row, d_row)) in rows.take(range.len()).enumerate() {
        let mean = dot(&out[i * width..][..HEAD], &d_out[i * width..][..HEAD]);
        let seen = range.start + i + 1;
        for (value, d_value) in row[..seen].iter_mut().zip(&mut d_row[..seen]) {
            *value = exp(*value * scale - sums[i]);
            *d_value = (*d_value - mean) * *value * scale;
        }
        row[seen..].fill(0.0);
        d_row[seen..].fill(0.0);
    }
}

impl Sample<'_> {
    /// Adds to the gradients of the head's queries, keys and values.
    fn spread(
        &self,
        head: usize,
        range: &Range<usize>,
        scratch: &Scratch,
        (d_out, width): (&[f32], usize),
        d_qkv: &mut [f32],
    ) {
        let (row, queries, keys) = (self.heads.row(), range.len(), range.end);
        debug_assert!(keys <= self.length);
        let by_query = View { from: &scratch.d_scores, row_step: self.padded, step: 1 };
        let of_keys = &self.qkv[self.heads.key(head)..];
        let to = &mut d_qkv[range.start * row + head * HEAD..];
        tiles(by_query, queries, keys, (of_keys, row), (to, row), false);
        let by_key = View { from: &scratch.d_scores, row_step: 1, step: self.padded };
        let of_queries = &self.qkv[range.start * row + head * HEAD..];
        let d_keys = &mut d_qkv[self.heads.key(head)..];
        tiles(by_key, keys, queries, (of_queries, row), (d_keys, row), true);
        let shares = View { from: &scratch.scores, row_step: 1, step: self.padded };
        let d_values = &mut d_qkv[self.heads.value(head)..];
        tiles(shares, keys, queries, (d_out, width), (d_values, row), true);
    }
}
