//! Packs ggml's blocks into a matrix without changing their bits; only the scales of K-quants and
//! of most formats with a codebook are rounded, to f16.
//!
//! Rows of any other format are decoded and rounded to int8 (`MatrixWriter::set_row`). Layouts:
//! ggml's `ggml-common.h`. To pack one more format, add a variant, its scheme and its function
//! here, and a line in `engine/src/files/dtype.rs`.

use half::f16;

use super::block32::{f16_to_f32, u16_at, u32_at};
use super::codes::CodeFormat;
use super::matrix_writer::MatrixWriter;
use super::tile::{BLOCK, Bits, QuantScheme};

/// A file format whose bits are packed unchanged; the names are ggml's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, non_camel_case_types, reason = "ggml's names")]
pub enum NativeFormat {
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q4_K,
    Q5_K,
    Q6_K,
    Codes(CodeFormat),
}

impl NativeFormat {
    /// How a matrix of this format is packed.
    pub fn scheme(self) -> QuantScheme {
        let (bits, zero_point, has_minimum) = match self {
            NativeFormat::Q4_0 => (Bits::Four, 8, false),
            NativeFormat::Q4_1 | NativeFormat::Q4_K => (Bits::Four, 0, true),
            NativeFormat::Q5_0 => (Bits::Five, 16, false),
            NativeFormat::Q5_1 | NativeFormat::Q5_K => (Bits::Five, 0, true),
            NativeFormat::Q6_K => (Bits::Six, 32, false),
            NativeFormat::Q8_0 => return QuantScheme::INT8,
            NativeFormat::Codes(format) => {
                let codebook = format.codebook();
                let bits = match format.has_two_scales() {
                    true => Bits::CodesOf16(codebook),
                    false => Bits::Codes(codebook),
                };
                (bits, codebook.zero_point(), false)
            }
        };
        QuantScheme {
            bits,
            zero_point,
            has_minimum,
        }
    }

    /// Stores a row of whole blocks in a matrix of this format's scheme.
    pub fn set_row(self, writer: &mut MatrixWriter, row: usize, bytes: &[u8]) {
        debug_assert_eq!(writer.scheme, self.scheme());
        match self {
            NativeFormat::Q4_0 => {
                for (block, b) in blocks::<18>(bytes) {
                    writer.set_packed_block(row, block, u16_at(b, 0), 0, &low_bits(b), 0);
                }
            }
            NativeFormat::Q4_1 => {
                for (block, b) in blocks::<20>(bytes) {
                    let (scale, minimum) = (u16_at(b, 0), u16_at(b, 2));
                    writer.set_packed_block(row, block, scale, minimum, &low_bits(b), 0);
                }
            }
            NativeFormat::Q5_0 => {
                for (block, b) in blocks::<22>(bytes) {
                    let (scale, fifth_bits) = (u16_at(b, 0), u32_at(b, 2));
                    writer.set_packed_block(row, block, scale, 0, &low_bits(b), fifth_bits);
                }
            }
            NativeFormat::Q5_1 => {
                for (block, b) in blocks::<24>(bytes) {
                    let (scale, minimum, fifth_bits) = (u16_at(b, 0), u16_at(b, 2), u32_at(b, 4));
                    writer.set_packed_block(row, block, scale, minimum, &low_bits(b), fifth_bits);
                }
            }
            NativeFormat::Q8_0 => {
                for (block, b) in blocks::<34>(bytes) {
                    let quants = std::array::from_fn(|i| b[2 + i] ^ 0x80);
                    writer.set_block(row, block, u16_at(b, 0), 0, &quants);
                }
            }
            NativeFormat::Q4_K => {
                for (block, b) in blocks::<144>(bytes) {
                    set_k_block(writer, row, block, b, None, &b[16..]);
                }
            }
            NativeFormat::Q5_K => {
                for (block, b) in blocks::<176>(bytes) {
                    set_k_block(writer, row, block, b, Some(&b[16..48]), &b[48..]);
                }
            }
            NativeFormat::Q6_K => {
                for (block, b) in blocks::<210>(bytes) {
                    set_q6_k_block(writer, row, block, b);
                }
            }
            NativeFormat::Codes(format) => {
                format.for_each(bytes, |block, codes| writer.set_codes(row, block, &codes));
            }
        }
    }
}

/// The blocks of a row, with their numbers.
fn blocks<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8; N])> {
    bytes.as_chunks::<N>().0.iter().enumerate()
}

/// Stores 256 weights: eight blocks of 32 with one scale and one minimum in `head`. `quants` has
/// the low four bits of two blocks per 32 bytes, bit j of `fifth_bits` the fifth bits of block j.
fn set_k_block(
    writer: &mut MatrixWriter,
    row: usize,
    at: usize,
    head: &[u8],
    fifth_bits: Option<&[u8]>,
    quants: &[u8],
) {
    let (scale, minimum) = (f16_to_f32(u16_at(head, 0)), f16_to_f32(u16_at(head, 2)));
    for j in 0..8 {
        let (own_scale, own_minimum) = k_scale(&head[4..16], j);
        let quants: [u8; BLOCK] = std::array::from_fn(|i| {
            let low = quants[j / 2 * BLOCK + i] >> (j % 2 * 4) & 15;
            low | fifth_bits.map_or(0, |fifth_bits| (fifth_bits[i] >> j & 1) << 4)
        });
        let scale = f16::from_f32(scale * f32::from(own_scale)).to_bits();
        let minimum = f16::from_f32(-minimum * f32::from(own_minimum)).to_bits();
        writer.set_block(row, at * 8 + j, scale, minimum, &quants);
    }
}

/// Stores 256 weights: the low four bits of each, two more bits of each, 16 scales of one byte, and
/// the common scale. A byte of low bits has weights 64 apart, one of high bits weights 32 apart.
fn set_q6_k_block(writer: &mut MatrixWriter, row: usize, at: usize, block: &[u8; 210]) {
    let (low, rest) = block.split_at(128);
    let (high, rest) = rest.split_at(64);
    let common = f16_to_f32(u16_at(rest, 16));
    for j in 0..8 {
        let (half, quarter) = (j / 4, j % 4);
        let quants: [u8; BLOCK] = std::array::from_fn(|i| {
            let low = low[half * 64 + quarter % 2 * BLOCK + i] >> (quarter / 2 * 4) & 15;
            low | (high[half * BLOCK + i] >> (quarter * 2) & 3) << 4
        });
        let scale = |own: u8| f16::from_f32(common * f32::from(own as i8)).to_bits();
        writer.set_block_of_6_bits(
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

/// The last 16 bytes of a block: the low four bits of its weights.
fn low_bits(block: &[u8]) -> [u8; 16] {
    block.last_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::isa::Isa;
    use crate::packed_matrix::PackedMatrix;
    use crate::tile::TILE;
    use crate::unpack::UnpackBuffer;
    use candle_core::quantized::{GgmlDType, QTensor};
    use candle_core::{Device, Tensor};

    const ALL: [(NativeFormat, GgmlDType); 8] = [
        (NativeFormat::Q4_0, GgmlDType::Q4_0),
        (NativeFormat::Q4_1, GgmlDType::Q4_1),
        (NativeFormat::Q5_0, GgmlDType::Q5_0),
        (NativeFormat::Q5_1, GgmlDType::Q5_1),
        (NativeFormat::Q8_0, GgmlDType::Q8_0),
        (NativeFormat::Q4_K, GgmlDType::Q4K),
        (NativeFormat::Q5_K, GgmlDType::Q5K),
        (NativeFormat::Q6_K, GgmlDType::Q6K),
    ];

    /// A matrix of this format, and the values that candle, a port of ggml's reference, finds in
    /// it.
    fn matrix(
        format: NativeFormat,
        dtype: GgmlDType,
        rows: usize,
        cols: usize,
    ) -> (PackedMatrix, Vec<f32>) {
        let values: Vec<f32> = (0..rows * cols)
            .map(|i| ((i * 7919 % 1013) as f32 / 500.0 - 1.0).powi(3))
            .collect();
        let tensor = QTensor::quantize(
            &Tensor::from_vec(values, rows * cols, &Device::Cpu).unwrap(),
            dtype,
        )
        .unwrap();
        let bytes = tensor.data().unwrap();
        let mut packed = PackedMatrix::new(rows, cols, format.scheme());
        for (row, bytes) in bytes.chunks_exact(bytes.len() / rows).enumerate() {
            format.set_row(&mut packed.writer(), row, bytes);
        }
        (
            packed,
            tensor.dequantize(&Device::Cpu).unwrap().to_vec1().unwrap(),
        )
    }

    #[test]
    fn rows_are_those_of_the_file() {
        let (rows, cols) = (19, 512);
        for (format, dtype) in ALL {
            let (packed, want) = matrix(format, dtype, rows, cols);
            let mut got = vec![f32::NAN; cols];
            for (row, want) in want.chunks_exact(cols).enumerate() {
                packed.row(row, &mut got);
                let exact = !matches!(
                    format,
                    NativeFormat::Q4_K | NativeFormat::Q5_K | NativeFormat::Q6_K
                );
                for (got, want) in got.iter().zip(want) {
                    let off = (got - want).abs();
                    assert!(
                        off <= if exact { 1e-7 } else { 2e-3 },
                        "{format:?} {row}: {got} {want}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_instruction_set_unpacks_the_same() {
        for (format, dtype) in ALL {
            let (packed, values) = matrix(format, dtype, 40, 256);
            let mut first: Option<Vec<u8>> = None;
            for isa in Isa::available() {
                let mut room = UnpackBuffer::default();
                let tiles = packed.tiles(1..3).unpacked(isa, &mut room);
                assert_eq!(tiles.quants.len(), 2 * 8 * TILE);
                let above = 32 * tiles.scales_per_row as u8;
                assert!(!tiles.is_narrow || tiles.quants.iter().all(|quant| *quant < above));
                // Row 17, column 37 by the layout's description.
                let byte = tiles.quants[TILE + 64 + 4 + 1];
                let scale = tiles.scales[16 * tiles.scales_per_row + 1];
                let minimum = tiles
                    .minimums
                    .get(16 + 1)
                    .map_or(0.0, |minimum| f16_to_f32(*minimum));
                let value =
                    (f32::from(byte) - tiles.zero_point as f32) * f16_to_f32(scale) + minimum;
                assert!(
                    (value - values[17 * 256 + 37]).abs() < 2e-3,
                    "{format:?} {isa:?}"
                );
                assert_eq!(
                    first.get_or_insert_with(|| tiles.quants.to_vec()),
                    tiles.quants
                );
            }
        }
    }

    #[test]
    fn codes_are_those_of_the_file() {
        for (format, bytes, want) in crate::codes::tests::cases() {
            let native = NativeFormat::Codes(format);
            let mut packed = PackedMatrix::new(17, want.len(), native.scheme());
            let mut writer = packed.writer();
            native.set_row(&mut writer, 0, &bytes);
            writer.factor = 2.0;
            native.set_row(&mut writer, 16, &bytes);
            let mut got = vec![f32::NAN; want.len()];
            for (row, factor) in [(0, 1.0), (16, 2.0)] {
                packed.row(row, &mut got);
                for (got, want) in got.iter().zip(&want) {
                    // As far as scales in f16 allow.
                    let off = (got - factor * want).abs();
                    assert!(off <= want.abs() * 2e-3, "{format:?}: {got} {want}");
                }
            }
        }
    }

    #[test]
    fn every_instruction_set_looks_codes_up_alike() {
        for (format, bytes, want) in crate::codes::tests::cases() {
            let native = NativeFormat::Codes(format);
            let mut packed = PackedMatrix::new(40, want.len(), native.scheme());
            (0..40).for_each(|row| native.set_row(&mut packed.writer(), row, &bytes));
            let unpacked = |isa| {
                let mut room = UnpackBuffer::default();
                packed.tiles(1..3).unpacked(isa, &mut room).quants.to_vec()
            };
            let first = unpacked(Isa::Portable);
            let bytes = native.scheme().bits.table();
            assert!(first.iter().all(|byte| bytes.contains(byte)));
            for isa in Isa::available() {
                assert_eq!(unpacked(isa), first, "{format:?} {isa:?}");
            }
        }
    }
}
