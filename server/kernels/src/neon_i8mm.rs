//! The int8 product of 64-bit ARM with products of matrices: one `usmmla` multiplies 8 columns of 2
//! rows of weights by 8 columns of 2 rows of activations.
//!
//! Two registers of weights, 4 columns of 4 rows each, are zipped for it. A single row of
//! activations goes through `neon`, as does everything but the product. Arm Architecture Reference
//! Manual for A-profile, USMMLA.

use std::arch::aarch64::*;
use std::arch::asm;

use super::neon::{BlockOperands, MAX_TILE_ROWS, rows};
use super::operands::{OutputTile, QuantizedActivations};
use super::tile::{ROWS, Tiles, by_scheme};

/// See `matmul::multiply`.
///
/// # Safety
/// The machine has the features below.
#[target_feature(enable = "dotprod,i8mm")]
pub unsafe fn multiply(w: &Tiles, x: &QuantizedActivations, m: usize, out: &OutputTile) {
    w.assert_whole();
    x.assert_rows(m, w.blocks);
    // SAFETY: the machine has the features, and the assertions put all rows and groups in bounds.
    unsafe {
        by_scheme!(w, groups(w, x, m, out));
    }
}

/// All rows of activations for all groups, whose weights have `B` bits and `S` scales per row. An
/// odd last row makes a pair with itself.
///
/// # Safety
/// As [`multiply`], whose assertions hold.
#[target_feature(enable = "dotprod,i8mm")]
unsafe fn groups<const B: usize, const S: usize>(
    w: &Tiles,
    x: &QuantizedActivations,
    m: usize,
    out: &OutputTile,
) {
    for group in 0..w.groups {
        for i in (0..m).step_by(MAX_TILE_ROWS) {
            // SAFETY: every tile has a group and a first row, and goes no further than the last.
            unsafe {
                match MAX_TILE_ROWS.min(m - i) {
                    5 | 6 => pairs::<B, S, 3, 2>(w, x, [i, m - 1], group, out),
                    3 | 4 => pairs::<B, S, 2, 2>(w, x, [i, m - 1], group, out),
                    2 => pairs::<B, S, 1, 4>(w, x, [i, m - 1], group, out),
                    _ => rows::<B, S, 1, 4>(w, x, i, group, out),
                }
            }
        }
    }
}

/// `P` pairs of rows of activations, from `first` to at most `last`, by one group of 16 weights'
/// rows, `Q` quarters of it at a time.
///
/// # Safety
/// Row `last` and the group exist.
#[inline]
#[target_feature(enable = "dotprod,i8mm")]
unsafe fn pairs<const B: usize, const S: usize, const P: usize, const Q: usize>(
    w: &Tiles,
    x: &QuantizedActivations,
    [first, last]: [usize; 2],
    group: usize,
    out: &OutputTile,
) {
    let mut pairs = [[0; 2]; P];
    for (p, pair) in pairs.iter_mut().enumerate() {
        *pair = [(first + 2 * p).min(last), (first + 2 * p + 1).min(last)];
    }
    let mut outputs = [[[0f32; ROWS]; 2]; P];
    for quarter in (0..4).step_by(Q) {
        let mut sums = [[[vdupq_n_f32(0.0); 2]; Q]; P];
        for b in 0..w.blocks {
            for part in 0..S {
                let block = BlockOperands { w, x, group, b };
                // SAFETY: the caller promises rows and group.
                unsafe { add_pairs::<B, S, P, Q>(block, &pairs, quarter, part, &mut sums) };
            }
        }
        for (outputs, sums) in outputs.iter_mut().zip(sums) {
            for (q, [low, high]) in sums.into_iter().enumerate() {
                // SAFETY: four f32 are a register; `quarter + q` is below 4.
                unsafe {
                    let at = (quarter + q) * 4;
                    vst1q_f32(outputs[0].as_mut_ptr().add(at), vuzp1q_f32(low, high));
                    vst1q_f32(outputs[1].as_mut_ptr().add(at), vuzp2q_f32(low, high));
                }
            }
        }
    }
    for (pair, outputs) in pairs.iter().zip(&outputs) {
        out.store(pair[0], group, &outputs[0]);
        out.store(pair[1], group, &outputs[1]);
    }
}

/// Adds the scaled products of `Q` quarters of a tile with `P` pairs of rows in the columns of the
/// scale number `part`, laid out as [`dots_of_pairs`] says.
///
/// # Safety
/// The rows, the block and the quarters exist; `part` is below `S`.
#[inline]
#[target_feature(enable = "dotprod,i8mm")]
unsafe fn add_pairs<const B: usize, const S: usize, const P: usize, const Q: usize>(
    block: BlockOperands<B>,
    pairs: &[[usize; 2]; P],
    quarter: usize,
    part: usize,
    sums: &mut [[[float32x4_t; 2]; Q]; P],
) {
    // SAFETY: the caller promises rows, block and quarters.
    unsafe {
        let dots = dots_of_pairs::<B, S, P, Q>(block, pairs, quarter, part);
        for q in 0..Q {
            let scales = block.scales::<S>(quarter + q, part);
            let scales = [vzip1q_f32(scales, scales), vzip2q_f32(scales, scales)];
            for (p, pair) in pairs.iter().enumerate() {
                let pair = vld1_f32([block.scale(pair[0]), block.scale(pair[1])].as_ptr());
                let pair = vcombine_f32(pair, pair);
                for (half, scales) in scales.into_iter().enumerate() {
                    let dots = vcvtq_f32_s32(dots[p][q][half]);
                    sums[p][q][half] = vfmaq_f32(sums[p][q][half], dots, vmulq_f32(scales, pair));
                }
            }
        }
    }
}

/// The products of `Q` quarters of a tile with `P` pairs of rows in the columns of the scale number
/// `part`, `[pair][quarter][half]`. A
/// register is `[2 rows of weights][2 rows of values]`, and two registers make a quarter.
///
/// # Safety
/// The rows, the block and the quarters exist; `part` is below `S`.
#[inline]
#[target_feature(enable = "dotprod,i8mm")]
unsafe fn dots_of_pairs<const B: usize, const S: usize, const P: usize, const Q: usize>(
    block: BlockOperands<B>,
    pairs: &[[usize; 2]; P],
    quarter: usize,
    part: usize,
) -> [[[int32x4_t; 2]; Q]; P] {
    let mut dots = [[[vdupq_n_s32(0); 2]; Q]; P];
    // SAFETY: the caller promises rows, block and quarters.
    unsafe {
        for (dots, pair) in dots.iter_mut().zip(pairs) {
            let zeros = pair.map(|row| block.initial_dot::<S>(block.w.zero_point, row, part));
            let zeros = vld1_s32(zeros.as_ptr());
            *dots = [[vcombine_s32(zeros, zeros); 2]; Q];
        }
        // Eights whose weights share bytes follow each other, where they share scales too.
        if S == 1 || part == 0 {
            add_eight::<B, P, Q, 0>(block, pairs, quarter, &mut dots);
        }
        if S == 1 || part == 1 {
            add_eight::<B, P, Q, 2>(block, pairs, quarter, &mut dots);
        }
        if S == 1 || part == 0 {
            add_eight::<B, P, Q, 1>(block, pairs, quarter, &mut dots);
        }
        if S == 1 || part == 1 {
            add_eight::<B, P, Q, 3>(block, pairs, quarter, &mut dots);
        }
    }
    dots
}

/// Adds the products of the columns `8 * E` to `8 * E + 7`.
///
/// # Safety
/// As [`dots_of_pairs`]; `E` is below 4.
#[inline]
#[target_feature(enable = "dotprod,i8mm")]
unsafe fn add_eight<const B: usize, const P: usize, const Q: usize, const E: usize>(
    block: BlockOperands<B>,
    pairs: &[[usize; 2]; P],
    quarter: usize,
    dots: &mut [[[int32x4_t; 2]; Q]; P],
) {
    let mut weights = [[vdupq_n_u8(0); 2]; Q];
    // SAFETY: the caller promises rows, block and quarters.
    unsafe {
        for (q, weights) in weights.iter_mut().enumerate() {
            let [low, high] = block.weights::<E>(quarter + q);
            let (low, high) = (vreinterpretq_u32_u8(low), vreinterpretq_u32_u8(high));
            weights[0] = vreinterpretq_u8_u32(vzip1q_u32(low, high));
            weights[1] = vreinterpretq_u8_u32(vzip2q_u32(low, high));
        }
        for (dots, pair) in dots.iter_mut().zip(pairs) {
            let values = vcombine_s8(block.values::<E>(pair[0]), block.values::<E>(pair[1]));
            for (dots, weights) in dots.iter_mut().zip(weights) {
                dots[0] = usmmla(dots[0], weights[0], values);
                dots[1] = usmmla(dots[1], weights[1], values);
            }
        }
    }
}

/// Adds the products of two rows of 8 weights with two rows of 8 values, `[row of weights][row of
/// values]`.
#[inline]
#[target_feature(enable = "i8mm")]
fn usmmla(mut sums: int32x4_t, weights: uint8x16_t, values: int8x16_t) -> int32x4_t {
    // SAFETY: the machine has the instruction, which touches no memory.
    unsafe {
        asm!(
            "usmmla {:v}.4s, {:v}.16b, {:v}.16b",
            inout(vreg) sums, in(vreg) weights, in(vreg) values,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}
