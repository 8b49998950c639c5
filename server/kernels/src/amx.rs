//! The int8 product with AMX: one `tdpbsud` multiplies 32 columns of 16 rows of activations by 16
//! rows of weights.
//!
//! An unpacked tile of weights has the layout that the instruction takes its second factor in.
//! Every 32 columns have scales of their own, so their sums leave the tile at once and are scaled
//! and added with AVX-512. `avx512` does everything else: rows that do not fill a panel of 16,
//! weights with two scales per row, and all but the product. `amx_tiles` has the instructions.

use std::arch::x86_64::*;

use super::amx_tiles::{PANEL, TileSums, multiply_tiles, release, set_shapes};
use super::avx512;
use super::operands::{OutputTile, QuantizedActivations, zero_point_correction};
use super::tile::{BLOCK, Bits, ROWS, TILE, Tiles};

/// See `matmul::multiply`.
///
/// # Safety
/// The machine has the features below, and tiles are permitted (`amx_tiles`).
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub unsafe fn multiply(w: &Tiles, x: &QuantizedActivations, m: usize, out: &OutputTile) {
    w.assert_whole();
    x.assert_rows(m, w.blocks);
    let one_scale = w.bits == Bits::Eight && w.scales_per_row == 1;
    let whole = if one_scale { m - m % PANEL } else { 0 };
    // SAFETY: the machine has the features; the assertions put all groups and rows in bounds, and
    // tiles have their shapes while panels use them.
    unsafe {
        if whole > 0 {
            set_shapes();
            for first in (0..whole).step_by(PANEL) {
                (0..w.groups).for_each(|group| panel(w, x, first, group, out));
            }
            release();
        }
        avx512::multiply(w, x, whole..m, out);
    }
}

/// 16 rows of activations by one group of 16 weights' rows.
///
/// # Safety
/// Rows `first..first + PANEL` and the group exist, weights are bytes, and tiles have their shapes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
unsafe fn panel(w: &Tiles, x: &QuantizedActivations, first: usize, group: usize, out: &OutputTile) {
    let mut totals = [_mm512_setzero_ps(); PANEL];
    let mut sums = TileSums([[0; ROWS]; PANEL]);
    for b in 0..w.blocks {
        let tile = group * w.blocks + b;
        // SAFETY: the caller promises rows, group and shapes; a tile has 16 scales.
        let scales = unsafe {
            let values = x.quants.as_ptr().add((first * w.blocks + b) * BLOCK);
            multiply_tiles(
                values,
                w.blocks * BLOCK,
                w.quants.as_ptr().add(tile * TILE),
                &mut sums,
            );
            _mm512_cvtph_ps(_mm256_loadu_si256(
                w.scales.as_ptr().add(tile * ROWS).cast(),
            ))
        };
        for (i, (total, sums)) in totals.iter_mut().zip(&sums.0).enumerate() {
            let at = (first + i) * w.blocks + b;
            // SAFETY: the caller promises the row; 16 sums are one register.
            let (sums, sum, scale) = unsafe {
                let sums = _mm512_load_si512(sums.as_ptr().cast());
                (sums, *x.sums.get_unchecked(at), *x.scales.get_unchecked(at))
            };
            let [zero] = zero_point_correction(w.zero_point, sum);
            let dots = _mm512_add_epi32(sums, _mm512_set1_epi32(zero));
            let scale = _mm512_mul_ps(scales, _mm512_set1_ps(scale));
            *total = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dots), scale, *total);
        }
    }
    for (i, total) in totals.iter().enumerate() {
        let mut values = [0f32; ROWS];
        // SAFETY: 16 f32 are one register.
        unsafe { _mm512_storeu_ps(values.as_mut_ptr(), *total) };
        out.store(first + i, group, &values);
    }
}
