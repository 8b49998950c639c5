//! Matrices as int8 with a scale per block of the contracted dimension, the operands of `product`.
//!
//! A product is C[m, n] = sum over k of A[m, k] * B[k, n]. `Left` holds A row by row as i8; `Right`
//! holds B in panels of 64 columns as u8 (value + 128), four values of k side by side, as the VNNI
//! instruction reads them. Each block of `block` values of k has a scale per row (or column). Any
//! of the three products of training (forward, gradient of the input, gradient of the weight) has
//! this form; what differs is which side of a matrix is contracted, hence a constructor for each
//! layout of the source. Gradients are rounded at random, so that small ones are not lost.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut, Range};

/// Columns of a panel of `Right`.
pub const PANEL: usize = 64;

/// How values are rounded to integers.
#[derive(Clone, Copy)]
pub enum Rounding {
    Nearest,
    /// Up or down at random, right on average; the seed of this matrix.
    Stochastic(u32),
}

/// Bytes that start at a line of the cache, as i8 or u8; a load of a line is slow where it crosses.
#[derive(Default)]
pub struct Aligned<T> {
    lines: Vec<Line>,
    length: usize,
    kind: PhantomData<T>,
}

#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line(#[expect(dead_code, reason = "read through a pointer")] [u8; 64]);

/// A byte-sized value.
pub trait Byte {}
impl Byte for i8 {}
impl Byte for u8 {}

impl<T: Byte> Aligned<T> {
    fn resize(&mut self, length: usize) {
        self.lines.resize(length.div_ceil(64), Line([0; 64]));
        self.length = length;
    }
}

impl<T: Byte> Deref for Aligned<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: the lines hold at least `length` bytes, and any byte is a valid T.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.length) }
    }
}

impl<T: Byte> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.length) }
    }
}

/// The left operand: `rows` of `inner` values.
#[derive(Default)]
pub struct Left {
    pub rows: usize,
    pub inner: usize,
    pub block: usize,
    /// [rows][inner]
    pub values: Aligned<i8>,
    /// [rows][inner / block]
    pub scales: Vec<f32>,
    /// [rows][inner / block]: -128 times the sum of the block's values, which undoes the offset of
    /// `Right`.
    pub offsets: Vec<i32>,
}

/// The right operand: `inner` values of `columns`.
#[derive(Default)]
pub struct Right {
    pub columns: usize,
    pub inner: usize,
    pub block: usize,
    /// [columns / 64][inner / 4][64][4]
    pub values: Aligned<u8>,
    /// [columns / 64][inner / block][64]
    pub scales: Vec<f32>,
}

/// The block for a contracted dimension of features: the largest that divides it.
pub fn block_of(inner: usize) -> usize {
    [192, 128, 64, 32, 16]
        .into_iter()
        .find(|block| inner.is_multiple_of(*block))
        .expect("a multiple of 16")
}

impl Left {
    fn reshape(&mut self, rows: usize, inner: usize, block: usize) {
        assert!(inner.is_multiple_of(block) && block.is_multiple_of(16));
        (self.rows, self.inner, self.block) = (rows, inner, block);
        self.values.resize(rows * inner);
        self.scales.resize(rows * (inner / block), 0.0);
        self.offsets.resize(rows * (inner / block), 0);
    }

    /// From `source` [rows][inner].
    pub fn set_rows(&mut self, source: &[f32], inner: usize, rounding: Rounding) {
        let block = block_of(inner);
        self.reshape(source.len() / inner, inner, block);
        let mut noise = Noise::new(rounding);
        let places = source.chunks_exact(block).zip(self.values.chunks_exact_mut(block));
        for ((from, to), (scale, offset)) in
            places.zip(self.scales.iter_mut().zip(&mut self.offsets))
        {
            let (inverse, own) = scale_of(largest(from));
            *scale = own;
            let mut sum = 0i32;
            for (from, to) in from.chunks_exact(16).zip(to.chunks_exact_mut(16)) {
                let rounded = noise.round(from.try_into().unwrap(), &[inverse; 16]);
                for (to, value) in to.iter_mut().zip(rounded) {
                    *to = value as i8;
                    sum += value;
                }
            }
            *offset = -128 * sum;
        }
    }

    /// The transpose of `source` [inner][rows], `rows` a multiple of 16.
    pub fn set_columns(&mut self, source: &[f32], rows: usize, block: usize, rounding: Rounding) {
        let inner = source.len() / rows;
        self.reshape(rows, inner, block);
        let (mut noise, blocks) = (Noise::new(rounding), inner / block);
        for at in 0..blocks {
            let block_rows = at * block..(at + 1) * block;
            let scales = &mut self.scales;
            let inverse = column_scales(source, rows, block_rows.clone(), |row, own| {
                scales[row * blocks + at] = own
            });
            for first in (0..rows).step_by(16) {
                let inverse: &[f32; 16] = inverse[first..first + 16].try_into().unwrap();
                let mut sums = [0i32; 16];
                for k in block_rows.clone().step_by(4) {
                    let words = noise.words(source, rows, k, first, inverse, |rounded| {
                        for lane in 0..16 {
                            sums[lane] += rounded[lane];
                        }
                        rounded.map(|value| value as u8 as u32)
                    });
                    for (lane, word) in words.into_iter().enumerate() {
                        let to = &mut self.values[(first + lane) * inner + k..][..4];
                        to.copy_from_slice(&word.to_le_bytes().map(|byte| byte as i8));
                    }
                }
                for lane in 0..16 {
                    self.offsets[(first + lane) * blocks + at] = -128 * sums[lane];
                }
            }
        }
    }
}

impl Right {
    fn reshape(&mut self, columns: usize, inner: usize, block: usize) {
        assert!(inner.is_multiple_of(block) && block.is_multiple_of(16));
        assert!(columns.is_multiple_of(PANEL));
        (self.columns, self.inner, self.block) = (columns, inner, block);
        self.values.resize(columns * inner);
        self.scales.resize(columns * (inner / block), 0.0);
    }

    /// From `source` [inner][columns].
    pub fn set_rows(&mut self, source: &[f32], columns: usize, block: usize, rounding: Rounding) {
        let inner = source.len() / columns;
        self.reshape(columns, inner, block);
        let (mut noise, blocks) = (Noise::new(rounding), inner / block);
        for at in 0..blocks {
            let block_rows = at * block..(at + 1) * block;
            let scales = &mut self.scales;
            let inverse = column_scales(source, columns, block_rows.clone(), |column, own| {
                scales[(column / PANEL * blocks + at) * PANEL + column % PANEL] = own;
            });
            for first in (0..columns).step_by(16) {
                let inverse: &[f32; 16] = inverse[first..first + 16].try_into().unwrap();
                for k in block_rows.clone().step_by(4) {
                    let unsigned = |rounded: [i32; 16]| rounded.map(|value| (value + 128) as u32);
                    let words = noise.words(source, columns, k, first, inverse, unsigned);
                    let place = (first / PANEL * inner + k) * PANEL + 4 * (first % PANEL);
                    for (to, word) in self.values[place..][..64].chunks_exact_mut(4).zip(words) {
                        to.copy_from_slice(&word.to_le_bytes());
                    }
                }
            }
        }
    }

    /// The transpose of `source` [columns][inner].
    pub fn set_columns(&mut self, source: &[f32], columns: usize, rounding: Rounding) {
        let inner = source.len() / columns;
        let block = block_of(inner);
        self.reshape(columns, inner, block);
        let (mut noise, blocks) = (Noise::new(rounding), inner / block);
        for (column, row) in source.chunks_exact(inner).enumerate() {
            let (panel, lane) = (column / PANEL, column % PANEL);
            for (at, from) in row.chunks_exact(block).enumerate() {
                let (inverse, own) = scale_of(largest(from));
                self.scales[(panel * blocks + at) * PANEL + lane] = own;
                for (group, from) in from.chunks_exact(16).enumerate() {
                    let rounded = noise.round(from.try_into().unwrap(), &[inverse; 16]);
                    for (quad, values) in rounded.chunks_exact(4).enumerate() {
                        let k = at * block + group * 16 + quad * 4;
                        let to = &mut self.values[(panel * inner + k) * PANEL + 4 * lane..][..4];
                        for (to, value) in to.iter_mut().zip(values) {
                            *to = (value + 128) as u8;
                        }
                    }
                }
            }
        }
    }
}

/// (what values are multiplied with, what integers are multiplied with) for a block with this
/// largest value.
fn scale_of(largest: f32) -> (f32, f32) {
    if largest > 1e-30 { (127.0 / largest, largest / 127.0) } else { (0.0, 0.0) }
}

fn largest(values: &[f32]) -> f32 {
    let mut lanes = [0f32; 16];
    for values in values.chunks_exact(16) {
        for (lane, value) in lanes.iter_mut().zip(values) {
            let size = value.abs();
            *lane = if size > *lane { size } else { *lane };
        }
    }
    lanes.into_iter().fold(0.0, f32::max)
}

/// `scale_of` for the columns of `source` [..][width], over `block` rows from `row` on: into the
/// scales of a `Left` or `Right` by `place`, which gets the column and its scale. Returns what the
/// columns are multiplied with.
fn column_scales(
    source: &[f32],
    width: usize,
    rows: Range<usize>,
    mut place: impl FnMut(usize, f32),
) -> Vec<f32> {
    let mut tops = vec![0f32; width];
    for row in source[rows.start * width..rows.end * width].chunks_exact(width) {
        for (top, value) in tops.iter_mut().zip(row) {
            let size = value.abs();
            *top = if size > *top { size } else { *top };
        }
    }
    for (column, top) in tops.iter_mut().enumerate() {
        let (inverse, own) = scale_of(*top);
        place(column, own);
        *top = inverse;
    }
    tops
}

/// Rounds sixteen values at a time.
struct Noise {
    state: Option<[u32; 16]>,
}

impl Noise {
    fn new(rounding: Rounding) -> Self {
        let seeded = |seed: u32| {
            std::array::from_fn(|lane| {
                let mixed =
                    (seed ^ 0x9E37_79B9).wrapping_add(lane as u32 + 1).wrapping_mul(0x85EB_CA6B);
                (mixed ^ (mixed >> 13)).wrapping_mul(0xC2B2_AE35) | 1
            })
        };
        match rounding {
            Rounding::Nearest => Self { state: None },
            Rounding::Stochastic(seed) => Self { state: Some(seeded(seed)) },
        }
    }

    /// Four rows from `k` on of 16 columns, a column's four values as the bytes of a word.
    #[inline(always)]
    fn words(
        &mut self,
        source: &[f32],
        width: usize,
        k: usize,
        first: usize,
        inverse: &[f32; 16],
        mut byte: impl FnMut([i32; 16]) -> [u32; 16],
    ) -> [u32; 16] {
        let mut words = [0u32; 16];
        for part in 0..4 {
            let from = &source[(k + part) * width + first..][..16];
            let bytes = byte(self.round(from.try_into().unwrap(), inverse));
            for lane in 0..16 {
                words[lane] |= bytes[lane] << (8 * part);
            }
        }
        words
    }

    /// `values` times `factors` as integers from -127 to 127.
    #[inline(always)]
    fn round(&mut self, values: &[f32; 16], factors: &[f32; 16]) -> [i32; 16] {
        let mut scaled = [0f32; 16];
        for lane in 0..16 {
            scaled[lane] = values[lane] * factors[lane];
        }
        if let Some(state) = &mut self.state {
            for lane in 0..16 {
                let mut x = state[lane]; // xorshift32
                x ^= x << 13;
                x ^= x >> 17;
                x ^= x << 5;
                state[lane] = x;
                scaled[lane] += (x >> 8) as i32 as f32 * (1.0 / 16_777_216.0) - 0.5;
            }
        }
        // Adding and taking away 1.5 * 2^23 rounds to the nearest integer, ties to even.
        let magic = 12_582_912.0f32;
        std::array::from_fn(|lane| {
            let bounded = scaled[lane].clamp(-127.0, 127.0) + magic;
            bounded.to_bits() as i32 - magic.to_bits() as i32
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_layouts_of_a_source_give_the_same_operand() {
        let (rows, inner) = (64, 192);
        let source: Vec<f32> =
            (0..rows * inner).map(|i| ((i * 37 % 101) as f32 - 50.0) / 7.0).collect();
        let transposed: Vec<f32> =
            (0..rows * inner).map(|i| source[i % rows * inner + i / rows]).collect();
        let (mut a, mut b) = (Left::default(), Left::default());
        a.set_rows(&source, inner, Rounding::Nearest);
        b.set_columns(&transposed, rows, 192, Rounding::Nearest);
        assert_eq!((&a.values[..], a.scales, a.offsets), (&b.values[..], b.scales, b.offsets));
        let (mut a, mut b) = (Right::default(), Right::default());
        a.set_columns(&source, rows, Rounding::Nearest);
        b.set_rows(&transposed, rows, 192, Rounding::Nearest);
        assert_eq!((&a.values[..], a.scales), (&b.values[..], b.scales));
    }

    #[test]
    fn stochastic_rounding_is_right_on_average() {
        let mut source = vec![0.3f32; 16 * 4096];
        source.iter_mut().step_by(16).for_each(|value| *value = 127.0);
        let mut left = Left::default();
        left.set_rows(&source, 16, Rounding::Stochastic(5));
        let kept = left.values.iter().enumerate().filter(|(i, _)| !i.is_multiple_of(16));
        let sum: f32 = kept.map(|(_, value)| f32::from(*value)).sum();
        assert!((sum / (15.0 * 4096.0) - 0.3).abs() < 0.01, "{sum}");
    }
}
