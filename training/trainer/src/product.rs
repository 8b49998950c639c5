//! Products: int8 operands with scales per block into f32 (`multiply`), and small f32 ones for
//! attention (`tile`).
//!
//! Both work on register tiles of up to 6 rows and 64 columns. The AVX-512 versions are chosen when
//! the program is built (`-C target-cpu=native`); elsewhere plain loops give the same int8 results.
//! Where the processor has a matrix unit, it takes all of them, those of f32 rounded to bf16.

use crate::amx::{self, Unit};
use crate::half;
use crate::quantized::{Left, PANEL, Right};
use std::ops::Range;

/// Rows of a register tile.
pub const STRIP: usize = 6;

/// Rows that all panels are multiplied with before the next rows: what is touched again and again
/// stays in the cache.
const CHUNK: usize = 64 * STRIP;
/// Panels whose results for a chunk of rows fit into the cache.
const FEW_PANELS: usize = 10;

/// Rows that the matrix unit takes at a time: their sums stay in the first cache.
const UNIT_ROWS: usize = 2 * amx::SIDE;

/// c [left.rows][right.columns] = left * right, or += where `add`.
pub fn multiply(left: &Left, right: &Right, c: &mut [f32], add: bool) {
    assert_eq!((left.inner, left.block), (right.inner, right.block));
    assert_eq!(c.len(), left.rows * right.columns);
    let unit = Unit::new().filter(|_| left.block.is_multiple_of(amx::STEP_I8));
    let done = unit.map_or(0, |unit| on_unit(&unit, left, right, c, add));
    let blocks = left.inner / left.block;
    for first in (done..left.rows).step_by(CHUNK) {
        let rows = first..left.rows.min(first + CHUNK);
        let mut part = |panel: usize, at: usize| {
            let part = Part { left, right, panel, at, fresh: at == 0 && !add };
            part.strips(rows.clone(), c);
        };
        let panels = right.columns / PANEL;
        if panels <= FEW_PANELS {
            (0..blocks).for_each(|at| (0..panels).for_each(|panel| part(panel, at)));
        } else {
            (0..panels).for_each(|panel| (0..blocks).for_each(|at| part(panel, at)));
        }
    }
}

/// `multiply` on the matrix unit, for as many rows as it takes; returns their number.
fn on_unit(unit: &Unit, left: &Left, right: &Right, c: &mut [f32], add: bool) -> usize {
    let done = left.rows - left.rows % amx::SIDE;
    let (mut sums, mut block) =
        ([[0.0; PANEL]; UNIT_ROWS], amx::Block([[0; amx::SIDE]; amx::SIDE]));
    for first in (0..done).step_by(UNIT_ROWS) {
        let rows = first..done.min(first + UNIT_ROWS);
        for panel in 0..right.columns / PANEL {
            sums.as_flattened_mut().fill(0.0);
            for at in 0..left.inner / left.block {
                let part = Part { left, right, panel, at, fresh: false };
                for strip in (0..rows.len()).step_by(amx::SIDE) {
                    let sums = &mut sums[strip..strip + amx::SIDE];
                    part.on_unit(unit, &mut block, first + strip, sums);
                }
            }
            for (row, sums) in rows.clone().zip(&sums) {
                let to = &mut c[row * right.columns + panel * PANEL..][..PANEL];
                if add {
                    to.iter_mut().zip(sums).for_each(|(to, sum)| *to += sum);
                } else {
                    to.copy_from_slice(sums);
                }
            }
        }
    }
    done
}

/// A block of a panel, to be multiplied with rows.
struct Part<'a> {
    left: &'a Left,
    right: &'a Right,
    panel: usize,
    /// The block of the contracted dimension.
    at: usize,
    /// Whether c is written, not added to.
    fresh: bool,
}

impl Part<'_> {
    fn strips(&self, rows: Range<usize>, c: &mut [f32]) {
        for row in rows.clone().step_by(STRIP) {
            match rows.end - row {
                1 => self.tile::<1>(row, c),
                2 => self.tile::<2>(row, c),
                3 => self.tile::<3>(row, c),
                4 => self.tile::<4>(row, c),
                5 => self.tile::<5>(row, c),
                _ => self.tile::<6>(row, c),
            }
        }
    }
}

impl Part<'_> {
    /// The block's values and the scales of its columns.
    fn operand(&self) -> (&[u8], &[f32]) {
        let (right, blocks) = (self.right, self.right.inner / self.right.block);
        let values = &right.values[(self.panel * right.inner + self.at * right.block) * PANEL..];
        let scales = &right.scales[(self.panel * blocks + self.at) * PANEL..];
        (&values[..right.block * PANEL], &scales[..PANEL])
    }

    /// The place of a row of the tile in c.
    fn place(&self, row: usize) -> usize {
        row * self.right.columns + self.panel * PANEL
    }

    /// Adds 32 rows from `row` on of the block to `sums`, on the matrix unit.
    #[inline(always)]
    fn on_unit(
        &self,
        unit: &Unit,
        block: &mut amx::Block<i32>,
        row: usize,
        sums: &mut [[f32; PANEL]],
    ) {
        let (left, blocks) = (self.left, self.left.inner / self.left.block);
        let (values, scales) = self.operand();
        let a = &left.values[row * left.inner + self.at * left.block..];
        for first in (0..PANEL).step_by(amx::SIDE) {
            let b = (&values[4 * first..], 4 * PANEL);
            unit.multiply_i8((a, left.inner), b, left.block, block);
            let columns = &scales[first..first + amx::SIDE];
            for ((row, from), to) in (row..).zip(&block.0).zip(&mut *sums) {
                let own = row * blocks + self.at;
                let (scale, offset) = (left.scales[own], left.offsets[own]);
                add_scaled(from, offset, scale, columns, &mut to[first..first + amx::SIDE]);
            }
        }
    }

    #[cfg(all(target_feature = "avx512vnni", target_feature = "avx512f"))]
    #[inline(always)]
    fn tile<const R: usize>(&self, row: usize, c: &mut [f32]) {
        use std::arch::x86_64::*;
        let (left, blocks) = (self.left, self.left.inner / self.left.block);
        let (values, scales) = self.operand();
        assert!(row + R <= left.rows && self.place(row + R - 1) + PANEL <= c.len());
        // SAFETY: the instructions are there (cfg); all addresses lie in slices whose lengths were
        // checked: those of c and of the rows just above, those of the block by `operand`.
        unsafe {
            let mut sums = [[_mm512_setzero_si512(); 4]; R];
            for (r, sums) in sums.iter_mut().enumerate() {
                *sums = [_mm512_set1_epi32(left.offsets[(row + r) * blocks + self.at]); 4];
            }
            let first = left.values.as_ptr().add(row * left.inner + self.at * left.block);
            let mut b = values.as_ptr();
            for k in (0..left.block).step_by(4) {
                let columns: [__m512i; 4] =
                    std::array::from_fn(|j| _mm512_loadu_si512(b.add(64 * j).cast()));
                b = b.add(256);
                for (r, sums) in sums.iter_mut().enumerate() {
                    let value = _mm512_set1_epi32(
                        first.add(r * left.inner + k).cast::<i32>().read_unaligned(),
                    );
                    for j in 0..4 {
                        sums[j] = _mm512_dpbusd_epi32(sums[j], columns[j], value);
                    }
                }
            }
            let columns: [__m512; 4] =
                std::array::from_fn(|j| _mm512_loadu_ps(scales.as_ptr().add(16 * j)));
            let c = c.as_mut_ptr();
            let store = |r: usize, sums: [__m512i; 4]| {
                let scale = _mm512_set1_ps(left.scales[(row + r) * blocks + self.at]);
                let to = c.add(self.place(row + r));
                for j in 0..4 {
                    let before = if self.fresh {
                        _mm512_setzero_ps()
                    } else {
                        _mm512_loadu_ps(to.add(16 * j))
                    };
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

    #[cfg(not(all(target_feature = "avx512vnni", target_feature = "avx512f")))]
    fn tile<const R: usize>(&self, row: usize, c: &mut [f32]) {
        let (left, blocks) = (self.left, self.left.inner / self.left.block);
        let (values, scales) = self.operand();
        for row in row..row + R {
            let mut sums = [left.offsets[row * blocks + self.at]; PANEL];
            let a = &left.values[row * left.inner + self.at * left.block..][..left.block];
            for (a, values) in a.chunks_exact(4).zip(values.chunks_exact(4 * PANEL)) {
                for (sum, b) in sums.iter_mut().zip(values.chunks_exact(4)) {
                    *sum += (0..4).map(|i| i32::from(a[i]) * i32::from(b[i])).sum::<i32>();
                }
            }
            let place = self.place(row);
            for ((to, sum), scale) in c[place..][..PANEL].iter_mut().zip(sums).zip(scales) {
                let before = if self.fresh { 0.0 } else { *to };
                *to = before + sum as f32 * scale * left.scales[row * blocks + self.at];
            }
        }
    }
}

/// Adds (from + offset) * scale * columns.
#[inline(always)]
fn add_scaled(from: &[i32], offset: i32, scale: f32, columns: &[f32], to: &mut [f32]) {
    let (from, columns) = (from.as_chunks::<16>().0, columns.as_chunks::<16>().0);
    for ((to, from), columns) in to.as_chunks_mut::<16>().0.iter_mut().zip(from).zip(columns) {
        *to =
            std::array::from_fn(|i| ((from[i] + offset) as f32 * columns[i]).mul_add(scale, to[i]));
    }
}

/// A strided view of an f32 matrix: value (row, k) stands at `from[row * row_step + k * step]`.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub from: &'a [f32],
    pub row_step: usize,
    pub step: usize,
}

/// c [rows][64] = a [rows][inner] * b [inner][64], or += where `add`; `b` and `c` have rows
/// `b_step` and `c_step` apart.
pub fn tiles(
    a: View,
    rows: usize,
    inner: usize,
    (b, b_step): (&[f32], usize),
    (c, c_step): (&mut [f32], usize),
    add: bool,
) {
    if inner == 0 || rows == 0 {
        return;
    }
    assert!((rows - 1) * a.row_step + (inner - 1) * a.step < a.from.len());
    assert!((inner - 1) * b_step + PANEL <= b.len() && (rows - 1) * c_step + PANEL <= c.len());
    if let Some(unit) = Unit::new() {
        half::tiles(&unit, a, rows, inner, (b, b_step), (c, c_step), add);
        return;
    }
    let mut row = 0;
    while row < rows {
        let view = View { from: &a.from[row * a.row_step..], ..a };
        let to = &mut c[row * c_step..];
        match rows - row {
            1 => f32_tile::<1>(view, inner, b, b_step, to, c_step, add),
            2 => f32_tile::<2>(view, inner, b, b_step, to, c_step, add),
            3 => f32_tile::<3>(view, inner, b, b_step, to, c_step, add),
            4 => f32_tile::<4>(view, inner, b, b_step, to, c_step, add),
            5 => f32_tile::<5>(view, inner, b, b_step, to, c_step, add),
            _ => f32_tile::<6>(view, inner, b, b_step, to, c_step, add),
        }
        row += STRIP;
    }
}

#[cfg(target_feature = "avx512f")]
#[inline(always)]
fn f32_tile<const R: usize>(
    a: View,
    inner: usize,
    b: &[f32],
    b_step: usize,
    c: &mut [f32],
    c_step: usize,
    add: bool,
) {
    use std::arch::x86_64::*;
    // SAFETY: the instructions are there (cfg); `tiles` has checked the extent of all three
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

#[cfg(not(target_feature = "avx512f"))]
fn f32_tile<const R: usize>(
    a: View,
    inner: usize,
    b: &[f32],
    b_step: usize,
    c: &mut [f32],
    c_step: usize,
    add: bool,
) {
    for r in 0..R {
        let to = &mut c[r * c_step..][..PANEL];
        if !add {
            to.fill(0.0);
        }
        for k in 0..inner {
            let value = a.from[r * a.row_step + k * a.step];
            for (to, b) in to.iter_mut().zip(&b[k * b_step..][..PANEL]) {
                *to += value * b;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantized::Rounding;

    fn values(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.5 - 1.0).collect()
    }

    fn exact(a: &[f32], b: &[f32], inner: usize, columns: usize) -> Vec<f64> {
        let rows = a.len() / inner;
        let cell = |i: usize| {
            let (row, column) = (i / columns, i % columns);
            (0..inner)
                .map(|k| f64::from(a[row * inner + k]) * f64::from(b[k * columns + column]))
                .sum()
        };
        (0..rows * columns).map(cell).collect()
    }

    #[test]
    fn int8_products_are_close_to_exact_ones() {
        for (rows, inner, columns) in [(1, 64, 64), (7, 192, 128), (13, 576, 64), (6, 384, 192)] {
            let (a, b) = (values(rows * inner, 1), values(inner * columns, 2));
            let (mut left, mut right) = (Left::default(), Right::default());
            left.set_rows(&a, inner, Rounding::Nearest);
            right.set_rows(&b, columns, left.block, Rounding::Nearest);
            let mut c = vec![1.0; rows * columns];
            multiply(&left, &right, &mut c, true);
            for (got, wanted) in c.iter().zip(exact(&a, &b, inner, columns)) {
                let error = (f64::from(*got) - wanted - 1.0).abs();
                assert!(error < 0.01 * (inner as f64).sqrt(), "{rows} {inner} {columns}: {error}");
            }
        }
    }

    #[test]
    fn f32_tiles_take_strided_operands() {
        let (rows, inner) = (8, 5);
        let (a, b) = (values(rows * inner, 3), values(inner * 64, 4));
        let turned: Vec<f32> = (0..rows * inner).map(|i| a[i % rows * inner + i / rows]).collect();
        let mut c = vec![0.0; rows * 64];
        let view = View { from: &turned, row_step: 1, step: rows };
        tiles(view, rows, inner, (&b, 64), (&mut c, 64), false);
        for (got, wanted) in c.iter().zip(exact(&a, &b, inner, 64)) {
            assert!((f64::from(*got) - wanted).abs() < 0.02, "{got} {wanted}");
        }
    }
}
