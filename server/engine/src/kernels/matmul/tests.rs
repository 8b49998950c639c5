//! Products of every instruction set and form of weights against the same sums in f64.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::Cancel;
use crate::kernels::Pool;
use crate::kernels::packed::{Bits, Form};

/// Numbers between -1 and 1.
fn random(count: usize, mut seed: u32) -> Vec<f32> {
    let next = |_| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(next).collect()
}

const FORMS: [Form; 6] = [
    Form::BYTES,
    Form {
        bits: Bits::Five,
        zero: 16,
        minimum: false,
    },
    Form {
        bits: Bits::Five,
        zero: 0,
        minimum: true,
    },
    Form {
        bits: Bits::Four,
        zero: 8,
        minimum: false,
    },
    Form {
        bits: Bits::Four,
        zero: 0,
        minimum: true,
    },
    Form {
        bits: Bits::Six,
        zero: 32,
        minimum: false,
    },
];

/// A matrix of any numbers of this form.
fn matrix(rows: usize, cols: usize, form: Form) -> Packed {
    let mut packed = Packed::new(rows, cols, form);
    let values = random(rows * cols, 5);
    for (row, values) in values.chunks_exact(cols).enumerate() {
        if form == Form::BYTES {
            packed.packing().set_row(Isa::detect(), row, values);
            continue;
        }
        let steps = match form.bits {
            Bits::Four => 16.0,
            Bits::Five => 32.0,
            _ => 64.0,
        };
        for (block, values) in values.as_chunks::<BLOCK>().0.iter().enumerate() {
            let quants = values.map(|value| ((value + 1.0) / 2.0 * steps) as u8);
            let bits = |value: f32| half::f16::from_f32(value).to_bits();
            let mut packing = packed.packing();
            if form.bits == Bits::Six {
                packing.set_sixes(row, block, [bits(2.0 / steps), bits(-1.0 / steps)], &quants);
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

fn product(isa: Isa, pool: &Pool, parts: &[Packed], x: &[f32]) -> Vec<f32> {
    let width: usize = parts.iter().map(|part| part.rows).sum();
    let mut out = vec![f32::NAN; x.len() / parts[0].cols * width];
    let device = Device {
        isa,
        pool,
        cancel: &Cancel::new(),
    };
    matmul(device, parts, x, &mut out, &mut Activations::default());
    out
}

/// The product of the rounded numbers in f64.
fn exact(parts: &[Packed], x: &[f32]) -> Vec<f64> {
    let mut rounded = Activations::default();
    let (pool, cancel) = (Pool::new(1).unwrap(), Cancel::new());
    rounded.fill(
        Device {
            isa: Isa::Portable,
            pool: &pool,
            cancel: &cancel,
        },
        x,
    );
    let value = |i: usize| f64::from(rounded.quants[i]) * f64::from(rounded.scales[i / BLOCK]);
    let cols = parts[0].cols;
    let mut exact = Vec::new();
    let mut weights = vec![0.0; cols];
    for i in 0..x.len() / cols {
        for part in parts {
            for row in 0..part.rows {
                part.row(row, &mut weights);
                exact.push(
                    (0..cols)
                        .map(|c| f64::from(weights[c]) * value(i * cols + c))
                        .sum(),
                );
            }
        }
    }
    exact
}

#[test]
fn every_instruction_set_rounds_alike() {
    let mut x = random(7 * BLOCK, 4);
    x[BLOCK..2 * BLOCK].fill(0.0);
    x[2 * BLOCK..3 * BLOCK].fill(-3.5);
    x[3 * BLOCK + 5] = 1e6;
    let rounded = |isa, x: &[f32]| {
        let (mut quants, mut scales, mut sums) = (vec![9; x.len()], vec![9.0; 7], vec![[9; 2]; 7]);
        quantise(isa, x, &mut quants, &mut scales, &mut sums);
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
fn every_instruction_set_multiplies_exactly_what_was_rounded() {
    let pool = Pool::new(1).unwrap();
    for (rows, cols) in [
        (1, 32),
        (15, 64),
        (16, 32),
        (17, 96),
        (40, 256),
        (65, 128),
        (130, 32),
    ] {
        for form in FORMS {
            let w = [matrix(rows, cols, form)];
            for m in [1, 2, 3, 4, 5, 6, 7, 11, 12, 16, 35] {
                let x = random(m * cols, 9);
                let exact = exact(&w, &x);
                for isa in Isa::available() {
                    for (got, exact) in product(isa, &pool, &w, &x).iter().zip(&exact) {
                        let off = (f64::from(*got) - exact).abs();
                        assert!(
                            off < 1e-4,
                            "{form:?} {isa:?} {rows}x{cols} m={m}: {got} {exact}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn matrices_stand_one_below_the_other() {
    let pool = Pool::new(2).unwrap();
    let parts: Vec<Packed> = [(17, 0), (130, 1), (33, 4), (1, 2)]
        .map(|(rows, at)| matrix(rows, 64, FORMS[at]))
        .into();
    for m in [1, 5, 200] {
        let x = random(m * 64, 3);
        let exact = exact(&parts, &x);
        for isa in Isa::available() {
            let got = product(isa, &pool, &parts, &x);
            assert!(
                got.iter()
                    .zip(&exact)
                    .all(|(got, exact)| (f64::from(*got) - exact).abs() < 1e-4)
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
        &Pool::new(1).unwrap(),
        &[matrix(rows, cols, Form::BYTES)],
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

#[test]
fn the_largest_numbers_do_not_overflow() {
    for (form, quants) in
        FORMS
            .into_iter()
            .zip([[255, 0], [31, 0], [31, 0], [15, 0], [15, 0], [63, 0]])
    {
        let mut w = Packed::new(16, 256, form);
        for row in 0..16 {
            for block in 0..8 {
                let (one, quants) = (half::f16::ONE.to_bits(), [quants[row % 2]; BLOCK]);
                match form.bits {
                    Bits::Six => w.packing().set_sixes(row, block, [one; 2], &quants),
                    _ => w.packing().set_block(row, block, one, 0, &quants),
                }
            }
        }
        let want = quants.map(|quant| f32::from(quant) - f32::from(form.zero));
        for sign in [1.0f32, -1.0] {
            for isa in Isa::available() {
                for m in [1, 16] {
                    let x = vec![sign * 127.0; m * 256];
                    let got = product(isa, &Pool::new(1).unwrap(), std::slice::from_ref(&w), &x);
                    assert_eq!(
                        got[..2],
                        want.map(|want| sign * want * 127.0 * 256.0),
                        "{form:?} {isa:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn threads_change_nothing() {
    let (rows, cols, m) = (1000, 512, 18);
    let x = random(m * cols, 9);
    for form in [FORMS[0], FORMS[2]] {
        let w = [matrix(rows, cols, form)];
        for isa in Isa::available() {
            let alone = product(isa, &Pool::new(1).unwrap(), &w, &x);
            let pool = Pool::new(4).unwrap();
            for _ in 0..50 {
                assert_eq!(product(isa, &pool, &w, &x), alone);
            }
        }
    }
}
