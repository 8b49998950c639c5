//! Elementwise operations and reductions on rows of f32: norms, rotations, gates, softmax. Written
//! once, compiled per instruction set.
//!
//! Sums run over 16 lanes so that they become vector instructions; the order of additions is the
//! same on every machine.

use super::isa::{mul_add, per_isa};

/// Lanes of a running sum.
const LANES: usize = 16;

/// e^x for x <= 88, to about 2 units in the last place; e^-87, which is nearly 0, for smaller x.
/// Splits x = n ln 2 + r and sums the series of e^r, after Cody and Waite, "Software Manual for the
/// Elementary Functions".
#[inline(always)]
pub(super) fn exp<const FMA: bool>(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0;
    let x = if x > -87.0 { x } else { -87.0 };
    let x = if x < 88.0 { x } else { 88.0 };
    let shifted = mul_add::<FMA>(x, std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = mul_add::<FMA>(n, -0.693_359_4, x);
    let r = mul_add::<FMA>(n, 2.121_944_4e-4, r);
    let mut series = 1.0 / 5040.0;
    for factor in [
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ] {
        series = mul_add::<FMA>(series, r, factor);
    }
    let power = shifted
        .to_bits()
        .wrapping_sub(ROUND.to_bits())
        .wrapping_add(127)
        << 23;
    series * f32::from_bits(power)
}

#[inline(always)]
fn sum_of_squares<const FMA: bool>(x: &[f32]) -> f32 {
    let mut lanes = [0f32; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, v) in lanes.iter_mut().zip(chunk) {
            *lane = mul_add::<FMA>(*v, *v, *lane);
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|v| v * v).sum::<f32>()
}

per_isa! {
    /// Root-mean-square norm of each row of `x`, a row being as long as `weight`. arXiv 1910.07467.
    pub fn rms_norm(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) = rms_norm_body
}

#[inline(always)]
fn rms_norm_body<const FMA: bool>(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) {
    let len = weight.len();
    for (x, out) in x.chunks_exact(len).zip(out.chunks_exact_mut(len)) {
        let scale = 1.0 / (sum_of_squares::<FMA>(x) / len as f32 + eps).sqrt();
        for ((out, x), w) in out.iter_mut().zip(x).zip(weight) {
            *out = x * scale * w;
        }
    }
}

per_isa! {
    /// Adds `y` to `x`.
    pub fn add(x: &mut [f32], y: &[f32]) = add_body
}

#[inline(always)]
fn add_body<const FMA: bool>(x: &mut [f32], y: &[f32]) {
    for (x, y) in x.iter_mut().zip(y) {
        *x += y;
    }
}

per_isa! {
    /// Adds `bias` to every row of `x`.
    pub fn add_bias(x: &mut [f32], bias: &[f32]) = add_bias_body
}

#[inline(always)]
fn add_bias_body<const FMA: bool>(x: &mut [f32], bias: &[f32]) {
    for row in x.chunks_exact_mut(bias.len()) {
        add_body::<FMA>(row, bias);
    }
}

per_isa! {
    /// SwiGLU: each row of `x` holds a gate and a value of `width` each; `out` gets silu(gate) *
    /// value. arXiv 2002.05202.
    pub fn silu_gate(x: &[f32], width: usize, out: &mut [f32]) = silu_gate_body
}

#[inline(always)]
fn silu_gate_body<const FMA: bool>(x: &[f32], width: usize, out: &mut [f32]) {
    for (x, out) in x.chunks_exact(2 * width).zip(out.chunks_exact_mut(width)) {
        let (gate, value) = x.split_at(width);
        for ((out, g), v) in out.iter_mut().zip(gate).zip(value) {
            *out = g / (1.0 + exp::<FMA>(-g)) * v;
        }
    }
}

per_isa! {
    /// Rotates one head: pairs (i, i + half) or, `interleaved`, (2i, 2i + 1), by the angles whose
    /// cosines and sines are given. arXiv 2104.09864.
    pub fn rotate(head: &mut [f32], cos: &[f32], sin: &[f32], interleaved: bool) = rotate_body
}

#[inline(always)]
fn rotate_body<const FMA: bool>(head: &mut [f32], cos: &[f32], sin: &[f32], interleaved: bool) {
    if interleaved {
        for ((pair, c), s) in head.as_chunks_mut::<2>().0.iter_mut().zip(cos).zip(sin) {
            let [a, b] = *pair;
            *pair = [a * c - b * s, b * c + a * s];
        }
        return;
    }
    let (first, second) = head.split_at_mut(cos.len());
    for (((a, b), c), s) in first.iter_mut().zip(second).zip(cos).zip(sin) {
        let (x, y) = (*a, *b);
        *a = x * c - y * s;
        *b = y * c + x * s;
    }
}

#[inline(always)]
fn largest(x: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, v) in lanes.iter_mut().zip(chunk) {
            *lane = if *v > *lane { *v } else { *lane };
        }
    }
    lanes
        .iter()
        .chain(rest)
        .fold(f32::NEG_INFINITY, |m, &v| if v > m { v } else { m })
}

/// Turns scores into probabilities in place.
#[inline(always)]
pub(super) fn softmax_body<const FMA: bool>(x: &mut [f32]) {
    let top = largest(x);
    let mut lanes = [0f32; LANES];
    let (chunks, rest) = x.as_chunks_mut::<LANES>();
    for chunk in chunks {
        for (lane, v) in lanes.iter_mut().zip(chunk) {
            *v = exp::<FMA>(*v - top);
            *lane += *v;
        }
    }
    let mut sum: f32 = lanes.iter().sum();
    for v in rest {
        *v = exp::<FMA>(*v - top);
        sum += *v;
    }
    let scale = 1.0 / sum;
    for v in x {
        *v *= scale;
    }
}

per_isa! {
    /// ln of the sum of e^x: subtracted from a logit, it gives the log-probability.
    pub fn log_sum_exp(x: &[f32]) -> f32 = log_sum_exp_body
}

#[inline(always)]
fn log_sum_exp_body<const FMA: bool>(x: &[f32]) -> f32 {
    let top = largest(x);
    let mut lanes = [0f32; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, v) in lanes.iter_mut().zip(chunk) {
            *lane += exp::<FMA>(*v - top);
        }
    }
    let sum = lanes.iter().sum::<f32>() + rest.iter().map(|v| exp::<FMA>(*v - top)).sum::<f32>();
    top + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::Isa;

    #[test]
    fn exp_is_exact_to_a_few_units() {
        for i in -8_600..8_700 {
            let x = i as f32 / 100.0;
            let (got, want) = (f64::from(exp::<false>(x)), f64::from(x).exp());
            assert!(((got - want) / want).abs() < 5e-7, "{x}: {got} {want}");
        }
        assert!(exp::<false>(f32::NEG_INFINITY) < 1e-37);
    }

    #[test]
    fn softmax_and_log_sum_exp_agree_with_f64() {
        for isa in Isa::available() {
            for len in [1, 2, 15, 16, 17, 1000] {
                let x: Vec<f32> = (0..len)
                    .map(|i| ((i * 37 % 101) as f32 - 50.0) / 7.0)
                    .collect();
                let sum: f64 = x.iter().map(|&v| f64::from(v).exp()).sum();
                assert!((f64::from(log_sum_exp(isa, &x)) - sum.ln()).abs() < 1e-5);
                let mut p = x.clone();
                match isa {
                    Isa::Portable => softmax_body::<false>(&mut p),
                    _ => softmax_body::<true>(&mut p),
                }
                for (p, x) in p.iter().zip(&x) {
                    assert!((f64::from(*p) - f64::from(*x).exp() / sum).abs() < 1e-6);
                }
            }
        }
    }
}
