//! Tiles as plain loops, for any processor.

use crate::product::{Part, View};
use crate::quantized::PANEL;

pub fn int8<const R: usize>(part: &Part, row: usize, c: &mut [f32]) {
    let (values, scales) = part.operand();
    for row in row..row + R {
        let (scale, offset) = part.scale(row);
        let a = &part.left.values[part.start(row)..][..part.left.block];
        let mut sums = [offset; PANEL];
        for (a, values) in a.chunks_exact(4).zip(values.chunks_exact(4 * PANEL)) {
            for (sum, b) in sums.iter_mut().zip(values.chunks_exact(4)) {
                *sum += (0..4).map(|i| i32::from(a[i]) * i32::from(b[i])).sum::<i32>();
            }
        }
        let place = part.place(row);
        for ((to, sum), own) in c[place..][..PANEL].iter_mut().zip(sums).zip(scales) {
            let before = if part.fresh { 0.0 } else { *to };
            *to = before + sum as f32 * own * scale;
        }
    }
}

pub fn float<const R: usize>(
    a: View,
    inner: usize,
    (b, b_step): (&[f32], usize),
    (c, c_step): (&mut [f32], usize),
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
