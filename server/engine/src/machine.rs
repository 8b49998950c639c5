//! What this machine gives at most: the limits that times of a model are to be read against.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::engine::threads;
use kernels::{
    Bits, Device, Isa, PackedMatrix, QuantScheme, QuantizedActivations, ThreadPool, matmul,
};

use crate::{Cancel, LoadError};

/// Bytes that are read: more than any cache holds.
const BYTES: usize = 256 << 20;
/// How long a rate is measured.
const LONG_ENOUGH: Duration = Duration::from_millis(200);
/// Outputs, inputs and rows of a product whose operands stay in the first cache.
const PRODUCT: [usize; 3] = [128, 256, 48];

/// What memory and processor give at most, measured.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// The instruction set that the kernels use.
    pub isa: &'static str,
    /// Bytes read from memory in a second, by all threads together.
    pub read: f64,
    /// Operations of int8 products in a second, a multiply-add being two, of one thread with all in
    /// its cache.
    pub int8: f64,
}

impl Machine {
    /// Measures for about a second; 0 threads means as many as an engine would use.
    pub fn measure(wanted: usize) -> Result<Machine, LoadError> {
        let pool = ThreadPool::new(threads(wanted)).map_err(|e| LoadError::Unsupported(e.to_string()))?;
        let (isa, pieces) = (Isa::detect(), pool.threads() * 8);
        let words: Vec<u64> = (0..BYTES as u64 / 8).collect();
        let share = words.len() / pieces;
        let read = rate(BYTES as f64, || {
            pool.run(pieces, &|piece| {
                let sum = words[piece * share..(piece + 1) * share]
                    .iter()
                    .fold(0u64, |a, b| a.wrapping_add(*b));
                black_box(sum);
            });
        });
        let [rows, cols, tokens] = PRODUCT;
        let form = QuantScheme {
            bits: Bits::Five,
            zero_point: 16,
            has_minimum: false,
        };
        let (weights, x) = ([PackedMatrix::new(rows, cols, form)], vec![1.0; tokens * cols]);
        let (mut out, mut scratch) = (vec![0.0; tokens * rows], QuantizedActivations::default());
        let alone = ThreadPool::new(1).map_err(|e| LoadError::Unsupported(e.to_string()))?;
        let operations = 2.0 * (rows * cols * tokens) as f64;
        let device = Device {
            isa,
            pool: &alone,
            cancel: &Cancel::new(),
        };
        let int8 = rate(operations, || {
            matmul(device, &weights, black_box(&x), &mut out, &mut scratch)
        });
        Ok(Machine {
            isa: isa.name(),
            read,
            int8,
        })
    }
}

/// `amount` a call, a second.
fn rate(amount: f64, mut call: impl FnMut()) -> f64 {
    call();
    let (begin, mut calls) = (Instant::now(), 0.0);
    while begin.elapsed() < LONG_ENOUGH {
        call();
        calls += 1.0;
    }
    amount * calls / begin.elapsed().as_secs_f64()
}
