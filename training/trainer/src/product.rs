//! Products: int8 operands with scales per block into f32 (`multiply`), and small f32 ones for
//! attention (`tiles`).
//!
//! Both work on register tiles (`tile`). If the processor has a matrix unit, it does all products;
//! those of f32 are rounded to bf16.

use crate::amx::{self, Unit};
use crate::half;
use crate::quantized::{Left, PANEL, Right};
use crate::tile;
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
pub struct Part<'a> {
    pub left: &'a Left,
    pub right: &'a Right,
    pub panel: usize,
    /// The block of the contracted dimension.
    pub at: usize,
    /// Whether c is written, not added to.
    pub fresh: bool,
}

impl Part<'_> {
    fn strips(&self, rows: Range<usize>, c: &mut [f32]) {
        for row in rows.clone().step_by(STRIP) {
            match rows.end - row {
                1 => tile::int8::<1>(self, row, c),
                2 => tile::int8::<2>(self, row, c),
                3 => tile::int8::<3>(self, row, c),
                4 => tile::int8::<4>(self, row, c),
                5 => tile::int8::<5>(self, row, c),
                _ => tile::int8::<6>(self, row, c),
            }
        }
    }
}

impl Part<'_> {
    /// The block's values and the scales of its columns.
    pub fn operand(&self) -> (&[u8], &[f32]) {
        let (right, blocks) = (self.right, self.right.inner / self.right.block);
        let values = &right.values[(self.panel * right.inner + self.at * right.block) * PANEL..];
        let scales = &right.scales[(self.panel * blocks + self.at) * PANEL..];
        (&values[..right.block * PANEL], &scales[..PANEL])
    }

    /// Where the block's values of a row of `left` start.
    pub fn start(&self, row: usize) -> usize {
        row * self.left.inner + self.at * self.left.block
    }

    /// The scale of these values, and what undoes the offset of `right`.
    pub fn scale(&self, row: usize) -> (f32, i32) {
        let own = row * (self.left.inner / self.left.block) + self.at;
        (self.left.scales[own], self.left.offsets[own])
    }

    /// The place of a row of the tile in c.
    pub fn place(&self, row: usize) -> usize {
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
        let left = self.left;
        let (values, scales) = self.operand();
        let a = &left.values[self.start(row)..];
        for first in (0..PANEL).step_by(amx::SIDE) {
            let b = (&values[4 * first..], 4 * PANEL);
            unit.multiply_i8((a, left.inner), b, left.block, block);
            let columns = &scales[first..first + amx::SIDE];
            for ((row, from), to) in (row..).zip(&block.0).zip(&mut *sums) {
                let (scale, offset) = self.scale(row);
                add_scaled(from, offset, scale, columns, &mut to[first..first + amx::SIDE]);
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

/// A strided view of an f32 matrix: value (row, k) is at `from[row * row_step + k * step]`.
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
            1 => tile::float::<1>(view, inner, (b, b_step), (to, c_step), add),
            2 => tile::float::<2>(view, inner, (b, b_step), (to, c_step), add),
            3 => tile::float::<3>(view, inner, (b, b_step), (to, c_step), add),
            4 => tile::float::<4>(view, inner, (b, b_step), (to, c_step), add),
            5 => tile::float::<5>(view, inner, (b, b_step), (to, c_step), add),
            _ => tile::float::<6>(view, inner, (b, b_step), (to, c_step), add),
        }
        row += STRIP;
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
