//! The product of many rows with AMX: one `tdpbf16ps` multiplies 32 columns of 16 rows of
//! activations by 16 rows of weights, in bfloat16, and adds in f32.
//!
//! Weights are scaled and rounded to bfloat16 a span of columns at a time, and multiplied with all
//! rows of activations while they are in the cache. Activations are rounded to bfloat16 rather than
//! to int8. Either rounding is a relative error of 2^-9 at most. Scales for every 32 columns need
//! no work between the products then, which int8 would (and was slower than `avx512`). Fewer rows
//! are multiplied by `avx512`, which also reads packed tiles. `amx_tiles` has the instructions.

use std::arch::x86_64::*;
use std::cell::RefCell;

use super::amx_tiles::{PANEL, Sums, TileOfBf16, multiply_span, release, set_shapes};
use super::avx512::TileReader;
use super::bf16_panels::Panels;
use super::operands::OutputTile;
use super::tile::{BLOCK, ROWS, Tiles, by_scheme};

/// Rows of activations from which tiles are faster than `avx512`.
pub const MANY_ROWS: usize = 20;
/// Blocks of columns that are multiplied at a time, before their weights and activations leave the
/// cache.
const SPAN: usize = 16;
/// Groups of weights, and panels of activations, that are multiplied at a time.
const PAIR: usize = 2;

/// A thread's weights of one span, `[pair of groups][block][group]`, and its sums,
/// `[pair of panels][pair of groups]`.
#[derive(Default)]
struct Buffer {
    weights: Vec<TileOfBf16>,
    sums: Vec<Sums>,
}

thread_local! {
    static BUFFER: RefCell<Buffer> = RefCell::default();
}

/// See `matmul::multiply`; minimums are added too.
///
/// # Safety
/// The machine has `Isa::Amx`.
#[target_feature(enable = "avx512f,avx512bw")]
pub unsafe fn multiply(w: &Tiles, x: &Panels, out: &OutputTile) {
    w.assert_whole();
    assert_eq!(w.blocks, x.blocks);
    let pairs = w.groups.div_ceil(PAIR);
    let panels = x.rows.div_ceil(PANEL);
    BUFFER.with_borrow_mut(|Buffer { weights, sums }| {
        weights.resize(pairs * SPAN * PAIR, TileOfBf16::ZERO);
        sums.resize(panels.div_ceil(PAIR) * pairs, Sums::ZERO);
        // SAFETY: the caller promises the features; all panels, groups and blocks are there.
        unsafe {
            set_shapes();
            for first in (0..w.blocks).step_by(SPAN) {
                let count = SPAN.min(w.blocks - first);
                by_scheme!(w, scale_span(w, first, count, weights));
                for (i, sums) in sums.chunks_exact_mut(pairs).enumerate() {
                    let pair = [i * PAIR, (i * PAIR + 1).min(panels - 1)];
                    let tiles = pair.map(|panel| x.tiles[panel * x.blocks + first..].as_ptr());
                    for (weights, sums) in weights.chunks_exact(SPAN * PAIR).zip(sums) {
                        multiply_span(tiles, &weights[..count * PAIR], sums, first > 0);
                    }
                }
            }
            release();
        }
        for row in 0..x.rows {
            let (pair, of_pair) = (row / (PANEL * PAIR), row % (PANEL * PAIR));
            for group in 0..w.groups {
                let sums = &sums[pair * pairs + group / PAIR];
                let tile = &sums.0[of_pair / PANEL * PAIR + group % PAIR];
                out.store(row, group, &tile[of_pair % PANEL]);
            }
        }
    });
}

/// Scales `count` blocks of all weights from `first` on, of `B` bits with `S` scales per row.
///
/// # Safety
/// The machine has the features, and the blocks exist.
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn scale_span<const B: usize, const S: usize>(
    w: &Tiles,
    first: usize,
    count: usize,
    weights: &mut [TileOfBf16],
) {
    for group in 0..w.groups {
        let to = &mut weights[group / PAIR * SPAN * PAIR + group % PAIR..];
        for (b, to) in to.iter_mut().step_by(PAIR).take(count).enumerate() {
            // SAFETY: the caller promises the features and the block.
            unsafe { scale_tile::<B, S>(w, group * w.blocks + first + b, to) };
        }
    }
}

/// Scales one tile of weights: byte * scale + (minimum - zero point * scale).
///
/// # Safety
/// As [`scale_span`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn scale_tile<const B: usize, const S: usize>(w: &Tiles, at: usize, to: &mut TileOfBf16) {
    // SAFETY: the caller promises the tile, its scales and its minimums.
    let (mut reader, scales, minimum) = unsafe {
        let lanes = |from: &[u16], at: usize| {
            _mm512_cvtph_ps(_mm256_loadu_si256(from.as_ptr().add(at * ROWS).cast()))
        };
        let minimum = match w.minimums.is_empty() {
            true => _mm512_setzero_ps(),
            false => lanes(w.minimums, at),
        };
        let scales: [__m512; S] = std::array::from_fn(|part| lanes(w.scales, at * S + part));
        let packed = w.quants.as_ptr().add(at * w.bits.tile_bytes());
        (TileReader::<B>::new(packed, w.table), scales, minimum)
    };
    let zero_point = _mm512_set1_ps(w.zero_point as f32);
    let offsets = scales.map(|scale| _mm512_fnmadd_ps(zero_point, scale, minimum));
    for four in 0..BLOCK / 8 {
        // SAFETY: `four` is below 4.
        let bytes = unsafe { reader.next(four) };
        for (half, bytes) in bytes.into_iter().enumerate() {
            let (scale, offset) = (scales[half * (S - 1)], offsets[half * (S - 1)]);
            let value = |byte: __m512i| {
                let byte = _mm512_and_si512(byte, _mm512_set1_epi32(255));
                _mm512_fmadd_ps(_mm512_cvtepi32_ps(byte), scale, offset)
            };
            let columns = [
                value(bytes),
                value(_mm512_srli_epi32::<8>(bytes)),
                value(_mm512_srli_epi32::<16>(bytes)),
                value(_mm512_srli_epi32::<24>(bytes)),
            ];
            let pairs = &mut to.0[(half * 8 + four * 2) * 2 * ROWS..][..4 * ROWS];
            for (columns, pairs) in columns.as_chunks::<2>().0.iter().zip(pairs.chunks_mut(32)) {
                // SAFETY: 32 bfloat16 are one register.
                unsafe { _mm512_storeu_si512(pairs.as_mut_ptr().cast(), in_pairs(*columns)) };
            }
        }
    }
}

/// 16 numbers in the lower halves of 32 bits and 16 others in the upper halves, rounded to
/// bfloat16.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn in_pairs(pair: [__m512; 2]) -> __m512i {
    const UPPER_HALVES: u32 = 0xaaaa_aaaa;
    let [even, odd] = pair
        .map(|numbers| _mm512_add_epi32(_mm512_castps_si512(numbers), _mm512_set1_epi32(0x8000)));
    _mm512_mask_blend_epi16(UPPER_HALVES, _mm512_srli_epi32::<16>(even), odd)
}
