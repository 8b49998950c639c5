//! The int8 product with AVX2, for processors without VNNI.
//!
//! `vpmaddubsw` multiplies unsigned by signed bytes and adds pairs in 16 bits. Narrow weights leave
//! headroom there: four such sums of at most 5 bits, 4 * 2 * 31 * 127, and two of 6 bits,
//! 2 * 2 * 63 * 127, are below 2^15 and are widened only then. A weight of 8 bits, stored with 128
//! added, could overflow, so its sign is moved to the activation: |w| * (sign(w) * v) stays below
//! 2 * 128 * 127. Codes are looked up in a register (`vpshufb`) and are then weights of either
//! kind.

use std::arch::x86_64::*;

use super::operands::{OutputTile, QuantizedActivations, int8_scale, zero_point_correction};
use super::tile::{BLOCK, CODES, LOW_BITS, ROWS, TILE, Tiles, by_scheme};

/// See `matmul::multiply`.
///
/// # Safety
/// The machine has the features below.
#[target_feature(enable = "avx2,fma,f16c")]
pub unsafe fn multiply(w: &Tiles, x: &QuantizedActivations, m: usize, out: &OutputTile) {
    w.assert_whole();
    x.assert_rows(m, w.blocks);
    // SAFETY: the machine has the features, and the assertions put all rows and groups in bounds.
    unsafe {
        by_scheme!(w, groups(w, x, m, out));
    }
}

/// See `matmul::quantize`, which has checked the lengths.
///
/// # Safety
/// The machine has the features below.
#[target_feature(enable = "avx2")]
pub unsafe fn quantize(x: &[f32], quants: &mut [i8], scales: &mut [f32], sums: &mut [[i32; 2]]) {
    let blocks = x
        .as_chunks::<BLOCK>()
        .0
        .iter()
        .zip(quants.as_chunks_mut::<BLOCK>().0);
    for ((x, quants), (scale, sum)) in blocks.zip(scales.iter_mut().zip(sums)) {
        // SAFETY: a block is 4 times 8 f32 and 32 bytes.
        unsafe {
            let values = [0, 8, 16, 24].map(|at| _mm256_loadu_ps(x.as_ptr().add(at)));
            let [a, b, c, d] = values.map(|values| _mm256_andnot_ps(_mm256_set1_ps(-0.0), values));
            let eight = _mm256_max_ps(_mm256_max_ps(a, b), _mm256_max_ps(c, d));
            let four = _mm_max_ps(
                _mm256_castps256_ps128(eight),
                _mm256_extractf128_ps::<1>(eight),
            );
            let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
            let [step, inverse] = int8_scale(_mm_cvtss_f32(_mm_max_ss(
                two,
                _mm_shuffle_ps::<1>(two, two),
            )));
            let inverse = _mm256_set1_ps(inverse);
            let [a, b, c, d] =
                values.map(|values| _mm256_cvtps_epi32(_mm256_mul_ps(values, inverse)));
            // Both halves of a register are packed apart; the four bytes of each eighth come back
            // into order.
            let bytes = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
            let bytes =
                _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
            _mm256_storeu_si256(quants.as_mut_ptr().cast(), bytes);
            let pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(1), bytes);
            let eight = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
            // Lanes 0 and 4 get the sums of their halves of the register, which are those of the
            // block.
            let two = _mm256_add_epi32(eight, _mm256_shuffle_epi32::<0b1110>(eight));
            let one = _mm256_add_epi32(two, _mm256_shuffle_epi32::<1>(two));
            *scale = step;
            *sum = [
                _mm256_extract_epi32::<0>(one),
                _mm256_extract_epi32::<4>(one),
            ];
        }
    }
}

/// All rows of activations for all groups, whose weights have `B` bits and `S` scales per row.
///
/// # Safety
/// As [`multiply`], whose assertions hold.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn groups<const B: usize, const S: usize>(
    w: &Tiles,
    x: &QuantizedActivations,
    m: usize,
    out: &OutputTile,
) {
    // As many rows as registers hold.
    let max_rows = match S {
        2 => 2,
        _ if w.is_narrow => 4,
        _ => 3,
    };
    for group in 0..w.groups {
        for i in (0..m).step_by(max_rows) {
            // SAFETY: every tile starts at a row with as many rows left as it takes, and in a group
            // that there is.
            unsafe {
                match max_rows.min(m - i) {
                    4 => tile::<B, S, 4>(w, x, i, group, out),
                    3 => tile::<B, S, 3>(w, x, i, group, out),
                    2 => tile::<B, S, 2>(w, x, i, group, out),
                    _ => tile::<B, S, 1>(w, x, i, group, out),
                }
            }
        }
    }
}

/// `M` rows of activations by one group of 16 weights' rows, held as two registers of 8.
///
/// # Safety
/// Rows `first..first + M` and the group exist.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn tile<const B: usize, const S: usize, const M: usize>(
    w: &Tiles,
    x: &QuantizedActivations,
    first: usize,
    group: usize,
    out: &OutputTile,
) {
    let mut sums = [[_mm256_setzero_ps(); 2]; M];
    let table = load_table(w.table);
    for b in 0..w.blocks {
        let tile = group * w.blocks + b;
        // SAFETY: the caller promises rows and group.
        let dots = unsafe {
            let weights = w.quants.as_ptr().add(tile * w.bits.tile_bytes());
            let values = x.quants.as_ptr().add((first * w.blocks + b) * BLOCK);
            if w.is_narrow {
                let sums = |i: usize| *x.sums.get_unchecked((first + i) * w.blocks + b);
                dots_of_narrow::<B, S, M>(weights, values, w.blocks * BLOCK, table, |i| {
                    zero_point_correction::<S>(w.zero_point, sums(i))
                })
            } else {
                dots_of_int8::<B, S, M>(weights, values, w.blocks * BLOCK, table)
            }
        };
        // SAFETY: the caller promises rows and group.
        unsafe { add_scaled(w, x, first, [group, b], &dots, &mut sums) };
    }
    store(&sums, first, group, out);
}

/// Adds the products of the tile of block `b`, `[row][scale][half]`, with the scales of its 16 rows
/// and of the values.
///
/// # Safety
/// Rows `first..first + M`, the group and the block exist.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub unsafe fn add_scaled<const S: usize, const M: usize>(
    w: &Tiles,
    x: &QuantizedActivations,
    first: usize,
    [group, b]: [usize; 2],
    dots: &[[[__m256i; 2]; S]; M],
    sums: &mut [[__m256; 2]; M],
) {
    let tile = group * w.blocks + b;
    #[expect(
        clippy::needless_range_loop,
        reason = "each row has a part of this number"
    )]
    for part in 0..S {
        for half in 0..2 {
            let at = (tile * S + part) * ROWS + half * 8;
            // SAFETY: `S` times 16 scales a tile.
            let scales =
                _mm256_cvtph_ps(unsafe { _mm_loadu_si128(w.scales.as_ptr().add(at).cast()) });
            for i in 0..M {
                // SAFETY: the caller promises the row.
                let scale =
                    _mm256_set1_ps(unsafe { *x.scales.get_unchecked((first + i) * w.blocks + b) });
                let dot = _mm256_cvtepi32_ps(dots[i][part][half]);
                sums[i][half] = _mm256_fmadd_ps(dot, _mm256_mul_ps(scales, scale), sums[i][half]);
            }
        }
    }
}

/// Stores the outputs of `M` rows from `first` on.
#[inline]
#[target_feature(enable = "avx2")]
pub fn store<const M: usize>(
    sums: &[[__m256; 2]; M],
    first: usize,
    group: usize,
    out: &OutputTile,
) {
    for (i, sums) in sums.iter().enumerate() {
        let mut values = [0f32; ROWS];
        // SAFETY: twice 8 f32 are the 16 values.
        unsafe {
            _mm256_storeu_ps(values.as_mut_ptr(), sums[0]);
            _mm256_storeu_ps(values.as_mut_ptr().add(8), sums[1]);
        }
        out.store(first + i, group, &values);
    }
}

/// The dot products of a tile of narrow weights, in `B` bits and with `S` scales per row, with `M`
/// rows of values, `row` bytes apart, each with `zeros` added.
///
/// # Safety
/// All of the tile and of a block of each row can be read.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn dots_of_narrow<const B: usize, const S: usize, const M: usize>(
    weights: *const u8,
    values: *const i8,
    row: usize,
    table: __m256i,
    zeros: impl Fn(usize) -> [i32; S],
) -> [[[__m256i; 2]; S]; M] {
    let ones = _mm256_set1_epi16(1);
    let mut dots = [[[_mm256_setzero_si256(); 2]; S]; M];
    for (i, dots) in dots.iter_mut().enumerate() {
        for (dots, zero) in dots.iter_mut().zip(zeros(i)) {
            *dots = [_mm256_set1_epi32(zero); 2];
        }
    }
    // Two fours from the first half of the columns and two from the second at a time.
    for part in 0..2 {
        let mut pairs = [[[_mm256_setzero_si256(); 2]; S]; M];
        for four in part * 2..part * 2 + 2 {
            for half in 0..2 {
                // SAFETY: the tile can be read; `four` is below 4 and `half` below 2.
                let weights = unsafe { unpack_columns::<B>(weights.add(half * 32), four, table) };
                for (i, pairs) in pairs.iter_mut().enumerate() {
                    // SAFETY: a block is twice 4 times 4 bytes.
                    let [first, second] = unsafe {
                        let at = values.add(i * row + four * 4).cast::<i32>();
                        [at.read_unaligned(), at.add(4).read_unaligned()]
                    };
                    let first = _mm256_maddubs_epi16(weights[0], _mm256_set1_epi32(first));
                    let second = _mm256_maddubs_epi16(weights[1], _mm256_set1_epi32(second));
                    if S == 2 {
                        pairs[0][half] = _mm256_add_epi16(pairs[0][half], first);
                        pairs[1][half] = _mm256_add_epi16(pairs[1][half], second);
                    } else {
                        pairs[0][half] =
                            _mm256_add_epi16(pairs[0][half], _mm256_add_epi16(first, second));
                    }
                }
            }
        }
        for (dots, pairs) in dots.as_flattened_mut().iter_mut().zip(pairs.as_flattened()) {
            dots[0] = _mm256_add_epi32(dots[0], _mm256_madd_epi16(pairs[0], ones));
            dots[1] = _mm256_add_epi32(dots[1], _mm256_madd_epi16(pairs[1], ones));
        }
    }
    dots
}

/// The weights of 8 rows in the columns `4 * four` and `16 + 4 * four` and the three after each,
/// one byte per weight. `from` points to the first of these rows in the tile; `table` has the bytes
/// of codes, twice.
///
/// # Safety
/// All of the tile can be read; `four` is below 4.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub unsafe fn unpack_columns<const B: usize>(
    from: *const u8,
    four: usize,
    table: __m256i,
) -> [__m256i; 2] {
    // SAFETY: a tile has 4 times 64 bytes of low bits and once or twice 64 of high bits, or 8
    // times 64 bytes.
    unsafe {
        let load = |at: usize| _mm256_loadu_si256(from.add(at).cast());
        let low_bytes = load(four * 64);
        if B == 8 {
            return [low_bytes, load(TILE / 2 + four * 64)];
        }
        let low_bits = _mm256_set1_epi8(15);
        let low = _mm256_and_si256(low_bytes, low_bits);
        let high = _mm256_and_si256(_mm256_srli_epi16::<4>(low_bytes), low_bits);
        if B == 4 {
            return [low, high];
        }
        if B == CODES {
            return [
                _mm256_shuffle_epi8(table, low),
                _mm256_shuffle_epi8(table, high),
            ];
        }
        if B == 6 {
            let above = _mm256_set1_epi8(0x30);
            let [of_low, of_high] = [load(LOW_BITS), load(LOW_BITS + 64)].map(|bits| match four {
                // Two bits of each group of columns, from the lowest on, to bits 4 and 5.
                0 => _mm256_slli_epi16::<4>(bits),
                1 => _mm256_slli_epi16::<2>(bits),
                2 => bits,
                _ => _mm256_srli_epi16::<2>(bits),
            });
            let [of_low, of_high] = [of_low, of_high].map(|bits| _mm256_and_si256(bits, above));
            return [_mm256_or_si256(low, of_low), _mm256_or_si256(high, of_high)];
        }
        let fifth = _mm256_set1_epi8(16);
        let shifted = _mm256_srl_epi16(load(LOW_BITS), _mm_cvtsi32_si128(four as i32));
        let of_low = _mm256_and_si256(_mm256_slli_epi16::<4>(shifted), fifth);
        let of_high = _mm256_and_si256(shifted, fifth);
        [_mm256_or_si256(low, of_low), _mm256_or_si256(high, of_high)]
    }
}

/// The bytes of codes in both halves of a register.
#[inline]
#[target_feature(enable = "avx2")]
pub fn load_table(table: &[u8; 16]) -> __m256i {
    // SAFETY: 16 bytes are half a register.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(table.as_ptr().cast()) })
}

/// Unpacks whole tiles of codes to one byte per weight, as `unpack` does.
///
/// # Safety
/// The machine has the features below.
#[target_feature(enable = "avx2,fma,f16c")]
pub unsafe fn unpack_codes(table: &[u8; 16], packed: &[u8], out: &mut [u8]) {
    let table = load_table(table);
    let tiles = packed.as_chunks::<LOW_BITS>().0.iter();
    for (packed, out) in tiles.zip(out.as_chunks_mut::<TILE>().0) {
        for (four, half) in [0, 1, 2, 3]
            .into_iter()
            .flat_map(|four| [(four, 0), (four, 32)])
        {
            // SAFETY: a tile of codes is 4 times 64 bytes, an unpacked one 8 times 64.
            unsafe {
                let [first, second] =
                    unpack_columns::<CODES>(packed.as_ptr().add(half), four, table);
                let to = out.as_mut_ptr().add(four * 64 + half);
                _mm256_storeu_si256(to.cast(), first);
                _mm256_storeu_si256(to.add(TILE / 2).cast(), second);
            }
        }
    }
}

/// The same for weights of 8 bits with 128 added and for their codes, which need no correction.
///
/// # Safety
/// As [`dots_of_narrow`].
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn dots_of_int8<const B: usize, const S: usize, const M: usize>(
    weights: *const u8,
    values: *const i8,
    row: usize,
    table: __m256i,
) -> [[[__m256i; 2]; S]; M] {
    let ones = _mm256_set1_epi16(1);
    let flip = _mm256_set1_epi8(-128);
    let mut dots = [[[_mm256_setzero_si256(); 2]; S]; M];
    for four in 0..4 {
        for half in 0..2 {
            // SAFETY: the tile can be read; `four` is below 4 and `half` below 2.
            let both = unsafe { unpack_columns::<B>(weights.add(half * 32), four, table) };
            for (part, weights) in both.into_iter().enumerate() {
                let weights = _mm256_xor_si256(weights, flip);
                let sizes = _mm256_abs_epi8(weights);
                for (i, dots) in dots.iter_mut().enumerate() {
                    // SAFETY: a block is twice 4 times 4 bytes.
                    let value = unsafe {
                        let at = values.add(i * row + part * (BLOCK / 2) + four * 4);
                        at.cast::<i32>().read_unaligned()
                    };
                    let value = _mm256_sign_epi8(_mm256_set1_epi32(value), weights);
                    let pairs = _mm256_maddubs_epi16(sizes, value);
                    let dots = &mut dots[part * S / 2];
                    dots[half] = _mm256_add_epi32(dots[half], _mm256_madd_epi16(pairs, ones));
                }
            }
        }
    }
    dots
}

/// 16 f16 as f32.
///
/// # Safety
/// The machine has the features below.
#[inline]
#[target_feature(enable = "f16c")]
pub unsafe fn widen(bits: &[u16; 16]) -> [f32; 16] {
    // SAFETY: 8 f16 are half a register, 8 f32 a whole one.
    unsafe {
        let [low, high] =
            [0, 8].map(|at| _mm256_cvtph_ps(_mm_loadu_si128(bits.as_ptr().add(at).cast())));
        std::mem::transmute([low, high])
    }
}
