//! Products of activations with a packed int8 matrix.
//!
//! `linear` calls [`matmul`]. Activations are rounded to int8 in blocks of 32, as ggml does with Q8_0, multiplied
//! exactly in int32 and scaled in f32. Groups of 16 outputs are the pieces that threads share.

use super::packed::{BLOCK, ROWS};
use super::pool::Shards;
use super::{Isa, Packed, Pool, per_isa, portable};

/// Multiply-adds below which waking a helper costs more than it saves.
const ALONE: usize = 1 << 20;
/// Groups of 16 outputs that one kernel call works on: enough for the widest register tile.
const GROUPS: usize = 4;

/// Activations rounded to int8; reused from call to call.
#[derive(Default)]
pub struct Activations {
    /// `[rows][cols]`
    pub quants: Vec<i8>,
    /// `[rows][cols / 32]`: the value of one step.
    pub scales: Vec<f32>,
    /// `[rows][cols / 32]`: minus 128 times the block's sum, which takes back the 128 added to every weight.
    pub offsets: Vec<i32>,
}

per_isa! {
    /// Rounds `x` (whole blocks of 32) to int8.
    pub fn quantise(x: &[f32], quants: &mut [i8], scales: &mut [f32], offsets: &mut [i32]) = quantise_body
}

#[inline(always)]
fn quantise_body<const FMA: bool>(x: &[f32], quants: &mut [i8], scales: &mut [f32], offsets: &mut [i32]) {
    /// Adding and taking away 1.5 * 2^23 rounds to the nearest whole number.
    const ROUND: f32 = 12_582_912.0;
    for ((x, q), (scale, offset)) in x
        .as_chunks::<BLOCK>()
        .0
        .iter()
        .zip(quants.as_chunks_mut::<BLOCK>().0)
        .zip(scales.iter_mut().zip(offsets))
    {
        let mut lanes = [0f32; 16];
        for (i, v) in x.iter().enumerate() {
            let v = v.abs();
            lanes[i % 16] = if v > lanes[i % 16] { v } else { lanes[i % 16] };
        }
        let largest = lanes.iter().fold(0f32, |m, &v| if v > m { v } else { m });
        *scale = largest / 127.0;
        let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
        let mut sum = 0;
        for (q, v) in q.iter_mut().zip(x) {
            let rounded = (v * inverse + ROUND).to_bits().wrapping_sub(ROUND.to_bits()) as i8;
            *q = rounded;
            sum += i32::from(rounded);
        }
        *offset = -128 * sum;
    }
}

impl Activations {
    /// Rounds `rows` rows of `cols` values, `cols` a multiple of 32.
    pub fn fill(&mut self, isa: Isa, x: &[f32]) {
        self.quants.resize(x.len(), 0);
        self.scales.resize(x.len() / BLOCK, 0.0);
        self.offsets.resize(x.len() / BLOCK, 0);
        quantise(isa, x, &mut self.quants, &mut self.scales, &mut self.offsets);
    }
}

/// `out[m][rows] = x[m][cols] * w^T`, split over the pool where it is large enough.
pub fn matmul(isa: Isa, pool: &Pool, w: &Packed, x: &[f32], out: &mut [f32], scratch: &mut Activations) {
    let m = x.len() / w.cols;
    debug_assert_eq!(x.len(), m * w.cols);
    assert_eq!(out.len(), m * w.rows);
    scratch.fill(isa, x);
    let calls = w.groups().div_ceil(GROUPS);
    let pieces = if m * w.rows * w.cols < ALONE { 1 } else { calls.min(pool.threads() * 8) };
    let shards = Shards::new(out);
    let activations: &Activations = scratch;
    pool.run(pieces, &|piece| {
        for call in calls * piece / pieces..calls * (piece + 1) / pieces {
            let first = call * GROUPS;
            let last = (first + GROUPS).min(w.groups());
            multiply(isa, w, activations, m, first..last, shards);
        }
    });
}

/// The outputs of some groups for all rows of `x`. Writes only these outputs, so calls for different groups may run at once.
fn multiply(isa: Isa, w: &Packed, x: &Activations, m: usize, groups: std::ops::Range<usize>, out: Shards<f32>) {
    match isa {
        // SAFETY: the machine has the instructions, by the construction of `Isa`; groups lie inside the matrix.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512Vnni => unsafe { super::avx512::multiply(w, x, m, groups, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => unsafe { super::avx2::multiply(w, x, m, groups, out) },
        Isa::Portable => portable::multiply(w, x, m, groups, out),
    }
}

/// Stores one group's 16 outputs of row `i`; the last group of a matrix may have fewer.
#[inline(always)]
pub fn store(w: &Packed, i: usize, group: usize, values: &[f32; ROWS], out: &Shards<f32>) {
    let first = group * ROWS;
    let len = ROWS.min(w.rows - first);
    // SAFETY: every call of `multiply` has groups of its own, and so outputs of its own.
    unsafe { out.part(i * w.rows + first, len) }.copy_from_slice(&values[..len]);
}
