//! Attention of a few query rows to all cached positions of one key/value head.
//!
//! Keys are stored in panels of 16 positions, `[panel][head_dim][16]`, so that one vector holds the
//! same component of 16 keys and no sum runs across a vector; values are stored row by row,
//! `[position][head_dim]`. Both are f16, because decoding with a long context is bound by reading
//! them. `engine`'s cache writes them. A tile is six query rows by one panel or, with 32 vector
//! registers, two.

use super::block32::f16_to_f32;
use super::elementwise::{soft_cap_body, softmax_body};
use super::isa::{Isa, mul_add};
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};

/// Positions of a key panel.
pub const PANEL: usize = 16;
/// Query rows of a tile.
const QUERY_ROWS: usize = 6;

/// The cached keys and values of one head.
#[derive(Clone, Copy)]
pub struct KvHead<'a> {
    /// f16, `[position / 16][key_dim][16]`
    pub keys: &'a [u16],
    /// f16, `[position][value_dim]`
    pub values: &'a [u16],
    /// Components of a key.
    pub key_dim: usize,
    /// Components of a value.
    pub value_dim: usize,
    /// The factor of the scores before the softmax.
    pub scale: f32,
    /// Scores are capped softly at this size (arXiv 2408.00118, section 2); 0 for no cap.
    pub soft_cap: f32,
}

/// What one query row attends to.
#[derive(Clone, Copy, Debug)]
pub struct Visible {
    /// The first position.
    pub start: usize,
    /// The position after the last one; greater than `start`.
    pub end: usize,
    /// The score of no position at all, which takes its share of the probability; minus infinity
    /// for none.
    pub sink: f32,
}

/// How an instruction set converts 16 f16 to f32.
trait WidenF16 {
    fn widen(bits: &[u16; PANEL]) -> [f32; PANEL];
}

/// With the baseline of the target architecture.
struct Baseline;

impl WidenF16 for Baseline {
    #[inline(always)]
    fn widen(bits: &[u16; PANEL]) -> [f32; PANEL] {
        widen(bits)
    }
}

/// 16 f16 as f32, with the baseline of the target architecture.
#[inline(always)]
fn widen(bits: &[u16; 16]) -> [f32; 16] {
    // SAFETY: every machine with 64-bit ARM has NEON.
    #[cfg(target_arch = "aarch64")]
    return unsafe { super::neon::widen(bits) };
    #[cfg(not(target_arch = "aarch64"))]
    {
        let mut out = [0f32; 16];
        for (out, bits) in out.iter_mut().zip(bits) {
            *out = f16_to_f32(*bits);
        }
        out
    }
}

#[cfg(target_arch = "x86_64")]
struct Avx512;

#[cfg(target_arch = "x86_64")]
impl WidenF16 for Avx512 {
    #[inline(always)]
    fn widen(bits: &[u16; PANEL]) -> [f32; PANEL] {
        // SAFETY: used only by `attend`, where the machine has the instruction.
        unsafe { avx512::widen(bits) }
    }
}

#[cfg(target_arch = "x86_64")]
struct Avx2;

#[cfg(target_arch = "x86_64")]
impl WidenF16 for Avx2 {
    #[inline(always)]
    fn widen(bits: &[u16; PANEL]) -> [f32; PANEL] {
        // SAFETY: as above.
        unsafe { avx2::widen(bits) }
    }
}

/// `out[r] = softmax(q[r] k^T * scale) v` for each row `r` of `q`, which attends to the positions
/// of `visible[r]`. `q` is `[rows][key_dim]` and `out` `[rows][value_dim]`; neither the start nor
/// the end of what is visible ever decreases from row to row. `scores` is scratch memory.
pub fn attend(
    isa: Isa,
    head: KvHead,
    q: &[f32],
    visible: &[Visible],
    out: &mut [f32],
    scores: &mut Vec<f32>,
) {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx2,fma")]
    fn avx512(
        head: KvHead,
        q: &[f32],
        visible: &[Visible],
        out: &mut [f32],
        scores: &mut Vec<f32>,
    ) {
        all_rows::<Avx512, true, 2>(head, q, visible, out, scores);
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,f16c")]
    fn avx2(head: KvHead, q: &[f32], visible: &[Visible], out: &mut [f32], scores: &mut Vec<f32>) {
        all_rows::<Avx2, true, 1>(head, q, visible, out, scores);
    }
    match isa {
        // SAFETY: a value of `Isa` other than `Portable` exists only on a machine that has it.
        #[cfg(target_arch = "x86_64")]
        Isa::Amx | Isa::Avx512Vnni => unsafe { avx512(head, q, visible, out, scores) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::AvxVnni | Isa::Avx2 => unsafe { avx2(head, q, visible, out, scores) },
        #[cfg(target_arch = "aarch64")]
        Isa::NeonI8mm | Isa::NeonDotProd => {
            all_rows::<Baseline, true, 1>(head, q, visible, out, scores)
        }
        Isa::Portable => all_rows::<Baseline, { cfg!(target_arch = "aarch64") }, 1>(
            head, q, visible, out, scores,
        ),
    }
}

#[inline(always)]
fn all_rows<W: WidenF16, const FMA: bool, const P: usize>(
    head: KvHead,
    q: &[f32],
    visible: &[Visible],
    out: &mut [f32],
    scores: &mut Vec<f32>,
) {
    let mut row = 0;
    while row < visible.len() {
        let n = match visible.len() - row {
            left if left >= QUERY_ROWS => QUERY_ROWS,
            left => left.min(4),
        };
        let q = &q[row * head.key_dim..(row + n) * head.key_dim];
        let out = &mut out[row * head.value_dim..(row + n) * head.value_dim];
        let visible = &visible[row..row + n];
        match n {
            QUERY_ROWS => rows::<W, FMA, P, QUERY_ROWS>(head, q, visible, out, scores),
            4 => rows::<W, FMA, P, 4>(head, q, visible, out, scores),
            3 => rows::<W, FMA, P, 3>(head, q, visible, out, scores),
            2 => rows::<W, FMA, P, 2>(head, q, visible, out, scores),
            _ => rows::<W, FMA, P, 1>(head, q, visible, out, scores),
        }
        row += n;
    }
}

/// `N` query rows: scores of all panels, softmax of each row, weighted sum of the values.
#[inline(always)]
fn rows<W: WidenF16, const FMA: bool, const P: usize, const N: usize>(
    head: KvHead,
    q: &[f32],
    visible: &[Visible],
    out: &mut [f32],
    scores: &mut Vec<f32>,
) {
    // The panels that any of the rows attends to; scores begin at the first one.
    let first_panel = visible[0].start / PANEL;
    let (begin, end) = (first_panel * PANEL, visible[N - 1].end);
    let panels = end.div_ceil(PANEL);
    let width = panels * PANEL - begin;
    if scores.len() < N * width {
        scores.resize(N * width, 0.0);
    }
    let scores = &mut scores[..N * width];
    let mut panel = first_panel;
    while panel + P <= panels {
        score::<W, FMA, P, N>(head, q, [panel, begin], scores, width);
        panel += P;
    }
    while panel < panels {
        score::<W, FMA, 1, N>(head, q, [panel, begin], scores, width);
        panel += 1;
    }
    for (scores, visible) in scores.chunks_exact_mut(width).zip(visible) {
        let (before, rest) = scores.split_at_mut(visible.start - begin);
        let (scores, after) = rest.split_at_mut(visible.end - visible.start);
        if head.soft_cap > 0.0 {
            soft_cap_body::<FMA>(scores, head.soft_cap);
        }
        softmax_body::<FMA>(scores, visible.sink);
        before.fill(0.0);
        after.fill(0.0);
    }
    let head_dim = head.value_dim;
    let values = &head.values[begin * head_dim..end * head_dim];
    let mut lane = 0;
    while lane + P * PANEL <= head_dim {
        weighted_values::<W, FMA, P, PANEL, N>(scores, width, values, head_dim, lane, out);
        lane += P * PANEL;
    }
    while lane + PANEL <= head_dim {
        weighted_values::<W, FMA, 1, PANEL, N>(scores, width, values, head_dim, lane, out);
        lane += PANEL;
    }
    while lane < head_dim {
        weighted_values::<W, FMA, 1, 1, N>(scores, width, values, head_dim, lane, out);
        lane += 1;
    }
}

/// The scaled dot products of `N` queries with the keys of `P` panels.
#[inline(always)]
fn score<W: WidenF16, const FMA: bool, const P: usize, const N: usize>(
    head: KvHead,
    q: &[f32],
    [panel, begin]: [usize; 2],
    scores: &mut [f32],
    width: usize,
) {
    let head_dim = head.key_dim;
    // Cut to the same length, so that the loop needs no check.
    let rows: [&[f32]; N] = std::array::from_fn(|i| &q[i * head_dim..][..head_dim]);
    let keys: [&[[u16; PANEL]]; P] = std::array::from_fn(|p| {
        let from = (panel + p) * PANEL * head_dim;
        &head.keys[from..][..PANEL * head_dim].as_chunks().0[..head_dim]
    });
    let mut sums = [[[0f32; PANEL]; P]; N];
    for d in 0..head_dim {
        let mut key = [[0f32; PANEL]; P];
        for p in 0..P {
            key[p] = W::widen(&keys[p][d]);
        }
        for i in 0..N {
            let v = rows[i][d];
            for p in 0..P {
                for lane in 0..PANEL {
                    sums[i][p][lane] = mul_add::<FMA>(v, key[p][lane], sums[i][p][lane]);
                }
            }
        }
    }
    for (i, sums) in sums.iter().enumerate() {
        for (p, sums) in sums.iter().enumerate() {
            // Written as one vector: number by number, each would wait for the sums above.
            let scaled: [f32; PANEL] = std::array::from_fn(|lane| sums[lane] * head.scale);
            scores[i * width + (panel + p) * PANEL - begin..][..PANEL].copy_from_slice(&scaled);
        }
    }
}

/// `P * L` components of the weighted sum of the values, from component `lane` on, for `N` rows of
/// weights.
#[inline(always)]
fn weighted_values<W: WidenF16, const FMA: bool, const P: usize, const L: usize, const N: usize>(
    weights: &[f32],
    width: usize,
    values: &[u16],
    head_dim: usize,
    lane: usize,
    out: &mut [f32],
) {
    let visible = values.len() / head_dim;
    let rows: [&[f32]; N] = std::array::from_fn(|i| &weights[i * width..][..visible]);
    let mut sums = [[[0f32; L]; P]; N];
    for j in 0..visible {
        // No closures in each other here: one that is not inlined costs more than all the rest.
        let mut value = [[0f32; L]; P];
        for (value, bits) in value
            .iter_mut()
            .zip(values[j * head_dim + lane..][..P * L].as_chunks::<L>().0)
        {
            match (value.first_chunk_mut(), bits.first_chunk()) {
                (Some(value), Some(bits)) => *value = W::widen(bits),
                _ => value
                    .iter_mut()
                    .zip(bits)
                    .for_each(|(value, bits)| *value = f16_to_f32(*bits)),
            }
        }
        for i in 0..N {
            let w = rows[i][j];
            for p in 0..P {
                for l in 0..L {
                    sums[i][p][l] = mul_add::<FMA>(w, value[p][l], sums[i][p][l]);
                }
            }
        }
    }
    for (i, sums) in sums.iter().enumerate() {
        for (p, sums) in sums.iter().enumerate() {
            out[i * head_dim + lane + p * L..][..L].copy_from_slice(sums);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::f16;

    /// Numbers between -1 and 1.
    fn random(count: usize, mut seed: u32) -> Vec<f32> {
        let next = |_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..count).map(next).collect()
    }

    fn reference(head: KvHead, q: &[f32], visible: &[Visible]) -> Vec<f64> {
        let (d, width) = (head.key_dim, head.value_dim);
        let key = |j: usize, c: usize| {
            f64::from(f16_to_f32(
                head.keys[(j / PANEL * d + c) * PANEL + j % PANEL],
            ))
        };
        let mut out = Vec::new();
        for (q, visible) in q.chunks_exact(d).zip(visible) {
            let cap = f64::from(head.soft_cap);
            let score = |j: usize| {
                let dot: f64 = (0..d).map(|c| f64::from(q[c]) * key(j, c)).sum();
                let score = dot * f64::from(head.scale);
                if cap > 0.0 {
                    cap * (score / cap).tanh()
                } else {
                    score
                }
            };
            let positions = visible.start..visible.end;
            let weights: Vec<f64> = positions.clone().map(|j| score(j).exp()).collect();
            let sum = weights.iter().sum::<f64>() + f64::from(visible.sink).exp();
            let value = |j: usize, c: usize| f64::from(f16_to_f32(head.values[j * width + c]));
            out.extend((0..width).map(|c| {
                let weighted = weights.iter().zip(positions.clone());
                weighted.map(|(w, j)| w * value(j, c)).sum::<f64>() / sum
            }));
        }
        out
    }

    /// Rows that attend to all positions up to their own or, in a window, to the last of these.
    fn rows_of(rows: usize, first: usize, window: usize, sink: f32) -> Vec<Visible> {
        let row = |r: usize| {
            let end = first + r / 2;
            let start = end.saturating_sub(window);
            Visible { start, end, sink }
        };
        (0..rows).map(row).collect()
    }

    fn check(isa: Isa, [key_dim, value_dim]: [usize; 2], soft_cap: f32, visible: &[Visible]) {
        let rows = visible.len();
        let positions = (visible[rows - 1].end + 1).next_multiple_of(PANEL);
        let f16 = |dim: usize, seed| -> Vec<u16> {
            let values = random(positions * dim, seed).into_iter();
            values.map(|v| f16::from_f32(v).to_bits()).collect()
        };
        let (keys, values) = (f16(key_dim, 1), f16(value_dim, 2));
        let head = KvHead {
            keys: &keys,
            values: &values,
            key_dim,
            value_dim,
            scale: 0.7,
            soft_cap,
        };
        let q = random(rows * key_dim, 3);
        let mut out = vec![f32::NAN; rows * value_dim];
        attend(isa, head, &q, visible, &mut out, &mut vec![f32::NAN; 7]);
        for (got, want) in out.iter().zip(reference(head, &q, visible)) {
            assert!(
                (f64::from(*got) - want).abs() < 1e-5,
                "{isa:?} {key_dim} {value_dim} {visible:?}: {got} {want}"
            );
        }
    }

    const SHAPES: [(usize, usize); 7] = [
        (1, 1),
        (1, 100),
        (2, 15),
        (5, 16),
        (6, 31),
        (13, 1),
        (24, 200),
    ];

    #[test]
    fn every_instruction_set_agrees_with_f64() {
        for isa in Isa::available() {
            for head_dim in [2, 16, 20, 32, 64, 128] {
                for (rows, first) in SHAPES {
                    let visible = rows_of(rows, first, usize::MAX, f32::NEG_INFINITY);
                    check(isa, [head_dim; 2], 0.0, &visible);
                }
            }
        }
    }

    #[test]
    fn windows_sinks_caps_and_wide_keys_agree_with_f64() {
        for isa in Isa::available() {
            for (rows, first) in SHAPES {
                for window in [1, 7, 40] {
                    let visible = rows_of(rows, first, window, f32::NEG_INFINITY);
                    check(isa, [32; 2], 0.0, &visible);
                    check(isa, [48, 32], 3.0, &rows_of(rows, first, window, 0.5));
                    check(isa, [36, 20], 0.0, &rows_of(rows, first, window, -2.0));
                }
            }
        }
    }
}
