//! The matrix unit of recent Xeons (AMX): products of blocks of 32 rows and 32 columns.
//!
//! The unit is found when the program runs. Its instructions are written in assembly, as the
//! compiler offers no others; it never uses the tile registers itself. Tiles 0 to 3 hold the sums
//! of a block, 4 to 7 its operands. Knows nothing of scales, nor of what is multiplied.

/// Rows and columns of a block.
pub const SIDE: usize = 32;
/// Values of the contracted dimension that one step takes, of i8 and of bf16.
pub const STEP_I8: usize = 64;
pub const STEP_BF16: usize = 32;

/// The sums of a block: i32 or f32, [row][column].
#[repr(align(64))]
pub struct Block<T>(pub [[T; SIDE]; SIDE]);

/// The matrix unit of this thread, with its tiles set up. Dropping it gives the tiles back.
pub struct Unit(());

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod tiles {
    use super::{Block, SIDE, STEP_BF16, STEP_I8, Unit};
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
            // CPUID leaf 7, EDX: bit 22 is AMX-BF16, bit 24 AMX-TILE, bit 25 AMX-INT8.
            let wanted = 1 << 22 | 1 << 24 | 1 << 25;
            std::arch::x86_64::__cpuid_count(7, 0).edx & wanted == wanted && is_granted()
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

    /// Adds the products of `steps` steps to the sums: rows of `a`, `a_step` bytes apart, with
    /// columns of `b`, whose values of a step are adjacent in groups of four bytes;
    /// groups of the same column are `b_step` bytes apart.
    macro_rules! multiply {
        ($instruction:literal, $a:expr, $a_step:expr, $b:expr, $b_step:expr, $steps:expr) => {
            asm!(
                "2:",
                "tileloadd tmm6, [{b} + {b_step}]",
                "tileloadd tmm4, [{a} + {a_step}]",
                "tileloadd tmm7, [{b} + {b_step} + 64]",
                "tileloadd tmm5, [{low} + {a_step}]",
                concat!($instruction, " tmm0, tmm4, tmm6"),
                concat!($instruction, " tmm1, tmm4, tmm7"),
                concat!($instruction, " tmm2, tmm5, tmm6"),
                concat!($instruction, " tmm3, tmm5, tmm7"),
                "add {a}, 64",
                "add {low}, 64",
                "add {b}, {b_next}",
                "dec {steps}",
                "jnz 2b",
                a = inout(reg) $a => _,
                low = inout(reg) $a.wrapping_byte_add(16 * $a_step) => _,
                a_step = in(reg) $a_step,
                b = inout(reg) $b => _,
                b_step = in(reg) $b_step,
                b_next = in(reg) 16 * $b_step,
                steps = inout(reg) $steps => _,
                options(nostack),
            )
        };
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

        /// Writes the products of 32 rows of `a` (i8, `a_step` bytes apart) with 32 columns of `b`
        /// (u8, groups of four values of a column; groups of one column `b_step` bytes apart) over
        /// `inner` values.
        ///
        /// # Panics
        /// Where `inner` is no multiple of `STEP_I8` or an operand is too short.
        #[inline(always)]
        pub fn multiply_i8(
            &self,
            (a, a_step): (&[i8], usize),
            (b, b_step): (&[u8], usize),
            inner: usize,
            to: &mut Block<i32>,
        ) {
            assert!(inner.is_multiple_of(STEP_I8) && inner > 0);
            assert!((SIDE - 1) * a_step + inner <= a.len());
            assert!((inner / 4 - 1) * b_step + 4 * SIDE <= b.len());
            // SAFETY: the tiles are set up (`new`), and all they load lies in `a` and `b`, as just
            // checked.
            unsafe {
                self.zero();
                multiply!("tdpbsud", a.as_ptr(), a_step, b.as_ptr(), b_step, inner / STEP_I8);
                self.store(to.0.as_mut_ptr().cast(), 4 * SIDE);
            }
        }

        /// Adds the products of 32 rows of `a` (pairs of bf16, `a_step` pairs apart) with 32
        /// columns of `b` (pairs of values of a column; pairs of one column `b_step` apart) over
        /// `pairs` of values to the f32 sums in `c`, or writes them where not `add`.
        ///
        /// # Panics
        /// Where `pairs` is no multiple of half of `STEP_BF16` or a slice is too short.
        #[inline(always)]
        pub fn multiply_bf16(
            &self,
            (a, a_step): (&[u32], usize),
            (b, b_step): (&[u32], usize),
            pairs: usize,
            (c, c_step): (&mut [f32], usize),
            add: bool,
        ) {
            assert!((2 * pairs).is_multiple_of(STEP_BF16) && pairs > 0);
            assert!((SIDE - 1) * a_step + pairs <= a.len());
            assert!((pairs - 1) * b_step + SIDE <= b.len());
            assert!((SIDE - 1) * c_step + SIDE <= c.len());
            let (a_step, b_step) = (4 * a_step, 4 * b_step);
            // SAFETY: as above; what is loaded and stored of `c` lies in it.
            unsafe {
                if add {
                    self.load(c.as_ptr().cast(), 4 * c_step);
                } else {
                    self.zero();
                }
                let steps = 2 * pairs / STEP_BF16;
                multiply!("tdpbf16ps", a.as_ptr(), a_step, b.as_ptr(), b_step, steps);
                self.store(c.as_mut_ptr().cast(), 4 * c_step);
            }
        }

        /// Makes the sums 0.
        #[inline(always)]
        fn zero(&self) {
            // SAFETY: the tiles are set up.
            unsafe {
                asm!(
                    "tilezero tmm0",
                    "tilezero tmm1",
                    "tilezero tmm2",
                    "tilezero tmm3",
                    options(nomem, nostack)
                );
            }
        }

        /// Loads the sums from rows of 32, `step` bytes apart.
        #[inline(always)]
        unsafe fn load(&self, from: *const u8, step: usize) {
            // SAFETY: the caller's.
            unsafe {
                asm!("tileloadd tmm0, [{from} + {step}]",
                    "tileloadd tmm1, [{from} + {step} + 64]",
                    "tileloadd tmm2, [{low} + {step}]",
                    "tileloadd tmm3, [{low} + {step} + 64]",
                    from = in(reg) from, low = in(reg) from.wrapping_add(16 * step),
                    step = in(reg) step, options(nostack, readonly));
            }
        }

        /// Stores the sums in rows of 32, `step` bytes apart.
        #[inline(always)]
        unsafe fn store(&self, to: *mut u8, step: usize) {
            // SAFETY: the caller's.
            unsafe {
                asm!("tilestored [{to} + {step}], tmm0",
                    "tilestored [{to} + {step} + 64], tmm1",
                    "tilestored [{low} + {step}], tmm2",
                    "tilestored [{low} + {step} + 64], tmm3",
                    to = in(reg) to, low = in(reg) to.wrapping_add(16 * step),
                    step = in(reg) step, options(nostack));
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

    pub fn multiply_i8(&self, _: (&[i8], usize), _: (&[u8], usize), _: usize, _: &mut Block<i32>) {
        unreachable!("there is no matrix unit")
    }

    pub fn multiply_bf16(
        &self,
        _: (&[u32], usize),
        _: (&[u32], usize),
        _: usize,
        _: (&mut [f32], usize),
        _: bool,
    ) {
        unreachable!("there is no matrix unit")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn int8_blocks_are_exact() {
        let Some(unit) = Unit::new() else { return };
        let (inner, a_step, b_step) = (128, 192, 256);
        let a: Vec<i8> = (0..SIDE * a_step).map(|i| (i * 89 % 255) as u8 as i8).collect();
        let b: Vec<u8> = (0..inner / 4 * b_step).map(|i| (i * 57 % 251) as u8).collect();
        let mut block = Block([[0; SIDE]; SIDE]);
        unit.multiply_i8((&a, a_step), (&b, b_step), inner, &mut block);
        for (row, sums) in block.0.iter().enumerate() {
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
