//! The int8 product with AVX-VNNI: one `vpdpbusd` multiplies 4 columns of 8 rows.
//!
//! For processors with int8 dot products and without AVX-512. Sums are 32 bits wide from the start,
//! so weights of all widths take the same path. Everything but the product is in `avx2`. Intel
//! Software Developer's Manual, VPDPBUSD.

use std::arch::x86_64::*;

use super::avx2::{add_scaled, load_table, store, unpack_columns};
use super::operands::{OutputTile, QuantizedActivations, zero_point_correction};
use super::tile::{BLOCK, Tiles, by_scheme};

/// Rows of activations of the largest tile with one and with two scales per row: as many as
/// registers hold.
const MAX_TILE_ROWS: [usize; 2] = [3, 2];

/// See `matmul::multiply`.
///
/// # Safety
/// The machine has the features below.
#[target_feature(enable = "avx2,fma,f16c,avxvnni")]
pub unsafe fn multiply(w: &Tiles, x: &QuantizedActivations, m: usize, out: &OutputTile) {
    w.assert_whole();
    x.assert_rows(m, w.blocks);
    // SAFETY: the machine has the features, and the assertions put all rows and groups in bounds.
    unsafe {
        by_scheme!(w, groups(w, x, m, out));
    }
}

/// All rows of activations for all groups, whose weights have `B` bits and `S` scales per row.
///
/// # Safety
/// As [`multiply`], whose assertions hold.
#[target_feature(enable = "avx2,fma,f16c,avxvnni")]
unsafe fn groups<const B: usize, const S: usize>(
    w: &Tiles,
    x: &QuantizedActivations,
    m: usize,
    out: &OutputTile,
) {
    let most = MAX_TILE_ROWS[S - 1];
    for group in 0..w.groups {
        for i in (0..m).step_by(most) {
            // SAFETY: every tile starts at a row with as many rows left as it takes, and in a group
            // that there is.
            unsafe {
                match most.min(m - i) {
                    3 => tile::<B, S, 3>(w, x, i, group, out),
                    2 => tile::<B, S, 2>(w, x, i, group, out),
                    _ => tile::<B, S, 1>(w, x, i, group, out),
                }
            }
        }
    }
}

/// `M` rows of activations by one group of 16 weights' rows, held as two registers of 8.
///
/// # Safety
/// Rows `first..first + M` and the group exist.
#[inline]
#[target_feature(enable = "avx2,fma,f16c,avxvnni")]
unsafe fn tile<const B: usize, const S: usize, const M: usize>(
    w: &Tiles,
    x: &QuantizedActivations,
    first: usize,
    group: usize,
    out: &OutputTile,
) {
    let mut sums = [[_mm256_setzero_ps(); 2]; M];
    let table = load_table(w.table);
    for b in 0..w.blocks {
        let tile = group * w.blocks + b;
        let mut dots = [[[_mm256_setzero_si256(); 2]; S]; M];
        for (i, dots) in dots.iter_mut().enumerate() {
            // SAFETY: the caller promises the row.
            let sums = unsafe { *x.sums.get_unchecked((first + i) * w.blocks + b) };
            for (dots, zero) in dots
                .iter_mut()
                .zip(zero_point_correction::<S>(w.zero_point, sums))
            {
                *dots = [_mm256_set1_epi32(zero); 2];
            }
        }
        for four in 0..4 {
            for half in 0..2 {
                // SAFETY: the caller promises the group; `four` is below 4 and `half` below 2.
                let weights = unsafe {
                    let from = w.quants.as_ptr().add(tile * w.bits.tile_bytes());
                    unpack_columns::<B>(from.add(half * 32), four, table)
                };
                for (i, dots) in dots.iter_mut().enumerate() {
                    // SAFETY: the caller promises the row; a block is twice 4 times 4 bytes.
                    let [low, high] = unsafe {
                        let at = x
                            .quants
                            .as_ptr()
                            .add(((first + i) * w.blocks + b) * BLOCK + four * 4)
                            .cast::<i32>();
                        [at.read_unaligned(), at.add(4).read_unaligned()]
                    };
                    let dot = &mut dots[0][half];
                    *dot = _mm256_dpbusd_avx_epi32(*dot, weights[0], _mm256_set1_epi32(low));
                    let dot = &mut dots[S - 1][half];
                    *dot = _mm256_dpbusd_avx_epi32(*dot, weights[1], _mm256_set1_epi32(high));
                }
            }
        }
        // SAFETY: the caller promises rows and group.
        unsafe { add_scaled(w, x, first, [group, b], &dots, &mut sums) };
    }
    store(&sums, first, group, out);
}
