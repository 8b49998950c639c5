//! Rows of activations in bfloat16, laid out for the tiles of AMX.

use std::arch::x86_64::*;

use super::amx_tiles::{PANEL, TileOfBf16};
use super::device::Device;
use super::disjoint::DisjointMut;
use super::isa::Isa;
use super::tile::BLOCK;

/// Rows of activations in bfloat16: `[panel of 16 rows][block of columns]`, missing rows zero.
#[derive(Default)]
pub struct Panels {
    pub tiles: Vec<TileOfBf16>,
    /// Blocks of columns.
    pub blocks: usize,
    /// Rows of activations.
    pub rows: usize,
}

impl Panels {
    /// Rounds all of `x`, rows of `cols` numbers, for a device with `Isa::Amx`.
    pub fn fill(&mut self, device: Device, x: &[f32], cols: usize) {
        (self.blocks, self.rows) = (cols / BLOCK, x.len() / cols);
        let panels = self.rows.div_ceil(PANEL);
        self.tiles.resize(panels * self.blocks, TileOfBf16::ZERO);
        let (tiles, blocks) = (DisjointMut::new(&mut self.tiles), self.blocks);
        assert_eq!(device.isa, Isa::Amx);
        device.run(panels, &|panel| {
            let rows = &x[panel * PANEL * cols..x.len().min((panel + 1) * PANEL * cols)];
            // SAFETY: every panel has tiles of its own, and the machine has the features.
            unsafe { fill_panel(rows, tiles.part(panel * blocks, blocks)) };
        });
    }
}

/// Rounds up to 16 rows of as many blocks as there are tiles.
///
/// # Safety
/// The machine has the features below.
#[target_feature(enable = "avx512f,avx512bf16")]
unsafe fn fill_panel(rows: &[f32], tiles: &mut [TileOfBf16]) {
    if rows.len() < PANEL * tiles.len() * BLOCK {
        tiles.fill(TileOfBf16::ZERO);
    }
    for (i, row) in rows.chunks_exact(tiles.len() * BLOCK).enumerate() {
        for (values, tile) in row.as_chunks::<BLOCK>().0.iter().zip(&mut *tiles) {
            // SAFETY: a block is twice 16 f32, and a row of a tile 32 bfloat16.
            unsafe {
                let low = _mm512_loadu_ps(values.as_ptr());
                let high = _mm512_loadu_ps(values.as_ptr().add(16));
                let rounded = _mm512_cvtne2ps_pbh(high, low);
                let to = tile.0[i * BLOCK..(i + 1) * BLOCK].as_mut_ptr();
                _mm512_store_si512(to.cast(), std::mem::transmute::<__m512bh, __m512i>(rounded));
            }
        }
    }
}
