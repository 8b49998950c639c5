//! The int8 product with AVX2, for processors without VNNI.
//!
//! `vpmaddubsw` multiplies unsigned by signed bytes and adds pairs in 16 bits, where a weight stored with 128 added
//! could overflow. So the weight's sign is moved onto the activation: |w| * (sign(w) * v) stays below 2 * 128 * 127.

use std::arch::x86_64::*;
use std::ops::Range;

use super::Packed;
use super::matmul::{Activations, store};
use super::packed::{BLOCK, ROWS, TILE};
use super::pool::Shards;

/// See `matmul::multiply`.
///
/// # Safety
/// The machine has the features below; `groups` lie inside the matrix.
#[target_feature(enable = "avx2,fma,f16c")]
pub unsafe fn multiply(w: &Packed, x: &Activations, m: usize, groups: Range<usize>, out: Shards<f32>) {
    assert!(groups.end <= w.groups() && x.scales.len() >= m * w.blocks());
    for group in groups {
        let mut i = 0;
        // SAFETY: every tile starts at a row with as many rows left as it takes, and in a group inside the matrix.
        unsafe {
            while m - i >= 3 {
                tile::<3>(w, x, i, group, &out);
                i += 3;
            }
            match m - i {
                2 => tile::<2>(w, x, i, group, &out),
                1 => tile::<1>(w, x, i, group, &out),
                _ => {}
            }
        }
    }
}

/// `M` rows of activations by one group of 16 weights' rows, held as two registers of 8.
///
/// # Safety
/// Rows `first..first + M` and the group exist.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn tile<const M: usize>(w: &Packed, x: &Activations, first: usize, group: usize, out: &Shards<f32>) {
    let blocks = w.blocks();
    let ones = _mm256_set1_epi16(1);
    let flip = _mm256_set1_epi8(-128);
    let mut sums = [[_mm256_setzero_ps(); 2]; M];
    for b in 0..blocks {
        let tile = group * blocks + b;
        let mut dots = [[_mm256_setzero_si256(); 2]; M];
        for four in 0..BLOCK / 4 {
            for half in 0..2 {
                let at = tile * TILE + four * 64 + half * 32;
                // SAFETY: the caller promises the group; a tile is 16 times 32 bytes.
                let weights = unsafe { _mm256_loadu_si256(w.quants.as_ptr().add(at).cast()) };
                let weights = _mm256_xor_si256(weights, flip);
                let sizes = _mm256_abs_epi8(weights);
                for (i, dots) in dots.iter_mut().enumerate() {
                    let at = ((first + i) * blocks + b) * BLOCK + four * 4;
                    // SAFETY: the caller promises the row; a block is 8 times 4 bytes.
                    let values = unsafe { x.quants.as_ptr().add(at).cast::<i32>().read_unaligned() };
                    let values = _mm256_sign_epi8(_mm256_set1_epi32(values), weights);
                    let pairs = _mm256_maddubs_epi16(sizes, values);
                    dots[half] = _mm256_add_epi32(dots[half], _mm256_madd_epi16(pairs, ones));
                }
            }
        }
        for half in 0..2 {
            // SAFETY: 16 scales a tile.
            let scales = unsafe { _mm_loadu_si128(w.scales.as_ptr().add(tile * ROWS + half * 8).cast()) };
            let scales = _mm256_cvtph_ps(scales);
            for i in 0..M {
                // SAFETY: the caller promises the row.
                let scale = _mm256_set1_ps(unsafe { *x.scales.get_unchecked((first + i) * blocks + b) });
                let dot = _mm256_cvtepi32_ps(dots[i][half]);
                sums[i][half] = _mm256_fmadd_ps(dot, _mm256_mul_ps(scales, scale), sums[i][half]);
            }
        }
    }
    for (i, sums) in sums.iter().enumerate() {
        let mut values = [0f32; ROWS];
        // SAFETY: twice 8 f32 are the 16 values.
        unsafe {
            _mm256_storeu_ps(values.as_mut_ptr(), sums[0]);
            _mm256_storeu_ps(values.as_mut_ptr().add(8), sums[1]);
        }
        store(w, first + i, group, &values, out);
    }
}
