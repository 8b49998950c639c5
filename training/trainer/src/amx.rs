//! Products of 32 by 32 int8 cells on the matrix unit of recent Xeons (AMX).
//!
//! The unit is found when the program runs. Its instructions are written in assembly, as the
//! compiler offers no others; it never uses the tile registers itself. Knows nothing of scales.

/// Rows and columns of the cells that `Unit::cells` computes at once.
pub const SIDE: usize = 32;
/// Values of the contracted dimension that one instruction takes.
pub const STEP: usize = 64;

/// 32-bit sums, [row][column].
#[repr(align(64))]
pub struct Cells(pub [[i32; SIDE]; SIDE]);

impl Cells {
    pub const ZERO: Self = Self([[0; SIDE]; SIDE]);
}

/// The matrix unit of this thread, with its tiles set up. Dropping it gives the tiles back.
pub struct Unit(());

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod tiles {
    use super::{Cells, SIDE, STEP, Unit};
    use std::arch::asm;
    use std::sync::OnceLock;

    /// Layout of the tiles as `ldtilecfg` reads it: eight tiles of 16 rows of 64 bytes.
    #[repr(C, align(64))]
    struct Layout {
        palette: u8,
        start_row: u8,
        reserved: [u8; 14],
        row_bytes: [u16; 16],
        rows: [u8; 16],
    }

    static LAYOUT: Layout = {
        let (mut row_bytes, mut rows, mut tile) = ([0; 16], [0; 16], 0);
        while tile < 8 {
            (row_bytes[tile], rows[tile]) = (64, 16);
            tile += 1;
        }
        Layout { palette: 1, start_row: 0, reserved: [0; 14], row_bytes, rows }
    };

    /// Whether the processor has the unit and the kernel lets this process use it.
    fn available() -> bool {
        static AVAILABLE: OnceLock<bool> = OnceLock::new();
        *AVAILABLE.get_or_init(|| {
            // CPUID leaf 7, EDX: bit 24 is AMX-TILE, bit 25 AMX-INT8.
            let tiles = 0b11 << 24;
            std::arch::x86_64::__cpuid_count(7, 0).edx & tiles == tiles && is_granted()
        })
    }

    /// Asks the kernel for the tile registers (`arch_prctl(ARCH_REQ_XCOMP_PERM, XTILEDATA)`).
    fn is_granted() -> bool {
        let mut result: i64 = 158;
        // SAFETY: the system call takes two numbers and touches no memory of ours.
        unsafe {
            asm!("syscall", inout("rax") result, in("rdi") 0x1023, in("rsi") 18,
                out("rcx") _, out("r11") _, options(nostack));
        }
        result == 0
    }

    impl Unit {
        /// None where there is no such unit.
        pub fn new() -> Option<Self> {
            available().then(|| {
                // SAFETY: the unit is there, and the layout is a valid one in static memory.
                unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const LAYOUT, options(nostack)) };
                Self(())
            })
        }

        /// Sums of products of rows of `a` (i8, `a_step` bytes apart) with columns of `b`, which
        /// holds groups of four values of a column side by side (u8, groups of one column `b_step`
        /// bytes apart), over `inner` values.
        ///
        /// # Panics
        /// Where `inner` is no multiple of `STEP` or an operand is too short.
        #[inline(always)]
        pub fn cells(
            &self,
            (a, a_step): (&[i8], usize),
            (b, b_step): (&[u8], usize),
            inner: usize,
            to: &mut Cells,
        ) {
            assert!(inner.is_multiple_of(STEP) && inner > 0);
            assert!((SIDE - 1) * a_step + inner <= a.len());
            assert!((inner / 4 - 1) * b_step + 4 * SIDE <= b.len());
            // SAFETY: the tiles are set up (`new`), and all they load and store lies in `a`, `b`
            // and `to`, as just checked: rows of `a` in two halves of 16, columns of `b` likewise.
            unsafe {
                asm!(
                    "tilezero tmm0",
                    "tilezero tmm1",
                    "tilezero tmm2",
                    "tilezero tmm3",
                    "2:",
                    "tileloadd tmm6, [{b} + {b_step}]",
                    "tileloadd tmm4, [{a} + {a_step}]",
                    "tileloadd tmm7, [{b} + {b_step} + 64]",
                    "tileloadd tmm5, [{low} + {a_step}]",
                    "tdpbsud tmm0, tmm4, tmm6",
                    "tdpbsud tmm1, tmm4, tmm7",
                    "tdpbsud tmm2, tmm5, tmm6",
                    "tdpbsud tmm3, tmm5, tmm7",
                    "add {a}, 64",
                    "add {low}, 64",
                    "add {b}, {b_next}",
                    "dec {steps}",
                    "jnz 2b",
                    "tilestored [{to} + {to_step}], tmm0",
                    "tilestored [{to} + {to_step} + 64], tmm1",
                    "tilestored [{to} + {to_step} + 2048], tmm2",
                    "tilestored [{to} + {to_step} + 2112], tmm3",
                    a = inout(reg) a.as_ptr() => _,
                    low = inout(reg) a.as_ptr().wrapping_add(16 * a_step) => _,
                    a_step = in(reg) a_step,
                    b = inout(reg) b.as_ptr() => _,
                    b_step = in(reg) b_step,
                    b_next = in(reg) STEP / 4 * b_step,
                    steps = inout(reg) inner / STEP => _,
                    to = in(reg) to,
                    to_step = in(reg) 4 * SIDE,
                    options(nostack),
                );
            }
        }
    }

    impl Drop for Unit {
        fn drop(&mut self) {
            // SAFETY: the unit is there; nothing uses the tiles any more.
            unsafe { asm!("tilerelease", options(nomem, nostack)) };
        }
    }
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
impl Unit {
    /// There is none on this processor.
    pub fn new() -> Option<Self> {
        None
    }

    pub fn cells(&self, _: (&[i8], usize), _: (&[u8], usize), _: usize, _: &mut Cells) {
        unreachable!("there is no matrix unit")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_exact() {
        let Some(unit) = Unit::new() else { return };
        let (inner, a_step, b_step) = (128, 192, 256);
        let a: Vec<i8> = (0..SIDE * a_step).map(|i| (i * 89 % 255) as u8 as i8).collect();
        let b: Vec<u8> = (0..inner / 4 * b_step).map(|i| (i * 57 % 251) as u8).collect();
        let mut cells = Cells::ZERO;
        unit.cells((&a, a_step), (&b, b_step), inner, &mut cells);
        for (row, sums) in cells.0.iter().enumerate() {
            for (column, sum) in sums.iter().enumerate() {
                let product = |k: usize| {
                    let value = b[k / 4 * b_step + 4 * column + k % 4];
                    i32::from(a[row * a_step + k]) * i32::from(value)
                };
                assert_eq!(*sum, (0..inner).map(product).sum::<i32>(), "{row} {column}");
            }
        }
    }
}
