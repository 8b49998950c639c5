//! Weights as ggml defines them, in f64, and rows of random blocks in every format.

use half::{bf16, f16};

use super::random;
use crate::WeightFormat;

/// A row of a file with random weights.
pub fn random_row(format: WeightFormat, cols: usize, seed: u32) -> Vec<u8> {
    let values = random(cols, seed);
    match format {
        WeightFormat::F32 => return bytemuck::cast_slice(&values).to_vec(),
        WeightFormat::F16 => {
            return values
                .iter()
                .flat_map(|v| f16::from_f32(*v).to_le_bytes())
                .collect();
        }
        WeightFormat::BF16 => {
            return values
                .iter()
                .flat_map(|v| bf16::from_f32(*v).to_le_bytes())
                .collect();
        }
        _ => {}
    }
    let bytes = format.row_bytes(cols).unwrap();
    let mut row: Vec<u8> = random(bytes, seed)
        .iter()
        .map(|v| ((v + 1.0) * 127.99) as u8)
        .collect();
    // Scales and minimums must be numbers.
    let halves: &[usize] = match format {
        WeightFormat::Q4_1 | WeightFormat::Q5_1 | WeightFormat::Q4_K | WeightFormat::Q5_K => {
            &[0, 2]
        }
        WeightFormat::Q6_K => &[208],
        WeightFormat::Codes(_) => &[],
        _ => &[0],
    };
    let block = format.file_block().0;
    for (i, block) in row.chunks_exact_mut(block).enumerate() {
        if matches!(format, WeightFormat::Codes(_)) {
            for (k, scale) in block[16..].chunks_exact_mut(4).enumerate() {
                let value = 0.001 + 0.0003 * ((i + 3 * k) % 7) as f32;
                scale.copy_from_slice(&value.to_le_bytes());
            }
        }
        for at in halves {
            let scale = 0.01 + 0.002 * ((i + at) % 7) as f32;
            block[*at..at + 2].copy_from_slice(&f16::from_f32(scale).to_le_bytes());
        }
    }
    row
}

fn half(bytes: &[u8]) -> f64 {
    f16::from_le_bytes([bytes[0], bytes[1]]).to_f64()
}

fn bit(bytes: &[u8], i: usize) -> u8 {
    bytes[i / 8] >> (i % 8) & 1
}

/// The low four bits of 16 bytes, then the high ones.
fn nibble(bytes: &[u8], i: usize) -> u8 {
    bytes[i % 16] >> (i / 16 * 4) & 15
}

/// Scale and minimum `j` of a K-quant, as in ggml's `get_scale_min_k4`.
fn k_scale(q: &[u8], j: usize) -> (f64, f64) {
    let (scale, minimum) = if j < 4 {
        (q[j] & 63, q[j + 4] & 63)
    } else {
        (
            q[j + 4] & 15 | (q[j - 4] >> 6) << 4,
            q[j + 4] >> 4 | (q[j] >> 6) << 4,
        )
    };
    (f64::from(scale), f64::from(minimum))
}

/// The weights of a row of a file.
pub fn decode(format: WeightFormat, row: &[u8]) -> Vec<f64> {
    let small = |size: usize, weight: fn(&[u8], usize) -> f64| -> Vec<f64> {
        let blocks = row.chunks_exact(size);
        blocks
            .flat_map(|b| (0..32).map(move |i| weight(b, i)))
            .collect()
    };
    let large = |size: usize, weight: fn(&[u8], usize) -> f64| -> Vec<f64> {
        let blocks = row.chunks_exact(size);
        blocks
            .flat_map(|b| (0..256).map(move |i| weight(b, i)))
            .collect()
    };
    match format {
        WeightFormat::Q8_0 => small(34, |b, i| half(b) * f64::from(b[2 + i] as i8)),
        WeightFormat::Q4_0 => small(18, |b, i| half(b) * (f64::from(nibble(&b[2..], i)) - 8.0)),
        WeightFormat::Q4_1 => small(20, |b, i| {
            half(b) * f64::from(nibble(&b[4..], i)) + half(&b[2..])
        }),
        WeightFormat::Q5_0 => small(22, |b, i| {
            let number = nibble(&b[6..], i) | bit(&b[2..6], i) << 4;
            half(b) * (f64::from(number) - 16.0)
        }),
        WeightFormat::Q5_1 => small(24, |b, i| {
            let number = nibble(&b[8..], i) | bit(&b[4..8], i) << 4;
            half(b) * f64::from(number) + half(&b[2..])
        }),
        WeightFormat::Q4_K => large(144, |b, i| {
            let (scale, minimum) = k_scale(&b[4..16], i / 32);
            let number = b[16 + i / 64 * 32 + i % 32] >> (i / 32 % 2 * 4) & 15;
            half(b) * scale * f64::from(number) - half(&b[2..]) * minimum
        }),
        WeightFormat::Q5_K => large(176, |b, i| {
            let (scale, minimum) = k_scale(&b[4..16], i / 32);
            let low = b[48 + i / 64 * 32 + i % 32] >> (i / 32 % 2 * 4) & 15;
            let number = low | (b[16 + i % 32] >> (i / 32) & 1) << 4;
            half(b) * scale * f64::from(number) - half(&b[2..]) * minimum
        }),
        WeightFormat::Q6_K => large(210, |b, i| {
            let (part, quarter, at) = (i / 128, i / 32 % 4, i % 32);
            let low = b[part * 64 + quarter % 2 * 32 + at] >> (quarter / 2 * 4) & 15;
            let high = b[128 + part * 32 + at] >> (quarter * 2) & 3;
            let number = f64::from(low | high << 4) - 32.0;
            half(&b[208..]) * f64::from(b[192 + i / 16] as i8) * number
        }),
        WeightFormat::Codes(table) => {
            let size = format.file_block().0;
            let weight = |b: &[u8], i: usize| {
                let half = if table.has_two_scales { i / 16 } else { 0 };
                let at = 16 + 4 * half;
                let scale = f32::from_le_bytes([b[at], b[at + 1], b[at + 2], b[at + 3]]);
                f64::from(scale) * f64::from(table.values[usize::from(nibble(b, i))])
            };
            let blocks = row.chunks_exact(size);
            blocks
                .flat_map(|b| (0..32).map(move |i| weight(b, i)))
                .collect()
        }
        WeightFormat::F16 => row.chunks_exact(2).map(half).collect(),
        WeightFormat::BF16 => {
            let values = row.chunks_exact(2);
            values
                .map(|b| bf16::from_le_bytes([b[0], b[1]]).to_f64())
                .collect()
        }
        WeightFormat::F32 => {
            let values: Vec<f32> = bytemuck::pod_collect_to_vec(row);
            values.into_iter().map(f64::from).collect()
        }
    }
}

/// Activations as the engine rounds them: numbers, scales, and the values that these mean.
pub fn rounded(x: &[f32]) -> (Vec<i8>, Vec<f32>, Vec<f64>) {
    let (mut numbers, mut scales, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for block in x.chunks_exact(32) {
        let largest = block.iter().fold(0f32, |most, v| most.max(v.abs()));
        let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
        let scale = largest / 127.0;
        scales.push(scale);
        for v in block {
            let number = (v * inverse).round_ties_even() as i8;
            numbers.push(number);
            values.push(f64::from(number) * f64::from(scale));
        }
    }
    (numbers, scales, values)
}

/// `x w^T`.
pub fn product(x: &[f64], w: &[f64], cols: usize) -> Vec<f64> {
    let dot = |x: &[f64], w: &[f64]| x.iter().zip(w).map(|(x, w)| x * w).sum();
    let rows = x.chunks_exact(cols);
    rows.flat_map(|x| w.chunks_exact(cols).map(move |w| dot(x, w)))
        .collect()
}

/// Layer norm of rows.
pub fn layer_norm(x: &[f64], weight: &[f32], bias: &[f32], eps: f32) -> Vec<f64> {
    let mut out = Vec::new();
    for row in x.chunks_exact(weight.len()) {
        let mean = row.iter().sum::<f64>() / row.len() as f64;
        let rest: Vec<f64> = row.iter().map(|v| v - mean).collect();
        let pairs = norm(&rest, weight, eps).into_iter().zip(bias);
        out.extend(pairs.map(|(v, b)| v + f64::from(*b)));
    }
    out
}

/// Root-mean-square norm of rows.
pub fn norm(x: &[f64], weight: &[f32], eps: f32) -> Vec<f64> {
    let mut out = Vec::new();
    for row in x.chunks_exact(weight.len()) {
        let mean = row.iter().map(|v| v * v).sum::<f64>() / row.len() as f64;
        let factor = 1.0 / (mean + f64::from(eps)).sqrt();
        out.extend(
            row.iter()
                .zip(weight)
                .map(|(v, w)| v * factor * f64::from(*w)),
        );
    }
    out
}

#[test]
fn the_reference_agrees_with_the_crate_for_cpus() {
    use kernels::{NativeFormat, PackedMatrix};
    let natives = [
        (WeightFormat::Q4_0, NativeFormat::Q4_0),
        (WeightFormat::Q4_1, NativeFormat::Q4_1),
        (WeightFormat::Q5_0, NativeFormat::Q5_0),
        (WeightFormat::Q5_1, NativeFormat::Q5_1),
        (WeightFormat::Q8_0, NativeFormat::Q8_0),
        (WeightFormat::Q4_K, NativeFormat::Q4_K),
        (WeightFormat::Q5_K, NativeFormat::Q5_K),
        (WeightFormat::Q6_K, NativeFormat::Q6_K),
    ];
    for (format, native) in natives {
        let row = random_row(format, 512, 4);
        let mut packed = PackedMatrix::new(1, 512, native.scheme());
        native.set_row(&mut packed.writer(), 0, &row);
        let mut got = vec![0.0; 512];
        packed.row(0, &mut got);
        super::assert_close(&got, &decode(format, &row), 1e-3, &format!("{format:?}"));
    }
}
