//! Tiles for AVX-512, those of int8 with VNNI.

use crate::product::View;
use std::arch::x86_64::*;

#[cfg(target_feature = "avx512vnni")]
#[inline(always)]
pub fn int8<const R: usize>(part: &crate::product::Part, row: usize, c: &mut [f32]) {
    let left = part.left;
    let (values, scales) = part.operand();
    assert!(row + R <= left.rows && part.place(row + R - 1) + crate::quantized::PANEL <= c.len());
    // SAFETY: the instructions are there (cfg); all addresses lie in slices whose lengths were
    // checked: those of c and of the rows just above, those of the block by `operand`.
    unsafe {
        let mut sums = [[_mm512_setzero_si512(); 4]; R];
        for (r, sums) in sums.iter_mut().enumerate() {
            *sums = [_mm512_set1_epi32(part.scale(row + r).1); 4];
        }
        let first = left.values.as_ptr().add(part.start(row));
        let mut b = values.as_ptr();
        for k in (0..left.block).step_by(4) {
            let columns: [__m512i; 4] =
                std::array::from_fn(|j| _mm512_loadu_si512(b.add(64 * j).cast()));
            b = b.add(256);
            for (r, sums) in sums.iter_mut().enumerate() {
                let value =
                    _mm512_set1_epi32(first.add(r * left.inner + k).cast::<i32>().read_unaligned());
                for j in 0..4 {
                    sums[j] = _mm512_dpbusd_epi32(sums[j], columns[j], value);
                }
            }
        }
        let columns: [__m512; 4] =
            std::array::from_fn(|j| _mm512_loadu_ps(scales.as_ptr().add(16 * j)));
        let c = c.as_mut_ptr();
        let store = |r: usize, sums: [__m512i; 4]| {
            let scale = _mm512_set1_ps(part.scale(row + r).0);
            let to = c.add(part.place(row + r));
            for j in 0..4 {
                let before =
                    if part.fresh { _mm512_setzero_ps() } else { _mm512_loadu_ps(to.add(16 * j)) };
                let sum = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[j]), columns[j]);
                _mm512_storeu_ps(to.add(16 * j), _mm512_fmadd_ps(sum, scale, before));
            }
        };
        // No loop: an index that is not a constant would send all sums through memory.
        store(0, sums[0]);
        if R > 1 {
            store(1, sums[1.min(R - 1)]);
        }
        if R > 2 {
            store(2, sums[2.min(R - 1)]);
        }
        if R > 3 {
            store(3, sums[3.min(R - 1)]);
        }
        if R > 4 {
            store(4, sums[4.min(R - 1)]);
        }
        if R > 5 {
            store(5, sums[5.min(R - 1)]);
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
    // SAFETY: the instructions are there (cfg); the caller has checked the extent of all three
    // matrices.
    unsafe {
        let (a_at, b, to) = (a.from.as_ptr(), b.as_ptr(), c.as_mut_ptr());
        let mut sums = [[_mm512_setzero_ps(); 4]; R];
        if add {
            for r in 0..R {
                sums[r] = std::array::from_fn(|j| _mm512_loadu_ps(to.add(r * c_step + 16 * j)));
            }
        }
        for k in 0..inner {
            let columns: [__m512; 4] =
                std::array::from_fn(|j| _mm512_loadu_ps(b.add(k * b_step + 16 * j)));
            for r in 0..R {
                let value = _mm512_set1_ps(*a_at.add(r * a.row_step + k * a.step));
                for j in 0..4 {
                    sums[r][j] = _mm512_fmadd_ps(value, columns[j], sums[r][j]);
                }
            }
        }
        for r in 0..R {
            for j in 0..4 {
                _mm512_storeu_ps(to.add(r * c_step + 16 * j), sums[r][j]);
            }
        }
    }
}
