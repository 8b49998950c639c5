//! Fills a packed matrix row by row: the bits of a file's blocks as they are, or f32 rounded to
//! int8.
//!
//! `native_format` and `engine`'s linear layer call it while a model is loaded. The layout is in
//! `tile`; nothing here knows file formats.

use half::f16;

use super::block32::f16_to_f32;
use super::codes::CodeBlock;
use super::isa::{Isa, per_isa};
use super::tile::{BLOCK, Bits, LOW_BITS, QuantScheme, ROWS, TILE, tile_and_lane};

/// Fills a matrix row by row.
pub struct MatrixWriter<'a> {
    /// How the matrix is quantized.
    pub scheme: QuantScheme,
    /// What the scales of codes are multiplied with.
    pub factor: f32,
    pub(crate) blocks: usize,
    pub(crate) quants: &'a mut [u8],
    pub(crate) scales: &'a mut [u16],
    pub(crate) minimums: &'a mut [u16],
}

impl MatrixWriter<'_> {
    /// Stores 32 weights of `row` that share a scale and, where the matrix has minimums, a minimum.
    pub fn set_block(
        &mut self,
        row: usize,
        block: usize,
        scale: u16,
        minimum: u16,
        quants: &[u8; BLOCK],
    ) {
        if self.scheme.bits != Bits::Eight {
            let low = std::array::from_fn(|i| quants[i] & 15 | quants[i + 16] << 4);
            let fifth_bits = quants
                .iter()
                .rev()
                .fold(0, |bits, quant| bits << 1 | u32::from(quant >> 4 & 1));
            return self.set_packed_block(row, block, scale, minimum, &low, fifth_bits);
        }
        let (tile, lane) = tile_and_lane(self.blocks, row, block);
        self.scales[tile * ROWS + lane] = scale;
        let tile = &mut self.quants[tile * TILE..(tile + 1) * TILE];
        for (group, four) in quants.as_chunks::<4>().0.iter().enumerate() {
            tile[group * 64 + lane * 4..][..4].copy_from_slice(four);
        }
    }

    /// Stores 32 codes; their scales are rounded to f16.
    pub(crate) fn set_codes(&mut self, row: usize, block: usize, codes: &CodeBlock) {
        let (tile, lane) = tile_and_lane(self.blocks, row, block);
        let per_row = self.scheme.bits.scales_per_row();
        for (part, scale) in codes.scales.iter().take(per_row).enumerate() {
            let scale = f16::from_f32(scale * self.factor);
            self.scales[(tile * per_row + part) * ROWS + lane] = scale.to_bits();
        }
        let tile = &mut self.quants[tile * LOW_BITS..(tile + 1) * LOW_BITS];
        let (first, second) = codes.codes.split_at(BLOCK / 2);
        for (column, (first, second)) in first.iter().zip(second).enumerate() {
            let at = column / 4 * 64 + lane * 4 + column % 4;
            tile[at] = first & 15 | second << 4;
        }
    }

    /// Stores 32 weights of 6 bits; every 16 share a scale.
    pub(crate) fn set_block_of_6_bits(
        &mut self,
        row: usize,
        block: usize,
        scales: [u16; 2],
        quants: &[u8; BLOCK],
    ) {
        let (tile, lane) = tile_and_lane(self.blocks, row, block);
        for (half, scale) in scales.into_iter().enumerate() {
            self.scales[(tile * 2 + half) * ROWS + lane] = scale;
        }
        let bytes = Bits::Six.tile_bytes();
        let (halves, high) = self.quants[tile * bytes..(tile + 1) * bytes].split_at_mut(LOW_BITS);
        for column in 0..BLOCK / 2 {
            let (first, second) = (quants[column], quants[column + 16]);
            let (group, byte) = (column / 4, lane * 4 + column % 4);
            halves[group * 64 + byte] = first & 15 | second << 4;
            for (half, quant) in [first, second].into_iter().enumerate() {
                let high = &mut high[half * 64 + byte];
                *high = *high & !(3 << (group * 2)) | (quant >> 4 & 3) << (group * 2);
            }
        }
    }

    /// Stores 32 weights of 4 or 5 bits as ggml packs them: byte i holds the low four bits of
    /// weights i and i + 16, `fifth_bits` the fifth bits.
    pub(crate) fn set_packed_block(
        &mut self,
        row: usize,
        block: usize,
        scale: u16,
        minimum: u16,
        low: &[u8; 16],
        fifth_bits: u32,
    ) {
        let (tile, lane) = tile_and_lane(self.blocks, row, block);
        self.scales[tile * ROWS + lane] = scale;
        if self.scheme.has_minimum {
            self.minimums[tile * ROWS + lane] = minimum;
        }
        let bytes = self.scheme.bits.tile_bytes();
        let tile = &mut self.quants[tile * bytes..(tile + 1) * bytes];
        for (group, four) in low.as_chunks::<4>().0.iter().enumerate() {
            tile[group * 64 + lane * 4..][..4].copy_from_slice(four);
        }
        if self.scheme.bits == Bits::Five {
            let fifth_bits: [u8; 4] =
                std::array::from_fn(|column| gather_every_fourth_bit(fifth_bits >> column));
            tile[LOW_BITS + lane * 4..][..4].copy_from_slice(&fifth_bits);
        }
    }

    /// Rounds a row of f32 to int8: each 32 weights take the scale that maps their largest to 127.
    /// For matrices of 8 bits only.
    pub fn set_row(&mut self, isa: Isa, row: usize, values: &[f32]) {
        let (tile, lane) = tile_and_lane(self.blocks, row, 0);
        let tiles = tile..tile + self.blocks;
        let quants = &mut self.quants[tiles.start * TILE..tiles.end * TILE];
        let scales = &mut self.scales[tiles.start * ROWS..tiles.end * ROWS];
        round_row(isa, values, lane, quants, scales);
    }
}

/// Bits 0, 4, 8 and so on, next to each other.
fn gather_every_fourth_bit(bits: u32) -> u8 {
    let bits = bits & 0x1111_1111;
    let bits = (bits | bits >> 3) & 0x0303_0303;
    let bits = (bits | bits >> 6) & 0x000f_000f;
    (bits | bits >> 12) as u8
}

per_isa! {
    /// Rounds a row to int8 into its lane of a group's tiles.
    pub fn round_row(values: &[f32], lane: usize, quants: &mut [u8], scales: &mut [u16])
        = round_row_body
}

#[inline(always)]
fn round_row_body<const FMA: bool>(
    values: &[f32],
    lane: usize,
    quants: &mut [u8],
    scales: &mut [u16],
) {
    /// Added to a small number, it leaves the nearest integer in the lowest bits.
    const NEAREST: f32 = 12_582_912.0;
    let tiles = quants
        .as_chunks_mut::<TILE>()
        .0
        .iter_mut()
        .zip(scales.as_chunks_mut::<ROWS>().0);
    for (values, (tile, scales)) in values.as_chunks::<BLOCK>().0.iter().zip(tiles) {
        let scale = f16::from_f32(max_abs(values) / 127.0).to_bits();
        let inverse = if f16_to_f32(scale) > 0.0 {
            1.0 / f16_to_f32(scale)
        } else {
            0.0
        };
        scales[lane] = scale;
        let mut rounded = [0u8; BLOCK];
        for (rounded, value) in rounded.iter_mut().zip(values) {
            let value = value * inverse;
            let value = if value > -127.0 { value } else { -127.0 };
            let value = if value < 127.0 { value } else { 127.0 };
            *rounded = (value + NEAREST).to_bits() as u8 ^ 0x80;
        }
        for (group, four) in rounded.as_chunks::<4>().0.iter().enumerate() {
            let at = group * 4 * ROWS + lane * 4;
            tile[at..at + 4].copy_from_slice(four);
        }
    }
}

#[inline(always)]
fn max_abs(values: &[f32; BLOCK]) -> f32 {
    let mut lanes = [0f32; ROWS];
    for values in values.as_chunks::<ROWS>().0 {
        for (lane, value) in lanes.iter_mut().zip(values) {
            let size = value.abs();
            *lane = if size > *lane { size } else { *lane };
        }
    }
    for half in [8, 4, 2, 1] {
        let (low, high) = lanes.split_at_mut(half);
        for (low, high) in low.iter_mut().zip(high) {
            *low = if *high > *low { *high } else { *low };
        }
    }
    lanes[0]
}
