//! Attention of a few query rows to all cached positions of one key/value head.
//!
//! Keys lie in panels of 16 positions, `[panel][head_dim][16]`, so that one vector holds the same component of 16 keys
//! and no sum runs across a vector; values lie row by row, `[position][head_dim]`. `cache` writes both.

use super::rows::softmax_body;
use super::{mul_add, per_isa};

/// Positions of a key panel.
pub const PANEL: usize = 16;
/// Query rows handled at once.
const ROWS: usize = 6;

per_isa! {
    /// `out[r] = softmax(q[r] k^T * scale) v` for each row `r` of `q`, which sees the first `seen[r]` positions.
    /// `q` and `out` are `[rows][head_dim]`; `seen` never falls from row to row. `scratch` is for the kernel's own use.
    pub fn attend(
        q: &[f32],
        keys: &[f32],
        values: &[f32],
        head_dim: usize,
        scale: f32,
        seen: &[usize],
        out: &mut [f32],
        scratch: &mut Vec<f32>,
    ) = attend_body
}

#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn attend_body<const FMA: bool>(
    q: &[f32],
    keys: &[f32],
    values: &[f32],
    head_dim: usize,
    scale: f32,
    seen: &[usize],
    out: &mut [f32],
    scratch: &mut Vec<f32>,
) {
    let mut row = 0;
    while row < seen.len() {
        let n = (seen.len() - row).min(ROWS);
        let q = &q[row * head_dim..(row + n) * head_dim];
        let out = &mut out[row * head_dim..(row + n) * head_dim];
        let seen = &seen[row..row + n];
        match n {
            ROWS => group::<FMA, ROWS>(q, keys, values, head_dim, scale, seen, out, scratch),
            4 | 5 => {
                let at = 4 * head_dim;
                group::<FMA, 4>(&q[..at], keys, values, head_dim, scale, &seen[..4], &mut out[..at], scratch);
                if n == 5 {
                    group::<FMA, 1>(&q[at..], keys, values, head_dim, scale, &seen[4..], &mut out[at..], scratch);
                }
            }
            3 => group::<FMA, 3>(q, keys, values, head_dim, scale, seen, out, scratch),
            2 => group::<FMA, 2>(q, keys, values, head_dim, scale, seen, out, scratch),
            _ => group::<FMA, 1>(q, keys, values, head_dim, scale, seen, out, scratch),
        }
        row += n;
    }
}

/// `N` query rows: scores of all panels, softmax of each row, weighted sum of the values.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn group<const FMA: bool, const N: usize>(
    q: &[f32],
    keys: &[f32],
    values: &[f32],
    head_dim: usize,
    scale: f32,
    seen: &[usize],
    out: &mut [f32],
    scratch: &mut Vec<f32>,
) {
    let longest = seen[N - 1];
    let panels = longest.div_ceil(PANEL);
    let width = panels * PANEL;
    scratch.resize((N * width).max(scratch.len()), 0.0);
    let scores = &mut scratch[..N * width];
    for (panel, keys) in keys.chunks_exact(PANEL * head_dim).take(panels).enumerate() {
        let sums = panel_scores::<FMA, N>(q, keys, head_dim);
        for (i, sums) in sums.iter().enumerate() {
            let at = i * width + panel * PANEL;
            for (to, sum) in scores[at..at + PANEL].iter_mut().zip(sums) {
                *to = sum * scale;
            }
        }
    }
    for (scores, &seen) in scores.chunks_exact_mut(width).zip(seen) {
        softmax_body::<FMA>(&mut scores[..seen]);
        scores[seen..].fill(0.0);
    }
    let values = &values[..longest * head_dim];
    let mut lane = 0;
    while lane + PANEL <= head_dim {
        weigh::<FMA, N, PANEL>(scores, width, values, head_dim, lane, out);
        lane += PANEL;
    }
    while lane < head_dim {
        weigh::<FMA, N, 1>(scores, width, values, head_dim, lane, out);
        lane += 1;
    }
}

/// The dot products of `N` queries with the 16 keys of a panel.
#[inline(always)]
fn panel_scores<const FMA: bool, const N: usize>(q: &[f32], keys: &[f32], head_dim: usize) -> [[f32; PANEL]; N] {
    let mut sums = [[0f32; PANEL]; N];
    let rows: [&[f32]; N] = std::array::from_fn(|i| &q[i * head_dim..(i + 1) * head_dim]);
    for (d, key) in keys.as_chunks::<PANEL>().0.iter().enumerate().take(head_dim) {
        for i in 0..N {
            let v = rows[i][d];
            for lane in 0..PANEL {
                sums[i][lane] = mul_add::<FMA>(v, key[lane], sums[i][lane]);
            }
        }
    }
    sums
}

/// `L` components of the weighted sum of the values, from component `lane` on, for `N` rows of weights.
#[inline(always)]
fn weigh<const FMA: bool, const N: usize, const L: usize>(
    weights: &[f32],
    width: usize,
    values: &[f32],
    head_dim: usize,
    lane: usize,
    out: &mut [f32],
) {
    let mut sums = [[0f32; L]; N];
    let rows: [&[f32]; N] = std::array::from_fn(|i| &weights[i * width..(i + 1) * width]);
    for (j, value) in values.chunks_exact(head_dim).enumerate().take(width) {
        let Some(value) = value[lane..].first_chunk::<L>() else { return };
        for i in 0..N {
            let w = rows[i][j];
            for l in 0..L {
                sums[i][l] = mul_add::<FMA>(w, value[l], sums[i][l]);
            }
        }
    }
    for (i, sums) in sums.iter().enumerate() {
        out[i * head_dim + lane..][..L].copy_from_slice(sums);
    }
}
