//! Products of strided f32 matrices on the matrix unit, operands rounded to bf16, sums in f32.
//!
//! For attention, whose operands are small and change with every call: they are packed here, a
//! piece of the contracted dimension at a time.

use crate::amx::{SIDE, STEP_BF16, Unit};
use crate::product::View;
use crate::quantized::PANEL;
use std::cell::RefCell;

/// Pairs of values of the contracted dimension that are packed at a time.
const PAIRS: usize = 64;
const STEP_PAIRS: usize = STEP_BF16 / 2;

/// Operands as the unit reads them: two bf16 values of the contracted dimension in a word.
#[repr(align(64))]
struct PackedOperands {
    /// [row][pair]
    a: [u32; SIDE * PAIRS],
    /// [pair][column]
    b: [u32; PAIRS * PANEL],
}

thread_local! {
    static PACKED: RefCell<Box<PackedOperands>> =
        RefCell::new(Box::new(PackedOperands { a: [0; SIDE * PAIRS], b: [0; PAIRS * PANEL] }));
}

/// As `product::tiles`, whose arguments have been checked.
pub fn tiles(
    unit: &Unit,
    a: View,
    rows: usize,
    inner: usize,
    (b, b_step): (&[f32], usize),
    (c, c_step): (&mut [f32], usize),
    add: bool,
) {
    PACKED.with_borrow_mut(|packed| {
        for first in (0..inner).step_by(2 * PAIRS) {
            let values = (inner - first).min(2 * PAIRS);
            let pairs = values.div_ceil(STEP_BF16) * STEP_PAIRS;
            pack_columns(&b[first * b_step..], b_step, values, pairs, &mut packed.b);
            let add = add || first > 0;
            for row in (0..rows).step_by(SIDE) {
                let taken = (rows - row).min(SIDE);
                let from = &a.from[row * a.row_step + first * a.step..];
                pack_rows(View { from, ..a }, taken, values, pairs, &mut packed.a);
                let to = &mut c[row * c_step..];
                if taken == SIDE {
                    multiply(unit, packed, pairs, (to, c_step), add);
                    continue;
                }
                // The unit writes whole blocks.
                let mut whole = [0.0; SIDE * PANEL];
                if add {
                    let lines = whole.chunks_exact_mut(PANEL).zip(to.chunks(c_step)).take(taken);
                    lines.for_each(|(whole, to)| whole.copy_from_slice(&to[..PANEL]));
                }
                multiply(unit, packed, pairs, (&mut whole, PANEL), add);
                let lines = whole.chunks_exact(PANEL).zip(to.chunks_mut(c_step)).take(taken);
                lines.for_each(|(whole, to)| to[..PANEL].copy_from_slice(whole));
            }
        }
    });
}

/// 32 rows and all columns of the panel.
fn multiply(
    unit: &Unit,
    packed: &PackedOperands,
    pairs: usize,
    (c, c_step): (&mut [f32], usize),
    add: bool,
) {
    for column in (0..PANEL).step_by(SIDE) {
        let b = (&packed.b[column..], PANEL);
        unit.multiply_bf16((&packed.a, PAIRS), b, pairs, (&mut c[column..], c_step), add);
    }
}

/// The two values as bf16 (rounded to the nearest, ties to even), the first in the lower half.
#[inline(always)]
fn pair(first: f32, second: f32) -> u32 {
    let round = |value: f32| {
        let bits = value.to_bits();
        bits.wrapping_add(0x7fff + (bits >> 16 & 1))
    };
    round(first) >> 16 | round(second) & 0xffff_0000
}

/// Rows `0..values` of `b`, zeros after them, into `pairs`.
fn pack_columns(b: &[f32], b_step: usize, values: usize, pairs: usize, to: &mut [u32]) {
    for (i, to) in to.chunks_exact_mut(PANEL).take(pairs).enumerate() {
        let row = |k: usize| &b[k * b_step..][..PANEL];
        match values.saturating_sub(2 * i) {
            0 => to.fill(0),
            1 => to.iter_mut().zip(row(2 * i)).for_each(|(to, a)| *to = pair(*a, 0.0)),
            _ => {
                let both = row(2 * i).iter().zip(row(2 * i + 1));
                to.iter_mut().zip(both).for_each(|(to, (a, b))| *to = pair(*a, *b));
            }
        }
    }
}

/// `rows` rows of `values` values, zeros after them, into `pairs`. What later rows hold is of no
/// use to anyone.
fn pack_rows(a: View, rows: usize, values: usize, pairs: usize, to: &mut [u32]) {
    if a.step == 1 {
        for (row, to) in to.chunks_exact_mut(PAIRS).take(rows).enumerate() {
            let from = &a.from[row * a.row_step..][..values];
            let (twos, rest) = from.as_chunks::<2>();
            to[..pairs].fill(0);
            to.iter_mut().zip(twos).for_each(|(to, [first, second])| *to = pair(*first, *second));
            if let [last] = rest {
                to[twos.len()] = pair(*last, 0.0);
            }
        }
        return;
    }
    assert!(a.row_step == 1, "rows or columns are contiguous");
    for i in 0..pairs {
        let column = |k: usize| a.from.get(k * a.step..k * a.step + rows).filter(|_| k < values);
        let mut words = [0; SIDE];
        match (column(2 * i), column(2 * i + 1)) {
            (Some(first), Some(second)) => {
                let both = first.iter().zip(second);
                words.iter_mut().zip(both).for_each(|(word, (a, b))| *word = pair(*a, *b));
            }
            (Some(first), None) => {
                words.iter_mut().zip(first).for_each(|(word, a)| *word = pair(*a, 0.0));
            }
            _ => {}
        }
        to[i..].iter_mut().step_by(PAIRS).zip(words).for_each(|(to, word)| *to = word);
    }
}

#[cfg(test)]
mod tests {
    use super::pair;

    #[test]
    fn values_are_rounded_to_the_nearest_with_ties_to_even() {
        assert_eq!(pair(1.0, -2.0), 0xc000_3f80);
        let below_half = f32::from_bits(0x3f80_7fff);
        let half = f32::from_bits(0x3f80_8000);
        let half_of_odd = f32::from_bits(0x3f81_8000);
        assert_eq!(pair(below_half, half), 0x3f80_3f80);
        assert_eq!(pair(half_of_odd, 0.0), 0x0000_3f82);
    }
}
