//! The int8 product with AVX-512 VNNI: one `vpdpbusd` multiplies 4 columns of 16 rows.
//!
//! A register tile is up to 6 rows of activations by 2 groups of weights, or 1 row by 4 groups when decoding, so that
//! enough products are under way at once. Intel Software Developer's Manual, VPDPBUSD.

use std::arch::x86_64::*;

use super::matmul::{Activations, Output};
use super::packed::{BLOCK, ROWS, TILE, Tiles};

/// See `matmul::multiply`.
///
/// # Safety
/// The machine has the features below.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub unsafe fn multiply(w: &Tiles, x: &Activations, m: usize, out: &Output) {
    let tiles = w.groups * w.blocks;
    assert!(w.quants.len() >= tiles * TILE && w.scales.len() >= tiles * ROWS);
    assert!(x.quants.len() >= m * w.blocks * BLOCK && x.scales.len().min(x.sums.len()) >= m * w.blocks);
    let mut group = 0;
    // SAFETY: `tile` is given rows below `m` and groups that there are, which the assertions put in bounds.
    unsafe {
        if m == 1 && w.groups == 4 {
            return tile::<1, 4>(w, x, 0, group, out);
        }
        while group + 2 <= w.groups {
            rows::<2>(w, x, m, group, out);
            group += 2;
        }
        if group < w.groups {
            rows::<1>(w, x, m, group, out);
        }
    }
}

/// All rows of activations for `G` groups.
///
/// # Safety
/// As [`multiply`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
unsafe fn rows<const G: usize>(w: &Tiles, x: &Activations, m: usize, group: usize, out: &Output) {
    let mut i = 0;
    // SAFETY: every tile starts at a row `i` with as many rows left as it takes.
    unsafe {
        while m - i >= 6 {
            tile::<6, G>(w, x, i, group, out);
            i += 6;
        }
        match m - i {
            5 => {
                tile::<3, G>(w, x, i, group, out);
                tile::<2, G>(w, x, i + 3, group, out);
            }
            4 => tile::<4, G>(w, x, i, group, out),
            3 => tile::<3, G>(w, x, i, group, out),
            2 => tile::<2, G>(w, x, i, group, out),
            1 => tile::<1, G>(w, x, i, group, out),
            _ => {}
        }
    }
}

/// `M` rows of activations by `G` groups of 16 weights' rows.
///
/// # Safety
/// Rows `first..first + M` and groups `group..group + G` exist.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
unsafe fn tile<const M: usize, const G: usize>(w: &Tiles, x: &Activations, first: usize, group: usize, out: &Output) {
    let blocks = w.blocks;
    let mut sums = [[_mm512_setzero_ps(); G]; M];
    for b in 0..blocks {
        let mut dots = [[_mm512_setzero_si512(); G]; M];
        for (i, dots) in dots.iter_mut().enumerate() {
            // SAFETY: the caller promises the row.
            let sum = unsafe { *x.sums.get_unchecked((first + i) * blocks + b) };
            *dots = [_mm512_set1_epi32(-w.zero * sum); G];
        }
        for four in 0..BLOCK / 4 {
            let mut weights = [_mm512_setzero_si512(); G];
            for (g, weights) in weights.iter_mut().enumerate() {
                let at = ((group + g) * blocks + b) * TILE + four * 64;
                // SAFETY: the caller promises the group; a tile is 8 times 64 bytes.
                *weights = unsafe { _mm512_loadu_si512(w.quants.as_ptr().add(at).cast()) };
            }
            for (i, dots) in dots.iter_mut().enumerate() {
                let at = ((first + i) * blocks + b) * BLOCK + four * 4;
                // SAFETY: the caller promises the row; a block is 8 times 4 bytes.
                let values = unsafe { x.quants.as_ptr().add(at).cast::<i32>().read_unaligned() };
                let values = _mm512_set1_epi32(values);
                for g in 0..G {
                    dots[g] = _mm512_dpbusd_epi32(dots[g], weights[g], values);
                }
            }
        }
        for g in 0..G {
            let at = ((group + g) * blocks + b) * ROWS;
            // SAFETY: 16 scales a tile.
            let scales = unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(w.scales.as_ptr().add(at).cast())) };
            for i in 0..M {
                // SAFETY: the caller promises the row.
                let scale = _mm512_set1_ps(unsafe { *x.scales.get_unchecked((first + i) * blocks + b) });
                let dot = _mm512_cvtepi32_ps(dots[i][g]);
                sums[i][g] = _mm512_fmadd_ps(dot, _mm512_mul_ps(scales, scale), sums[i][g]);
            }
        }
    }
    for (i, sums) in sums.iter().enumerate() {
        for (g, sum) in sums.iter().enumerate() {
            let mut values = [0f32; ROWS];
            // SAFETY: 16 f32 are one register.
            unsafe { _mm512_storeu_ps(values.as_mut_ptr(), *sum) };
            out.store(first + i, group + g, &values);
        }
    }
}
