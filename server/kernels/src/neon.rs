//! The int8 product of 64-bit ARM with dot products: one `sdot` multiplies 4 columns of 4 rows.
//!
//! A register holds a quarter of a group's 16 rows. `sdot` takes signed bytes, so the 128 that was
//! added to weights of 8 bits is subtracted. Codes are looked up in a register (`tbl`). Rust 1.90
//! has no stable intrinsics for this instruction and for `fcvtl`, so each is a line of assembly
//! here. Arm Architecture Reference Manual for A-profile, SDOT (by element), FCVTL.

use std::arch::aarch64::*;
use std::arch::asm;

use super::operands::{OutputTile, QuantizedActivations, int8_scale, zero_point_correction};
use super::tile::{BLOCK, CODES, LOW_BITS, ROWS, TILE, Tiles, by_scheme};

/// Rows of activations of the largest tile: as many as registers hold along with half a group.
pub const MAX_TILE_ROWS: usize = 6;

/// See `matmul::multiply`.
///
/// # Safety
/// The machine has the feature below.
#[target_feature(enable = "dotprod")]
pub unsafe fn multiply(w: &Tiles, x: &QuantizedActivations, m: usize, out: &OutputTile) {
    w.assert_whole();
    x.assert_rows(m, w.blocks);
    // SAFETY: the machine has the feature, and the assertions put all rows and groups in bounds.
    unsafe {
        by_scheme!(w, groups(w, x, m, out));
    }
}

/// All rows of activations for all groups, whose weights have `B` bits and `S` scales per row.
///
/// # Safety
/// As [`multiply`], whose assertions hold.
#[target_feature(enable = "dotprod")]
unsafe fn groups<const B: usize, const S: usize>(
    w: &Tiles,
    x: &QuantizedActivations,
    m: usize,
    out: &OutputTile,
) {
    for group in 0..w.groups {
        for i in (0..m).step_by(MAX_TILE_ROWS) {
            // SAFETY: every tile has a group and as many rows as it takes.
            unsafe {
                match MAX_TILE_ROWS.min(m - i) {
                    6 => rows::<B, S, 6, 2>(w, x, i, group, out),
                    5 => rows::<B, S, 5, 2>(w, x, i, group, out),
                    4 => rows::<B, S, 4, 2>(w, x, i, group, out),
                    3 => rows::<B, S, 3, 2>(w, x, i, group, out),
                    2 => rows::<B, S, 2, 4>(w, x, i, group, out),
                    _ => rows::<B, S, 1, 4>(w, x, i, group, out),
                }
            }
        }
    }
}

/// `M` rows of activations by one group of 16 weights' rows, `Q` quarters of it at a time.
///
/// # Safety
/// Rows `first..first + M` and the group exist.
#[inline]
#[target_feature(enable = "dotprod")]
pub unsafe fn rows<const B: usize, const S: usize, const M: usize, const Q: usize>(
    w: &Tiles,
    x: &QuantizedActivations,
    first: usize,
    group: usize,
    out: &OutputTile,
) {
    let mut outputs = [[0f32; ROWS]; M];
    for quarter in (0..4).step_by(Q) {
        let mut sums = [[vdupq_n_f32(0.0); Q]; M];
        for b in 0..w.blocks {
            let block = BlockOperands::<B> { w, x, group, b };
            for part in 0..S {
                // SAFETY: the caller promises rows and group.
                unsafe {
                    let dots = dots_of_rows::<B, S, M, Q>(block, first, quarter, part);
                    for q in 0..Q {
                        let scales = block.scales::<S>(quarter + q, part);
                        for i in 0..M {
                            let scales = vmulq_n_f32(scales, block.scale(first + i));
                            sums[i][q] = vfmaq_f32(sums[i][q], vcvtq_f32_s32(dots[i][q]), scales);
                        }
                    }
                }
            }
        }
        for (outputs, sums) in outputs.iter_mut().zip(sums) {
            for (q, sum) in sums.into_iter().enumerate() {
                // SAFETY: four f32 are a register; `quarter + q` is below 4.
                unsafe { vst1q_f32(outputs.as_mut_ptr().add((quarter + q) * 4), sum) };
            }
        }
    }
    for (i, outputs) in outputs.iter().enumerate() {
        out.store(first + i, group, outputs);
    }
}

/// The products of `Q` quarters of a tile with `M` rows of values, `[row][quarter]`, in the columns
/// of the scale number `part`.
///
/// # Safety
/// Rows `first..first + M`, the block and the quarters exist; `part` is below `S`.
#[inline]
#[target_feature(enable = "dotprod")]
unsafe fn dots_of_rows<const B: usize, const S: usize, const M: usize, const Q: usize>(
    block: BlockOperands<B>,
    first: usize,
    quarter: usize,
    part: usize,
) -> [[int32x4_t; Q]; M] {
    let mut dots = [[vdupq_n_s32(0); Q]; M];
    // SAFETY: the caller promises rows, block and quarters.
    unsafe {
        for (i, dots) in dots.iter_mut().enumerate() {
            let zero = block.w.zero_point - i32::from(block.subtracted());
            *dots = [vdupq_n_s32(block.initial_dot::<S>(zero, first + i, part)); Q];
        }
        // Eights whose weights share bytes follow each other, where they share scales too.
        if S == 1 || part == 0 {
            add_eight::<B, M, Q, 0>(block, first, quarter, &mut dots);
        }
        if S == 1 || part == 1 {
            add_eight::<B, M, Q, 2>(block, first, quarter, &mut dots);
        }
        if S == 1 || part == 0 {
            add_eight::<B, M, Q, 1>(block, first, quarter, &mut dots);
        }
        if S == 1 || part == 1 {
            add_eight::<B, M, Q, 3>(block, first, quarter, &mut dots);
        }
    }
    dots
}

/// Adds the products of the columns `8 * E` to `8 * E + 7`. `E` is a constant, as `B` is, so that
/// nothing is decided in the loop over blocks.
///
/// # Safety
/// As [`dots_of_rows`]; `E` is below 4.
#[inline]
#[target_feature(enable = "dotprod")]
unsafe fn add_eight<const B: usize, const M: usize, const Q: usize, const E: usize>(
    block: BlockOperands<B>,
    first: usize,
    quarter: usize,
    dots: &mut [[int32x4_t; Q]; M],
) {
    // Subtracting 128 from a byte flips its highest bit.
    let flipped = vdupq_n_u8(block.subtracted());
    let mut weights = [[vdupq_n_s8(0); 2]; Q];
    // SAFETY: the caller promises rows, block and quarters.
    unsafe {
        for (q, weights) in weights.iter_mut().enumerate() {
            let fours = block.weights::<E>(quarter + q);
            weights[0] = vreinterpretq_s8_u8(veorq_u8(fours[0], flipped));
            weights[1] = vreinterpretq_s8_u8(veorq_u8(fours[1], flipped));
        }
        for (i, dots) in dots.iter_mut().enumerate() {
            let values = block.values::<E>(first + i);
            for (dots, weights) in dots.iter_mut().zip(weights) {
                *dots = sdot::<0>(*dots, weights[0], values);
                *dots = sdot::<1>(*dots, weights[1], values);
            }
        }
    }
}

/// A tile of weights of `B` bits, and the block of activations that it is multiplied with.
#[derive(Clone, Copy)]
pub struct BlockOperands<'a, const B: usize> {
    pub w: &'a Tiles<'a>,
    pub x: &'a QuantizedActivations,
    pub group: usize,
    /// Its number along the columns.
    pub b: usize,
}

impl<const B: usize> BlockOperands<'_, B> {
    /// The weights of a quarter of the tile's rows in the columns `8 * E` to `8 * E + 7`, one byte
    /// a weight, four columns a register.
    ///
    /// # Safety
    /// The tile exists; `quarter` and `E` are below 4.
    #[inline]
    #[target_feature(enable = "neon")]
    pub unsafe fn weights<const E: usize>(&self, quarter: usize) -> [uint8x16_t; 2] {
        // SAFETY: the caller promises that there is a tile, whose rows are 4 bytes apart.
        unsafe {
            let from = self
                .w
                .quants
                .as_ptr()
                .add(self.tile() * self.w.bits.tile_bytes() + quarter * 16);
            let table = vld1q_u8(self.w.table.as_ptr());
            [
                unpack_columns::<B>(from, 2 * E, table),
                unpack_columns::<B>(from, 2 * E + 1, table),
            ]
        }
    }

    /// The scales of a quarter of the tile's rows, the number `part` of `S` per row.
    ///
    /// # Safety
    /// The tile exists; `quarter` is below 4 and `part` below `S`.
    #[inline]
    #[target_feature(enable = "neon")]
    pub unsafe fn scales<const S: usize>(&self, quarter: usize, part: usize) -> float32x4_t {
        let at = (self.tile() * S + part) * ROWS + quarter * 4;
        // SAFETY: a tile has `S` times 16.
        let bits = unsafe { vld1_u16(self.w.scales.as_ptr().add(at)) };
        widen_four(bits)
    }

    /// A row's values in the columns `8 * E` to `8 * E + 7`.
    ///
    /// # Safety
    /// The row and the block exist; `E` is below 4.
    #[inline]
    #[target_feature(enable = "neon")]
    pub unsafe fn values<const E: usize>(&self, row: usize) -> int8x8_t {
        // SAFETY: a block has 4 times 8.
        unsafe { vld1_s8(self.x.quants.as_ptr().add(self.at(row) * BLOCK + E * 8)) }
    }

    /// The scale of a row's values.
    ///
    /// # Safety
    /// The row and the block exist.
    #[inline]
    pub unsafe fn scale(&self, row: usize) -> f32 {
        // SAFETY: each block has one.
        unsafe { *self.x.scales.get_unchecked(self.at(row)) }
    }

    /// The value a row's dot products begin with in the columns of the scale number `part`, which
    /// corrects for the zero point `zero`.
    ///
    /// # Safety
    /// The row and the block exist; `part` is below `S`.
    #[inline]
    pub unsafe fn initial_dot<const S: usize>(&self, zero: i32, row: usize, part: usize) -> i32 {
        // SAFETY: each block has its sums.
        zero_point_correction::<S>(zero, unsafe { *self.x.sums.get_unchecked(self.at(row)) })[part]
    }

    /// What is subtracted from each weight so that it becomes a signed byte.
    #[inline]
    fn subtracted(&self) -> u8 {
        if (B < 8 && B != CODES) || self.w.is_narrow {
            0
        } else {
            128
        }
    }

    #[inline]
    fn at(&self, row: usize) -> usize {
        row * self.w.blocks + self.b
    }

    #[inline]
    fn tile(&self) -> usize {
        self.group * self.w.blocks + self.b
    }
}

/// The weights of four rows in the columns `4 * four` to `4 * four + 3`. `from` points to the first
/// of these rows in the tile; `table` has the bytes of codes.
///
/// # Safety
/// All of the tile can be read; `four` is below 8.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn unpack_columns<const B: usize>(
    from: *const u8,
    four: usize,
    table: uint8x16_t,
) -> uint8x16_t {
    // SAFETY: a tile has 8 times 64 bytes, or 4 times 64 of low bits and 64 or, where `B` is 6, 128
    // more.
    unsafe {
        if B == 8 {
            return vld1q_u8(from.add(four * 64));
        }
        let bytes = vld1q_u8(from.add(four % 4 * 64));
        let low_bits = vdupq_n_u8(15);
        let low = if four < 4 {
            vandq_u8(bytes, low_bits)
        } else {
            vshrq_n_u8::<4>(bytes)
        };
        if B == 4 {
            return low;
        }
        if B == CODES {
            return vqtbl1q_u8(table, low);
        }
        if B == 6 {
            // The same with two bits, for half as many columns a byte.
            let above = vld1q_u8(from.add(LOW_BITS + four / 4 * 64));
            let above = vshlq_u8(above, vdupq_n_s8(4 - 2 * (four % 4) as i8));
            return vandq_u8(vbslq_u8(low_bits, low, above), vdupq_n_u8(63));
        }
        // The bit of these columns moves to the fifth place; a negative shift is one to the right.
        let fifths = vshlq_u8(vld1q_u8(from.add(LOW_BITS)), vdupq_n_s8(4 - four as i8));
        vandq_u8(vbslq_u8(low_bits, low, fifths), vdupq_n_u8(31))
    }
}

/// Unpacks whole tiles of codes to one byte per weight, as `unpack` does.
///
/// # Safety
/// The machine has the feature below, as all of its kind have.
#[target_feature(enable = "neon")]
pub unsafe fn unpack_codes(table: &[u8; 16], packed: &[u8], out: &mut [u8]) {
    let tiles = packed.as_chunks::<LOW_BITS>().0.iter();
    for (packed, out) in tiles.zip(out.as_chunks_mut::<TILE>().0) {
        for (at, out) in out.as_chunks_mut::<16>().0.iter_mut().enumerate() {
            // SAFETY: a tile of codes is 4 times 64 bytes, an unpacked one 8 times 64.
            unsafe {
                let table = vld1q_u8(table.as_ptr());
                let from = packed.as_ptr().add(at % 4 * 16);
                vst1q_u8(
                    out.as_mut_ptr(),
                    unpack_columns::<CODES>(from, at / 4, table),
                );
            }
        }
    }
}

/// See `matmul::quantize`, which has checked the lengths.
///
/// # Safety
/// The machine has the feature below, as all of its kind have.
#[target_feature(enable = "neon")]
pub unsafe fn quantize(x: &[f32], quants: &mut [i8], scales: &mut [f32], sums: &mut [[i32; 2]]) {
    let blocks = x
        .as_chunks::<BLOCK>()
        .0
        .iter()
        .zip(quants.as_chunks_mut::<BLOCK>().0);
    for ((x, quants), (scale, sum)) in blocks.zip(scales.iter_mut().zip(sums)) {
        let mut values = [vdupq_n_f32(0.0); 8];
        let mut most = vdupq_n_f32(0.0);
        for (i, value) in values.iter_mut().enumerate() {
            // SAFETY: a block is 8 times 4 f32.
            *value = unsafe { vld1q_f32(x.as_ptr().add(i * 4)) };
            // Of a number and a NaN, this gives the number.
            most = vmaxnmq_f32(most, vabsq_f32(*value));
        }
        let [step, inverse] = int8_scale(vmaxnmvq_f32(most));
        *scale = step;
        for (i, values) in values.as_chunks::<4>().0.iter().enumerate() {
            let rounded = values.map(|value| vcvtnq_s32_f32(vmulq_n_f32(value, inverse)));
            let [a, b, c, d] = rounded.map(|value| vqmovn_s32(value));
            let bytes = vcombine_s8(
                vqmovn_s16(vcombine_s16(a, b)),
                vqmovn_s16(vcombine_s16(c, d)),
            );
            // SAFETY: a block is twice 16 bytes.
            unsafe { vst1q_s8(quants.as_mut_ptr().add(i * 16), bytes) };
            // Summed from the bytes, where NaN has become a number.
            sum[i] = i32::from(vaddlvq_s8(bytes));
        }
    }
}

/// 16 f16 as f32.
///
/// # Safety
/// The machine has the feature below, as all of its kind have.
#[inline]
#[target_feature(enable = "neon")]
pub unsafe fn widen(bits: &[u16; 16]) -> [f32; 16] {
    let mut out = [0f32; 16];
    for (out, bits) in out
        .as_chunks_mut::<4>()
        .0
        .iter_mut()
        .zip(bits.as_chunks::<4>().0)
    {
        // SAFETY: four f16 are half a register, four f32 a whole one.
        unsafe { vst1q_f32(out.as_mut_ptr(), widen_four(vld1_u16(bits.as_ptr()))) };
    }
    out
}

/// Four f16 as f32.
#[inline]
#[target_feature(enable = "neon")]
fn widen_four(bits: uint16x4_t) -> float32x4_t {
    let widened;
    // SAFETY: every processor of this kind has the instruction, which touches no memory.
    unsafe {
        asm!(
            "fcvtl {:v}.4s, {:v}.4h", out(vreg) widened, in(vreg) bits,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    widened
}

/// Adds to each of 4 sums the products of 4 weights with four values, the `FOUR`th of `values`.
#[inline]
#[target_feature(enable = "dotprod")]
fn sdot<const FOUR: usize>(mut sums: int32x4_t, weights: int8x16_t, values: int8x8_t) -> int32x4_t {
    // SAFETY: the machine has the instruction, which touches no memory; `values` holds two fours.
    unsafe {
        asm!(
            "sdot {:v}.4s, {:v}.16b, {:v}.4b[{}]",
            inout(vreg) sums, in(vreg) weights, in(vreg) values, const FOUR,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}
