//! Weights in the order in which the matrix kernels read them, in as many bits as their file has.
//!
//! A matrix of `rows` outputs and `cols` inputs is cut into tiles of 16 rows by 32 columns, with
//! one f16 scale, and for some formats an f16 minimum, per row: the blocks of ggml, turned.
//! Unpacked, a tile is 512 bytes in the order `[8 groups of 4 columns][16 rows][4 columns]`, so
//! that one vector register holds 4 columns of all 16 rows. A weight is (byte - zero) * scale +
//! minimum. Tiles of one row group follow each other along the columns. Missing rows of the last
//! group are zero.
//!
//! Weights of 8 bits are kept as they are multiplied. Of those of 4, 5 and 6 bits, a byte holds the
//! low halves of two weights 16 columns apart, as in ggml's blocks. Behind these 256 bytes of a
//! tile, 64 bytes hold the fifth bits, one for each of the 8 groups of columns; or 128 bytes the
//! fifth and sixth bits, two for each of the first 4 groups, then of the last. A row of 6 bits has
//! two scales a tile, one for each 16 columns: first those of all rows for the first. For a few
//! rows of activations, kernels unpack weights in registers; for many, they are unpacked once, a
//! few groups at a time, into the cache of the thread that multiplies.

use std::alloc::{Layout, handle_alloc_error};
use std::ops::Range;
use std::sync::Arc;

use memmap2::{Mmap, MmapMut, MmapOptions};

use super::blocks::wide;
use super::packing::Packing;
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
/// Bytes of a tile's fifth and sixth bits.
const SIXTHS: usize = TILE / 4;
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
    Six,
    Eight,
}

impl Bits {
    /// Bytes of a tile's weights.
    pub fn bytes(self) -> usize {
        match self {
            Bits::Four => HALVES,
            Bits::Five => HALVES + FIFTHS,
            Bits::Six => HALVES + SIXTHS,
            Bits::Eight => TILE,
        }
    }

    /// Scales of a row in a tile.
    pub fn scales(self) -> usize {
        if self == Bits::Six { 2 } else { 1 }
    }
}

impl Form {
    /// One byte a weight, 128 added.
    pub const BYTES: Form = Form {
        bits: Bits::Eight,
        zero: 128,
        minimum: false,
    };

    /// Bytes of a tile in memory, its scales included.
    pub fn tile_bytes(self) -> usize {
        self.bits.bytes() + 2 * ROWS * (self.bits.scales() + usize::from(self.minimum))
    }
}

/// Zeros on pages that the system gives at once: touching them one by one for the first time takes
/// longer than packing.
fn pages(bytes: usize) -> MmapMut {
    let mapped = MmapOptions::new().len(bytes.max(1)).populate().map_anon();
    mapped.unwrap_or_else(|_| {
        handle_alloc_error(Layout::array::<u8>(bytes).unwrap_or(Layout::new::<u8>()))
    })
}

/// Bytes of the tiles of a matrix, and of their scales.
fn sections(rows: usize, cols: usize, form: Form) -> [usize; 2] {
    let tiles = rows.div_ceil(ROWS) * (cols / BLOCK);
    [
        tiles * form.bits.bytes(),
        tiles * 2 * ROWS * form.bits.scales(),
    ]
}

/// Bytes of a matrix.
fn bytes(rows: usize, cols: usize, form: Form) -> usize {
    rows.div_ceil(ROWS) * (cols / BLOCK) * form.tile_bytes()
}

/// A packed matrix; see the module's head for the layout.
pub struct Packed {
    pub rows: usize,
    pub cols: usize,
    pub form: Form,
    numbers: Numbers,
}

/// The tiles of a matrix, behind them their f16 scales, and behind these sixteen f16 minimums a
/// tile where the form has them.
enum Numbers {
    Own(MmapMut),
    /// Part of a file that all programs share, from this byte on.
    Shared(Arc<Mmap>, usize),
}

/// Groups of a matrix as kernels read them.
pub struct Tiles<'a> {
    /// Tile after tile, `bits.bytes()` each.
    pub quants: &'a [u8],
    /// How the weights lie there.
    pub bits: Bits,
    /// Sixteen f16 a tile, or twice sixteen.
    pub scales: &'a [u16],
    /// Scales of a row in a tile: 1 or 2.
    pub scales_per_row: usize,
    /// Sixteen f16 a tile, or none.
    pub minimums: &'a [u16],
    /// Tiles along the columns.
    pub blocks: usize,
    /// Groups of 16 rows.
    pub groups: usize,
    /// The byte that stands for 0, or for the minimum.
    pub zero: i32,
    /// Whether no byte is above 31, or, with two scales per row, 63.
    pub small: bool,
}

/// Room for unpacked tiles.
#[derive(Default)]
pub struct Unpacked(Vec<u8>);

impl Packed {
    /// A matrix of zeros, to be filled row by row. `cols` is a multiple of 32.
    pub fn new(rows: usize, cols: usize, form: Form) -> Packed {
        debug_assert_eq!(cols % BLOCK, 0);
        // Without a scale every weight is zero.
        Packed {
            rows,
            cols,
            form,
            numbers: Numbers::Own(pages(bytes(rows, cols, form))),
        }
    }

    /// The matrix whose [`Packed::numbers`] stand in `file` from byte `from` on, a multiple of 64;
    /// none where the file ends too soon.
    pub fn shared(
        rows: usize,
        cols: usize,
        form: Form,
        file: &Arc<Mmap>,
        from: usize,
    ) -> Option<Packed> {
        let whole =
            from.is_multiple_of(LINE) && file.len() >= from.checked_add(bytes(rows, cols, form))?;
        whole.then(|| Packed {
            rows,
            cols,
            form,
            numbers: Numbers::Shared(Arc::clone(file), from),
        })
    }

    /// Whether other programs share its memory.
    pub fn is_shared(&self) -> bool {
        matches!(self.numbers, Numbers::Shared(..))
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
        bytes(self.rows, self.cols, self.form)
    }

    /// All there is of it, as it lies in memory.
    pub fn numbers(&self) -> &[u8] {
        match &self.numbers {
            Numbers::Own(own) => &own[..self.bytes()],
            Numbers::Shared(file, from) => &file[*from..from + self.bytes()],
        }
    }

    /// Tiles, scales and minimums.
    fn parts(&self) -> (&[u8], &[u16], &[u16]) {
        let [tiles, scales] = sections(self.rows, self.cols, self.form);
        let (quants, rest) = self.numbers().split_at(tiles);
        let (scales, minimums) = rest.split_at(scales);
        (
            quants,
            bytemuck::cast_slice(scales),
            bytemuck::cast_slice(minimums),
        )
    }

    /// The same matrix, to be filled; one that is shared is copied first.
    pub fn packing(&mut self) -> Packing<'_> {
        if self.is_shared() {
            let mut own = pages(self.bytes());
            own[..self.bytes()].copy_from_slice(self.numbers());
            self.numbers = Numbers::Own(own);
        }
        let (form, blocks, bytes) = (self.form, self.blocks(), self.bytes());
        let [tiles, scales] = sections(self.rows, self.cols, form);
        let own: &mut [u8] = match &mut self.numbers {
            Numbers::Own(own) => &mut own[..bytes],
            Numbers::Shared(..) => &mut [],
        };
        let (quants, rest) = own.split_at_mut(tiles);
        let (scales, minimums) = rest.split_at_mut(scales);
        let (scales, minimums) = (
            bytemuck::cast_slice_mut(scales),
            bytemuck::cast_slice_mut(minimums),
        );
        Packing {
            form,
            blocks,
            quants,
            scales,
            minimums,
        }
    }

    /// The tiles of some groups, as they are stored.
    pub fn tiles(&self, groups: Range<usize>) -> Tiles<'_> {
        let tiles = groups.start * self.blocks()..groups.end * self.blocks();
        let (bytes, scales_per_row) = (self.form.bits.bytes(), self.form.bits.scales());
        let (quants, scales, minimums) = self.parts();
        let lanes = |per_row: usize| tiles.start * ROWS * per_row..tiles.end * ROWS * per_row;
        Tiles {
            quants: &quants[tiles.start * bytes..tiles.end * bytes],
            bits: self.form.bits,
            scales: &scales[lanes(scales_per_row)],
            scales_per_row,
            minimums: if self.form.minimum {
                &minimums[lanes(1)]
            } else {
                &[]
            },
            blocks: self.blocks(),
            groups: groups.len(),
            zero: i32::from(self.form.zero),
            small: self.form.bits != Bits::Eight,
        }
    }

    /// The f32 values of one row, for embeddings.
    pub fn row(&self, row: usize, out: &mut [f32]) {
        let (bytes, (quants, scales, minimums)) = (self.form.bits.bytes(), self.parts());
        for (block, out) in out.chunks_exact_mut(BLOCK).enumerate() {
            let (at, lane) = place(self.blocks(), row, block);
            let per_row = self.form.bits.scales();
            let scale = |column: usize| {
                wide(scales[(at * per_row + column * per_row / BLOCK) * ROWS + lane])
            };
            let minimum = if self.form.minimum {
                wide(minimums[at * ROWS + lane])
            } else {
                0.0
            };
            let tile = &quants[at * bytes..(at + 1) * bytes];
            for (column, out) in out.iter_mut().enumerate() {
                let (group, byte) = (column / 4, lane * 4 + column % 4);
                let quant = match self.form.bits {
                    Bits::Eight => tile[group * 64 + byte],
                    bits => {
                        let low = tile[group % 4 * 64 + byte] >> (group / 4 * 4) & 15;
                        let high = match bits {
                            Bits::Five => tile[HALVES + byte] >> group & 1,
                            Bits::Six => {
                                tile[HALVES + group / 4 * 64 + byte] >> (group % 4 * 2) & 3
                            }
                            _ => 0,
                        };
                        low | high << 4
                    }
                };
                *out = (f32::from(quant) - f32::from(self.form.zero)) * scale(column) + minimum;
            }
        }
    }
}

/// Tile and row in it.
pub fn place(blocks: usize, row: usize, block: usize) -> (usize, usize) {
    (row / ROWS * blocks + block, row % ROWS)
}

impl<'a> Tiles<'a> {
    /// Panics unless all that the numbers of groups and blocks promise is there; kernels then read
    /// without looking.
    pub fn assert_whole(&self) {
        let tiles = self.groups * self.blocks;
        assert!(self.quants.len() >= tiles * self.bits.bytes());
        assert!(self.scales.len() >= tiles * ROWS * self.scales_per_row);
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
        match isa {
            // SAFETY: the machine has the instructions, by the construction of `Isa`.
            #[cfg(target_arch = "x86_64")]
            Isa::Amx | Isa::Avx512Vnni => unsafe {
                super::avx512::unpack(self.bits, self.quants, room)
            },
            _ => unpack(isa, self.bits, self.quants, room),
        }
        Tiles {
            quants: room,
            bits: Bits::Eight,
            ..self
        }
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

per_isa! {
    /// Unpacks whole tiles of 4, 5 or 6 bits to one byte a weight.
    pub fn unpack(bits: Bits, packed: &[u8], out: &mut [u8]) = unpack_body
}

#[inline(always)]
fn unpack_body<const FMA: bool>(bits: Bits, packed: &[u8], out: &mut [u8]) {
    match bits {
        Bits::Four => unpack_tiles::<0, HALVES>(packed, out),
        Bits::Five => unpack_tiles::<1, { HALVES + FIFTHS }>(packed, out),
        Bits::Six => unpack_tiles::<2, { HALVES + SIXTHS }>(packed, out),
        Bits::Eight => out.copy_from_slice(packed),
    }
}

/// Tiles of `BYTES` bytes, whose weights have `HIGH` bits above the low halves.
#[inline(always)]
fn unpack_tiles<const HIGH: usize, const BYTES: usize>(packed: &[u8], out: &mut [u8]) {
    for (packed, out) in packed
        .as_chunks::<BYTES>()
        .0
        .iter()
        .zip(out.as_chunks_mut::<TILE>().0)
    {
        let (halves, high) = packed.split_at(HALVES);
        for group in 0..BLOCK / 4 {
            // All bits of a byte are fifth bits, or those of 4 groups fifth and sixth ones.
            let (from, shift) = if HIGH == 2 {
                (group / 4 * 64, group % 4 * 2)
            } else {
                (0, group)
            };
            for byte in 0..64 {
                let low = halves[group % 4 * 64 + byte] >> (group / 4 * 4) & 15;
                let high = if HIGH == 0 {
                    0
                } else {
                    high[from + byte] >> shift & (HIGH * 2 - 1) as u8
                };
                out[group * 64 + byte] = low | high << 4;
            }
        }
    }
}
