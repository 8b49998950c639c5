//! The int8 product with AVX2, for processors without VNNI.
//!
//! `vpmaddubsw` multiplies unsigned by signed bytes and adds pairs in 16 bits. Weights of 5 bits and less leave room there:
//! four such sums, 4 * 2 * 31 * 127, are below 2^15, and only then are widened. A weight of 8 bits, stored with 128 added,
//! could overflow. So its sign is moved onto the activation: |w| * (sign(w) * v) stays below 2 * 128 * 127.

use std::arch::x86_64::*;

use super::matmul::{Activations, Output};
use super::packed::{BLOCK, ROWS, TILE, Tiles};

/// See `matmul::multiply`.
///
/// # Safety
/// The machine has the features below.
#[target_feature(enable = "avx2,fma,f16c")]
pub unsafe fn multiply(w: &Tiles, x: &Activations, m: usize, out: &Output) {
    let tiles = w.groups * w.blocks;
    assert!(w.quants.len() >= tiles * TILE && w.scales.len() >= tiles * ROWS);
    assert!(x.quants.len() >= m * w.blocks * BLOCK && x.scales.len().min(x.sums.len()) >= m * w.blocks);
    // As many rows as registers hold.
    let most = if w.small { 4 } else { 3 };
    for group in 0..w.groups {
        for i in (0..m).step_by(most) {
            // SAFETY: every tile starts at a row with as many rows left as it takes, and in a group that there is.
            unsafe {
                match most.min(m - i) {
                    4 => tile::<4>(w, x, i, group, out),
                    3 => tile::<3>(w, x, i, group, out),
                    2 => tile::<2>(w, x, i, group, out),
                    _ => tile::<1>(w, x, i, group, out),
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
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn tile<const M: usize>(w: &Tiles, x: &Activations, first: usize, group: usize, out: &Output) {
    let mut sums = [[_mm256_setzero_ps(); 2]; M];
    for b in 0..w.blocks {
        let tile = group * w.blocks + b;
        // SAFETY: the caller promises rows and group.
        let dots = unsafe {
            let weights = w.quants.as_ptr().add(tile * TILE);
            let values = x.quants.as_ptr().add((first * w.blocks + b) * BLOCK);
            if w.small {
                let zeros = |i: usize| -w.zero * *x.sums.get_unchecked((first + i) * w.blocks + b);
                small::<M>(weights, values, w.blocks * BLOCK, zeros)
            } else {
                large::<M>(weights, values, w.blocks * BLOCK)
            }
        };
        for half in 0..2 {
            // SAFETY: 16 scales a tile.
            let scales = unsafe { _mm_loadu_si128(w.scales.as_ptr().add(tile * ROWS + half * 8).cast()) };
            let scales = _mm256_cvtph_ps(scales);
            for i in 0..M {
                // SAFETY: the caller promises the row.
                let scale = _mm256_set1_ps(unsafe { *x.scales.get_unchecked((first + i) * w.blocks + b) });
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
        out.store(first + i, group, &values);
    }
}

/// The products of a tile of weights up to 31 with `M` rows of values, `row` bytes apart, each with `zeros` added.
///
/// # Safety
/// All of the tile and of a block of each row can be read.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn small<const M: usize>(
    weights: *const u8,
    values: *const i8,
    row: usize,
    zeros: impl Fn(usize) -> i32,
) -> [[__m256i; 2]; M] {
    let ones = _mm256_set1_epi16(1);
    let mut dots = [[_mm256_setzero_si256(); 2]; M];
    for (i, dots) in dots.iter_mut().enumerate() {
        *dots = [_mm256_set1_epi32(zeros(i)); 2];
    }
    for part in 0..2 {
        let mut pairs = [[_mm256_setzero_si256(); 2]; M];
        for four in part * 4..part * 4 + 4 {
            // SAFETY: a tile is 16 times 32 bytes, a block 8 times 4.
            unsafe {
                let low = _mm256_loadu_si256(weights.add(four * 64).cast());
                let high = _mm256_loadu_si256(weights.add(four * 64 + 32).cast());
                for (i, pairs) in pairs.iter_mut().enumerate() {
                    let value = values.add(i * row + four * 4).cast::<i32>().read_unaligned();
                    let value = _mm256_set1_epi32(value);
                    pairs[0] = _mm256_add_epi16(pairs[0], _mm256_maddubs_epi16(low, value));
                    pairs[1] = _mm256_add_epi16(pairs[1], _mm256_maddubs_epi16(high, value));
                }
            }
        }
        for (dots, pairs) in dots.iter_mut().zip(pairs) {
            dots[0] = _mm256_add_epi32(dots[0], _mm256_madd_epi16(pairs[0], ones));
            dots[1] = _mm256_add_epi32(dots[1], _mm256_madd_epi16(pairs[1], ones));
        }
    }
    dots
}

/// The same for weights of 8 bits with 128 added, which needs no correction.
///
/// # Safety
/// As [`small`].
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn large<const M: usize>(weights: *const u8, values: *const i8, row: usize) -> [[__m256i; 2]; M] {
    let ones = _mm256_set1_epi16(1);
    let flip = _mm256_set1_epi8(-128);
    let mut dots = [[_mm256_setzero_si256(); 2]; M];
    for four in 0..BLOCK / 4 {
        for half in 0..2 {
            // SAFETY: a tile is 16 times 32 bytes.
            let weights = unsafe { _mm256_loadu_si256(weights.add(four * 64 + half * 32).cast()) };
            let weights = _mm256_xor_si256(weights, flip);
            let sizes = _mm256_abs_epi8(weights);
            for (i, dots) in dots.iter_mut().enumerate() {
                // SAFETY: a block is 8 times 4 bytes.
                let value = unsafe { values.add(i * row + four * 4).cast::<i32>().read_unaligned() };
                let value = _mm256_sign_epi8(_mm256_set1_epi32(value), weights);
                let pairs = _mm256_maddubs_epi16(sizes, value);
                dots[half] = _mm256_add_epi32(dots[half], _mm256_madd_epi16(pairs, ones));
            }
        }
    }
    dots
}
