//! The operands that all matrix kernels share: rounded activations, and the outputs that a call
//! writes.

#[cfg(target_arch = "x86_64")]
use super::bf16_panels::Panels;
use super::disjoint::DisjointMut;
use super::tile::{BLOCK, ROWS};

/// Up to so many rows of activations a product is bound by memory rather than arithmetic, and
/// weights are unpacked in registers, again for each tile of rows.
pub const FEW_ROWS: usize = 6;

/// Activations rounded to int8; reused from call to call.
#[derive(Default)]
pub struct QuantizedActivations {
    /// `[rows][cols]`
    pub quants: Vec<i8>,
    /// `[rows][cols / 32]`: the value of one step.
    pub scales: Vec<f32>,
    /// `[rows][cols / 32]`: the sums of both halves of the block's quants, which correct for the
    /// weights' zero point.
    pub sums: Vec<[i32; 2]>,
    /// `[rows][cols / 32]`: the sums of the blocks' values, by which weights' minimums are
    /// multiplied.
    pub totals: Vec<f32>,
    /// The same activations as AMX takes them, in place of all above.
    #[cfg(target_arch = "x86_64")]
    pub panels: Panels,
}

/// The scale of int8 values for this maximum of absolute values, and its inverse.
pub fn int8_scale(max_abs: f32) -> [f32; 2] {
    [
        max_abs / 127.0,
        if max_abs > 0.0 { 127.0 / max_abs } else { 0.0 },
    ]
}

/// What corrects a dot product for the zero point, for each of the `S` scales of a row; `sums` are
/// those of the block's halves.
#[inline(always)]
pub fn zero_point_correction<const S: usize>(zero_point: i32, sums: [i32; 2]) -> [i32; S] {
    std::array::from_fn(|part| {
        -zero_point
            * if S == 2 {
                sums[part]
            } else {
                sums[0] + sums[1]
            }
    })
}

impl QuantizedActivations {
    /// Panics unless `m` rows of so many blocks are there; kernels then read without bounds checks.
    pub fn assert_rows(&self, m: usize, blocks: usize) {
        assert!(self.quants.len() >= m * blocks * BLOCK);
        assert!(self.scales.len().min(self.sums.len()) >= m * blocks);
    }
}

/// The outputs of some groups of rows of a matrix.
pub struct OutputTile {
    pub all: DisjointMut<f32>,
    /// Outputs per row.
    pub width: usize,
    /// The first output of the first group.
    pub first: usize,
    /// Outputs of the matrix from there on.
    pub rows: usize,
}

impl OutputTile {
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
    pub fn part(&self, i: usize, group: usize) -> &mut [f32] {
        let len = ROWS.min(self.rows - group * ROWS);
        // SAFETY: every call of `multiply` has groups of its own, and so outputs of its own.
        unsafe {
            self.all
                .part(i * self.width + self.first + group * ROWS, len)
        }
    }
}
