//! The tile registers of AMX: whether this process may use them, their shapes, and one product.
//!
//! The instructions are written as assembly, as Rust has no stable intrinsics for them. Intel
//! Software Developer's Manual, LDTILECFG and TDPBSUD; Linux, "Using XSTATE features in user space
//! applications".

use std::arch::asm;
#[cfg(target_os = "linux")]
use std::arch::x86_64::{__cpuid, __cpuid_count};

use super::tile::{BLOCK, ROWS, TILE};

/// Rows of activations that are multiplied at once: as many as a tile register has.
pub const PANEL: usize = 16;

/// The sums of one block of columns, row after row of activations, at the start of a line of the
/// cache.
#[repr(C, align(64))]
pub struct TileSums(pub [[i32; ROWS]; PANEL]);

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
pub fn are_permitted() -> bool {
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
pub fn are_permitted() -> bool {
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
    let mut sums = TileSums([[0; ROWS]; PANEL]);
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

/// Gives the tile registers their shapes, for this thread.
///
/// # Safety
/// Tiles are permitted ([`are_permitted`]).
pub unsafe fn set_shapes() {
    // SAFETY: the instruction reads 64 bytes, and the caller promises that the machine has it.
    unsafe { asm!("ldtilecfg [{}]", in(reg) &SHAPES, options(nostack, readonly, preserves_flags)) };
}

/// Empties the tile registers, so that the system need not keep them.
///
/// # Safety
/// Tiles are permitted ([`are_permitted`]).
pub unsafe fn release() {
    // SAFETY: the caller promises that the machine has the instruction.
    unsafe { asm!("tilerelease", options(nostack, nomem, preserves_flags)) };
}

/// The products of 16 rows of 32 signed bytes, `stride` bytes apart, and a tile of unsigned bytes.
/// Nothing is left in the tile registers, so the compiler need not know about the registers.
///
/// # Safety
/// These bytes can be read, tiles are permitted ([`are_permitted`]) and have their shapes.
#[inline(always)]
pub unsafe fn multiply_tiles(
    values: *const i8,
    stride: usize,
    weights: *const u8,
    sums: &mut TileSums,
) {
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
