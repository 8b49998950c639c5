//! Products of activations with a packed int8 matrix.
//!
//! `linear` calls [`matmul`]. Activations are rounded to int8 in blocks of 32, as ggml does with Q8_0, multiplied
//! exactly in int32 and scaled in f32. Groups of 16 outputs are the pieces that threads share.

use std::cell::RefCell;

use super::blocks::wide;
use super::packed::{BLOCK, ROWS, Tiles, Unpacked};
use super::pool::Shards;
use super::{Isa, Packed, Pool, mul_add, per_isa, portable};

/// Multiply-adds below which waking a helper costs more than it saves.
const ALONE: usize = 1 << 19;
/// Groups of 16 outputs that one kernel call works on: as many as the widest register tile.
const GROUPS: usize = 2;
/// Values that are rounded at a time where threads share the work; whole blocks.
const SPAN: usize = 1 << 14;
/// Rows of activations that wait for memory more than for arithmetic. Up to here, weights are unpacked in registers, for
/// each tile of rows anew.
pub const FEW: usize = 6;

/// Activations rounded to int8; reused from call to call.
#[derive(Default)]
pub struct Activations {
    /// `[rows][cols]`
    pub quants: Vec<i8>,
    /// `[rows][cols / 32]`: the value of one step.
    pub scales: Vec<f32>,
    /// `[rows][cols / 32]`: the sums of both halves of the block's quants, which take back what is added to every weight.
    pub sums: Vec<[i32; 2]>,
}

/// The value of one step of int8 where the largest value is this, and its inverse.
pub fn steps(largest: f32) -> [f32; 2] {
    [largest / 127.0, if largest > 0.0 { 127.0 / largest } else { 0.0 }]
}

/// What takes back the byte that stands for 0, for each of the `S` scales of a row; `sums` are those of the block's halves.
#[inline(always)]
pub fn zeros<const S: usize>(zero: i32, sums: [i32; 2]) -> [i32; S] {
    std::array::from_fn(|part| -zero * if S == 2 { sums[part] } else { sums[0] + sums[1] })
}

/// Rounds `x` (whole blocks of 32) to int8, halves to even.
fn quantise(isa: Isa, x: &[f32], quants: &mut [i8], scales: &mut [f32], sums: &mut [[i32; 2]]) {
    let blocks = x.len() / BLOCK;
    assert!(quants.len() >= blocks * BLOCK && scales.len().min(sums.len()) >= blocks);
    match isa {
        // SAFETY: the machine has the instructions, by the construction of `Isa`.
        #[cfg(target_arch = "x86_64")]
        Isa::Amx | Isa::Avx512Vnni => unsafe { super::avx512::quantise(x, quants, scales, sums) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::AvxVnni | Isa::Avx2 => unsafe { super::avx2::quantise(x, quants, scales, sums) },
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        Isa::NeonI8mm | Isa::NeonDotProd => unsafe { super::neon::quantise(x, quants, scales, sums) },
        Isa::Portable => portable::quantise(x, quants, scales, sums),
    }
}

impl Activations {
    /// Panics unless `m` rows of so many blocks are there; kernels then read without looking.
    pub fn assert_rows(&self, m: usize, blocks: usize) {
        assert!(self.quants.len() >= m * blocks * BLOCK);
        assert!(self.scales.len().min(self.sums.len()) >= m * blocks);
    }

    /// Rounds all of `x`, whole blocks of 32.
    pub fn fill(&mut self, isa: Isa, pool: &Pool, x: &[f32]) {
        self.quants.resize(x.len(), 0);
        self.scales.resize(x.len() / BLOCK, 0.0);
        self.sums.resize(x.len() / BLOCK, [0; 2]);
        let (quants, scales, sums) =
            (Shards::new(&mut self.quants), Shards::new(&mut self.scales), Shards::new(&mut self.sums));
        pool.run(x.len().div_ceil(SPAN), &|piece| {
            let (from, x) = (piece * SPAN, &x[piece * SPAN..x.len().min((piece + 1) * SPAN)]);
            let blocks = x.len() / BLOCK;
            // SAFETY: every piece has values and blocks of its own.
            unsafe {
                let (scales, sums) = (scales.part(from / BLOCK, blocks), sums.part(from / BLOCK, blocks));
                quantise(isa, x, quants.part(from, x.len()), scales, sums);
            }
        });
    }
}

thread_local! {
    /// A thread's unpacked weights.
    static UNPACKED: RefCell<Unpacked> = RefCell::default();
}

/// Where the outputs of some groups go.
pub struct Output {
    shards: Shards<f32>,
    /// Outputs of a row.
    width: usize,
    /// The first group's first output.
    first: usize,
    /// Outputs from there on.
    rows: usize,
}

impl Output {
    /// Stores one group's 16 outputs of row `i`; the last group of a matrix may have fewer.
    #[inline(always)]
    pub fn store(&self, i: usize, group: usize, values: &[f32; ROWS]) {
        let part = self.part(i, group);
        match part.first_chunk_mut() {
            Some(whole) => *whole = *values,
            None => part.copy_from_slice(&values[..part.len()]),
        }
    }

    #[inline(always)]
    #[expect(clippy::mut_from_ref, reason = "groups do not overlap")]
    fn part(&self, i: usize, group: usize) -> &mut [f32] {
        let len = ROWS.min(self.rows - group * ROWS);
        // SAFETY: every call of `multiply` has groups of its own, and so outputs of its own.
        unsafe { self.shards.part(i * self.width + self.first + group * ROWS, len) }
    }
}

/// `out[m][rows] = x[m][cols] * w^T`, split over the pool where it is large enough. `parts` are matrices of the same
/// columns, one below the other.
pub fn matmul(isa: Isa, pool: &Pool, parts: &[Packed], x: &[f32], out: &mut [f32], scratch: &mut Activations) {
    let Some(cols) = parts.first().map(|part| part.cols) else { return };
    let (m, width) = (x.len() / cols, parts.iter().map(|part| part.rows).sum::<usize>());
    debug_assert!(x.len() == m * cols && parts.iter().all(|part| part.cols == cols));
    assert_eq!(out.len(), m * width);
    scratch.fill(isa, pool, x);
    let calls: usize = parts.iter().map(calls_of).sum();
    let pieces = if m * width * cols < ALONE { 1 } else { calls.min(pool.threads() * 8) };
    let shards = Shards::new(out);
    let activations: &Activations = scratch;
    pool.run(pieces, &|piece| {
        let mut calls = calls * piece / pieces..calls * (piece + 1) / pieces;
        let mut first = 0;
        for part in parts {
            let own = calls.start.min(calls_of(part))..calls.end.min(calls_of(part));
            for call in own {
                multiply(isa, part, activations, m, call, Output { shards, width, first, rows: part.rows });
            }
            first += part.rows;
            calls = calls.start.saturating_sub(calls_of(part))..calls.end.saturating_sub(calls_of(part));
        }
    });
}

fn calls_of(part: &Packed) -> usize {
    part.groups().div_ceil(GROUPS)
}

/// The outputs of the groups of one call for all rows of `x`; `out` is that of the whole matrix. Writes only these outputs,
/// so different calls may run at once.
fn multiply(isa: Isa, part: &Packed, x: &Activations, m: usize, call: usize, out: Output) {
    let groups = call * GROUPS..(call * GROUPS + GROUPS).min(part.groups());
    let next = groups.end..(groups.end + GROUPS).min(part.groups());
    let skipped = groups.start * ROWS;
    let out = Output { first: out.first + skipped, rows: out.rows - skipped, ..out };
    UNPACKED.with_borrow_mut(|room| {
        let tiles = part.tiles(groups);
        let few = m <= FEW && isa != Isa::Portable;
        let tiles = if few { tiles } else { tiles.unpacked(isa, room) };
        if !few {
            // Arithmetic on many rows gives memory the time to bring what comes next.
            part.tiles(next).fetch();
        }
        match isa {
            // SAFETY: the machine has the instructions, by the construction of `Isa`.
            #[cfg(target_arch = "x86_64")]
            Isa::Amx => unsafe { super::amx::multiply(&tiles, x, m, &out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512Vnni => unsafe { super::avx512::multiply(&tiles, x, 0..m, &out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Isa::AvxVnni => unsafe { super::avx_vnni::multiply(&tiles, x, m, &out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => unsafe { super::avx2::multiply(&tiles, x, m, &out) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Isa::NeonI8mm => unsafe { super::neon_i8mm::multiply(&tiles, x, m, &out) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Isa::NeonDotProd => unsafe { super::neon::multiply(&tiles, x, m, &out) },
            Isa::Portable => portable::multiply(&tiles, x, m, &out),
        }
        if !tiles.minimums.is_empty() {
            (0..m).for_each(|i| add_minimums(isa, &tiles, x, i, &out));
        }
    });
}

per_isa! {
    /// Adds the minimums' share to the outputs of row `i`: each block's minimum times the sum of its values.
    pub fn add_minimums(tiles: &Tiles, x: &Activations, i: usize, out: &Output) = add_minimums_body
}

#[inline(always)]
fn add_minimums_body<const FMA: bool>(tiles: &Tiles, x: &Activations, i: usize, out: &Output) {
    let blocks = i * tiles.blocks..(i + 1) * tiles.blocks;
    let (scales, sums) = (&x.scales[blocks.clone()], &x.sums[blocks]);
    for (group, minimums) in tiles.minimums.chunks_exact(tiles.blocks * ROWS).enumerate() {
        let mut added = [0f32; ROWS];
        for (minimums, (scale, sum)) in minimums.as_chunks::<ROWS>().0.iter().zip(scales.iter().zip(sums)) {
            let value = (sum[0] + sum[1]) as f32 * scale;
            for (added, minimum) in added.iter_mut().zip(minimums) {
                *added = mul_add::<FMA>(wide(*minimum), value, *added);
            }
        }
        for (out, added) in out.part(i, group).iter_mut().zip(added) {
            *out += added;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::kernels::packed::{Bits, Form};

    /// Numbers between -1 and 1.
    fn random(count: usize, mut seed: u32) -> Vec<f32> {
        let next = |_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..count).map(next).collect()
    }

    const FORMS: [Form; 6] = [
        Form::BYTES,
        Form { bits: Bits::Five, zero: 16, minimum: false },
        Form { bits: Bits::Five, zero: 0, minimum: true },
        Form { bits: Bits::Four, zero: 8, minimum: false },
        Form { bits: Bits::Four, zero: 0, minimum: true },
        Form { bits: Bits::Six, zero: 32, minimum: false },
    ];

    /// A matrix of any numbers of this form.
    fn matrix(rows: usize, cols: usize, form: Form) -> Packed {
        let mut packed = Packed::new(rows, cols, form);
        let values = random(rows * cols, 5);
        for (row, values) in values.chunks_exact(cols).enumerate() {
            if form == Form::BYTES {
                packed.packing().set_row(Isa::detect(), row, values);
                continue;
            }
            let steps = match form.bits {
                Bits::Four => 16.0,
                Bits::Five => 32.0,
                _ => 64.0,
            };
            for (block, values) in values.as_chunks::<BLOCK>().0.iter().enumerate() {
                let quants = values.map(|value| ((value + 1.0) / 2.0 * steps) as u8);
                let bits = |value: f32| half::f16::from_f32(value).to_bits();
                let mut packing = packed.packing();
                if form.bits == Bits::Six {
                    packing.set_sixes(row, block, [bits(2.0 / steps), bits(-1.0 / steps)], &quants);
                } else {
                    packing.set_block(row, block, bits(2.0 / steps), bits(-1.0 + values[0] / 10.0), &quants);
                }
            }
        }
        packed
    }

    fn product(isa: Isa, pool: &Pool, parts: &[Packed], x: &[f32]) -> Vec<f32> {
        let width: usize = parts.iter().map(|part| part.rows).sum();
        let mut out = vec![f32::NAN; x.len() / parts[0].cols * width];
        matmul(isa, pool, parts, x, &mut out, &mut Activations::default());
        out
    }

    /// The product of the rounded numbers in f64.
    fn exact(parts: &[Packed], x: &[f32]) -> Vec<f64> {
        let mut rounded = Activations::default();
        rounded.fill(Isa::Portable, &Pool::new(1).unwrap(), x);
        let value = |i: usize| f64::from(rounded.quants[i]) * f64::from(rounded.scales[i / BLOCK]);
        let cols = parts[0].cols;
        let mut exact = Vec::new();
        let mut weights = vec![0.0; cols];
        for i in 0..x.len() / cols {
            for part in parts {
                for row in 0..part.rows {
                    part.row(row, &mut weights);
                    exact.push((0..cols).map(|c| f64::from(weights[c]) * value(i * cols + c)).sum());
                }
            }
        }
        exact
    }

    #[test]
    fn every_instruction_set_rounds_alike() {
        let mut x = random(7 * BLOCK, 4);
        x[BLOCK..2 * BLOCK].fill(0.0);
        x[2 * BLOCK..3 * BLOCK].fill(-3.5);
        x[3 * BLOCK + 5] = 1e6;
        let rounded = |isa, x: &[f32]| {
            let (mut quants, mut scales, mut sums) = (vec![9; x.len()], vec![9.0; 7], vec![[9; 2]; 7]);
            quantise(isa, x, &mut quants, &mut scales, &mut sums);
            (quants, scales, sums)
        };
        let (quants, scales, sums) = rounded(Isa::Portable, &x);
        for (i, (quant, x)) in quants.iter().zip(&x).enumerate() {
            let scale = scales[i / BLOCK];
            assert!((f32::from(*quant) * scale - x).abs() <= scale / 2.0 * 1.0001, "{i}: {quant} {x}");
        }
        let sum = |quants: &[i8]| quants.iter().map(|quant| i32::from(*quant)).sum::<i32>();
        for (quants, sums) in quants.chunks(BLOCK / 2).zip(sums.as_flattened()) {
            assert_eq!(sum(quants), *sums);
        }
        for isa in Isa::available() {
            assert_eq!(rounded(isa, &x), (quants.clone(), scales.clone(), sums.clone()), "{isa:?}");
        }
        x[3] = f32::NAN;
        x[BLOCK] = f32::INFINITY;
        for isa in Isa::available() {
            let (quants, _, sums) = rounded(isa, &x);
            assert_eq!(quants.chunks(BLOCK / 2).map(sum).collect::<Vec<_>>(), sums.as_flattened(), "{isa:?}");
        }
    }

    #[test]
    fn every_instruction_set_multiplies_exactly_what_was_rounded() {
        let pool = Pool::new(1).unwrap();
        for (rows, cols) in [(1, 32), (15, 64), (16, 32), (17, 96), (40, 256), (65, 128), (130, 32)] {
            for form in FORMS {
                let w = [matrix(rows, cols, form)];
                for m in [1, 2, 3, 4, 5, 6, 7, 11, 12, 16, 35] {
                    let x = random(m * cols, 9);
                    let exact = exact(&w, &x);
                    for isa in Isa::available() {
                        for (got, exact) in product(isa, &pool, &w, &x).iter().zip(&exact) {
                            let off = (f64::from(*got) - exact).abs();
                            assert!(off < 1e-4, "{form:?} {isa:?} {rows}x{cols} m={m}: {got} {exact}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn matrices_stand_one_below_the_other() {
        let pool = Pool::new(2).unwrap();
        let parts: Vec<Packed> =
            [(17, 0), (130, 1), (33, 4), (1, 2)].map(|(rows, at)| matrix(rows, 64, FORMS[at])).into();
        for m in [1, 5, 200] {
            let x = random(m * 64, 3);
            let exact = exact(&parts, &x);
            for isa in Isa::available() {
                let got = product(isa, &pool, &parts, &x);
                assert!(got.iter().zip(&exact).all(|(got, exact)| (f64::from(*got) - exact).abs() < 1e-4));
            }
        }
    }

    #[test]
    fn rounding_both_sides_costs_less_than_two_hundredths() {
        let (rows, cols) = (65, 128);
        let (weights, x) = (random(rows * cols, 5), random(3 * cols, 9));
        let got = product(Isa::detect(), &Pool::new(1).unwrap(), &[matrix(rows, cols, Form::BYTES)], &x);
        let ideal = x.chunks_exact(cols).flat_map(|x| {
            weights
                .chunks_exact(cols)
                .map(move |w| w.iter().zip(x).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum::<f64>())
        });
        let off: f64 = got.iter().zip(ideal).map(|(got, ideal)| (f64::from(*got) - ideal).powi(2)).sum();
        let size = got.len() as f64 * cols as f64 / 9.0;
        assert!((off / size).sqrt() < 0.02, "{}", (off / size).sqrt());
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        for (form, quants) in FORMS.into_iter().zip([[255, 0], [31, 0], [31, 0], [15, 0], [15, 0], [63, 0]]) {
            let mut w = Packed::new(16, 256, form);
            for row in 0..16 {
                for block in 0..8 {
                    let (one, quants) = (half::f16::ONE.to_bits(), [quants[row % 2]; BLOCK]);
                    match form.bits {
                        Bits::Six => w.packing().set_sixes(row, block, [one; 2], &quants),
                        _ => w.packing().set_block(row, block, one, 0, &quants),
                    }
                }
            }
            let want = quants.map(|quant| f32::from(quant) - f32::from(form.zero));
            for sign in [1.0f32, -1.0] {
                for isa in Isa::available() {
                    for m in [1, 16] {
                        let x = vec![sign * 127.0; m * 256];
                        let got = product(isa, &Pool::new(1).unwrap(), std::slice::from_ref(&w), &x);
                        assert_eq!(got[..2], want.map(|want| sign * want * 127.0 * 256.0), "{form:?} {isa:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn threads_change_nothing() {
        let (rows, cols, m) = (1000, 512, 18);
        let x = random(m * cols, 9);
        for form in [FORMS[0], FORMS[2]] {
            let w = [matrix(rows, cols, form)];
            for isa in Isa::available() {
                let alone = product(isa, &Pool::new(1).unwrap(), &w, &x);
                let pool = Pool::new(4).unwrap();
                for _ in 0..50 {
                    assert_eq!(product(isa, &pool, &w, &x), alone);
                }
            }
        }
    }
}
