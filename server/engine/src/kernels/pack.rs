//! A file's blocks into a packed matrix, with their own bits: nothing is rounded but the scales of
//! K-quants.
//!
//! For formats that cannot be kept so, rows are decoded and rounded to int8 (`Packing::set_row`).
//! Layouts: ggml's `ggml-common.h`. To keep one more format, add a variant, its form and its
//! function here, and a line in `files/dtype.rs`.

use half::f16;

use super::blocks::{u16_at, u32_at, wide};
use super::packed::{BLOCK, Bits, Form};
use super::packing::Packing;

/// A format whose bits are kept; the names are ggml's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(non_camel_case_types)]
pub enum Kept {
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q4_K,
    Q5_K,
    Q6_K,
}

impl Kept {
    /// How a matrix of this format is kept.
    pub fn form(self) -> Form {
        let (bits, zero, minimum) = match self {
            Kept::Q4_0 => (Bits::Four, 8, false),
            Kept::Q4_1 | Kept::Q4_K => (Bits::Four, 0, true),
            Kept::Q5_0 => (Bits::Five, 16, false),
            Kept::Q5_1 | Kept::Q5_K => (Bits::Five, 0, true),
            Kept::Q6_K => (Bits::Six, 32, false),
            Kept::Q8_0 => return Form::BYTES,
        };
        Form {
            bits,
            zero,
            minimum,
        }
    }

    /// Stores a row of whole blocks in a matrix of this format's form.
    pub fn set_row(self, packed: &mut Packing, row: usize, bytes: &[u8]) {
        debug_assert_eq!(packed.form, self.form());
        match self {
            Kept::Q4_0 => each(bytes, |at, b: &[u8; 18]| {
                packed.set_halves(row, at, u16_at(b, 0), 0, &halves(b), 0);
            }),
            Kept::Q4_1 => each(bytes, |at, b: &[u8; 20]| {
                packed.set_halves(row, at, u16_at(b, 0), u16_at(b, 2), &halves(b), 0);
            }),
            Kept::Q5_0 => each(bytes, |at, b: &[u8; 22]| {
                packed.set_halves(row, at, u16_at(b, 0), 0, &halves(b), u32_at(b, 2));
            }),
            Kept::Q5_1 => each(bytes, |at, b: &[u8; 24]| {
                packed.set_halves(
                    row,
                    at,
                    u16_at(b, 0),
                    u16_at(b, 2),
                    &halves(b),
                    u32_at(b, 4),
                );
            }),
            Kept::Q8_0 => each(bytes, |at, b: &[u8; 34]| {
                packed.set_block(
                    row,
                    at,
                    u16_at(b, 0),
                    0,
                    &std::array::from_fn(|i| b[2 + i] ^ 0x80),
                );
            }),
            Kept::Q4_K => each(bytes, |at, b: &[u8; 144]| {
                k_block(packed, row, at, b, None, &b[16..])
            }),
            Kept::Q5_K => each(bytes, |at, b: &[u8; 176]| {
                k_block(packed, row, at, b, Some(&b[16..48]), &b[48..])
            }),
            Kept::Q6_K => each(bytes, |at, b: &[u8; 210]| six_block(packed, row, at, b)),
        }
    }
}

fn each<const N: usize>(bytes: &[u8], mut store: impl FnMut(usize, &[u8; N])) {
    bytes
        .as_chunks::<N>()
        .0
        .iter()
        .enumerate()
        .for_each(|(at, block)| store(at, block));
}

/// Eight blocks of 32 under one scale and one minimum in `head`; `quants` has the low halves of two
/// blocks side by side, bit j of `fifths` the fifth bits of block j.
fn k_block(
    packed: &mut Packing,
    row: usize,
    at: usize,
    head: &[u8],
    fifths: Option<&[u8]>,
    quants: &[u8],
) {
    let (scale, minimum) = (wide(u16_at(head, 0)), wide(u16_at(head, 2)));
    for j in 0..8 {
        let (own_scale, own_minimum) = k_scale(&head[4..16], j);
        let quants: [u8; BLOCK] = std::array::from_fn(|i| {
            let low = quants[j / 2 * BLOCK + i] >> (j % 2 * 4) & 15;
            low | fifths.map_or(0, |fifths| (fifths[i] >> j & 1) << 4)
        });
        let scale = f16::from_f32(scale * f32::from(own_scale)).to_bits();
        let minimum = f16::from_f32(-minimum * f32::from(own_minimum)).to_bits();
        packed.set_block(row, at * 8 + j, scale, minimum, &quants);
    }
}

/// Eight blocks of 32 under one scale: the low halves of 256 weights, two more bits of each, 16
/// scales of one byte, and the common scale. A byte of the halves has weights 64 apart, one of the
/// bits above weights 32 apart.
fn six_block(packed: &mut Packing, row: usize, at: usize, block: &[u8; 210]) {
    let (halves, rest) = block.split_at(128);
    let (above, rest) = rest.split_at(64);
    let common = wide(u16_at(rest, 16));
    for j in 0..8 {
        let (half, quarter) = (j / 4, j % 4);
        let quants: [u8; BLOCK] = std::array::from_fn(|i| {
            let low = halves[half * 64 + quarter % 2 * BLOCK + i] >> (quarter / 2 * 4) & 15;
            low | (above[half * BLOCK + i] >> (quarter * 2) & 3) << 4
        });
        let scale = |own: u8| f16::from_f32(common * f32::from(own as i8)).to_bits();
        packed.set_sixes(
            row,
            at * 8 + j,
            [scale(rest[j * 2]), scale(rest[j * 2 + 1])],
            &quants,
        );
    }
}

/// The scale and the minimum of block `j`: six bits each, the last four blocks' in the gaps of the
/// others'.
fn k_scale(bytes: &[u8], j: usize) -> (u8, u8) {
    if j < 4 {
        return (bytes[j] & 63, bytes[j + 4] & 63);
    }
    (
        bytes[j + 4] & 15 | bytes[j - 4] >> 6 << 4,
        bytes[j + 4] >> 4 | bytes[j] >> 6 << 4,
    )
}

/// The last 16 bytes of a block: the low halves of its weights.
fn halves(block: &[u8]) -> [u8; 16] {
    block.last_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::kernels::Isa;
    use crate::kernels::packed::{Packed, TILE, Unpacked};
    use candle_core::quantized::{GgmlDType, QTensor};
    use candle_core::{Device, Tensor};

    const ALL: [(Kept, GgmlDType); 8] = [
        (Kept::Q4_0, GgmlDType::Q4_0),
        (Kept::Q4_1, GgmlDType::Q4_1),
        (Kept::Q5_0, GgmlDType::Q5_0),
        (Kept::Q5_1, GgmlDType::Q5_1),
        (Kept::Q8_0, GgmlDType::Q8_0),
        (Kept::Q4_K, GgmlDType::Q4K),
        (Kept::Q5_K, GgmlDType::Q5K),
        (Kept::Q6_K, GgmlDType::Q6K),
    ];

    /// A matrix of this format, and the values that candle, a port of ggml's reference, finds in
    /// it.
    fn matrix(kept: Kept, dtype: GgmlDType, rows: usize, cols: usize) -> (Packed, Vec<f32>) {
        let values: Vec<f32> = (0..rows * cols)
            .map(|i| ((i * 7919 % 1013) as f32 / 500.0 - 1.0).powi(3))
            .collect();
        let tensor = QTensor::quantize(
            &Tensor::from_vec(values, rows * cols, &Device::Cpu).unwrap(),
            dtype,
        )
        .unwrap();
        let bytes = tensor.data().unwrap();
        let mut packed = Packed::new(rows, cols, kept.form());
        for (row, bytes) in bytes.chunks_exact(bytes.len() / rows).enumerate() {
            kept.set_row(&mut packed.packing(), row, bytes);
        }
        (
            packed,
            tensor.dequantize(&Device::Cpu).unwrap().to_vec1().unwrap(),
        )
    }

    #[test]
    fn rows_are_those_of_the_file() {
        let (rows, cols) = (19, 512);
        for (kept, dtype) in ALL {
            let (packed, want) = matrix(kept, dtype, rows, cols);
            let mut got = vec![f32::NAN; cols];
            for (row, want) in want.chunks_exact(cols).enumerate() {
                packed.row(row, &mut got);
                let exact = !matches!(kept, Kept::Q4_K | Kept::Q5_K | Kept::Q6_K);
                for (got, want) in got.iter().zip(want) {
                    let off = (got - want).abs();
                    assert!(
                        off <= if exact { 1e-7 } else { 2e-3 },
                        "{kept:?} {row}: {got} {want}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_instruction_set_unpacks_the_same() {
        for (kept, dtype) in ALL {
            let (packed, values) = matrix(kept, dtype, 40, 256);
            let mut first: Option<Vec<u8>> = None;
            for isa in Isa::available() {
                let mut room = Unpacked::default();
                let tiles = packed.tiles(1..3).unpacked(isa, &mut room);
                assert_eq!(tiles.quants.len(), 2 * 8 * TILE);
                let above = 32 * tiles.scales_per_row as u8;
                assert!(!tiles.small || tiles.quants.iter().all(|quant| *quant < above));
                // Row 17, column 37 by the layout's description.
                let byte = tiles.quants[TILE + 64 + 4 + 1];
                let scale = tiles.scales[16 * tiles.scales_per_row + 1];
                let minimum = tiles
                    .minimums
                    .get(16 + 1)
                    .map_or(0.0, |minimum| wide(*minimum));
                let value = (f32::from(byte) - tiles.zero as f32) * wide(scale) + minimum;
                assert!(
                    (value - values[17 * 256 + 37]).abs() < 2e-3,
                    "{kept:?} {isa:?}"
                );
                assert_eq!(
                    first.get_or_insert_with(|| tiles.quants.to_vec()),
                    tiles.quants
                );
            }
        }
    }
}
