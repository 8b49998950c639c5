//! The int8 product in plain Rust, for machines without the other instruction sets and as the
//! reference of their tests.

use super::block32::f16_to_f32;
use super::operands::{OutputTile, QuantizedActivations, int8_scale};
use super::tile::{BLOCK, ROWS, TILE, Tiles};

/// See `matmul::multiply`.
pub fn multiply(w: &Tiles, x: &QuantizedActivations, m: usize, out: &OutputTile) {
    for group in 0..w.groups {
        for i in 0..m {
            let mut sums = [0f32; ROWS];
            for b in 0..w.blocks {
                add_block(w, x, [i, group, b], &mut sums);
            }
            out.store(i, group, &sums);
        }
    }
}

/// Adds what block `b` of row `i` gives with one group of weights.
fn add_block(
    w: &Tiles,
    x: &QuantizedActivations,
    [i, group, b]: [usize; 3],
    sums: &mut [f32; ROWS],
) {
    let (tile, block, per_row) = (group * w.blocks + b, i * w.blocks + b, w.scales_per_row);
    let weights = w.quants[tile * TILE..(tile + 1) * TILE].chunks(TILE / per_row);
    let values = x.quants[block * BLOCK..(block + 1) * BLOCK].chunks(BLOCK / per_row);
    let sums_of_values = x.sums[block].chunks(2 / per_row);
    let scales = w.scales[tile * per_row * ROWS..].as_chunks::<ROWS>().0;
    for (((weights, values), of_values), scales) in
        weights.zip(values).zip(sums_of_values).zip(scales)
    {
        let mut dots = [-w.zero_point * of_values.iter().sum::<i32>(); ROWS];
        for (weights, values) in weights
            .as_chunks::<64>()
            .0
            .iter()
            .zip(values.as_chunks::<4>().0)
        {
            for (dot, four) in dots.iter_mut().zip(weights.as_chunks::<4>().0) {
                *dot += four
                    .iter()
                    .zip(values)
                    .map(|(w, v)| i32::from(*w) * i32::from(*v))
                    .sum::<i32>();
            }
        }
        for ((sum, dot), scale) in sums.iter_mut().zip(dots).zip(scales) {
            *sum += dot as f32 * (f16_to_f32(*scale) * x.scales[block]);
        }
    }
}

/// See `matmul::quantize`.
pub fn quantize(x: &[f32], quants: &mut [i8], scales: &mut [f32], sums: &mut [[i32; 2]]) {
    /// Adding and taking away 1.5 * 2^23 rounds to the nearest whole number.
    const ROUND: f32 = 12_582_912.0;
    let blocks = x
        .as_chunks::<BLOCK>()
        .0
        .iter()
        .zip(quants.as_chunks_mut::<BLOCK>().0);
    for ((x, quants), (scale, sum)) in blocks.zip(scales.iter_mut().zip(sums)) {
        let largest = x
            .iter()
            .map(|v| v.abs())
            .fold(0f32, |most, v| if v > most { v } else { most });
        let [step, inverse] = int8_scale(largest);
        *scale = step;
        *sum = [0; 2];
        for (i, (quant, v)) in quants.iter_mut().zip(x).enumerate() {
            *quant = (v * inverse + ROUND)
                .to_bits()
                .wrapping_sub(ROUND.to_bits()) as i8;
            sum[i / (BLOCK / 2)] += i32::from(*quant);
        }
    }
}
