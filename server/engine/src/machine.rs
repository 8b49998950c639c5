//! The limits of this machine, measured: memory bandwidth and int8 throughput, to compare a model's
//! times with.

use std::hint::black_box;
use std::time::{Duration, Instant};

use kernels::{
    Bits, Device, Isa, PackedMatrix, QuantScheme, QuantizedActivations, ThreadPool, matmul,
};

use crate::{Cancel, LoadError};

/// Bytes that are read: more than any cache holds.
const READ_BYTES: usize = 256 << 20;
/// How long a rate is measured.
const MEASURING_TIME: Duration = Duration::from_millis(200);
/// Outputs, inputs and rows of a product whose operands fit the cache: as many rows as are read of
/// a prompt at a time.
const PRODUCT: [usize; 3] = [128, 256, 256];

/// The share of a machine's limits that a model reaches with all threads. On two busy cores, where
/// limits and model were measured in turn: a token of the embedded model after 512 others 0.47 to
/// 0.53, of a model of 1.5B 0.61, prompts 0.43 to 0.53. With one thread 0.56 to 0.7, prompts more.
const REACHED: f64 = 0.55;

/// Most threads unless more are asked for: more rarely help and always disturb.
const MAX_DEFAULT_THREADS: usize = 8;

/// Measured limits of memory and processor.
#[derive(Clone, Copy, Debug)]
pub struct MachineLimits {
    /// The instruction set that the kernels use.
    pub isa: &'static str,
    /// Bytes read from memory per second, by all threads together.
    pub bytes_per_second: f64,
    /// Threads that read together, as an engine would use them.
    pub threads: usize,
    /// Operations of int8 products, with AMX of bfloat16 ones, per second of one thread with all
    /// operands in its cache; a multiply-add counts as two.
    pub int8_ops_per_second: f64,
}

impl MachineLimits {
    /// Measures for about a second; 0 threads means as many as an engine would use.
    pub fn measure(wanted: usize) -> Result<MachineLimits, LoadError> {
        let pool =
            ThreadPool::new(threads(wanted)).map_err(|e| LoadError::Unsupported(e.to_string()))?;
        let (isa, pieces) = (Isa::detect(), pool.threads() * 8);
        let words: Vec<u64> = (0..READ_BYTES as u64 / 8).collect();
        let share = words.len() / pieces;
        let bytes_per_second = rate(READ_BYTES as f64, || {
            pool.run(pieces, &|piece| {
                let sum = words[piece * share..(piece + 1) * share]
                    .iter()
                    .fold(0u64, |a, b| a.wrapping_add(*b));
                black_box(sum);
            });
        });
        let [rows, cols, tokens] = PRODUCT;
        let scheme = QuantScheme {
            bits: Bits::Five,
            zero_point: 16,
            has_minimum: false,
        };
        let (weights, x) = (
            [PackedMatrix::new(rows, cols, scheme)],
            vec![1.0; tokens * cols],
        );
        let (mut out, mut scratch) = (vec![0.0; tokens * rows], QuantizedActivations::default());
        let single = ThreadPool::new(1).map_err(|e| LoadError::Unsupported(e.to_string()))?;
        let operations = 2.0 * (rows * cols * tokens) as f64;
        let device = Device {
            isa,
            pool: &single,
            cancel: &Cancel::new(),
        };
        let int8_ops_per_second = rate(operations, || {
            matmul(device, &weights, black_box(&x), &mut out, &mut scratch)
        });
        Ok(MachineLimits {
            isa: isa.name(),
            bytes_per_second,
            threads: pool.threads(),
            int8_ops_per_second,
        })
    }
}

impl MachineLimits {
    /// Seconds that one more token takes with as many threads as were measured: the time to read
    /// its weights from memory, or to multiply with them, whichever is longer. Kernels reach
    /// [`REACHED`] of these limits.
    pub fn token_seconds(&self, read_bytes: u64, weights: u64) -> f64 {
        let reading = read_bytes as f64 / self.bytes_per_second;
        reading.max(self.operation_seconds(weights)) / REACHED
    }

    /// Seconds that reading a prompt of this many tokens takes: it is bound by the products.
    pub fn prompt_seconds(&self, weights: u64, tokens: usize) -> f64 {
        self.operation_seconds(weights) * tokens as f64 / REACHED
    }

    fn operation_seconds(&self, weights: u64) -> f64 {
        let operations = self.int8_ops_per_second * self.threads as f64;
        2.0 * weights as f64 / operations
    }
}

/// The threads to use if `wanted` are asked for; 0 means the default.
pub fn threads(wanted: usize) -> usize {
    match wanted {
        0 => std::thread::available_parallelism().map_or(1, |n| n.get().min(MAX_DEFAULT_THREADS)),
        n => n.min(256),
    }
}

/// `amount` per second, if every call does `amount`.
fn rate(amount: f64, mut call: impl FnMut()) -> f64 {
    call();
    let (begin, mut calls) = (Instant::now(), 0.0);
    while begin.elapsed() < MEASURING_TIME {
        call();
        calls += 1.0;
    }
    amount * calls / begin.elapsed().as_secs_f64()
}
