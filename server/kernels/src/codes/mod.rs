//! The file formats whose weights are entries of a table of 16 values, times a scale: ggml's IQ and
//! TQ formats, MXFP4, NVFP4, Q1_0, Q2_0 and Q3_K.
//!
//! A weight is found as its code, the number of its value in the table ([`Codebook`]), so that a
//! matrix of any of these formats can stay at four bits a weight. `native_format` packs codes and
//! scales; [`CodeFormat::decode`] gives f32. `iq` takes the blocks with grids apart, this file all
//! others. To add a format: a variant here, its function and a row in `engine/src/files/dtype.rs`.
//! Layouts: ggml's `ggml-common.h`.

mod iq;

use super::block32::{f16_to_f32, u16_at};
use super::codebook::Codebook;
use super::tile::BLOCK;

/// A file format with a codebook; the names are ggml's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, non_camel_case_types, reason = "ggml's names")]
pub enum CodeFormat {
    IQ4_NL,
    IQ4_XS,
    MXFP4,
    NVFP4,
    Q3_K,
    IQ3_S,
    IQ3_XXS,
    IQ2_S,
    IQ2_XS,
    IQ2_XXS,
    IQ1_S,
    IQ1_M,
    TQ1_0,
    TQ2_0,
    Q1_0,
    Q2_0,
}

/// 32 weights: their codes, and the scales of the first and of the last 16.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CodeBlock {
    /// Below 16 each.
    pub codes: [u8; BLOCK],
    /// The same twice where all 32 weights share a scale.
    pub scales: [f32; 2],
}

impl CodeFormat {
    /// Weights and bytes of a block of the file.
    pub const fn block(self) -> [usize; 2] {
        match self {
            CodeFormat::IQ4_NL => [32, 18],
            CodeFormat::MXFP4 => [32, 17],
            CodeFormat::NVFP4 => [64, 36],
            CodeFormat::Q1_0 => [128, 18],
            CodeFormat::Q2_0 => [64, 18],
            CodeFormat::IQ4_XS => [256, 136],
            CodeFormat::Q3_K | CodeFormat::IQ3_S => [256, 110],
            CodeFormat::IQ3_XXS => [256, 98],
            CodeFormat::IQ2_S => [256, 82],
            CodeFormat::IQ2_XS => [256, 74],
            CodeFormat::IQ2_XXS | CodeFormat::TQ2_0 => [256, 66],
            CodeFormat::IQ1_S => [256, 50],
            CodeFormat::IQ1_M => [256, 56],
            CodeFormat::TQ1_0 => [256, 54],
        }
    }

    /// The values that weights have before they are scaled.
    pub const fn codebook(self) -> Codebook {
        match self {
            CodeFormat::IQ4_NL | CodeFormat::IQ4_XS => Codebook::Uneven,
            CodeFormat::MXFP4
            | CodeFormat::NVFP4
            | CodeFormat::Q3_K
            | CodeFormat::TQ1_0
            | CodeFormat::TQ2_0
            | CodeFormat::Q1_0
            | CodeFormat::Q2_0 => Codebook::E2m1,
            CodeFormat::IQ3_S | CodeFormat::IQ1_S | CodeFormat::IQ1_M => Codebook::Odd,
            CodeFormat::IQ3_XXS => Codebook::Eights,
            CodeFormat::IQ2_S | CodeFormat::IQ2_XS | CodeFormat::IQ2_XXS => Codebook::Three,
        }
    }

    /// Whether every 16 weights share a scale, rather than every 32 or more.
    pub const fn has_two_scales(self) -> bool {
        matches!(
            self,
            CodeFormat::NVFP4
                | CodeFormat::Q3_K
                | CodeFormat::IQ2_S
                | CodeFormat::IQ2_XS
                | CodeFormat::IQ1_M
        )
    }

    /// Decodes whole blocks from the front of `bytes` on until `out` is full.
    pub fn decode(self, bytes: &[u8], out: &mut [f32]) {
        let values = self.codebook().values();
        let mut blocks = out.as_chunks_mut::<BLOCK>().0.iter_mut();
        self.for_each(bytes, |_, CodeBlock { codes, scales }| {
            let Some(out) = blocks.next() else { return };
            let halves = out.as_chunks_mut::<{ BLOCK / 2 }>().0;
            let halves = halves.iter_mut().zip(codes.as_chunks::<{ BLOCK / 2 }>().0);
            for ((out, codes), scale) in halves.zip(scales) {
                for (out, code) in out.iter_mut().zip(codes) {
                    *out = scale * f32::from(values[usize::from(*code)]);
                }
            }
        });
    }

    /// Calls `on` with each 32 weights of whole blocks and their number.
    pub fn for_each(self, bytes: &[u8], mut on: impl FnMut(usize, CodeBlock)) {
        let [weights, size] = self.block();
        let per_block = weights / BLOCK;
        for (at, block) in bytes.chunks_exact(size).enumerate() {
            for j in 0..per_block {
                on(at * per_block + j, self.part(block, j));
            }
        }
    }

    /// The `j`-th 32 weights of a block.
    fn part(self, block: &[u8], j: usize) -> CodeBlock {
        match self {
            CodeFormat::IQ4_NL => one_scale(f16_at(block, 0), halves(&block[2..])),
            CodeFormat::IQ4_XS => iq4_xs(block, j),
            CodeFormat::MXFP4 => one_scale(half_power_of_two(block[0]), halves(&block[1..])),
            CodeFormat::NVFP4 => nvfp4(block, j),
            CodeFormat::Q3_K => q3_k(block, j),
            CodeFormat::IQ3_S => iq::iq3_s(block, j),
            CodeFormat::IQ3_XXS => iq::iq3_xxs(block, j),
            CodeFormat::IQ2_S => iq::iq2_s(block, j),
            CodeFormat::IQ2_XS => iq::iq2_xs(block, j),
            CodeFormat::IQ2_XXS => iq::iq2_xxs(block, j),
            CodeFormat::IQ1_S => iq::iq1_s(block, j),
            CodeFormat::IQ1_M => iq::iq1_m(block, j),
            CodeFormat::TQ1_0 => tq1_0(block, j),
            CodeFormat::TQ2_0 => tq2_0(block, j),
            CodeFormat::Q1_0 => q1_0(block, j),
            CodeFormat::Q2_0 => q2_0(block, j),
        }
    }
}

fn one_scale(scale: f32, codes: [u8; BLOCK]) -> CodeBlock {
    CodeBlock {
        codes,
        scales: [scale; 2],
    }
}

fn f16_at(bytes: &[u8], at: usize) -> f32 {
    f16_to_f32(u16_at(bytes, at))
}

/// The low halves of 16 bytes, then the high halves.
fn halves(bytes: &[u8]) -> [u8; BLOCK] {
    std::array::from_fn(|i| bytes[i % 16] >> (i / 16 * 4) & 15)
}

/// Eight blocks of 32: the lower four bits of their scales in four bytes, the upper two in a u16,
/// 32 more than the scale.
fn iq4_xs(block: &[u8], j: usize) -> CodeBlock {
    let low = block[4 + j / 2] >> (j % 2 * 4) & 15;
    let high = u16_at(block, 2) >> (2 * j) & 3;
    let own = f32::from(low) + 16.0 * f32::from(high) - 32.0;
    one_scale(f16_at(block, 0) * own, halves(&block[8 + 16 * j..]))
}

/// Half of the power of two with this biased exponent (E8M0).
fn half_power_of_two(exponent: u8) -> f32 {
    let bits = match exponent {
        0 => 0x0020_0000,
        1 => 0x0040_0000,
        _ => u32::from(exponent - 1) << 23,
    };
    f32::from_bits(bits)
}

/// Half of an unsigned float of four bits of exponent and three of mantissa (E4M3).
fn half_e4m3(bits: u8) -> f32 {
    let (exponent, mantissa) = (i32::from(bits >> 3 & 15), f32::from(bits & 7));
    match bits {
        0 | 0x7f => 0.0,
        _ if exponent == 0 => mantissa / 1024.0,
        _ => (1.0 + mantissa / 8.0) * 2f32.powi(exponent - 8),
    }
}

/// Four blocks of 16, each with a scale of its own.
fn nvfp4(block: &[u8], j: usize) -> CodeBlock {
    let quants = &block[4 + 16 * j..20 + 16 * j];
    CodeBlock {
        codes: std::array::from_fn(|i| quants[i / 16 * 8 + i % 8] >> (i % 16 / 8 * 4) & 15),
        scales: [half_e4m3(block[2 * j]), half_e4m3(block[2 * j + 1])],
    }
}

/// Eight blocks of 32: a third bit, two bits, sixteen scales of six bits, 32 more than the scale.
fn q3_k(block: &[u8], j: usize) -> CodeBlock {
    let (high, rest) = block.split_at(32);
    let (low, scales) = rest.split_at(64);
    let scale = |k: usize| {
        let own = scales[k % 8] >> (k / 8 * 4) & 15 | (scales[8 + k % 4] >> (k / 4 * 2) & 3) << 4;
        f16_at(block, 108) * (f32::from(own) - 32.0)
    };
    let code = |i: usize| {
        let low = low[j / 4 * 32 + i] >> (j % 4 * 2) & 3;
        // Without the third bit, it is 4 less: -4 to -1 are the codes 12 to 9.
        if high[i] >> j & 1 == 1 { low } else { 12 - low }
    };
    CodeBlock {
        codes: std::array::from_fn(code),
        scales: [scale(2 * j), scale(2 * j + 1)],
    }
}

/// The code of a number from -1 on, given as 1 more.
fn ternary(digit: u8) -> u8 {
    [9, 0, 1, 2][usize::from(digit & 3)]
}

/// Five digits of base 3 in a byte, as a fraction of 256: of 32 bytes, then of 16; then four in
/// each of four bytes.
fn tq1_0(block: &[u8], j: usize) -> CodeBlock {
    const POWERS: [u8; 5] = [1, 3, 9, 27, 81];
    let code = |i: usize| {
        let (byte, digit) = match j * BLOCK + i {
            at @ 0..160 => (at % 32, at / 32),
            at @ 160..240 => (32 + at % 16, (at - 160) / 16),
            at => (48 + at % 4, (at - 240) / 4),
        };
        let fraction = block[byte].wrapping_mul(POWERS[digit]);
        ternary(((u16::from(fraction) * 3) >> 8) as u8)
    };
    one_scale(f16_at(block, 52), std::array::from_fn(code))
}

/// Two bits a weight, weights 32 apart in a byte.
fn tq2_0(block: &[u8], j: usize) -> CodeBlock {
    let code = |i: usize| ternary(block[j / 4 * 32 + i] >> (j % 4 * 2) & 3);
    one_scale(f16_at(block, 64), std::array::from_fn(code))
}

/// A bit a weight: 1, or -1 where it is not set.
fn q1_0(block: &[u8], j: usize) -> CodeBlock {
    let code = |i: usize| 2 * (block[2 + 4 * j + i / 8] >> (i % 8) & 1);
    let codes = std::array::from_fn(|i| ternary(code(i)));
    one_scale(f16_at(block, 0), codes)
}

/// Two bits a weight, neighbours in a byte: 1 more than the weight.
fn q2_0(block: &[u8], j: usize) -> CodeBlock {
    let code = |i: usize| ternary(block[2 + 8 * j + i / 4] >> (i % 4 * 2) & 3);
    one_scale(f16_at(block, 0), std::array::from_fn(code))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub mod tests;
