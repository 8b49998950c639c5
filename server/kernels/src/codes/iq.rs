//! Blocks of 256 weights that name entries of a grid: IQ3, IQ2 and IQ1.
//!
//! An entry is the sizes of 4 or 8 neighbouring weights. `record_formats.py` next to the crate
//! writes `grids.bin`: each entry a u16, its first size lowest, 2 bits for each of 8 sizes or 4
//! bits for each of 4.

use super::{CodeBlock, f16_at, one_scale};
use crate::block32::{f16_to_f32, u16_at, u32_at};
use crate::tile::BLOCK;

static GRIDS: &[u8; 9216] = include_bytes!("grids.bin");

/// Where each grid begins, in entries.
const IQ2_XXS: usize = 0;
const IQ2_XS: usize = 256;
const IQ2_S: usize = 768;
const IQ1: usize = 1792;
const IQ3_XXS: usize = 3840;
const IQ3_S: usize = 4096;

/// The sizes of an entry; `index` is within its grid.
fn entry(grid: usize, index: usize) -> u16 {
    u16_at(GRIDS, (grid + index) * 2)
}

/// Eight signs from seven bits: a bit set is a minus, and their number is even.
fn even_signs(bits: u32) -> u8 {
    let bits = (bits & 127) as u8;
    bits | ((bits.count_ones() & 1) as u8) << 7
}

/// Codes of 32 weights by eights: an entry of 8 sizes and 8 signs.
fn by_eights(eight: impl Fn(usize) -> (u16, u8)) -> [u8; BLOCK] {
    let mut codes = [0; BLOCK];
    for (l, codes) in codes.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        let (entry, signs) = eight(l);
        for (i, code) in codes.iter_mut().enumerate() {
            *code = (entry >> (2 * i) & 3) as u8 | (signs >> i & 1) << 3;
        }
    }
    codes
}

/// The same from two entries of 4 sizes for each eight signs.
fn by_fours(four: impl Fn(usize) -> u16, signs: impl Fn(usize) -> u8) -> [u8; BLOCK] {
    let mut codes = [0; BLOCK];
    for (l, codes) in codes.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        let (entry, signs) = (four(l), signs(l / 2) >> (l % 2 * 4));
        for (i, code) in codes.iter_mut().enumerate() {
            *code = (entry >> (4 * i) & 7) as u8 | (signs >> i & 1) << 3;
        }
    }
    codes
}

/// Nine bits of index, a sign for each weight, scales of four bits.
pub fn iq3_s(block: &[u8], j: usize) -> CodeBlock {
    let (high, own) = (block[66 + j], block[106 + j / 2] >> (j % 2 * 4) & 15);
    let index = |l: usize| usize::from(block[2 + 8 * j + l]) | usize::from(high >> l & 1) << 8;
    let codes = by_fours(|l| entry(IQ3_S, index(l)), |l| block[74 + 4 * j + l]);
    one_scale(f16_at(block, 0) * f32::from(1 + 2 * own), codes)
}

/// Eight bits of index, four times seven bits of signs with a scale of four bits.
pub fn iq3_xxs(block: &[u8], j: usize) -> CodeBlock {
    let word = u32_at(block, 66 + 4 * j);
    let index = |l: usize| usize::from(block[2 + 8 * j + l]);
    let codes = by_fours(
        |l| entry(IQ3_XXS, index(l)),
        |l| even_signs(word >> (7 * l)),
    );
    one_scale(f16_at(block, 0) * (0.5 + (word >> 28) as f32) * 0.5, codes)
}

/// The same with entries of 8.
pub fn iq2_xxs(block: &[u8], j: usize) -> CodeBlock {
    let word = u32_at(block, 6 + 8 * j);
    let index = |l: usize| usize::from(block[2 + 8 * j + l]);
    let codes = by_eights(|l| (entry(IQ2_XXS, index(l)), even_signs(word >> (7 * l))));
    one_scale(f16_at(block, 0) * (0.5 + (word >> 28) as f32) * 0.25, codes)
}

/// The scales of both halves, in a byte.
fn two_scales(block: &[u8], own: u8) -> [f32; 2] {
    [own & 15, own >> 4].map(|own| f16_at(block, 0) * (0.5 + f32::from(own)) * 0.25)
}

/// Nine bits of index and seven of signs in a u16.
pub fn iq2_xs(block: &[u8], j: usize) -> CodeBlock {
    let eight = |l: usize| {
        let word = u16_at(block, 2 + 8 * j + 2 * l);
        let signs = even_signs(u32::from(word >> 9));
        (entry(IQ2_XS, usize::from(word & 511)), signs)
    };
    CodeBlock {
        codes: by_eights(eight),
        scales: two_scales(block, block[66 + j]),
    }
}

/// Ten bits of index, a sign for each weight.
pub fn iq2_s(block: &[u8], j: usize) -> CodeBlock {
    let eight = |l: usize| {
        let high = usize::from(block[66 + j] >> (2 * l) & 3);
        let index = usize::from(block[2 + 4 * j + l]) | high << 8;
        (entry(IQ2_S, index), block[34 + 4 * j + l])
    };
    CodeBlock {
        codes: by_eights(eight),
        scales: two_scales(block, block[74 + j]),
    }
}

/// Codes of eights of -1, 0 and 1, shifted up or down by an eighth: eight times the number, plus or
/// minus 1.
fn by_shifted_eights(eight: impl Fn(usize) -> (usize, bool)) -> [u8; BLOCK] {
    /// Codes of -7, 1 and 9, and of -9, -1 and 7, in the codebook of odd numbers.
    const SHIFTED: [[u8; 4]; 2] = [[11, 0, 4, 0], [12, 8, 3, 8]];
    let mut codes = [0; BLOCK];
    for (l, codes) in codes.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        let (index, is_down) = eight(l);
        let entry = entry(IQ1, index);
        for (i, code) in codes.iter_mut().enumerate() {
            *code = SHIFTED[usize::from(is_down)][usize::from(entry >> (2 * i) & 3)];
        }
    }
    codes
}

/// Eleven bits of index; the shift and three bits of scale are common to 32 weights.
pub fn iq1_s(block: &[u8], j: usize) -> CodeBlock {
    let word = u16_at(block, 34 + 2 * j);
    let eight = |l: usize| {
        let high = usize::from(word >> (3 * l) & 7);
        (
            usize::from(block[2 + 4 * j + l]) | high << 8,
            word & 0x8000 != 0,
        )
    };
    let own = f32::from(2 * (word >> 12 & 7) + 1);
    one_scale(f16_at(block, 0) * own / 8.0, by_shifted_eights(eight))
}

/// Eleven bits of index, a shift for each eight, three bits of scale for each 16. The common scale
/// is in the highest four bits of the four words of scales.
pub fn iq1_m(block: &[u8], j: usize) -> CodeBlock {
    let words: [u16; 4] = std::array::from_fn(|i| u16_at(block, 48 + 2 * i));
    let common = words
        .iter()
        .rev()
        .fold(0, |bits, word| bits << 4 | word >> 12);
    let scale = |k: usize| {
        let own = f32::from(2 * (words[k / 4] >> (k % 4 * 3) & 7) + 1);
        f16_to_f32(common) * own / 8.0
    };
    let eight = |l: usize| {
        let high = block[32 + 2 * j + l / 2] >> (l % 2 * 4);
        let index = usize::from(block[4 * j + l]) | usize::from(high & 7) << 8;
        (index, high & 8 != 0)
    };
    CodeBlock {
        codes: by_shifted_eights(eight),
        scales: [scale(2 * j), scale(2 * j + 1)],
    }
}
