//! The int8 product in plain Rust, for machines without the other kernels, and as their reference in tests.

use super::blocks::wide;
use super::matmul::{Activations, Output, steps};
use super::packed::{BLOCK, ROWS, TILE, Tiles};

/// See `matmul::multiply`.
pub fn multiply(w: &Tiles, x: &Activations, m: usize, out: &Output) {
    for group in 0..w.groups {
        for i in 0..m {
            let mut sums = [0f32; ROWS];
            for b in 0..w.blocks {
                let tile = group * w.blocks + b;
                let weights = &w.quants[tile * TILE..(tile + 1) * TILE];
                let values = &x.quants[(i * w.blocks + b) * BLOCK..(i * w.blocks + b + 1) * BLOCK];
                let mut dots = [-w.zero * x.sums[i * w.blocks + b]; ROWS];
                for (weights, values) in weights.as_chunks::<64>().0.iter().zip(values.as_chunks::<4>().0) {
                    for (dot, four) in dots.iter_mut().zip(weights.as_chunks::<4>().0) {
                        for (&w, &v) in four.iter().zip(values) {
                            *dot += i32::from(w) * i32::from(v);
                        }
                    }
                }
                let scale = x.scales[i * w.blocks + b];
                for (lane, sum) in sums.iter_mut().enumerate() {
                    *sum += dots[lane] as f32 * (wide(w.scales[tile * ROWS + lane]) * scale);
                }
            }
            out.store(i, group, &sums);
        }
    }
}

/// See `matmul::quantise`.
pub fn quantise(x: &[f32], quants: &mut [i8], scales: &mut [f32], sums: &mut [i32]) {
    /// Adding and taking away 1.5 * 2^23 rounds to the nearest whole number.
    const ROUND: f32 = 12_582_912.0;
    let blocks = x.as_chunks::<BLOCK>().0.iter().zip(quants.as_chunks_mut::<BLOCK>().0);
    for ((x, quants), (scale, sum)) in blocks.zip(scales.iter_mut().zip(sums)) {
        let largest = x.iter().map(|v| v.abs()).fold(0f32, |most, v| if v > most { v } else { most });
        let [step, inverse] = steps(largest);
        *scale = step;
        *sum = 0;
        for (quant, v) in quants.iter_mut().zip(x) {
            *quant = (v * inverse + ROUND).to_bits().wrapping_sub(ROUND.to_bits()) as i8;
            *sum += i32::from(*quant);
        }
    }
}
