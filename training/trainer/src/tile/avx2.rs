//! Tiles for AVX2. There is no product of bytes that cannot overflow, so the values of both sides
//! are widened to 16 bits: the right ones as they are loaded, the left ones once a tile.

use crate::product::{Part, View};
use crate::quantized::PANEL;
use std::arch::x86_64::*;

/// Values of the largest block (`quantized::block_of`).
const BLOCK: usize = 192;

#[inline(always)]
pub fn int8<const R: usize>(part: &Part, row: usize, c: &mut [f32]) {
    let ((values, scales), block) = (part.operand(), part.left.block);
    let mut wide = [[0i16; BLOCK]; R];
    let (mut own, mut offsets) = ([0.0; R], [0; R]);
    for r in 0..R {
        let a = &part.left.values[part.start(row + r)..][..block];
        wide[r].iter_mut().zip(a).for_each(|(wide, value)| *wide = i16::from(*value));
        (own[r], offsets[r]) = part.scale(row + r);
    }
    assert!(block <= BLOCK && values.len() == block * PANEL && scales.len() == PANEL);
    assert!(part.place(row + R - 1) + PANEL <= c.len());
    for column in (0..PANEL).step_by(8) {
        // SAFETY: the instructions are there (the module's cfg). Loads: 8 columns and 4 values of
        // `block * 64`, 4 of the 192 of a row, 8 of 64 scales; stores: within 64 columns of a row
        // of c. All have been checked above.
        unsafe {
            let mut sums = [[_mm256_setzero_si256(); 2]; R];
            let mut b = values.as_ptr().add(4 * column);
            for k in (0..block).step_by(4) {
                // Four values of four columns each.
                let first = _mm256_cvtepu8_epi16(_mm_loadu_si128(b.cast()));
                let second = _mm256_cvtepu8_epi16(_mm_loadu_si128(b.add(16).cast()));
                b = b.add(4 * PANEL);
                for r in 0..R {
                    let four = wide[r].as_ptr().add(k).cast::<i64>().read_unaligned();
                    let a = _mm256_set1_epi64x(four);
                    sums[r][0] = _mm256_add_epi32(sums[r][0], _mm256_madd_epi16(first, a));
                    sums[r][1] = _mm256_add_epi32(sums[r][1], _mm256_madd_epi16(second, a));
                }
            }
            let scales = _mm256_loadu_ps(scales.as_ptr().add(column));
            for r in 0..R {
                // A column's two halves lie side by side; adding them leaves the columns as
                // 0 1 4 5 2 3 6 7.
                let pairs = _mm256_hadd_epi32(sums[r][0], sums[r][1]);
                let sum = _mm256_permute4x64_epi64::<0b11_01_10_00>(pairs);
                let sum = _mm256_add_epi32(sum, _mm256_set1_epi32(offsets[r]));
                let sum = _mm256_mul_ps(_mm256_cvtepi32_ps(sum), scales);
                let to = c.as_mut_ptr().add(part.place(row + r) + column);
                let before = if part.fresh { _mm256_setzero_ps() } else { _mm256_loadu_ps(to) };
                let scaled = _mm256_mul_ps(sum, _mm256_set1_ps(own[r]));
                _mm256_storeu_ps(to, _mm256_add_ps(before, scaled));
            }
        }
    }
}

#[inline(always)]
pub fn float<const R: usize>(
    a: View,
    inner: usize,
    (b, b_step): (&[f32], usize),
    (c, c_step): (&mut [f32], usize),
    add: bool,
) {
    for column in (0..PANEL).step_by(16) {
        // SAFETY: the instructions are there (the module's cfg); the caller has checked the extents
        // of all three matrices.
        unsafe {
            let (a_at, b) = (a.from.as_ptr(), b.as_ptr().add(column));
            let to = c.as_mut_ptr().add(column);
            let mut sums = [[_mm256_setzero_ps(); 2]; R];
            if add {
                for r in 0..R {
                    sums[r] = [0, 8].map(|at| _mm256_loadu_ps(to.add(r * c_step + at)));
                }
            }
            for k in 0..inner {
                let columns = [0, 8].map(|at| _mm256_loadu_ps(b.add(k * b_step + at)));
                for r in 0..R {
                    let value = _mm256_set1_ps(*a_at.add(r * a.row_step + k * a.step));
                    for j in 0..2 {
                        sums[r][j] = if cfg!(target_feature = "fma") {
                            _mm256_fmadd_ps(value, columns[j], sums[r][j])
                        } else {
                            _mm256_add_ps(_mm256_mul_ps(value, columns[j]), sums[r][j])
                        };
                    }
                }
            }
            for r in 0..R {
                for j in 0..2 {
                    _mm256_storeu_ps(to.add(r * c_step + 8 * j), sums[r][j]);
                }
            }
        }
    }
}
