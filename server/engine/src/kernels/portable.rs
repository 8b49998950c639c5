//! The int8 product in plain Rust, for machines without the other kernels, and as their reference in tests.

use std::ops::Range;

use super::Packed;
use super::matmul::{Activations, store};
use super::packed::{BLOCK, ROWS, TILE};
use super::pool::Shards;

/// See `matmul::multiply`.
pub fn multiply(w: &Packed, x: &Activations, m: usize, groups: Range<usize>, out: Shards<f32>) {
    let blocks = w.blocks();
    for group in groups {
        for i in 0..m {
            let mut sums = [0f32; ROWS];
            for b in 0..blocks {
                let tile = group * blocks + b;
                let weights = &w.quants[tile * TILE..(tile + 1) * TILE];
                let values = &x.quants[(i * blocks + b) * BLOCK..(i * blocks + b + 1) * BLOCK];
                let mut dots = [x.offsets[i * blocks + b]; ROWS];
                for (weights, values) in weights.as_chunks::<64>().0.iter().zip(values.as_chunks::<4>().0) {
                    for (dot, four) in dots.iter_mut().zip(weights.as_chunks::<4>().0) {
                        for (&w, &v) in four.iter().zip(values) {
                            *dot += i32::from(w) * i32::from(v);
                        }
                    }
                }
                let scale = x.scales[i * blocks + b];
                for (lane, sum) in sums.iter_mut().enumerate() {
                    let weight_scale = half::f16::from_bits(w.scales[tile * ROWS + lane]).to_f32();
                    *sum += dots[lane] as f32 * (weight_scale * scale);
                }
            }
            store(w, i, group, &sums, &out);
        }
    }
}
