//! The layout of packed weights: tiles of 16 rows by 32 columns, as the matrix kernels read them.
//!
//! A matrix of `rows` outputs and `cols` inputs is cut into tiles. Every row of a tile has one f16
//! scale and, in some formats, an f16 minimum: ggml's blocks, transposed. A weight is
//! (byte - zero point) * scale + minimum; in formats with a codebook, four bits are the code of the
//! byte. UnpackBuffer, a tile is 512 bytes in the order
//! `[8 groups of 4 columns][16 rows][4 columns]`, so that one vector register holds 4 columns of
//! all 16 rows. The tiles of one group of 16 rows follow each other along the columns. Missing rows
//! of the last group are zero.
//!
//! Weights of 8 bits are stored as they are multiplied. For weights of 4, 5 and 6 bits, a byte
//! holds the low four bits of two weights that are 16 columns apart, as in ggml's blocks. These 256
//! bytes are followed by the high bits: 64 bytes with the fifth bits, one for each of the 8 groups
//! of columns, or 128 bytes with the fifth and sixth bits, two for each of the first 4 groups, then
//! of the last 4. A row of 6 bits and some of codes have two scales per tile, one for each 16
//! columns: first the first scales of all rows, then the second ones. With few rows of activations
//! the kernels unpack weights in registers; with many, weights are unpacked once, a few groups at a
//! time, into a buffer of the thread that multiplies.

use super::codebook::Codebook;

/// Rows of a tile.
pub const ROWS: usize = 16;
/// Columns of a tile: the weights that share a scale.
pub const BLOCK: usize = 32;
/// Bytes of an unpacked tile.
pub const TILE: usize = ROWS * BLOCK;
/// Bytes of a tile's low four bits.
pub const LOW_BITS: usize = TILE / 2;
/// Bytes of a tile's fifth bits.
const FIFTH_BITS: usize = TILE / 8;
/// Bytes of a tile's fifth and sixth bits.
const FIFTH_AND_SIXTH_BITS: usize = TILE / 4;
/// Bytes of a cache line.
pub const CACHE_LINE: usize = 64;

/// How the weights of a matrix are quantized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuantScheme {
    /// Bits of a weight.
    pub bits: Bits,
    /// The stored value of 0, or of the minimum.
    pub zero_point: u8,
    /// Whether each block has a minimum, which is added.
    pub has_minimum: bool,
}

/// Bits of a weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bits {
    /// Four.
    Four,
    /// Five.
    Five,
    /// Six, with a scale for every 16 weights.
    Six,
    /// Eight.
    Eight,
    /// Four, which are the code of a value in a table.
    Codes(Codebook),
    /// The same with a scale for every 16 weights.
    CodesOf16(Codebook),
}

impl Bits {
    /// Bytes of a tile's weights.
    pub const fn tile_bytes(self) -> usize {
        match self {
            Bits::Four | Bits::Codes(_) | Bits::CodesOf16(_) => LOW_BITS,
            Bits::Five => LOW_BITS + FIFTH_BITS,
            Bits::Six => LOW_BITS + FIFTH_AND_SIXTH_BITS,
            Bits::Eight => TILE,
        }
    }

    /// Scales per row of a tile.
    pub const fn scales_per_row(self) -> usize {
        match self {
            Bits::Six | Bits::CodesOf16(_) => 2,
            _ => 1,
        }
    }

    /// The table of the codes, if weights are such.
    pub const fn codebook(self) -> Option<Codebook> {
        match self {
            Bits::Codes(codebook) | Bits::CodesOf16(codebook) => Some(codebook),
            _ => None,
        }
    }

    /// The byte of each code; where weights are not codes, the code itself.
    pub const fn table(self) -> &'static [u8; 16] {
        match self.codebook() {
            Some(codebook) => codebook.stored(),
            None => &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        }
    }

    /// Whether every unpacked weight is below 32, or, with two scales per row, below 64.
    pub const fn is_narrow(self) -> bool {
        match self.codebook() {
            Some(codebook) => codebook.is_narrow(),
            None => !matches!(self, Bits::Eight),
        }
    }
}

impl QuantScheme {
    /// One byte per weight, with 128 added.
    pub const INT8: QuantScheme = QuantScheme {
        bits: Bits::Eight,
        zero_point: 128,
        has_minimum: false,
    };

    /// Bytes of a tile in memory, including its scales and minimums.
    pub fn tile_bytes(self) -> usize {
        let f16_per_row = self.bits.scales_per_row() + usize::from(self.has_minimum);
        self.bits.tile_bytes() + 2 * ROWS * f16_per_row
    }
}

/// The tile of a block of a row, and the row's lane in it.
pub fn tile_and_lane(blocks: usize, row: usize, block: usize) -> (usize, usize) {
    (row / ROWS * blocks + block, row % ROWS)
}

/// The stored value of one weight of a packed tile.
pub fn stored_weight(bits: Bits, tile: &[u8], lane: usize, column: usize) -> u8 {
    let (group, byte) = (column / 4, lane * 4 + column % 4);
    if bits == Bits::Eight {
        return tile[group * 64 + byte];
    }
    let low = tile[group % 4 * 64 + byte] >> (group / 4 * 4) & 15;
    let high = match bits {
        Bits::Five => tile[LOW_BITS + byte] >> group & 1,
        Bits::Six => tile[LOW_BITS + group / 4 * 64 + byte] >> (group % 4 * 2) & 3,
        _ => 0,
    };
    bits.table()[usize::from(low)] | high << 4
}

/// Some groups of rows of a matrix, as kernels read them.
pub struct Tiles<'a> {
    /// Tile after tile, `bits.tile_bytes()` each.
    pub quants: &'a [u8],
    /// How the weights are packed there.
    pub bits: Bits,
    /// 16 f16 per tile, or twice 16.
    pub scales: &'a [u16],
    /// Scales per row of a tile: 1 or 2.
    pub scales_per_row: usize,
    /// 16 f16 per tile, or none.
    pub minimums: &'a [u16],
    /// Tiles along the columns.
    pub blocks: usize,
    /// Groups of 16 rows.
    pub groups: usize,
    /// The stored value of 0, or of the minimum.
    pub zero_point: i32,
    /// Whether every weight is below 32, or, with two scales per row, below 64.
    pub is_narrow: bool,
    /// The byte of each code.
    pub table: &'static [u8; 16],
}

impl Tiles<'_> {
    /// Panics unless all groups and blocks are there; kernels then read without bounds checks.
    pub fn assert_whole(&self) {
        let tiles = self.groups * self.blocks;
        assert!(self.quants.len() >= tiles * self.bits.tile_bytes());
        assert!(self.scales.len() >= tiles * ROWS * self.scales_per_row);
    }

    /// Prefetches the weights into the cache.
    pub fn prefetch(&self) {
        #[cfg(target_arch = "x86_64")]
        for line in self.quants.chunks(CACHE_LINE) {
            use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
            // SAFETY: every x86-64 processor has the instruction, and a hint reads nothing.
            unsafe { _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast()) };
        }
    }
}

/// The number for weights that are codes, where others have their bits.
pub const CODES: usize = 0;

/// Calls a kernel's function with the bits and the scales per row of the weights as constants:
/// `by_scheme!(w, groups(w, x, m, out))`. A macro, because the function needs the target features
/// of its caller.
macro_rules! by_scheme {
    ($w:expr, $groups:ident($($arg:expr),*)) => {
        match ($w.bits, $w.scales_per_row) {
            (crate::tile::Bits::Four, _) => $groups::<4, 1>($($arg),*),
            (crate::tile::Bits::Five, _) => $groups::<5, 1>($($arg),*),
            (crate::tile::Bits::Six, _) => $groups::<6, 2>($($arg),*),
            (crate::tile::Bits::Codes(_), _) => $groups::<{ crate::tile::CODES }, 1>($($arg),*),
            (crate::tile::Bits::CodesOf16(_), _) => {
                $groups::<{ crate::tile::CODES }, 2>($($arg),*)
            }
            (crate::tile::Bits::Eight, 2) => $groups::<8, 2>($($arg),*),
            (crate::tile::Bits::Eight, _) => $groups::<8, 1>($($arg),*),
        }
    };
}
pub(crate) use by_scheme;
