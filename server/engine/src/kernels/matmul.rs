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
    for ((x, q), (scale, offset)) in
        x.as_chunks::<BLOCK>().0.iter().zip(quants.as_chunks_mut::<BLOCK>().0).zip(scales.iter_mut().zip(offsets))
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
    let part = unsafe { out.part(i * w.rows + first, len) };
    match part.first_chunk_mut() {
        Some(whole) => *whole = *values,
        None => part.copy_from_slice(&values[..len]),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Numbers between -1 and 1.
    fn random(count: usize, mut seed: u32) -> Vec<f32> {
        let next = |_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..count).map(next).collect()
    }

    fn pack(rows: usize, cols: usize, values: &[f32]) -> Packed {
        let mut packed = Packed::new(rows, cols);
        for (row, values) in values.chunks_exact(cols).enumerate() {
            packed.set_row(Isa::detect(), row, values);
        }
        packed
    }

    fn product(isa: Isa, pool: &Pool, w: &Packed, x: &[f32]) -> Vec<f32> {
        let mut out = vec![f32::NAN; x.len() / w.cols * w.rows];
        matmul(isa, pool, w, x, &mut out, &mut Activations::default());
        out
    }

    /// The product of the rounded numbers in f64, and of the numbers themselves.
    fn references(w: &Packed, weights: &[f32], x: &[f32]) -> (Vec<f64>, Vec<f64>) {
        let mut rounded = Activations::default();
        rounded.fill(Isa::Portable, x);
        let value = |i: usize| f64::from(rounded.quants[i]) * f64::from(rounded.scales[i / BLOCK]);
        let (mut exact, mut ideal) = (Vec::new(), Vec::new());
        let mut row = vec![0.0; w.cols];
        for (i, x) in x.chunks_exact(w.cols).enumerate() {
            for r in 0..w.rows {
                w.row(r, &mut row);
                exact.push((0..w.cols).map(|c| f64::from(row[c]) * value(i * w.cols + c)).sum());
                let weights = &weights[r * w.cols..(r + 1) * w.cols];
                ideal.push(weights.iter().zip(x).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum());
            }
        }
        (exact, ideal)
    }

    #[test]
    fn every_instruction_set_multiplies_exactly_what_was_rounded() {
        let pool = Pool::new(1).unwrap();
        for (rows, cols) in [(1, 32), (15, 64), (16, 32), (17, 96), (40, 256), (65, 128), (130, 32)] {
            let weights = random(rows * cols, 5);
            let w = pack(rows, cols, &weights);
            for m in [1, 2, 3, 4, 5, 6, 7, 11, 12] {
                let x = random(m * cols, 9);
                let (exact, ideal) = references(&w, &weights, &x);
                for isa in Isa::available() {
                    let got = product(isa, &pool, &w, &x);
                    let (mut off, mut size) = (0.0, 0.0);
                    for ((got, exact), ideal) in got.iter().zip(&exact).zip(&ideal) {
                        let got = f64::from(*got);
                        assert!((got - exact).abs() < 1e-4, "{isa:?} {rows}x{cols} m={m}: {got} {exact}");
                        off += (got - ideal).powi(2);
                        size += cols as f64 / 9.0;
                    }
                    assert!((off / size).sqrt() < 0.02, "{isa:?} {rows}x{cols} m={m}: {}", (off / size).sqrt());
                }
            }
        }
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let mut w = Packed::new(16, 256);
        for row in 0..16 {
            for block in 0..8 {
                let quant = if row % 2 == 0 { 127 } else { -128 };
                w.set_block(row, block, half::f16::ONE, [quant; BLOCK]);
            }
        }
        for sign in [1.0f32, -1.0] {
            for isa in Isa::available() {
                let got = product(isa, &Pool::new(1).unwrap(), &w, &[sign * 127.0; 256]);
                assert_eq!(got[..2], [sign * 127.0 * 127.0 * 256.0, sign * -128.0 * 127.0 * 256.0], "{isa:?}");
            }
        }
    }

    #[test]
    fn threads_change_nothing() {
        let (rows, cols, m) = (1000, 512, 13);
        let w = pack(rows, cols, &random(rows * cols, 5));
        let x = random(m * cols, 9);
        for isa in Isa::available() {
            let alone = product(isa, &Pool::new(1).unwrap(), &w, &x);
            let pool = Pool::new(4).unwrap();
            for _ in 0..50 {
                assert_eq!(product(isa, &pool, &w, &x), alone);
            }
        }
    }

    #[test]
    fn q8_0_blocks_are_kept_as_they_are() {
        let row: Vec<u8> =
            [half::f16::from_f32(0.25).to_le_bytes().to_vec(), (0..32i32).map(|q| (q * 8 - 128) as u8).collect()]
                .concat();
        let mut w = Packed::new(3, 32);
        w.set_q8_0(2, &row);
        let mut values = [0.0; 32];
        w.row(2, &mut values);
        let want: Vec<f32> = (0..32).map(|q| (q as f32 * 8.0 - 128.0) * 0.25).collect();
        assert_eq!(values[..], want);
        w.row(1, &mut values);
        assert_eq!(values, [0.0; 32]);
    }
}
