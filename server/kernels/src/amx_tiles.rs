//! The tile registers of AMX: whether this process may use them, their shapes, and products.
//!
//! The instructions are written as assembly, as Rust has no stable intrinsics for them. Intel
//! Software Developer's Manual, LDTILECFG and TDPBF16PS; Linux, "Using XSTATE features in user
//! space applications".

use std::arch::asm;
#[cfg(target_os = "linux")]
use std::arch::x86_64::{__cpuid, __cpuid_count};

#[cfg(target_os = "linux")]
use half::bf16;

use super::tile::{BLOCK, ROWS, TILE};

/// Rows of activations of a tile register.
pub const PANEL: usize = 16;

/// 32 columns of 16 rows in bfloat16. Of activations: `[row][column]`; of weights, as the
/// instruction takes its second factor: `[pair of columns][row][2]`.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct TileOfBf16(pub [u16; TILE]);

/// The sums of two panels of activations by two groups of weights: `[panel * 2 + group][row]`.
#[derive(Clone)]
#[repr(C, align(64))]
pub struct Sums(pub [[[f32; ROWS]; PANEL]; 4]);

impl TileOfBf16 {
    pub const ZERO: TileOfBf16 = TileOfBf16([0; TILE]);
}

impl Sums {
    pub const ZERO: Sums = Sums([[[0.0; ROWS]; PANEL]; 4]);
}

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

/// Eight registers of 16 rows of 64 bytes.
const SHAPES: Shapes = {
    let mut shapes = Shapes {
        palette: 1,
        start_row: 0,
        reserved: [0; 14],
        widths: [0; 16],
        heights: [0; 16],
    };
    let mut register = 0;
    while register < 8 {
        shapes.widths[register] = (BLOCK * size_of::<u16>()) as u16;
        shapes.heights[register] = PANEL as u8;
        register += 1;
    }
    shapes
};

/// Whether the processor has bfloat16 tiles that multiply correctly and the system lets this
/// process use them; determined once.
#[cfg(target_os = "linux")]
pub fn are_permitted() -> bool {
    static PERMITTED: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    const TILES_OF_BF16: u32 = 1 << 24 | 1 << 22;
    *PERMITTED.get_or_init(|| {
        let leaves = __cpuid(0).eax;
        let has = leaves >= 7 && __cpuid_count(7, 0).edx & TILES_OF_BF16 == TILES_OF_BF16;
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

/// Whether tiles are multiplied correctly; some emulators do not.
///
/// Called only where the processor has tiles and they are permitted.
#[cfg(target_os = "linux")]
fn multiplies_correctly() -> bool {
    let tile = |seed: usize| {
        let numbers = std::array::from_fn(|i| bf16::from_f32((i * seed % 31) as f32 - 15.0));
        TileOfBf16(numbers.map(bf16::to_bits))
    };
    let (values, weights) = ([tile(89), tile(13)], [tile(53), tile(7)]);
    let mut sums = Sums::ZERO;
    // SAFETY: the caller has seen that the machine has the instructions.
    unsafe {
        set_shapes();
        multiply_span(
            values.each_ref().map(std::ptr::from_ref),
            &weights,
            &mut sums,
            false,
        );
        release();
    }
    let number = |bits: u16| bf16::from_bits(bits).to_f32();
    let sum = |values: &TileOfBf16, weights: &TileOfBf16, row: usize, lane: usize| -> f32 {
        let weight = |column: usize| weights.0[column / 2 * 2 * ROWS + lane * 2 + column % 2];
        let product = |column| number(values.0[row * BLOCK + column]) * number(weight(column));
        (0..BLOCK).map(product).sum()
    };
    (0..4 * PANEL * ROWS).all(|i| {
        let (part, row, lane) = (i / (PANEL * ROWS), i / ROWS % PANEL, i % ROWS);
        sums.0[part][row][lane] == sum(&values[part / 2], &weights[part % 2], row, lane)
    })
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

/// The products of two panels of activations, a tile for each block from these on, and two groups
/// of weights, `[block][group]`; `add` adds them to the sums. Nothing is left in the tile
/// registers, so the compiler need not know about them.
///
/// # Safety
/// Tiles are permitted ([`are_permitted`]) and have their shapes, and there are as many tiles of
/// activations as blocks of weights.
pub unsafe fn multiply_span(
    [first, second]: [*const TileOfBf16; 2],
    weights: &[TileOfBf16],
    sums: &mut Sums,
    add: bool,
) {
    debug_assert!(!weights.is_empty());
    // SAFETY: the caller promises what is read; sums are 4 tiles of 1,024 bytes.
    unsafe {
        asm!(
            "tilezero tmm0",
            "tilezero tmm1",
            "tilezero tmm2",
            "tilezero tmm3",
            "test {add}, {add}",
            "jz 2f",
            "tileloadd tmm0, [{sums} + {line}]",
            "tileloadd tmm1, [{sums} + {line} + 1024]",
            "tileloadd tmm2, [{sums} + {line} + 2048]",
            "tileloadd tmm3, [{sums} + {line} + 3072]",
            "2:",
            "tileloadd tmm4, [{first} + {line}]",
            "tileloadd tmm6, [{weights} + {line}]",
            "tileloadd tmm7, [{weights} + {line} + 1024]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "tileloadd tmm5, [{second} + {line}]",
            "tdpbf16ps tmm2, tmm5, tmm6",
            "tdpbf16ps tmm3, tmm5, tmm7",
            "add {first}, 1024",
            "add {second}, 1024",
            "add {weights}, 2048",
            "dec {blocks}",
            "jnz 2b",
            "tilestored [{sums} + {line}], tmm0",
            "tilestored [{sums} + {line} + 1024], tmm1",
            "tilestored [{sums} + {line} + 2048], tmm2",
            "tilestored [{sums} + {line} + 3072], tmm3",
            first = inout(reg) first => _,
            second = inout(reg) second => _,
            weights = inout(reg) weights.as_ptr() => _,
            blocks = inout(reg) weights.len() / 2 => _,
            add = in(reg) usize::from(add),
            line = in(reg) 4 * ROWS,
            sums = in(reg) &raw mut sums.0,
            options(nostack),
        );
    }
}
