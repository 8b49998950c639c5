//! ggml's blocks of 32 weights as f32: Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0. Compiled per instruction
//! set.
//!
//! Matrices are packed from these bits directly (`native_format`); what needs f32 decodes them
//! here. `engine/src/files/dtype.rs` calls [`decode`] for these five formats and candle for all
//! others. A block is an f16 scale, for Q4_1 and Q5_1 an f16 minimum, for Q5_0 and Q5_1 the fifth
//! bit of each weight, and 16 bytes of two weights each. Layouts: `block_q4_0` and its siblings in
//! ggml's `ggml-common.h`.

use super::isa::per_isa;
use super::tile::BLOCK;

/// A file format with blocks of 32 weights; the names are ggml's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, non_camel_case_types, reason = "ggml's names")]
pub enum Block32 {
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
}

per_isa! {
    /// Decodes whole blocks from the front of `bytes` on until `out`, 32 weights a block, is full.
    pub fn decode(block: Block32, bytes: &[u8], out: &mut [f32]) = decode_body
}

/// `out = (quant - zero) * scale + minimum` for blocks of so many bytes. The expression takes a
/// block apart: scale, minimum, quants, zero. A macro, because a closure would not be compiled for
/// the instruction set of its caller.
macro_rules! each {
    ($bytes:ident, $out:ident, $size:literal, |$block:ident| $parts:expr) => {
        for ($block, out) in $bytes
            .as_chunks::<$size>()
            .0
            .iter()
            .zip($out.as_chunks_mut::<BLOCK>().0)
        {
            let (scale, minimum, quants, zero): (f32, f32, [u8; BLOCK], f32) = $parts;
            for (out, quant) in out.iter_mut().zip(quants) {
                *out = (f32::from(quant) - zero) * scale + minimum;
            }
        }
    };
}

#[inline(always)]
fn decode_body<const FMA: bool>(block: Block32, bytes: &[u8], out: &mut [f32]) {
    match block {
        Block32::Q4_0 => each!(bytes, out, 18, |b| (
            f16_at(b, 0),
            0.0,
            nibbles(&b[2..], 0),
            8.0
        )),
        Block32::Q4_1 => each!(bytes, out, 20, |b| (
            f16_at(b, 0),
            f16_at(b, 2),
            nibbles(&b[4..], 0),
            0.0
        )),
        Block32::Q5_0 => each!(bytes, out, 22, |b| (
            f16_at(b, 0),
            0.0,
            nibbles(&b[6..], u32_at(b, 2)),
            16.0
        )),
        Block32::Q5_1 => each!(bytes, out, 24, |b| (
            f16_at(b, 0),
            f16_at(b, 2),
            nibbles(&b[8..], u32_at(b, 4)),
            0.0
        )),
        Block32::Q8_0 => each!(bytes, out, 34, |b| (
            f16_at(b, 0),
            0.0,
            signed(&b[2..]),
            128.0
        )),
    }
}

/// The low halves of 16 bytes, then the high halves; `fifth` has the fifth bit of each.
#[inline(always)]
fn nibbles(bytes: &[u8], fifth: u32) -> [u8; BLOCK] {
    let mut quants = [0; BLOCK];
    let (low, high) = quants.split_at_mut(BLOCK / 2);
    for (i, ((low, high), byte)) in low.iter_mut().zip(high).zip(bytes).enumerate() {
        *low = byte & 15 | ((fifth >> i & 1) << 4) as u8;
        *high = byte >> 4 | ((fifth >> (i + 16) & 1) << 4) as u8;
    }
    quants
}

/// 32 signed bytes, each 128 more.
#[inline(always)]
fn signed(bytes: &[u8]) -> [u8; BLOCK] {
    let mut quants = [0; BLOCK];
    for (quant, byte) in quants.iter_mut().zip(bytes) {
        *quant = byte ^ 0x80;
    }
    quants
}

#[inline(always)]
fn f16_at(bytes: &[u8], at: usize) -> f32 {
    f16_to_f32(u16_at(bytes, at))
}

#[inline(always)]
pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

/// The f32 of an f16's bits, as `half` gives it, without a call.
#[inline(always)]
pub(super) fn f16_to_f32(bits: u16) -> f32 {
    /// 2^112: the difference of the exponents' biases.
    const BIAS_RATIO: f32 = f32::from_bits(0x7780_0000);
    let (sign, size) = (
        u32::from(bits & 0x8000) << 16,
        u32::from(bits & 0x7fff) << 13,
    );
    let finite = (f32::from_bits(size) * BIAS_RATIO).to_bits();
    f32::from_bits(
        sign | if size < 0x0f80_0000 {
            finite
        } else {
            size | 0x7f80_0000
        },
    )
}

#[inline(always)]
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::isa::Isa;
    use candle_core::quantized::{GgmlDType, QStorage, QTensor};
    use candle_core::{Device, Tensor};
    use half::f16;

    const BLOCKS: [(Block32, GgmlDType); 5] = [
        (Block32::Q4_0, GgmlDType::Q4_0),
        (Block32::Q4_1, GgmlDType::Q4_1),
        (Block32::Q5_0, GgmlDType::Q5_0),
        (Block32::Q5_1, GgmlDType::Q5_1),
        (Block32::Q8_0, GgmlDType::Q8_0),
    ];

    /// These blocks decoded by candle, a port of ggml's reference.
    fn reference(dtype: GgmlDType, bytes: &[u8], count: usize) -> Vec<f32> {
        let storage = QStorage::from_data(bytes.to_vec().into(), &Device::Cpu, dtype).unwrap();
        QTensor::new(storage, count)
            .unwrap()
            .dequantize(&Device::Cpu)
            .unwrap()
            .to_vec1()
            .unwrap()
    }

    #[test]
    fn every_block_is_decoded_as_the_reference_does() {
        let count = 40 * BLOCK;
        let values: Vec<f32> = (0..count)
            .map(|i| ((i * 7919 % 1013) as f32 / 500.0 - 1.0).powi(3))
            .collect();
        let tensor = Tensor::from_vec(values, count, &Device::Cpu).unwrap();
        for (block, dtype) in BLOCKS {
            let bytes = QTensor::quantize(&tensor, dtype)
                .unwrap()
                .data()
                .unwrap()
                .into_owned();
            let want = reference(dtype, &bytes, count);
            for isa in Isa::available() {
                let mut got = vec![f32::NAN; count];
                decode(isa, block, &bytes, &mut got);
                assert_eq!(got, want, "{block:?} {isa:?}");
            }
        }
    }

    #[test]
    fn every_f16_becomes_its_f32() {
        for bits in 0..=u16::MAX {
            let (got, want) = (f16_to_f32(bits), f16::from_bits(bits).to_f32());
            assert!(
                got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan(),
                "{bits:x}"
            );
        }
    }

    #[test]
    fn blocks_are_read_as_ggml_writes_them() {
        // By hand: scale 0.5, minimum -1, bytes 0x21, fifth bits of the first and the last weight.
        let (scale, minimum) = (
            f16::from_f32(0.5).to_le_bytes(),
            f16::from_f32(-1.0).to_le_bytes(),
        );
        let fifth = 0x8000_0001_u32.to_le_bytes();
        let q5_1 = [&scale[..], &minimum, &fifth, &[0x21; 16]].concat();
        let mut out = [0.0; BLOCK];
        decode(Isa::Portable, Block32::Q5_1, &q5_1, &mut out);
        assert_eq!([out[0], out[1], out[16], out[31]], [7.5, -0.5, 0.0, 8.0]);
        let q4_0 = [&scale[..], &[0x21; 16]].concat();
        decode(Isa::Portable, Block32::Q4_0, &q4_0, &mut out);
        assert_eq!([out[0], out[31]], [-3.5, -3.0]);
    }
}
