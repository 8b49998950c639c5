//! Products of activations with packed int8 matrices.
//!
//! `engine`'s linear layer calls [`matmul`]. Activations are rounded to int8 in blocks of 32, as
//! ggml does with Q8_0, multiplied exactly in int32 and scaled in f32; many rows are multiplied in
//! bfloat16 where the machine has instructions for that (`amx`). Groups of 16 outputs are the
//! pieces that threads share.

use std::cell::RefCell;
use std::ops::Range;

#[cfg(target_arch = "x86_64")]
use super::amx;
use super::block32::f16_to_f32;
use super::device::Device;
use super::disjoint::DisjointMut;
use super::isa::{Isa, mul_add, per_isa};
use super::operands::{FEW_ROWS, OutputTile, QuantizedActivations};
use super::packed_matrix::PackedMatrix;
use super::portable;
use super::tile::{BLOCK, ROWS, Tiles};
use super::unpack::UnpackBuffer;

/// Multiply-adds below which waking a worker costs more than it saves.
const MIN_PARALLEL_OPS: usize = 1 << 19;
/// Multiply-adds of the longest piece of work: some milliseconds on a slow core, so that a
/// cancelled call ends soon.
const MAX_OPS_PER_PIECE: usize = 1 << 27;
/// Groups of 16 outputs that one kernel call works on: as many as the widest register tile.
const GROUPS_PER_CALL: usize = 2;
/// The same in bfloat16: as many as make reading the activations cheap.
const BF16_GROUPS_PER_CALL: usize = 8;
/// Activations that one piece of parallel work rounds; whole blocks.
const VALUES_PER_PIECE: usize = 1 << 14;

/// Rounds `x` (whole blocks of 32) to int8, halves to even.
fn quantize(isa: Isa, x: &[f32], quants: &mut [i8], scales: &mut [f32], sums: &mut [[i32; 2]]) {
    let blocks = x.len() / BLOCK;
    assert!(quants.len() >= blocks * BLOCK && scales.len().min(sums.len()) >= blocks);
    match isa {
        // SAFETY: the machine has the instructions, by the construction of `Isa`.
        #[cfg(target_arch = "x86_64")]
        Isa::Amx | Isa::Avx512Vnni => unsafe { super::avx512::quantize(x, quants, scales, sums) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::AvxVnni | Isa::Avx2 => unsafe { super::avx2::quantize(x, quants, scales, sums) },
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        Isa::NeonI8mm | Isa::NeonDotProd => unsafe {
            super::neon::quantize(x, quants, scales, sums)
        },
        Isa::Portable => portable::quantize(x, quants, scales, sums),
    }
}

impl QuantizedActivations {
    /// Rounds all of `x`, rows of `cols` numbers, whole blocks of 32.
    pub fn fill(&mut self, device: Device, x: &[f32], cols: usize) {
        #[cfg(target_arch = "x86_64")]
        if in_bfloat16(device.isa, x.len() / cols) {
            return self.panels.fill(device, x, cols);
        }
        self.quants.resize(x.len(), 0);
        self.scales.resize(x.len() / BLOCK, 0.0);
        self.sums.resize(x.len() / BLOCK, [0; 2]);
        self.totals.resize(x.len() / BLOCK, 0.0);
        let quants = DisjointMut::new(&mut self.quants);
        let scales = DisjointMut::new(&mut self.scales);
        let sums = DisjointMut::new(&mut self.sums);
        let totals = DisjointMut::new(&mut self.totals);
        device.run(x.len().div_ceil(VALUES_PER_PIECE), &|piece| {
            let (from, x) = (
                piece * VALUES_PER_PIECE,
                &x[piece * VALUES_PER_PIECE..x.len().min((piece + 1) * VALUES_PER_PIECE)],
            );
            let blocks = x.len() / BLOCK;
            // SAFETY: every piece has values and blocks of its own.
            unsafe {
                let (scales, sums) = (
                    scales.part(from / BLOCK, blocks),
                    sums.part(from / BLOCK, blocks),
                );
                quantize(device.isa, x, quants.part(from, x.len()), scales, sums);
                let totals = totals.part(from / BLOCK, blocks);
                for ((total, scale), sums) in totals.iter_mut().zip(scales).zip(sums) {
                    *total = (sums[0] + sums[1]) as f32 * *scale;
                }
            }
        });
    }
}

thread_local! {
    /// This thread's unpacked weights.
    static UNPACKED: RefCell<UnpackBuffer> = RefCell::default();
}

/// `out[m][rows] = x[m][cols] * w^T`, split over the pool where it is large enough. `parts` are
/// matrices with the same columns, stacked. Once cancelled, `out` may hold anything.
pub fn matmul(
    device: Device,
    parts: &[PackedMatrix],
    x: &[f32],
    out: &mut [f32],
    scratch: &mut QuantizedActivations,
) {
    let Some(cols) = parts.first().map(|part| part.cols) else {
        return;
    };
    let (m, width) = (
        x.len() / cols,
        parts.iter().map(|part| part.rows).sum::<usize>(),
    );
    debug_assert!(x.len() == m * cols && parts.iter().all(|part| part.cols == cols));
    assert_eq!(out.len(), m * width);
    scratch.fill(device, x, cols);
    let at_once = match in_bfloat16(device.isa, m) {
        true => BF16_GROUPS_PER_CALL,
        false => GROUPS_PER_CALL,
    };
    let calls_of = |part: &PackedMatrix| part.groups().div_ceil(at_once);
    let calls: usize = parts.iter().map(calls_of).sum();
    let work = m * width * cols;
    let pieces = (device.pool.threads() * 8).max(work / MAX_OPS_PER_PIECE);
    let pieces = if work < MIN_PARALLEL_OPS {
        1
    } else {
        calls.min(pieces)
    };
    let all = DisjointMut::new(out);
    let activations: &QuantizedActivations = scratch;
    device.run(pieces, &|piece| {
        let mut calls = calls * piece / pieces..calls * (piece + 1) / pieces;
        let mut first = 0;
        for part in parts {
            let own = calls.start.min(calls_of(part))..calls.end.min(calls_of(part));
            for call in own {
                let groups = call * at_once..((call + 1) * at_once).min(part.groups());
                multiply(
                    device.isa,
                    part,
                    activations,
                    m,
                    groups,
                    OutputTile {
                        all,
                        width,
                        first,
                        rows: part.rows,
                    },
                );
            }
            first += part.rows;
            calls = calls.start.saturating_sub(calls_of(part))
                ..calls.end.saturating_sub(calls_of(part));
        }
    });
}

/// Whether so many rows of activations are rounded to bfloat16 instead of int8.
#[cfg(target_arch = "x86_64")]
fn in_bfloat16(isa: Isa, rows: usize) -> bool {
    isa == Isa::Amx && rows >= amx::MANY_ROWS
}

#[cfg(not(target_arch = "x86_64"))]
fn in_bfloat16(_: Isa, _: usize) -> bool {
    false
}

/// The outputs of the groups of one call for all rows of `x`; `out` is that of the whole matrix.
/// Writes only these outputs, so different calls may run at once.
fn multiply(
    isa: Isa,
    part: &PackedMatrix,
    x: &QuantizedActivations,
    m: usize,
    groups: Range<usize>,
    out: OutputTile,
) {
    let next = groups.end..(groups.end + groups.len()).min(part.groups());
    let skipped = groups.start * ROWS;
    let out = OutputTile {
        first: out.first + skipped,
        rows: out.rows - skipped,
        ..out
    };
    #[cfg(target_arch = "x86_64")]
    if in_bfloat16(isa, m) {
        part.tiles(next).prefetch();
        // SAFETY: the machine has the instructions, by the construction of `Isa`.
        return unsafe { amx::multiply(&part.tiles(groups), &x.panels, &out) };
    }
    UNPACKED.with_borrow_mut(|buffer| {
        let tiles = part.tiles(groups);
        let in_registers = m <= FEW_ROWS && isa != Isa::Portable;
        let tiles = if in_registers {
            tiles
        } else {
            tiles.unpacked(isa, buffer)
        };
        if !in_registers {
            // With many rows, arithmetic takes long enough to hide the loads of the next call.
            part.tiles(next).prefetch();
        }
        match isa {
            // SAFETY: the machine has the instructions, by the construction of `Isa`.
            #[cfg(target_arch = "x86_64")]
            Isa::Amx | Isa::Avx512Vnni => unsafe { super::avx512::multiply(&tiles, x, 0..m, &out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Isa::AvxVnni => unsafe { super::avx_vnni::multiply(&tiles, x, m, &out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => unsafe { super::avx2::multiply(&tiles, x, m, &out) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Isa::NeonI8mm => unsafe { super::neon_i8mm::multiply(&tiles, x, m, &out) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Isa::NeonDotProd => unsafe { super::neon::multiply(&tiles, x, m, &out) },
            Isa::Portable => portable::multiply(&tiles, x, m, &out),
        }
        if !tiles.minimums.is_empty() {
            add_minimums(isa, &tiles, x, m, &out);
        }
    });
}

/// Blocks of columns whose minimums are decoded at a time.
const BLOCKS_AT_ONCE: usize = 64;
/// Rows of activations that a minimum is multiplied with while it is in a register.
const ROWS_AT_ONCE: usize = 8;

per_isa! {
    /// Adds each block's minimum times the sum of its activations to the outputs of all `m` rows.
    pub fn add_minimums(tiles: &Tiles, x: &QuantizedActivations, m: usize, out: &OutputTile)
        = add_minimums_body
}

#[inline(always)]
fn add_minimums_body<const FMA: bool>(
    tiles: &Tiles,
    x: &QuantizedActivations,
    m: usize,
    out: &OutputTile,
) {
    let mut decoded = [[0f32; ROWS]; BLOCKS_AT_ONCE];
    for (group, minimums) in tiles.minimums.chunks_exact(tiles.blocks * ROWS).enumerate() {
        let minimums = minimums.as_chunks::<ROWS>().0;
        for (span, minimums) in minimums.chunks(BLOCKS_AT_ONCE).enumerate() {
            let decoded = &mut decoded[..minimums.len()];
            for (to, from) in decoded.iter_mut().zip(minimums) {
                *to = from.map(f16_to_f32);
            }
            let first = span * BLOCKS_AT_ONCE;
            let whole = m - m % ROWS_AT_ONCE;
            for i in (0..whole).step_by(ROWS_AT_ONCE) {
                add_to_rows::<FMA, ROWS_AT_ONCE>(decoded, [first, i], tiles.blocks, x, group, out);
            }
            for i in whole..m {
                add_to_rows::<FMA, 1>(decoded, [first, i], tiles.blocks, x, group, out);
            }
        }
    }
}

/// Adds the minimums of blocks from `block` on to the outputs of rows from `row` on.
#[inline(always)]
fn add_to_rows<const FMA: bool, const COUNT: usize>(
    minimums: &[[f32; ROWS]],
    [block, row]: [usize; 2],
    blocks: usize,
    x: &QuantizedActivations,
    group: usize,
    out: &OutputTile,
) {
    let values: [&[f32]; COUNT] =
        std::array::from_fn(|i| &x.totals[(row + i) * blocks + block..][..minimums.len()]);
    let mut added = [[0f32; ROWS]; COUNT];
    for (b, minimums) in minimums.iter().enumerate() {
        for (added, values) in added.iter_mut().zip(values) {
            for (added, minimum) in added.iter_mut().zip(minimums) {
                *added = mul_add::<FMA>(*minimum, values[b], *added);
            }
        }
    }
    for (i, added) in added.iter().enumerate() {
        for (out, added) in out.part(row + i, group).iter_mut().zip(added) {
            *out += added;
        }
    }
}

#[cfg(test)]
mod tests;
