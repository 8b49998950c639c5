//! Int8 weights in the order in which the matrix kernels read them.
//!
//! A matrix of `rows` outputs and `cols` inputs is cut into tiles of 16 rows by 32 columns. A tile is 512 bytes in the
//! order `[8 groups of 4 columns][16 rows][4 columns]`, each byte the weight plus 128, with one f16 scale per row: the
//! block of ggml's Q8_0, turned so that one vector register holds 4 columns of all 16 rows. Tiles of one row group
//! follow each other along the columns. Missing rows of the last group are zero.

use std::alloc::{Layout, handle_alloc_error};

use half::f16;
use memmap2::{MmapMut, MmapOptions};

use super::blocks::wide;
use super::{Isa, per_isa};

/// Rows of a tile.
pub const ROWS: usize = 16;
/// Columns of a tile: the weights that share a scale.
pub const BLOCK: usize = 32;
/// Bytes of a tile.
pub const TILE: usize = ROWS * BLOCK;

/// Zeros on pages that the system gives at once: touching them one by one for the first time takes longer than packing.
fn pages(bytes: usize) -> MmapMut {
    let mapped = MmapOptions::new().len(bytes.max(1)).populate().map_anon();
    mapped.unwrap_or_else(|_| handle_alloc_error(Layout::array::<u8>(bytes).unwrap_or(Layout::new::<u8>())))
}

/// A packed matrix; see the module's head for the layout.
pub struct Packed {
    pub rows: usize,
    pub cols: usize,
    /// One byte a weight, tile after tile.
    pub quants: MmapMut,
    /// Sixteen f16 scales a tile.
    pub scales: Vec<u16>,
}

impl Packed {
    /// A matrix of zeros, to be filled with [`Packed::set_block`]. `cols` is a multiple of 32.
    pub fn new(rows: usize, cols: usize) -> Packed {
        debug_assert_eq!(cols % BLOCK, 0);
        let tiles = rows.div_ceil(ROWS) * (cols / BLOCK);
        // Without a scale every weight is zero.
        Packed { rows, cols, quants: pages(tiles * TILE), scales: vec![0; tiles * ROWS] }
    }

    /// Tiles along the columns.
    pub fn blocks(&self) -> usize {
        self.cols / BLOCK
    }

    /// Groups of 16 rows.
    pub fn groups(&self) -> usize {
        self.rows.div_ceil(ROWS)
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        self.quants.len() + 2 * self.scales.len()
    }

    /// Stores 32 weights of `row` that share `scale`.
    pub fn set_block(&mut self, row: usize, block: usize, scale: f16, quants: [i8; BLOCK]) {
        let (tile, lane) = self.place(row, block);
        self.scales[tile * ROWS + lane] = scale.to_bits();
        let tile = &mut self.quants[tile * TILE..(tile + 1) * TILE];
        for (group, four) in quants.chunks_exact(4).enumerate() {
            let at = group * 64 + lane * 4;
            for (to, &q) in tile[at..at + 4].iter_mut().zip(four) {
                *to = q as u8 ^ 0x80;
            }
        }
    }

    /// Rounds a row of f32 to int8: each 32 weights take the scale that maps their largest to 127.
    pub fn set_row(&mut self, isa: Isa, row: usize, values: &[f32]) {
        let (tile, lane) = self.place(row, 0);
        let tiles = tile..tile + self.blocks();
        let quants = &mut self.quants[tiles.start * TILE..tiles.end * TILE];
        let scales = &mut self.scales[tiles.start * ROWS..tiles.end * ROWS];
        round_row(isa, values, lane, quants, scales);
    }

    /// Stores a row that is already in ggml's Q8_0 blocks (f16 scale, 32 int8), unchanged.
    pub fn set_q8_0(&mut self, row: usize, bytes: &[u8]) {
        for (block, bytes) in bytes.chunks_exact(2 + BLOCK).enumerate() {
            let mut quants = [0i8; BLOCK];
            for (q, &b) in quants.iter_mut().zip(&bytes[2..]) {
                *q = b as i8;
            }
            self.set_block(row, block, f16::from_le_bytes([bytes[0], bytes[1]]), quants);
        }
    }

    /// The f32 values of one row, for embeddings.
    pub fn row(&self, row: usize, out: &mut [f32]) {
        for (block, out) in out.chunks_exact_mut(BLOCK).enumerate() {
            let (tile, lane) = self.place(row, block);
            let scale = f16::from_bits(self.scales[tile * ROWS + lane]).to_f32();
            let tile = &self.quants[tile * TILE..(tile + 1) * TILE];
            for (group, out) in out.chunks_exact_mut(4).enumerate() {
                let at = group * 64 + lane * 4;
                for (to, &q) in out.iter_mut().zip(&tile[at..at + 4]) {
                    *to = f32::from((q ^ 0x80) as i8) * scale;
                }
            }
        }
    }

    fn place(&self, row: usize, block: usize) -> (usize, usize) {
        (row / ROWS * self.blocks() + block, row % ROWS)
    }
}

per_isa! {
    /// Rounds a row into its lane of a group's tiles.
    pub fn round_row(values: &[f32], lane: usize, quants: &mut [u8], scales: &mut [u16]) = round_row_body
}

#[inline(always)]
fn round_row_body<const FMA: bool>(values: &[f32], lane: usize, quants: &mut [u8], scales: &mut [u16]) {
    /// Added to a small number, it leaves that number's nearest integer in the lowest bits.
    const NEAREST: f32 = 12_582_912.0;
    let tiles = quants.as_chunks_mut::<TILE>().0.iter_mut().zip(scales.as_chunks_mut::<ROWS>().0);
    for (values, (tile, scales)) in values.as_chunks::<BLOCK>().0.iter().zip(tiles) {
        let scale = f16::from_f32(largest(values) / 127.0).to_bits();
        let inverse = if wide(scale) > 0.0 { 1.0 / wide(scale) } else { 0.0 };
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
fn largest(values: &[f32; BLOCK]) -> f32 {
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
