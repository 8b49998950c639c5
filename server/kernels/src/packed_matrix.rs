//! A matrix of packed weights: its own memory, or part of a file that is mapped.
//!
//! `engine` makes one per matrix of a model, fills it through [`MatrixWriter`] or maps it from a
//! packed copy, and multiplies with it (`matmul`). The layout of the tiles is in `tile`; the tiles
//! of a matrix are followed by all their scales, then by their minimums.

use std::alloc::{Layout, handle_alloc_error};
use std::ops::Range;
use std::sync::Arc;

use memmap2::{Advice, Mmap, MmapMut, MmapOptions};

use super::block32::f16_to_f32;
use super::matrix_writer::MatrixWriter;
use super::tile::{BLOCK, CACHE_LINE, QuantScheme, ROWS, Tiles, stored_weight, tile_and_lane};

/// A packed matrix of weights.
pub struct PackedMatrix {
    /// Outputs.
    pub rows: usize,
    /// Inputs, a multiple of [`BLOCK`].
    pub cols: usize,
    /// How the weights are quantized.
    pub scheme: QuantScheme,
    storage: Storage,
}

/// Where the bytes of a matrix are.
enum Storage {
    Owned(MmapMut),
    /// Part of a file that several processes map, from this byte on.
    Mapped(Arc<Mmap>, usize),
}

/// The bytes of a matrix by what they mean.
struct Sections<'a> {
    quants: &'a [u8],
    scales: &'a [u16],
    minimums: &'a [u16],
}

impl PackedMatrix {
    /// A matrix of zeros, to be filled row by row. `cols` is a multiple of 32.
    pub fn new(rows: usize, cols: usize, scheme: QuantScheme) -> PackedMatrix {
        debug_assert_eq!(cols % BLOCK, 0);
        // With a scale of zero, every weight is zero.
        PackedMatrix {
            rows,
            cols,
            scheme,
            storage: Storage::Owned(zeroed_pages(byte_len(rows, cols, scheme))),
        }
    }

    /// The matrix whose [`PackedMatrix::as_bytes`] are in `file` from byte `from` on, a multiple of
    /// 64; `None` where the file ends too soon.
    pub fn mapped(
        rows: usize,
        cols: usize,
        scheme: QuantScheme,
        file: &Arc<Mmap>,
        from: usize,
    ) -> Option<PackedMatrix> {
        let end = from.checked_add(byte_len(rows, cols, scheme))?;
        if !from.is_multiple_of(CACHE_LINE) || file.len() < end {
            return None;
        }
        Some(PackedMatrix {
            rows,
            cols,
            scheme,
            storage: Storage::Mapped(Arc::clone(file), from),
        })
    }

    /// Whether its bytes are part of a mapped file, whose memory processes share.
    pub fn is_mapped(&self) -> bool {
        matches!(self.storage, Storage::Mapped(..))
    }

    /// Has the system read a mapped matrix from the disk, without waiting for that.
    pub fn read_ahead(&self) {
        self.advise(Advice::WillNeed);
    }

    /// Announces that the pages around those of a mapped matrix that are read are not needed next:
    /// a page fault reads only its page, and [`PackedMatrix::read_ahead`] reads all of it.
    pub fn set_random_access(&self) {
        self.advise(Advice::Random);
    }

    fn advise(&self, advice: Advice) {
        if let Storage::Mapped(file, from) = &self.storage {
            // Advice only saves time.
            let _ = file.advise_range(advice, *from, self.byte_len());
        }
    }

    /// Tiles along the columns.
    fn blocks(&self) -> usize {
        self.cols / BLOCK
    }

    /// Groups of 16 rows.
    pub fn groups(&self) -> usize {
        self.rows.div_ceil(ROWS)
    }

    /// Bytes in memory.
    pub fn byte_len(&self) -> usize {
        byte_len(self.rows, self.cols, self.scheme)
    }

    /// The whole matrix as it is in memory.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.storage {
            Storage::Owned(owned) => &owned[..self.byte_len()],
            Storage::Mapped(file, from) => &file[*from..from + self.byte_len()],
        }
    }

    fn sections(&self) -> Sections<'_> {
        let [quants_len, scales_len] = section_lengths(self.rows, self.cols, self.scheme);
        let (quants, rest) = self.as_bytes().split_at(quants_len);
        let (scales, minimums) = rest.split_at(scales_len);
        Sections {
            quants,
            scales: bytemuck::cast_slice(scales),
            minimums: bytemuck::cast_slice(minimums),
        }
    }

    /// Whether all scales and minimums are finite. Results would else not be numbers, or look like
    /// numbers after the next rounding.
    pub fn is_finite(&self) -> bool {
        const EXPONENT: u16 = 0x7c00;
        let Sections {
            scales, minimums, ..
        } = self.sections();
        let is_finite = |bits: &u16| bits & EXPONENT != EXPONENT;
        scales.iter().all(is_finite) && minimums.iter().all(is_finite)
    }

    /// Fills the matrix row by row. A mapped matrix is copied first.
    pub fn writer(&mut self) -> MatrixWriter<'_> {
        if self.is_mapped() {
            let mut owned = zeroed_pages(self.byte_len());
            owned[..self.byte_len()].copy_from_slice(self.as_bytes());
            self.storage = Storage::Owned(owned);
        }
        let (scheme, blocks, byte_len) = (self.scheme, self.blocks(), self.byte_len());
        let [quants_len, scales_len] = section_lengths(self.rows, self.cols, scheme);
        let owned: &mut [u8] = match &mut self.storage {
            Storage::Owned(owned) => &mut owned[..byte_len],
            Storage::Mapped(..) => &mut [],
        };
        let (quants, rest) = owned.split_at_mut(quants_len);
        let (scales, minimums) = rest.split_at_mut(scales_len);
        MatrixWriter {
            scheme,
            factor: 1.0,
            blocks,
            quants,
            scales: bytemuck::cast_slice_mut(scales),
            minimums: bytemuck::cast_slice_mut(minimums),
        }
    }

    /// The tiles of some groups, as they are stored.
    pub fn tiles(&self, groups: Range<usize>) -> Tiles<'_> {
        let bits = self.scheme.bits;
        let tiles = groups.start * self.blocks()..groups.end * self.blocks();
        let sections = self.sections();
        let lanes = |per_row: usize| tiles.start * ROWS * per_row..tiles.end * ROWS * per_row;
        let bytes = tiles.start * bits.tile_bytes()..tiles.end * bits.tile_bytes();
        let minimums = if self.scheme.has_minimum {
            &sections.minimums[lanes(1)]
        } else {
            &[]
        };
        Tiles {
            quants: &sections.quants[bytes],
            bits,
            scales: &sections.scales[lanes(bits.scales_per_row())],
            scales_per_row: bits.scales_per_row(),
            minimums,
            blocks: self.blocks(),
            groups: groups.len(),
            zero_point: i32::from(self.scheme.zero_point),
            is_narrow: bits.is_narrow(),
            table: bits.table(),
        }
    }

    /// The f32 values of one row, for embeddings.
    pub fn row(&self, row: usize, out: &mut [f32]) {
        let bits = self.scheme.bits;
        let (tile_bytes, per_row) = (bits.tile_bytes(), bits.scales_per_row());
        let zero_point = f32::from(self.scheme.zero_point);
        let sections = self.sections();
        for (block, out) in out.chunks_exact_mut(BLOCK).enumerate() {
            let (at, lane) = tile_and_lane(self.blocks(), row, block);
            let tile = &sections.quants[at * tile_bytes..(at + 1) * tile_bytes];
            let minimum = if self.scheme.has_minimum {
                f16_to_f32(sections.minimums[at * ROWS + lane])
            } else {
                0.0
            };
            for (column, out) in out.iter_mut().enumerate() {
                let scale_at = (at * per_row + column * per_row / BLOCK) * ROWS + lane;
                let scale = f16_to_f32(sections.scales[scale_at]);
                let weight = f32::from(stored_weight(bits, tile, lane, column));
                *out = (weight - zero_point) * scale + minimum;
            }
        }
    }
}

/// Zeroed memory whose pages are populated at once: faulting them in one by one takes longer than
/// packing.
fn zeroed_pages(bytes: usize) -> MmapMut {
    let mapped = MmapOptions::new().len(bytes.max(1)).populate().map_anon();
    mapped.unwrap_or_else(|_| {
        handle_alloc_error(Layout::array::<u8>(bytes).unwrap_or(Layout::new::<u8>()))
    })
}

/// Bytes of a matrix's tiles, and of their scales.
fn section_lengths(rows: usize, cols: usize, scheme: QuantScheme) -> [usize; 2] {
    let tiles = rows.div_ceil(ROWS) * (cols / BLOCK);
    [
        tiles * scheme.bits.tile_bytes(),
        tiles * 2 * ROWS * scheme.bits.scales_per_row(),
    ]
}

/// Bytes of a matrix.
fn byte_len(rows: usize, cols: usize, scheme: QuantScheme) -> usize {
    rows.div_ceil(ROWS) * (cols / BLOCK) * scheme.tile_bytes()
}
