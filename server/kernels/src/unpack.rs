//! Unpacks tiles of 4, 5 and 6 bits and of codes to one byte per weight; the layouts are in `tile`.

#[cfg(target_arch = "x86_64")]
use super::avx2;
#[cfg(target_arch = "x86_64")]
use super::avx512;
use super::isa::{Isa, per_isa};
#[cfg(target_arch = "aarch64")]
use super::neon;
use super::tile::{BLOCK, Bits, CACHE_LINE, LOW_BITS, TILE, Tiles};

impl<'a> Tiles<'a> {
    /// The same weights with one byte each.
    pub fn unpacked(self, isa: Isa, buffer: &'a mut UnpackBuffer) -> Tiles<'a> {
        if self.bits == Bits::Eight {
            return self;
        }
        let out = buffer.aligned(self.groups * self.blocks * TILE);
        match (isa, self.bits.codebook()) {
            // SAFETY: the machine has the instructions, by the construction of `Isa`.
            #[cfg(target_arch = "x86_64")]
            (Isa::Amx | Isa::Avx512Vnni, _) => unsafe {
                avx512::unpack(self.bits, self.quants, out)
            },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            (Isa::AvxVnni | Isa::Avx2, Some(_)) => unsafe {
                avx2::unpack_codes(self.table, self.quants, out)
            },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            (Isa::NeonI8mm | Isa::NeonDotProd, Some(_)) => unsafe {
                neon::unpack_codes(self.table, self.quants, out)
            },
            _ => unpack(isa, self.bits, self.quants, out),
        }
        Tiles {
            quants: out,
            bits: Bits::Eight,
            ..self
        }
    }
}

/// Memory for unpacked tiles, reused from call to call.
#[derive(Default)]
pub struct UnpackBuffer(Vec<u8>);

impl UnpackBuffer {
    /// `bytes` bytes that begin at a cache line.
    fn aligned(&mut self, bytes: usize) -> &mut [u8] {
        if self.0.len() < bytes + CACHE_LINE {
            self.0.resize(bytes + CACHE_LINE, 0);
        }
        let skipped = self.0.as_ptr().align_offset(CACHE_LINE).min(CACHE_LINE);
        &mut self.0[skipped..skipped + bytes]
    }
}

per_isa! {
    /// Unpacks whole tiles of 4, 5 or 6 bits or of codes to one byte per weight.
    pub fn unpack(bits: Bits, packed: &[u8], out: &mut [u8]) = unpack_body
}

#[inline(always)]
fn unpack_body<const FMA: bool>(bits: Bits, packed: &[u8], out: &mut [u8]) {
    match bits {
        Bits::Four => unpack_tiles::<0, { Bits::Four.tile_bytes() }>(packed, out),
        Bits::Five => unpack_tiles::<1, { Bits::Five.tile_bytes() }>(packed, out),
        Bits::Six => unpack_tiles::<2, { Bits::Six.tile_bytes() }>(packed, out),
        Bits::Eight => out.copy_from_slice(packed),
        Bits::Codes(_) | Bits::CodesOf16(_) => {
            unpack_tiles::<0, { Bits::Four.tile_bytes() }>(packed, out);
            for byte in out {
                *byte = bits.table()[usize::from(*byte & 15)];
            }
        }
    }
}

/// Unpacks tiles of `BYTES` bytes, whose weights have `HIGH` bits above the low four.
#[inline(always)]
fn unpack_tiles<const HIGH: usize, const BYTES: usize>(packed: &[u8], out: &mut [u8]) {
    let tiles = packed.as_chunks::<BYTES>().0.iter();
    for (packed, out) in tiles.zip(out.as_chunks_mut::<TILE>().0) {
        let (low_bits, high_bits) = packed.split_at(LOW_BITS);
        for group in 0..BLOCK / 4 {
            // A byte holds the fifth bits of 8 groups, or the fifth and sixth bits of 4.
            let (from, shift) = if HIGH == 2 {
                (group / 4 * 64, group % 4 * 2)
            } else {
                (0, group)
            };
            for byte in 0..64 {
                let low = low_bits[group % 4 * 64 + byte] >> (group / 4 * 4) & 15;
                let high = if HIGH == 0 {
                    0
                } else {
                    high_bits[from + byte] >> shift & (HIGH * 2 - 1) as u8
                };
                out[group * 64 + byte] = low | high << 4;
            }
        }
    }
}
