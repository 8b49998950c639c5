//! Weights in the order in which the matrix kernels read them, in as many bits as their file has.
//!
//! A matrix of `rows` outputs and `cols` inputs is cut into tiles of 16 rows by 32 columns, with one f16 scale, and for some
//! formats an f16 minimum, per row: the blocks of ggml, turned. Unpacked, a tile is 512 bytes in the order `[8 groups of 4
//! columns][16 rows][4 columns]`, so that one vector register holds 4 columns of all 16 rows. A weight is
//! (byte - zero) * scale + minimum. Tiles of one row group follow each other along the columns. Missing rows of the last
//! group are zero.
//!
//! Weights of 8 bits are kept as they are multiplied. Of those of 4 and 5 bits, a byte holds the low halves of two weights
//! 16 columns apart, as in ggml's blocks; behind these 256 bytes of a tile, 64 bytes hold the fifth bits, one for each of the
//! 8 groups of columns. For a few rows of activations, kernels unpack them in registers; for many, they are unpacked once, a
//! few groups at a time, into the cache of the thread that multiplies.

use std::alloc::{Layout, handle_alloc_error};
use std::ops::Range;

use half::f16;
use memmap2::{MmapMut, MmapOptions};

use super::blocks::wide;
use super::{Isa, per_isa};

/// Rows of a tile.
pub const ROWS: usize = 16;
/// Columns of a tile: the weights that share a scale.
pub const BLOCK: usize = 32;
/// Bytes of an unpacked tile.
pub const TILE: usize = ROWS * BLOCK;
/// Bytes of a tile's low halves, and of its fifth bits.
pub const HALVES: usize = TILE / 2;
const FIFTHS: usize = TILE / 8;
/// Bytes of a line of the cache.
const LINE: usize = 64;

/// How a weight is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    pub bits: Bits,
    /// The byte that stands for 0, or for the minimum.
    pub zero: u8,
    /// Whether a minimum is added.
    pub minimum: bool,
}

/// Bits of a weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bits {
    Four,
    Five,
    Eight,
}

impl Bits {
    /// Bytes of a tile's weights.
    pub fn bytes(self) -> usize {
        match self {
            Bits::Four => HALVES,
            Bits::Five => HALVES + FIFTHS,
            Bits::Eight => TILE,
        }
    }
}

impl Form {
    /// One byte a weight, 128 added.
    pub const BYTES: Form = Form { bits: Bits::Eight, zero: 128, minimum: false };

    /// Bytes of a tile in memory, its scales included.
    pub fn tile_bytes(self) -> usize {
        self.bits.bytes() + 2 * ROWS * (1 + usize::from(self.minimum))
    }
}

/// Zeros on pages that the system gives at once: touching them one by one for the first time takes longer than packing.
fn pages(bytes: usize) -> MmapMut {
    let mapped = MmapOptions::new().len(bytes.max(1)).populate().map_anon();
    mapped.unwrap_or_else(|_| handle_alloc_error(Layout::array::<u8>(bytes).unwrap_or(Layout::new::<u8>())))
}

/// A packed matrix; see the module's head for the layout.
pub struct Packed {
    pub rows: usize,
    pub cols: usize,
    pub form: Form,
    quants: MmapMut,
    /// Sixteen f16 a tile.
    scales: Vec<u16>,
    /// Sixteen f16 a tile, where there are minimums.
    minimums: Vec<u16>,
}

/// Groups of a matrix as kernels read them.
pub struct Tiles<'a> {
    /// Tile after tile, `bits.bytes()` each.
    pub quants: &'a [u8],
    /// How the weights lie there.
    pub bits: Bits,
    /// Sixteen f16 a tile.
    pub scales: &'a [u16],
    /// Sixteen f16 a tile, or none.
    pub minimums: &'a [u16],
    /// Tiles along the columns.
    pub blocks: usize,
    /// Groups of 16 rows.
    pub groups: usize,
    /// The byte that stands for 0, or for the minimum.
    pub zero: i32,
    /// Whether no byte is above 31.
    pub small: bool,
}

/// Room for unpacked tiles.
#[derive(Default)]
pub struct Unpacked(Vec<u8>);

impl Packed {
    /// A matrix of zeros, to be filled row by row. `cols` is a multiple of 32.
    pub fn new(rows: usize, cols: usize, form: Form) -> Packed {
        debug_assert_eq!(cols % BLOCK, 0);
        let tiles = rows.div_ceil(ROWS) * (cols / BLOCK);
        let minimums = if form.minimum { vec![0; tiles * ROWS] } else { Vec::new() };
        // Without a scale every weight is zero.
        Packed { rows, cols, form, quants: pages(tiles * form.bits.bytes()), scales: vec![0; tiles * ROWS], minimums }
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
        self.quants.len() + 2 * (self.scales.len() + self.minimums.len())
    }

    /// The tiles of some groups, as they are stored.
    pub fn tiles(&self, groups: Range<usize>) -> Tiles<'_> {
        let tiles = groups.start * self.blocks()..groups.end * self.blocks();
        let (bytes, lanes) = (self.form.bits.bytes(), tiles.start * ROWS..tiles.end * ROWS);
        Tiles {
            quants: &self.quants[tiles.start * bytes..tiles.end * bytes],
            bits: self.form.bits,
            scales: &self.scales[lanes.clone()],
            minimums: if self.form.minimum { &self.minimums[lanes] } else { &[] },
            blocks: self.blocks(),
            groups: groups.len(),
            zero: i32::from(self.form.zero),
            small: self.form.bits != Bits::Eight,
        }
    }

    /// Stores 32 weights of `row` that share a scale and, where the matrix has minimums, a minimum.
    pub fn set_block(&mut self, row: usize, block: usize, scale: u16, minimum: u16, quants: &[u8; BLOCK]) {
        if self.form.bits != Bits::Eight {
            let low = std::array::from_fn(|i| quants[i] & 15 | quants[i + 16] << 4);
            let fifths = quants.iter().rev().fold(0, |bits, quant| bits << 1 | u32::from(quant >> 4 & 1));
            return self.set_halves(row, block, scale, minimum, &low, fifths);
        }
        let (tile, lane) = self.place(row, block);
        self.scales[tile * ROWS + lane] = scale;
        let tile = &mut self.quants[tile * TILE..(tile + 1) * TILE];
        for (group, four) in quants.as_chunks::<4>().0.iter().enumerate() {
            tile[group * 64 + lane * 4..][..4].copy_from_slice(four);
        }
    }

    /// Stores 32 weights of 4 or 5 bits as ggml has them: byte i holds the low halves of weights i and i + 16, `fifths`
    /// the fifth bits.
    pub fn set_halves(&mut self, row: usize, block: usize, scale: u16, minimum: u16, low: &[u8; 16], fifths: u32) {
        let (tile, lane) = self.place(row, block);
        self.scales[tile * ROWS + lane] = scale;
        if self.form.minimum {
            self.minimums[tile * ROWS + lane] = minimum;
        }
        let bytes = self.form.bits.bytes();
        let tile = &mut self.quants[tile * bytes..(tile + 1) * bytes];
        for (group, four) in low.as_chunks::<4>().0.iter().enumerate() {
            tile[group * 64 + lane * 4..][..4].copy_from_slice(four);
        }
        if self.form.bits == Bits::Five {
            let fifths: [u8; 4] = std::array::from_fn(|column| every_fourth(fifths >> column));
            tile[HALVES + lane * 4..][..4].copy_from_slice(&fifths);
        }
    }

    /// Rounds a row of f32 to int8: each 32 weights take the scale that maps their largest to 127. For matrices of bytes.
    pub fn set_row(&mut self, isa: Isa, row: usize, values: &[f32]) {
        let (tile, lane) = self.place(row, 0);
        let tiles = tile..tile + self.blocks();
        let quants = &mut self.quants[tiles.start * TILE..tiles.end * TILE];
        let scales = &mut self.scales[tiles.start * ROWS..tiles.end * ROWS];
        round_row(isa, values, lane, quants, scales);
    }

    /// The f32 values of one row, for embeddings.
    pub fn row(&self, row: usize, out: &mut [f32]) {
        let bytes = self.form.bits.bytes();
        for (block, out) in out.chunks_exact_mut(BLOCK).enumerate() {
            let (at, lane) = self.place(row, block);
            let scale = wide(self.scales[at * ROWS + lane]);
            let minimum = if self.form.minimum { wide(self.minimums[at * ROWS + lane]) } else { 0.0 };
            let tile = &self.quants[at * bytes..(at + 1) * bytes];
            for (column, out) in out.iter_mut().enumerate() {
                let (group, byte) = (column / 4, lane * 4 + column % 4);
                let quant = match self.form.bits {
                    Bits::Eight => tile[group * 64 + byte],
                    bits => {
                        let low = tile[group % 4 * 64 + byte] >> (group / 4 * 4) & 15;
                        let fifth = if bits == Bits::Five { tile[HALVES + byte] >> group & 1 } else { 0 };
                        low | fifth << 4
                    }
                };
                *out = (f32::from(quant) - f32::from(self.form.zero)) * scale + minimum;
            }
        }
    }

    fn place(&self, row: usize, block: usize) -> (usize, usize) {
        (row / ROWS * self.blocks() + block, row % ROWS)
    }
}

impl<'a> Tiles<'a> {
    /// Panics unless all that the numbers of groups and blocks promise is there; kernels then read without looking.
    pub fn assert_whole(&self) {
        let tiles = self.groups * self.blocks;
        assert!(self.quants.len() >= tiles * self.bits.bytes() && self.scales.len() >= tiles * ROWS);
    }

    /// Asks for the weights in the cache, as they are needed soon.
    pub fn fetch(&self) {
        #[cfg(target_arch = "x86_64")]
        for line in self.quants.chunks(LINE) {
            use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
            // SAFETY: every processor of this kind can, and a hint reads nothing.
            unsafe { _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast()) };
        }
    }

    /// The same with one byte a weight.
    pub fn unpacked(self, isa: Isa, room: &'a mut Unpacked) -> Tiles<'a> {
        if self.bits == Bits::Eight {
            return self;
        }
        let room = room.of(self.groups * self.blocks * TILE);
        let five = self.bits == Bits::Five;
        match isa {
            // SAFETY: the machine has the instructions, by the construction of `Isa`.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512Vnni => unsafe { super::avx512::unpack(five, self.quants, room) },
            _ => unpack(isa, five, self.quants, room),
        }
        Tiles { quants: room, bits: Bits::Eight, ..self }
    }
}

impl Unpacked {
    /// So many bytes, from the start of a line of the cache on.
    fn of(&mut self, bytes: usize) -> &mut [u8] {
        if self.0.len() < bytes + LINE {
            self.0.resize(bytes + LINE, 0);
        }
        let skipped = self.0.as_ptr().align_offset(LINE).min(LINE);
        &mut self.0[skipped..skipped + bytes]
    }
}

/// Bits 0, 4, 8 and so on, side by side.
fn every_fourth(bits: u32) -> u8 {
    let bits = bits & 0x1111_1111;
    let bits = (bits | bits >> 3) & 0x0303_0303;
    let bits = (bits | bits >> 6) & 0x000f_000f;
    (bits | bits >> 12) as u8
}

per_isa! {
    /// Unpacks whole tiles of 4 or, `five`, 5 bits to one byte a weight.
    pub fn unpack(five: bool, packed: &[u8], out: &mut [u8]) = unpack_body
}

#[inline(always)]
fn unpack_body<const FMA: bool>(five: bool, packed: &[u8], out: &mut [u8]) {
    let out = out.as_chunks_mut::<TILE>().0;
    if !five {
        for (packed, out) in packed.as_chunks::<HALVES>().0.iter().zip(out) {
            unpack_tile(packed, &[0; FIFTHS], out);
        }
        return;
    }
    for (packed, out) in packed.as_chunks::<{ HALVES + FIFTHS }>().0.iter().zip(out) {
        if let (Some(halves), Some(fifths)) = (packed.first_chunk(), packed.last_chunk()) {
            unpack_tile(halves, fifths, out);
        }
    }
}

#[inline(always)]
fn unpack_tile(halves: &[u8; HALVES], fifths: &[u8; FIFTHS], out: &mut [u8; TILE]) {
    let (low, high) = out.split_at_mut(HALVES);
    let out = low.as_chunks_mut::<FIFTHS>().0.iter_mut().zip(high.as_chunks_mut::<FIFTHS>().0);
    for (group, (halves, (low, high))) in halves.as_chunks::<FIFTHS>().0.iter().zip(out).enumerate() {
        for (((low, high), half), fifths) in low.iter_mut().zip(high).zip(halves).zip(fifths) {
            *low = half & 15 | (fifths >> group & 1) << 4;
            *high = half >> 4 | (fifths >> (group + 4) & 1) << 4;
        }
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
