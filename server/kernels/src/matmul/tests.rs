//! Products of every instruction set and quantization scheme against the same sums in f64.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::cancel::Cancel;
use crate::codebook::Codebook;
use crate::codes::CodeBlock;
use crate::thread_pool::ThreadPool;
use crate::tile::{Bits, QuantScheme};

/// Numbers between -1 and 1.
fn random(count: usize, mut seed: u32) -> Vec<f32> {
    let next = |_| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(next).collect()
}

const SCHEMES: [QuantScheme; 16] = [
    QuantScheme::INT8,
    QuantScheme {
        bits: Bits::Five,
        zero_point: 16,
        has_minimum: false,
    },
    QuantScheme {
        bits: Bits::Five,
        zero_point: 0,
        has_minimum: true,
    },
    QuantScheme {
        bits: Bits::Four,
        zero_point: 8,
        has_minimum: false,
    },
    QuantScheme {
        bits: Bits::Four,
        zero_point: 0,
        has_minimum: true,
    },
    QuantScheme {
        bits: Bits::Six,
        zero_point: 32,
        has_minimum: false,
    },
    codes(Bits::Codes(Codebook::Uneven)),
    codes(Bits::Codes(Codebook::E2m1)),
    codes(Bits::Codes(Codebook::Odd)),
    codes(Bits::Codes(Codebook::Eights)),
    codes(Bits::Codes(Codebook::Three)),
    codes(Bits::CodesOf16(Codebook::Uneven)),
    codes(Bits::CodesOf16(Codebook::E2m1)),
    codes(Bits::CodesOf16(Codebook::Odd)),
    codes(Bits::CodesOf16(Codebook::Eights)),
    codes(Bits::CodesOf16(Codebook::Three)),
];

const fn codes(bits: Bits) -> QuantScheme {
    let zero_point = match bits.codebook() {
        Some(codebook) => codebook.zero_point(),
        None => 0,
    };
    QuantScheme {
        bits,
        zero_point,
        has_minimum: false,
    }
}

/// A matrix of arbitrary weights with this scheme.
fn matrix(rows: usize, cols: usize, scheme: QuantScheme) -> PackedMatrix {
    let mut packed = PackedMatrix::new(rows, cols, scheme);
    let values = random(rows * cols, 5);
    for (row, values) in values.chunks_exact(cols).enumerate() {
        if scheme == QuantScheme::INT8 {
            packed.writer().set_row(Isa::detect(), row, values);
            continue;
        }
        let steps = match scheme.bits {
            Bits::Four | Bits::Codes(_) | Bits::CodesOf16(_) => 16.0,
            Bits::Five => 32.0,
            _ => 64.0,
        };
        for (block, values) in values.as_chunks::<BLOCK>().0.iter().enumerate() {
            let quants = values.map(|value| ((value + 1.0) / 2.0 * steps) as u8);
            let bits = |value: f32| half::f16::from_f32(value).to_bits();
            let mut packing = packed.writer();
            if scheme.bits.codebook().is_some() {
                let scales = [0.01, -0.007];
                let codes = quants;
                packing.set_codes(row, block, &CodeBlock { codes, scales });
            } else if scheme.bits == Bits::Six {
                packing.set_block_of_6_bits(
                    row,
                    block,
                    [bits(2.0 / steps), bits(-1.0 / steps)],
                    &quants,
                );
            } else {
                packing.set_block(
                    row,
                    block,
                    bits(2.0 / steps),
                    bits(-1.0 + values[0] / 10.0),
                    &quants,
                );
            }
        }
    }
    packed
}

fn product(isa: Isa, pool: &ThreadPool, parts: &[PackedMatrix], x: &[f32]) -> Vec<f32> {
    let width: usize = parts.iter().map(|part| part.rows).sum();
    let mut out = vec![f32::NAN; x.len() / parts[0].cols * width];
    let device = Device {
        isa,
        pool,
        cancel: &Cancel::new(),
    };
    matmul(
        device,
        parts,
        x,
        &mut out,
        &mut QuantizedActivations::default(),
    );
    out
}

/// A product in f64, and how far off a kernel may be.
struct Exact {
    /// Of the rounded activations.
    rounded: Vec<f64>,
    /// Of the activations themselves.
    plain: Vec<f64>,
    /// Of absolute values.
    absolute: Vec<f64>,
}

impl Exact {
    fn new(parts: &[PackedMatrix], x: &[f32]) -> Exact {
        let mut rounded = QuantizedActivations::default();
        let (pool, cancel) = (ThreadPool::new(1).unwrap(), Cancel::new());
        let device = Device {
            isa: Isa::Portable,
            pool: &pool,
            cancel: &cancel,
        };
        let cols = parts[0].cols;
        rounded.fill(device, x, cols);
        let value = |i: usize| f64::from(rounded.quants[i]) * f64::from(rounded.scales[i / BLOCK]);
        let mut exact = Exact {
            rounded: Vec::new(),
            plain: Vec::new(),
            absolute: Vec::new(),
        };
        let mut weights = vec![0.0; cols];
        for first in (0..x.len()).step_by(cols) {
            for (part, row) in parts
                .iter()
                .flat_map(|part| (0..part.rows).map(move |r| (part, r)))
            {
                part.row(row, &mut weights);
                let sum = |product: &dyn Fn(usize) -> f64| (0..cols).map(product).sum::<f64>();
                let plain = |c: usize| f64::from(weights[c]) * f64::from(x[first + c]);
                exact
                    .rounded
                    .push(sum(&|c| f64::from(weights[c]) * value(first + c)));
                exact.plain.push(sum(&plain));
                exact.absolute.push(sum(&|c| plain(c).abs()));
            }
        }
        exact
    }

    /// Panics where `got` is further off than roundings explain; in bfloat16, 2^-9 of both factors.
    fn check(&self, isa: Isa, rows: usize, got: &[f32], what: &str) {
        for (i, got) in got.iter().enumerate() {
            let (want, bound) = match in_bfloat16(isa, rows) {
                true => (self.plain[i], self.absolute[i] / 256.0),
                false => (self.rounded[i], 1e-4),
            };
            let off = (f64::from(*got) - want).abs();
            assert!(off < bound, "{what} {isa:?} m={rows}: {got} {want}");
        }
    }
}

#[test]
fn every_instruction_set_rounds_alike() {
    let mut x = random(7 * BLOCK, 4);
    x[BLOCK..2 * BLOCK].fill(0.0);
    x[2 * BLOCK..3 * BLOCK].fill(-3.5);
    x[3 * BLOCK + 5] = 1e6;
    let rounded = |isa, x: &[f32]| {
        let (mut quants, mut scales, mut sums) = (vec![9; x.len()], vec![9.0; 7], vec![[9; 2]; 7]);
        quantize(isa, x, &mut quants, &mut scales, &mut sums);
        (quants, scales, sums)
    };
    let (quants, scales, sums) = rounded(Isa::Portable, &x);
    for (i, (quant, x)) in quants.iter().zip(&x).enumerate() {
        let scale = scales[i / BLOCK];
        assert!(
            (f32::from(*quant) * scale - x).abs() <= scale / 2.0 * 1.0001,
            "{i}: {quant} {x}"
        );
    }
    let sum = |quants: &[i8]| quants.iter().map(|quant| i32::from(*quant)).sum::<i32>();
    for (quants, sums) in quants.chunks(BLOCK / 2).zip(sums.as_flattened()) {
        assert_eq!(sum(quants), *sums);
    }
    for isa in Isa::available() {
        assert_eq!(
            rounded(isa, &x),
            (quants.clone(), scales.clone(), sums.clone()),
            "{isa:?}"
        );
    }
    x[3] = f32::NAN;
    x[BLOCK] = f32::INFINITY;
    for isa in Isa::available() {
        let (quants, _, sums) = rounded(isa, &x);
        assert_eq!(
            quants.chunks(BLOCK / 2).map(sum).collect::<Vec<_>>(),
            sums.as_flattened(),
            "{isa:?}"
        );
    }
}

#[test]
fn every_instruction_set_multiplies_what_was_rounded() {
    let pool = ThreadPool::new(1).unwrap();
    for (rows, cols) in [
        (1, 32),
        (15, 64),
        (16, 32),
        (17, 96),
        (40, 256),
        (65, 128),
        (130, 32),
        (33, 800),
    ] {
        for scheme in SCHEMES {
            let w = [matrix(rows, cols, scheme)];
            for m in [1, 2, 3, 4, 5, 6, 7, 11, 12, 16, 35, 64] {
                let x = random(m * cols, 9);
                let exact = Exact::new(&w, &x);
                for isa in Isa::available() {
                    let got = product(isa, &pool, &w, &x);
                    exact.check(isa, m, &got, &format!("{scheme:?} {rows}x{cols}"));
                }
            }
        }
    }
}

#[test]
fn stacked_matrices_are_multiplied_as_one() {
    let pool = ThreadPool::new(2).unwrap();
    let parts: Vec<PackedMatrix> = [(17, 0), (130, 1), (33, 4), (1, 2)]
        .map(|(rows, at)| matrix(rows, 64, SCHEMES[at]))
        .into();
    for m in [1, 5, 200] {
        let x = random(m * 64, 3);
        let exact = Exact::new(&parts, &x);
        for isa in Isa::available() {
            exact.check(isa, m, &product(isa, &pool, &parts, &x), "stacked");
        }
    }
}

#[test]
fn numbers_that_are_none_are_not_hidden() {
    let pool = ThreadPool::new(1).unwrap();
    let w = [matrix(16, 64, QuantScheme::INT8)];
    let mut x = random(40 * 64, 3);
    x[37 * 64 + 5] = f32::NAN;
    for isa in Isa::available()
        .into_iter()
        .filter(|isa| in_bfloat16(*isa, 40))
    {
        let got = product(isa, &pool, &w, &x);
        for (row, got) in got.chunks_exact(16).enumerate() {
            assert!(
                got.iter().all(|value| value.is_nan() == (row == 37)),
                "{row}"
            );
        }
    }
}

#[test]
fn rounding_both_sides_costs_less_than_two_hundredths() {
    let (rows, cols) = (65, 128);
    let (weights, x) = (random(rows * cols, 5), random(3 * cols, 9));
    let got = product(
        Isa::detect(),
        &ThreadPool::new(1).unwrap(),
        &[matrix(rows, cols, QuantScheme::INT8)],
        &x,
    );
    let ideal = x.chunks_exact(cols).flat_map(|x| {
        weights.chunks_exact(cols).map(move |w| {
            w.iter()
                .zip(x)
                .map(|(w, x)| f64::from(*w) * f64::from(*x))
                .sum::<f64>()
        })
    });
    let off: f64 = got
        .iter()
        .zip(ideal)
        .map(|(got, ideal)| (f64::from(*got) - ideal).powi(2))
        .sum();
    let size = got.len() as f64 * cols as f64 / 9.0;
    assert!((off / size).sqrt() < 0.02, "{}", (off / size).sqrt());
}

/// The codes of the largest and of the smallest value.
fn largest_codes(scheme: QuantScheme) -> [u8; 2] {
    let values = scheme.bits.codebook().unwrap().values();
    let largest = (0..16).max_by_key(|code| values[usize::from(*code)]);
    let smallest = (0..16).min_by_key(|code| values[usize::from(*code)]);
    [largest.unwrap(), smallest.unwrap()]
}

#[test]
fn the_largest_numbers_do_not_overflow() {
    let plain = [[255, 0], [31, 0], [31, 0], [15, 0], [15, 0], [63, 0]];
    let codes = SCHEMES[plain.len()..]
        .iter()
        .map(|scheme| largest_codes(*scheme));
    let quants = plain.into_iter().chain(codes);
    for (scheme, quants) in SCHEMES.into_iter().zip(quants) {
        let mut w = PackedMatrix::new(16, 256, scheme);
        for row in 0..16 {
            for block in 0..8 {
                let (one, quants) = (half::f16::ONE.to_bits(), [quants[row % 2]; BLOCK]);
                match scheme.bits {
                    Bits::Codes(_) | Bits::CodesOf16(_) => {
                        let scales = [1.0; 2];
                        let codes = quants;
                        w.writer()
                            .set_codes(row, block, &CodeBlock { codes, scales });
                    }
                    Bits::Six => w
                        .writer()
                        .set_block_of_6_bits(row, block, [one; 2], &quants),
                    _ => w.writer().set_block(row, block, one, 0, &quants),
                }
            }
        }
        let byte = |quant: u8| match scheme.bits.codebook() {
            Some(codebook) => codebook.stored()[usize::from(quant)],
            None => quant,
        };
        let want = quants.map(|quant| f32::from(byte(quant)) - f32::from(scheme.zero_point));
        for sign in [1.0f32, -1.0] {
            for isa in Isa::available() {
                for m in [1, 16] {
                    let x = vec![sign * 127.0; m * 256];
                    let got = product(
                        isa,
                        &ThreadPool::new(1).unwrap(),
                        std::slice::from_ref(&w),
                        &x,
                    );
                    assert_eq!(
                        got[..2],
                        want.map(|want| sign * want * 127.0 * 256.0),
                        "{scheme:?} {isa:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn threads_change_nothing() {
    let (rows, cols) = (1000, 512);
    for (scheme, m) in [(0, 18), (2, 18), (6, 18), (12, 18), (4, 40)] {
        let x = random(m * cols, 9);
        let w = [matrix(rows, cols, SCHEMES[scheme])];
        for isa in Isa::available() {
            let serial = product(isa, &ThreadPool::new(1).unwrap(), &w, &x);
            let pool = ThreadPool::new(4).unwrap();
            for _ in 0..50 {
                assert_eq!(product(isa, &pool, &w, &x), serial);
            }
        }
    }
}
