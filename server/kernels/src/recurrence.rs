//! Layers whose memory has a fixed size: one step of a head's state, and the short convolution
//! before it.
//!
//! A head's state is a matrix. Each token makes it decay, adds the product of a value and a key,
//! and reads it with a query. Gated DeltaNet (arXiv 2412.06464) first takes away what the state
//! already holds for the key; Mamba 2 (arXiv 2405.21060) does not. Rows of the state do not depend
//! on each other, so one pass over them is enough.

use super::isa::{mul_add, per_isa};

/// Lanes of a running sum.
const LANES: usize = 16;

/// What one token does to the state of one head.
#[derive(Clone, Copy)]
pub struct StateStep<'a> {
    /// What the value is stored under; as long as a row of the state.
    pub key: &'a [f32],
    /// What the state is read with; as long.
    pub query: &'a [f32],
    /// What is stored: a number for each row of the state.
    pub value: &'a [f32],
    /// The factor of the old state.
    pub decay: f32,
    /// The factor of the value.
    pub rate: f32,
    /// Whether what the state already holds for the key is taken away first.
    pub is_delta: bool,
}

per_isa! {
    /// Brings a head's state, `[value][key]`, one token further; `out` is what its query reads, a
    /// number for each row.
    pub fn advance_state(state: &mut [f32], step: StateStep, out: &mut [f32]) = advance_state_body
}

#[inline(always)]
fn advance_state_body<const FMA: bool>(state: &mut [f32], step: StateStep, out: &mut [f32]) {
    let rows = state.chunks_exact_mut(step.key.len());
    for ((row, value), out) in rows.zip(step.value).zip(out) {
        let held = match step.is_delta {
            true => step.decay * dot::<FMA>(row, step.key),
            false => 0.0,
        };
        let change = step.rate * (value - held);
        *out = advance_row::<FMA>(row, step, change);
    }
}

/// Changes a row of the state, and returns what the query reads from it.
#[inline(always)]
fn advance_row<const FMA: bool>(row: &mut [f32], step: StateStep, change: f32) -> f32 {
    let mut lanes = [0f32; LANES];
    let (rows, rest) = row.as_chunks_mut::<LANES>();
    let (keys, rest_keys) = step.key.as_chunks::<LANES>();
    let (queries, rest_queries) = step.query.as_chunks::<LANES>();
    for ((row, key), query) in rows.iter_mut().zip(keys).zip(queries) {
        for i in 0..LANES {
            row[i] = mul_add::<FMA>(change, key[i], step.decay * row[i]);
            lanes[i] = mul_add::<FMA>(row[i], query[i], lanes[i]);
        }
    }
    let mut sum: f32 = lanes.iter().sum();
    for ((x, key), query) in rest.iter_mut().zip(rest_keys).zip(rest_queries) {
        *x = mul_add::<FMA>(change, *key, step.decay * *x);
        sum = mul_add::<FMA>(*x, *query, sum);
    }
    sum
}

#[inline(always)]
fn dot<const FMA: bool>(x: &[f32], y: &[f32]) -> f32 {
    let mut lanes = [0f32; LANES];
    let (xs, rest_x) = x.as_chunks::<LANES>();
    let (ys, rest_y) = y.as_chunks::<LANES>();
    for (x, y) in xs.iter().zip(ys) {
        for i in 0..LANES {
            lanes[i] = mul_add::<FMA>(x[i], y[i], lanes[i]);
        }
    }
    let rest: f32 = rest_x.iter().zip(rest_y).map(|(x, y)| x * y).sum();
    lanes.iter().sum::<f32>() + rest
}

per_isa! {
    /// Convolves each channel with the tokens before: `out` is `[tokens][channels]`, `rows` has
    /// `weights.len() / channels - 1` more tokens at its beginning, and `weights` is
    /// `[tap][channels]`, the oldest token's first. `bias` has a number for each channel, or none.
    pub fn causal_convolution(
        rows: &[f32],
        weights: &[f32],
        bias: &[f32],
        channels: usize,
        out: &mut [f32],
    ) = causal_convolution_body
}

#[inline(always)]
fn causal_convolution_body<const FMA: bool>(
    rows: &[f32],
    weights: &[f32],
    bias: &[f32],
    channels: usize,
    out: &mut [f32],
) {
    for (token, out) in out.chunks_exact_mut(channels).enumerate() {
        match bias.is_empty() {
            true => out.fill(0.0),
            false => out.copy_from_slice(bias),
        }
        let window = rows[token * channels..].chunks_exact(channels);
        for (row, weights) in window.zip(weights.chunks_exact(channels)) {
            for ((out, x), weight) in out.iter_mut().zip(row).zip(weights) {
                *out = mul_add::<FMA>(*x, *weight, *out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Isa;

    /// Numbers between -1 and 1 that repeat after a long time.
    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        let number = |i: usize| ((i * 37 + seed * 11) % 101) as f32 / 50.0 - 1.0;
        (0..count).map(number).collect()
    }

    fn close(a: &[f32], b: &[f32]) {
        assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(b) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
    }

    #[test]
    fn a_step_is_the_matrix_formula() {
        // 19 is no multiple of the lanes.
        for (width, is_delta) in [(19, true), (32, true), (19, false), (32, false)] {
            let (mut state, key) = (numbers(5 * width, 1), numbers(width, 2));
            let (query, value) = (numbers(width, 3), numbers(5, 4));
            let step = StateStep {
                key: &key,
                query: &query,
                value: &value,
                decay: 0.75,
                rate: 0.5,
                is_delta,
            };
            let (mut wanted, mut read) = (state.clone(), vec![0.0; 5]);
            for (i, row) in wanted.chunks_exact_mut(width).enumerate() {
                row.iter_mut().for_each(|x| *x *= 0.75);
                let held: f32 = row.iter().zip(&key).map(|(x, k)| x * k).sum();
                let change = 0.5 * (value[i] - if is_delta { held } else { 0.0 });
                row.iter_mut().zip(&key).for_each(|(x, k)| *x += change * k);
                read[i] = row.iter().zip(&query).map(|(x, q)| x * q).sum();
            }
            let mut out = vec![0.0; 5];
            advance_state(Isa::detect(), &mut state, step, &mut out);
            close(&state, &wanted);
            close(&out, &read);
        }
    }

    #[test]
    fn a_convolution_sees_the_tokens_before_and_no_later_one() {
        let (channels, taps, tokens) = (18, 4, 5);
        let rows = numbers((taps - 1 + tokens) * channels, 1);
        let weights = numbers(taps * channels, 2);
        for bias in [numbers(channels, 3), Vec::new()] {
            let mut out = vec![0.0; tokens * channels];
            causal_convolution(Isa::detect(), &rows, &weights, &bias, channels, &mut out);
            for token in 0..tokens {
                for channel in 0..channels {
                    let tap = |tap: usize| {
                        rows[(token + tap) * channels + channel] * weights[tap * channels + channel]
                    };
                    let wanted =
                        bias.get(channel).unwrap_or(&0.0) + (0..taps).map(tap).sum::<f32>();
                    close(&[out[token * channels + channel]], &[wanted]);
                }
            }
        }
    }
}
