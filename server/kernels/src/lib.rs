//! The arithmetic of a CPU: int8 matrix products, attention and elementwise operations on slices.
//!
//! `engine`'s layers call these with a [`Device`], whose instruction set is chosen at run time from
//! what the machine supports, so one binary serves all machines. This crate knows nothing of
//! models, files or tokens, and depends on no other crate of ours.
//!
//! `tile` has the layout of packed weights and `packed_matrix` their memory; `native_format` and
//! `matrix_writer` fill it; `block32` decodes ggml's blocks to f32. `amx`, `avx512`, `avx_vnni`,
//! `avx2`, `neon_i8mm`, `neon` and `portable` have one inner product each; `elementwise` and
//! `attention` are written once and compiled per instruction set. To add an instruction set: one
//! file, one variant of [`Isa`], one line in each `match` on it. `tests/emulated.sh` tests the ARM
//! kernels on any machine.
//!
//! A second backend would be a crate next to this one and offer what `engine` takes from here:
//! packed matrices that are filled row by row, [`matmul`], [`attend`] over a key/value cache in its
//! own memory, and [`elementwise`]. Only `engine`'s layers, its cache and its `machine` call these.

#[cfg(target_arch = "x86_64")]
mod amx;
mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod avx_vnni;
mod block32;
mod cancel;
mod device;
mod disjoint;
pub mod elementwise;
mod matmul;
mod matrix_writer;
mod native_format;
#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(target_arch = "aarch64")]
mod neon_i8mm;
mod packed_matrix;
mod portable;
mod thread_pool;
mod tile;

pub use attention::{KvHead, PANEL, attend};
pub use block32::{Block32, decode};
pub use cancel::Cancel;
pub use device::Device;
pub use disjoint::DisjointMut;
pub use matmul::{QuantizedActivations, matmul};
pub use matrix_writer::MatrixWriter;
pub use native_format::NativeFormat;
pub use packed_matrix::PackedMatrix;
pub use thread_pool::ThreadPool;
pub use tile::{BLOCK, Bits, QuantScheme, TILE};

/// An instruction set that kernels exist for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// Tile registers of int8, next to everything of AVX-512 (Intel's servers since Sapphire
    /// Rapids).
    #[cfg(target_arch = "x86_64")]
    Amx,
    /// 512-bit vectors with int8 dot products (Intel since Ice Lake, AMD since Zen 4).
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
    /// 256-bit vectors with int8 dot products (Intel since Alder Lake, AMD since Zen 5).
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    /// 256-bit vectors with fused multiply-add.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 128-bit vectors with int8 products of matrices (ARM: Neoverse V1 and N2, Apple since M2).
    #[cfg(target_arch = "aarch64")]
    NeonI8mm,
    /// 128-bit vectors with int8 dot products (ARM: Cortex-A55 and A76, Neoverse N1, Apple since
    /// M1).
    #[cfg(target_arch = "aarch64")]
    NeonDotProd,
    /// The baseline of the target architecture.
    Portable,
}

impl Isa {
    /// All instruction sets this machine has, the best one first.
    pub fn available() -> Vec<Isa> {
        let mut found = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            if avx2
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vnni")
            {
                if amx::is_permitted() {
                    found.push(Isa::Amx);
                }
                found.push(Isa::Avx512Vnni);
            }
            let avx2 = avx2 && is_x86_feature_detected!("f16c");
            if avx2 && is_x86_feature_detected!("avxvnni") {
                found.push(Isa::AvxVnni);
            }
            if avx2 {
                found.push(Isa::Avx2);
            }
        }
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("dotprod") {
            if std::arch::is_aarch64_feature_detected!("i8mm") {
                found.push(Isa::NeonI8mm);
            }
            found.push(Isa::NeonDotProd);
        }
        found.push(Isa::Portable);
        found
    }

    /// The best instruction set of this machine.
    pub fn detect() -> Isa {
        Isa::available().first().copied().unwrap_or(Isa::Portable)
    }

    /// Its name as shown to users.
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(target_arch = "x86_64")]
            Isa::Amx => "amx",
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512Vnni => "avx512-vnni",
            #[cfg(target_arch = "x86_64")]
            Isa::AvxVnni => "avx-vnni",
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => "avx2",
            #[cfg(target_arch = "aarch64")]
            Isa::NeonI8mm => "neon-i8mm",
            #[cfg(target_arch = "aarch64")]
            Isa::NeonDotProd => "neon-dotprod",
            Isa::Portable => "portable",
        }
    }
}

/// Compiles one body for every instruction set: `pub fn name(isa, args..)` picks at run time. The
/// body is an `#[inline(always)]` function with a constant that says whether multiply-add is one
/// instruction.
macro_rules! per_isa {
    (
        $(#[$doc:meta])*
        pub fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? = $body:ident
    ) => {
        $(#[$doc])*
        #[allow(clippy::too_many_arguments)]
        pub fn $name(isa: crate::Isa, $($arg: $ty),*) $(-> $ret)? {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx2,fma")]
            fn avx512($($arg: $ty),*) $(-> $ret)? {
                $body::<true>($($arg),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($arg: $ty),*) $(-> $ret)? {
                $body::<true>($($arg),*)
            }
            match isa {
                // SAFETY: a value of `Isa` other than `Portable` exists only on a machine that has
                // it.
                #[cfg(target_arch = "x86_64")]
                crate::Isa::Amx | crate::Isa::Avx512Vnni => unsafe {
                    avx512($($arg),*)
                },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: as above.
                crate::Isa::AvxVnni | crate::Isa::Avx2 => unsafe {
                    avx2($($arg),*)
                },
                // Every 64-bit ARM machine has what these bodies need of NEON.
                #[cfg(target_arch = "aarch64")]
                crate::Isa::NeonI8mm | crate::Isa::NeonDotProd => {
                    $body::<true>($($arg),*)
                }
                crate::Isa::Portable => $body::<{ cfg!(target_arch = "aarch64") }>($($arg),*),
            }
        }
    };
}
use per_isa;

/// Calls a kernel's function with the bits and the scales per row of the weights as constants:
/// `by_scheme!(w, groups(w, x, m, out))`. A macro, because the function needs the target features
/// of its caller.
macro_rules! by_scheme {
    ($w:expr, $groups:ident($($arg:expr),*)) => {
        match ($w.bits, $w.scales_per_row) {
            (crate::tile::Bits::Four, _) => $groups::<4, 1>($($arg),*),
            (crate::tile::Bits::Five, _) => $groups::<5, 1>($($arg),*),
            (crate::tile::Bits::Six, _) => $groups::<6, 2>($($arg),*),
            (crate::tile::Bits::Eight, 2) => $groups::<8, 2>($($arg),*),
            (crate::tile::Bits::Eight, _) => $groups::<8, 1>($($arg),*),
        }
    };
}
use by_scheme;

/// `a * b + c`, in one instruction where the machine has it.
#[inline(always)]
fn mul_add<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::Write;

    /// Every instruction set that kernels exist for on this architecture.
    fn every_isa() -> Vec<Isa> {
        #[cfg(target_arch = "x86_64")]
        let all = vec![
            Isa::Amx,
            Isa::Avx512Vnni,
            Isa::AvxVnni,
            Isa::Avx2,
            Isa::Portable,
        ];
        #[cfg(target_arch = "aarch64")]
        let all = vec![Isa::NeonI8mm, Isa::NeonDotProd, Isa::Portable];
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        let all = vec![Isa::Portable];
        all
    }

    /// The tests of kernels run on each instruction set of this machine; `./test` lists the others,
    /// from the file that `NIGH_SKIPPED` names.
    #[test]
    fn instruction_sets_that_are_not_tested_here_are_reported() {
        let here = Isa::available();
        assert!(here.iter().all(|isa| every_isa().contains(isa)));
        let missing: Vec<&str> = every_isa()
            .into_iter()
            .filter(|isa| !here.contains(isa))
            .map(Isa::name)
            .collect();
        let file = std::env::var_os("NIGH_SKIPPED");
        if let Some(path) = file.filter(|_| !missing.is_empty()) {
            let mut options = std::fs::OpenOptions::new();
            let mut file = options.create(true).append(true).open(path).unwrap();
            let names = missing.join(", ");
            writeln!(
                file,
                "no {names} here: tests/emulated.sh and emulated_x64.sh test them"
            )
            .unwrap();
        }
    }

    #[test]
    #[ignore = "the processor must be known: tests/emulated.sh runs this"]
    fn the_best_instruction_set_is_found() {
        assert_eq!(Isa::detect().name(), std::env::var("EXPECTED_ISA").unwrap());
    }
}
