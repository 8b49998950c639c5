//! The instruction sets of this crate, found at run time, and the macro that compiles a function
//! for each.

#[cfg(target_arch = "x86_64")]
use super::amx_tiles;

/// An instruction set that kernels exist for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// Tile registers of bfloat16 for products of many rows, next to everything of AVX-512 (Intel's
    /// servers since Sapphire Rapids).
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
                if is_x86_feature_detected!("avx512bf16") && amx_tiles::are_permitted() {
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

    /// The best one that gives a row the same result however many rows are computed at once.
    pub fn detect_repeatable() -> Isa {
        match Isa::detect() {
            #[cfg(target_arch = "x86_64")]
            Isa::Amx => Isa::Avx512Vnni,
            isa => isa,
        }
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
        pub fn $name(isa: crate::isa::Isa, $($arg: $ty),*) $(-> $ret)? {
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
                crate::isa::Isa::Amx | crate::isa::Isa::Avx512Vnni => unsafe {
                    avx512($($arg),*)
                },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: as above.
                crate::isa::Isa::AvxVnni | crate::isa::Isa::Avx2 => unsafe {
                    avx2($($arg),*)
                },
                // Every 64-bit ARM machine has what these bodies need of NEON.
                #[cfg(target_arch = "aarch64")]
                crate::isa::Isa::NeonI8mm | crate::isa::Isa::NeonDotProd => {
                    $body::<true>($($arg),*)
                }
                crate::isa::Isa::Portable => $body::<{ cfg!(target_arch = "aarch64") }>($($arg),*),
            }
        }
    };
}
pub(crate) use per_isa;

/// `a * b + c`, in one instruction where the machine has it.
#[inline(always)]
pub fn mul_add<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
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
