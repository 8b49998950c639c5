//! The int8 product with AVX-512 VNNI: one `vpdpbusd` multiplies 4 columns of 16 rows.
//!
//! A register tile is up to 6 rows of activations by 2 groups of weights, so that enough products
//! are in flight at once. Weights of 4 to 6 bits and codes are unpacked in registers where the rows
//! are few (`matmul`). Intel Software Developer's Manual, VPDPBUSD.

use std::arch::x86_64::*;
use std::ops::Range;

use super::operands::{
    FEW_ROWS, OutputTile, QuantizedActivations, int8_scale, zero_point_correction,
};
use super::tile::{BLOCK, Bits, CODES, LOW_BITS, ROWS, TILE, Tiles, by_scheme};

/// See `matmul::multiply`; for some rows of activations.
///
/// # Safety
/// The machine has the features below.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub unsafe fn multiply(w: &Tiles, x: &QuantizedActivations, rows: Range<usize>, out: &OutputTile) {
    w.assert_whole();
    x.assert_rows(rows.end, w.blocks);
    // SAFETY: the machine has the features, and the assertions put all rows and groups in bounds.
    unsafe {
        by_scheme!(w, groups(w, x, rows, out));
    }
}

/// Some rows of activations for all groups, whose weights have `B` bits and `S` scales per row.
///
/// # Safety
/// As [`multiply`], whose assertions hold.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
unsafe fn groups<const B: usize, const S: usize>(
    w: &Tiles,
    x: &QuantizedActivations,
    some: Range<usize>,
    out: &OutputTile,
) {
    // Few rows are bound by memory, which is read fastest sequentially; many read weights from
    // the cache, where two groups share the loads of an activation. With two scales per row, a
    // single group fills the registers.
    let pairs = if some.len() <= FEW_ROWS || S == 2 {
        0
    } else {
        w.groups / 2
    };
    // SAFETY: `rows` is given groups that there are.
    unsafe {
        (0..pairs).for_each(|pair| rows::<B, S, 2>(w, x, some.clone(), 2 * pair, out));
        (2 * pairs..w.groups).for_each(|group| rows::<B, S, 1>(w, x, some.clone(), group, out));
    }
}

/// Some rows of activations for `G` groups.
///
/// # Safety
/// As [`groups`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
unsafe fn rows<const B: usize, const S: usize, const G: usize>(
    w: &Tiles,
    x: &QuantizedActivations,
    some: Range<usize>,
    group: usize,
    out: &OutputTile,
) {
    let Range { start: mut i, end } = some;
    // SAFETY: every tile starts at a row `i` with as many rows left as it takes.
    unsafe {
        while end - i >= 6 {
            tile::<B, S, 6, G>(w, x, i, group, out);
            i += 6;
        }
        match end - i {
            5 => tile::<B, S, 5, G>(w, x, i, group, out),
            4 => tile::<B, S, 4, G>(w, x, i, group, out),
            3 => tile::<B, S, 3, G>(w, x, i, group, out),
            2 => tile::<B, S, 2, G>(w, x, i, group, out),
            1 => tile::<B, S, 1, G>(w, x, i, group, out),
            _ => {}
        }
    }
}

/// `M` rows of activations by `G` groups of 16 weights' rows.
///
/// # Safety
/// Rows `first..first + M` and groups `group..group + G` exist.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
unsafe fn tile<const B: usize, const S: usize, const M: usize, const G: usize>(
    w: &Tiles,
    x: &QuantizedActivations,
    first: usize,
    group: usize,
    out: &OutputTile,
) {
    let mut sums = [[_mm512_setzero_ps(); G]; M];
    for b in 0..w.blocks {
        // SAFETY: the caller promises rows and groups.
        unsafe {
            let dots = dots::<B, S, M, G>(w, x, first, [group, b]);
            add_scaled(w, x, first, [group, b], &dots, &mut sums);
        }
    }
    for (i, sums) in sums.iter().enumerate() {
        for (g, sum) in sums.iter().enumerate() {
            let mut values = [0f32; ROWS];
            // SAFETY: 16 f32 are one register.
            unsafe { _mm512_storeu_ps(values.as_mut_ptr(), *sum) };
            out.store(first + i, group + g, &values);
        }
    }
}

/// The dot products of block `b`, `[row][scale][group]`.
///
/// # Safety
/// As [`tile`]; the block exists.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
unsafe fn dots<const B: usize, const S: usize, const M: usize, const G: usize>(
    w: &Tiles,
    x: &QuantizedActivations,
    first: usize,
    [group, b]: [usize; 2],
) -> [[[__m512i; G]; S]; M] {
    let mut dots = [[[_mm512_setzero_si512(); G]; S]; M];
    for (i, dots) in dots.iter_mut().enumerate() {
        // SAFETY: the caller promises the row.
        let sums = unsafe { *x.sums.get_unchecked((first + i) * w.blocks + b) };
        for (dots, zero) in dots
            .iter_mut()
            .zip(zero_point_correction::<S>(w.zero_point, sums))
        {
            *dots = [_mm512_set1_epi32(zero); G];
        }
    }
    let mut tiles = [TileReader::<B> {
        from: w.quants.as_ptr(),
        high_bits: [_mm512_setzero_si512(); 2],
        table: _mm512_setzero_si512(),
    }; G];
    for (g, tile) in tiles.iter_mut().enumerate() {
        // SAFETY: the caller promises the group.
        unsafe {
            let at = ((group + g) * w.blocks + b) * w.bits.tile_bytes();
            *tile = TileReader::<B>::new(w.quants.as_ptr().add(at), w.table);
        }
    }
    for four in 0..4 {
        let mut weights = [[_mm512_setzero_si512(); 2]; G];
        for (weights, tile) in weights.iter_mut().zip(&mut tiles) {
            // SAFETY: the machine has the features, and `four` is below 4.
            *weights = unsafe { tile.next(four) };
        }
        for (i, dots) in dots.iter_mut().enumerate() {
            let at = ((first + i) * w.blocks + b) * BLOCK + four * 4;
            // SAFETY: the caller promises the row; a block is twice 4 times 4 bytes.
            let values: [__m512i; 2] = unsafe {
                let at = x.quants.as_ptr().add(at).cast::<i32>();
                let four = [at.read_unaligned(), at.add(4).read_unaligned()];
                [_mm512_set1_epi32(four[0]), _mm512_set1_epi32(four[1])]
            };
            for (g, weights) in weights.into_iter().enumerate() {
                dots[0][g] = _mm512_dpbusd_epi32(dots[0][g], weights[0], values[0]);
                dots[S - 1][g] = _mm512_dpbusd_epi32(dots[S - 1][g], weights[1], values[1]);
            }
        }
    }
    dots
}

/// Adds dot products with the scales of weights and activations.
///
/// # Safety
/// As [`dots`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
unsafe fn add_scaled<const S: usize, const M: usize, const G: usize>(
    w: &Tiles,
    x: &QuantizedActivations,
    first: usize,
    [group, b]: [usize; 2],
    dots: &[[[__m512i; G]; S]; M],
    sums: &mut [[__m512; G]; M],
) {
    for g in 0..G {
        #[expect(
            clippy::needless_range_loop,
            reason = "each row has a part of this number"
        )]
        for part in 0..S {
            let at = (((group + g) * w.blocks + b) * S + part) * ROWS;
            // SAFETY: `S` times 16 scales a tile.
            let scales =
                unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(w.scales.as_ptr().add(at).cast())) };
            for i in 0..M {
                // SAFETY: the caller promises the row.
                let scale = unsafe { *x.scales.get_unchecked((first + i) * w.blocks + b) };
                let dot = _mm512_cvtepi32_ps(dots[i][part][g]);
                let scale = _mm512_mul_ps(scales, _mm512_set1_ps(scale));
                sums[i][g] = _mm512_fmadd_ps(dot, scale, sums[i][g]);
            }
        }
    }
}

/// See `matmul::quantize`, which has checked the lengths.
///
/// # Safety
/// The machine has the features below.
#[target_feature(enable = "avx512f,avx512bw")]
pub unsafe fn quantize(x: &[f32], quants: &mut [i8], scales: &mut [f32], sums: &mut [[i32; 2]]) {
    let blocks = x
        .as_chunks::<BLOCK>()
        .0
        .iter()
        .zip(quants.as_chunks_mut::<BLOCK>().0);
    for ((x, quants), (scale, sum)) in blocks.zip(scales.iter_mut().zip(sums)) {
        // SAFETY: a block is twice 16 f32 and twice 16 bytes.
        unsafe {
            let values = [
                _mm512_loadu_ps(x.as_ptr()),
                _mm512_loadu_ps(x.as_ptr().add(16)),
            ];
            let most = _mm512_max_ps(_mm512_abs_ps(values[0]), _mm512_abs_ps(values[1]));
            let [step, inverse] = int8_scale(_mm512_reduce_max_ps(most));
            let inverse = _mm512_set1_ps(inverse);
            let rounded = values.map(|values| _mm512_cvtps_epi32(_mm512_mul_ps(values, inverse)));
            let [low, high] = rounded.map(|rounded| _mm512_cvtepi32_epi8(rounded));
            let to = quants.as_mut_ptr().cast::<__m128i>();
            _mm_storeu_si128(to, low);
            _mm_storeu_si128(to.add(1), high);
            *scale = step;
            // Summed from the bytes, where NaN has become a number.
            *sum = [low, high].map(|bytes| _mm512_reduce_add_epi32(_mm512_cvtepi8_epi32(bytes)));
        }
    }
}

/// Unpacks whole tiles of 4, 5 or 6 bits or of codes to one byte a weight, as `unpack` does.
///
/// # Safety
/// The machine has the features below.
#[target_feature(enable = "avx512f,avx512bw")]
pub unsafe fn unpack(bits: Bits, packed: &[u8], out: &mut [u8]) {
    // SAFETY: the machine has the features.
    unsafe {
        match bits {
            Bits::Four => unpack_tiles::<4>(packed, bits, out),
            Bits::Five => unpack_tiles::<5>(packed, bits, out),
            Bits::Six => unpack_tiles::<6>(packed, bits, out),
            Bits::Codes(_) | Bits::CodesOf16(_) => unpack_tiles::<CODES>(packed, bits, out),
            Bits::Eight => out.copy_from_slice(packed),
        }
    }
}

/// # Safety
/// As [`unpack`]; `B` is the number for these bits.
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn unpack_tiles<const B: usize>(packed: &[u8], bits: Bits, out: &mut [u8]) {
    for (packed, out) in packed
        .chunks_exact(bits.tile_bytes())
        .zip(out.as_chunks_mut::<TILE>().0)
    {
        // SAFETY: `packed` is a whole tile, `out` has room for 8 times 64 bytes.
        unsafe {
            let mut tile = TileReader::<B>::new(packed.as_ptr(), bits.table());
            for four in 0..4 {
                let [first, second] = tile.next(four);
                let to = out.as_mut_ptr().add(four * 64);
                _mm512_storeu_si512(to.cast(), first);
                _mm512_storeu_si512(to.add(TILE / 2).cast(), second);
            }
        }
    }
}

/// A packed tile of weights of `B` bits, read from the front.
#[derive(Clone, Copy)]
pub struct TileReader<const B: usize> {
    from: *const u8,
    /// The bits above the low four of 16 rows and 4 columns, those of the next columns lowest:
    /// fifth bits, with those 16 columns further 4 bits higher, or fifth and sixth bits, with those
    /// 16 columns further in the second register.
    high_bits: [__m512i; 2],
    /// The bytes of codes, four times.
    table: __m512i,
}

impl<const B: usize> TileReader<B> {
    /// # Safety
    /// The whole tile can be read, and the machine has the features.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub unsafe fn new(from: *const u8, table: &[u8; 16]) -> Self {
        // SAFETY: the high bits follow the low bits.
        let load = |at: usize| unsafe { _mm512_loadu_si512(from.add(LOW_BITS + at).cast()) };
        let high_bits = match B {
            5 => [load(0), _mm512_setzero_si512()],
            6 => [load(0), load(64)],
            _ => [_mm512_setzero_si512(); 2],
        };
        // SAFETY: 16 bytes are a quarter of a register.
        let table = _mm512_broadcast_i32x4(unsafe { _mm_loadu_si128(table.as_ptr().cast()) });
        TileReader {
            from,
            high_bits,
            table,
        }
    }

    /// The weights of columns `4 * four` and `16 + 4 * four` and the three after each; `four`
    /// counts up from 0.
    ///
    /// # Safety
    /// As [`TileReader::new`]; `four` is below 4.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub unsafe fn next(&mut self, four: usize) -> [__m512i; 2] {
        // SAFETY: a tile has 4 times 64 bytes of low bits, or 8 times 64 bytes.
        let (first, second) = unsafe {
            let at = self.from.add(four * 64);
            let second = if B == 8 { at.add(TILE / 2) } else { at };
            (
                _mm512_loadu_si512(at.cast()),
                _mm512_loadu_si512(second.cast()),
            )
        };
        if B == 8 {
            return [first, second];
        }
        let half = _mm512_set1_epi8(15);
        let (low, high) = (first, _mm512_srli_epi16::<4>(first));
        if B == 4 || B == CODES {
            let codes = [_mm512_and_si512(low, half), _mm512_and_si512(high, half)];
            return match B {
                CODES => codes.map(|codes| _mm512_shuffle_epi8(self.table, codes)),
                _ => codes,
            };
        }
        // (a & half) | (b & bit): `a` where `half` is set, else `b`, and the bits above cleared.
        let [first, second] = self.high_bits;
        let of_low = _mm512_slli_epi16::<4>(first);
        let of_high = if B == 6 {
            _mm512_slli_epi16::<4>(second)
        } else {
            first
        };
        self.high_bits = match B {
            6 => [
                _mm512_srli_epi16::<2>(first),
                _mm512_srli_epi16::<2>(second),
            ],
            _ => [_mm512_srli_epi16::<1>(first), second],
        };
        let whole = _mm512_set1_epi8(if B == 6 { 63 } else { 31 });
        [(low, of_low), (high, of_high)].map(|(halves, above)| {
            _mm512_and_si512(
                _mm512_ternarylogic_epi32::<0xca>(half, halves, above),
                whole,
            )
        })
    }
}

/// 16 f16 as f32.
///
/// # Safety
/// The machine has the features below.
#[inline]
#[target_feature(enable = "avx512f")]
pub unsafe fn widen(bits: &[u16; 16]) -> [f32; 16] {
    // SAFETY: 16 f16 are half a register, 16 f32 a whole one.
    unsafe { std::mem::transmute(_mm512_cvtph_ps(_mm256_loadu_si256(bits.as_ptr().cast()))) }
}
