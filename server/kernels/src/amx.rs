//! The int8 product with AMX: one `tdpbsud` multiplies 32 columns of 16 rows of activations by 16
//! rows of weights.
//!
//! An unpacked tile of weights has the layout that the instruction takes its second factor in.
//! Every 32 columns have scales of their own, so their sums leave the tile at once and are scaled
//! and added with AVX-512. `avx512` does everything else: rows that do not fill a panel of 16,
//! weights with two scales per row, and all but the product. The instructions are written as
//! assembly, as Rust has no stable intrinsics for them. Intel Software Developer's Manual,
//! LDTILECFG and TDPBSUD; Linux, "Using XSTATE features in user space applications".

use std::arch::asm;
use std::arch::x86_64::*;

use super::avx512;
use super::matmul::{OutputTile, QuantizedActivations, zero_point_correction};
use super::tile::{BLOCK, Bits, ROWS, TILE, Tiles};

/// Rows of activations that are multiplied at once: as many as a tile register has.
const PANEL: usize = 16;

/// The sums of one block of columns, row after row of activations, at the start of a line of the
/// cache.
#[repr(C, align(64))]
struct Sums([[i32; ROWS]; PANEL]);

/// The operand of LDTILECFG: the shape of each tile register.
#[repr(C, align(64))]
struct Shapes {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    /// Bytes of a row.
    widths: [u16; 16],
    /// Rows.
    heights: [u8; 16],
}

/// Registers 0 to 2: sums, activations and weights.
const SHAPES: Shapes = {
    let mut shapes = Shapes {
        palette: 1,
        start_row: 0,
        reserved: [0; 14],
        widths: [0; 16],
        heights: [0; 16],
    };
    (shapes.widths[0], shapes.heights[0]) = ((ROWS * size_of::<i32>()) as u16, PANEL as u8);
    (shapes.widths[1], shapes.heights[1]) = (BLOCK as u16, PANEL as u8);
    (shapes.widths[2], shapes.heights[2]) = (4 * ROWS as u16, (BLOCK / 4) as u8);
    shapes
};

/// Whether the processor has int8 tiles that multiply correctly and the system lets this process
/// use them; determined once.
#[cfg(target_os = "linux")]
pub fn is_permitted() -> bool {
    static PERMITTED: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    const TILES_OF_INT8: u32 = 1 << 24 | 1 << 25;
    *PERMITTED.get_or_init(|| {
        let leaves = __cpuid(0).eax;
        let has = leaves >= 7 && __cpuid_count(7, 0).edx & TILES_OF_INT8 == TILES_OF_INT8;
        has && request_tiles() && multiplies_correctly()
    })
}

/// No other system is known to permit them.
#[cfg(not(target_os = "linux"))]
pub fn is_permitted() -> bool {
    false
}

/// Asks Linux (5.16 and later) to save the tiles of all threads of this process. Without that, the
/// first tile instruction ends the process.
#[cfg(target_os = "linux")]
fn request_tiles() -> bool {
    const ARCH_PRCTL: isize = 158;
    const ARCH_REQ_XCOMP_PERM: usize = 0x1023;
    const XFEATURE_XTILEDATA: usize = 18;
    let result: isize;
    // SAFETY: the call touches no memory of ours; the instruction changes the registers named here.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") ARCH_PRCTL => result,
            in("rdi") ARCH_REQ_XCOMP_PERM,
            in("rsi") XFEATURE_XTILEDATA,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result == 0
}

/// Whether tiles of signed and unsigned bytes are multiplied correctly; some emulators confuse the
/// signs.
///
/// Called only where the processor has tiles and they are permitted.
#[cfg(target_os = "linux")]
fn multiplies_correctly() -> bool {
    let values: [i8; PANEL * BLOCK] = std::array::from_fn(|i| (i * 89) as u8 as i8);
    let weights: [u8; TILE] = std::array::from_fn(|i| (i * 53) as u8);
    let mut sums = Sums([[0; ROWS]; PANEL]);
    // SAFETY: the caller has seen that the machine has the instructions; both arrays are whole
    // tiles.
    unsafe {
        set_shapes();
        multiply_tiles(values.as_ptr(), BLOCK, weights.as_ptr(), &mut sums);
        release();
    }
    let sum = |row: usize, lane: usize| -> i32 {
        let weight = |column: usize| i32::from(weights[column / 4 * 64 + lane * 4 + column % 4]);
        (0..BLOCK)
            .map(|column| i32::from(values[row * BLOCK + column]) * weight(column))
            .sum()
    };
    sums.0
        .iter()
        .enumerate()
        .all(|(row, sums)| (0..ROWS).all(|lane| sums[lane] == sum(row, lane)))
}

/// See `matmul::multiply`.
///
/// # Safety
/// The machine has the features below, and tiles are permitted ([`is_permitted`]).
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub unsafe fn multiply(w: &Tiles, x: &QuantizedActivations, m: usize, out: &OutputTile) {
    w.assert_whole();
    x.assert_rows(m, w.blocks);
    let one_scale = w.bits == Bits::Eight && w.scales_per_row == 1;
    let whole = if one_scale { m - m % PANEL } else { 0 };
    // SAFETY: the machine has the features; the assertions put all groups and rows in bounds, and
    // tiles have their shapes while panels use them.
    unsafe {
        if whole > 0 {
            set_shapes();
            for first in (0..whole).step_by(PANEL) {
                (0..w.groups).for_each(|group| panel(w, x, first, group, out));
            }
            release();
        }
        avx512::multiply(w, x, whole..m, out);
    }
}

/// 16 rows of activations by one group of 16 weights' rows.
///
/// # Safety
/// Rows `first..first + PANEL` and the group exist, weights are bytes, and tiles have their shapes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
unsafe fn panel(w: &Tiles, x: &QuantizedActivations, first: usize, group: usize, out: &OutputTile) {
    let mut totals = [_mm512_setzero_ps(); PANEL];
    let mut sums = Sums([[0; ROWS]; PANEL]);
    for b in 0..w.blocks {
        let tile = group * w.blocks + b;
        // SAFETY: the caller promises rows, group and shapes; a tile has 16 scales.
        let scales = unsafe {
            let values = x.quants.as_ptr().add((first * w.blocks + b) * BLOCK);
            multiply_tiles(
                values,
                w.blocks * BLOCK,
                w.quants.as_ptr().add(tile * TILE),
                &mut sums,
            );
            _mm512_cvtph_ps(_mm256_loadu_si256(
                w.scales.as_ptr().add(tile * ROWS).cast(),
            ))
        };
        for (i, (total, sums)) in totals.iter_mut().zip(&sums.0).enumerate() {
            let at = (first + i) * w.blocks + b;
            // SAFETY: the caller promises the row; 16 sums are one register.
            let (sums, sum, scale) = unsafe {
                let sums = _mm512_load_si512(sums.as_ptr().cast());
                (sums, *x.sums.get_unchecked(at), *x.scales.get_unchecked(at))
            };
            let [zero] = zero_point_correction(w.zero_point, sum);
            let dots = _mm512_add_epi32(sums, _mm512_set1_epi32(zero));
            let scale = _mm512_mul_ps(scales, _mm512_set1_ps(scale));
            *total = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dots), scale, *total);
        }
    }
    for (i, total) in totals.iter().enumerate() {
        let mut values = [0f32; ROWS];
        // SAFETY: 16 f32 are one register.
        unsafe { _mm512_storeu_ps(values.as_mut_ptr(), *total) };
        out.store(first + i, group, &values);
    }
}

/// Gives the tile registers their shapes, for this thread.
///
/// # Safety
/// Tiles are permitted ([`is_permitted`]).
unsafe fn set_shapes() {
    // SAFETY: the instruction reads 64 bytes, and the caller promises that the machine has it.
    unsafe { asm!("ldtilecfg [{}]", in(reg) &SHAPES, options(nostack, readonly, preserves_flags)) };
}

/// Empties the tile registers, so that the system need not keep them.
///
/// # Safety
/// Tiles are permitted ([`is_permitted`]).
unsafe fn release() {
    // SAFETY: the caller promises that the machine has the instruction.
    unsafe { asm!("tilerelease", options(nostack, nomem, preserves_flags)) };
}

/// The products of 16 rows of 32 signed bytes, `stride` bytes apart, and a tile of unsigned bytes.
/// Nothing is left in the tile registers, so the compiler need not know about the registers.
///
/// # Safety
/// These bytes can be read, tiles are permitted ([`is_permitted`]) and have their shapes.
#[inline(always)]
unsafe fn multiply_tiles(values: *const i8, stride: usize, weights: *const u8, sums: &mut Sums) {
    // SAFETY: the caller promises what is read; the sums are 16 rows of 64 bytes.
    unsafe {
        asm!(
            "tilezero tmm0",
            "tileloadd tmm1, [{values} + {stride}]",
            "tileloadd tmm2, [{weights} + {line}]",
            "tdpbsud tmm0, tmm1, tmm2",
            "tilestored [{sums} + {line}], tmm0",
            values = in(reg) values,
            stride = in(reg) stride,
            weights = in(reg) weights,
            line = in(reg) 4 * ROWS,
            sums = in(reg) &raw mut sums.0,
            options(nostack, preserves_flags),
        );
    }
}
