//! Elementwise operations and reductions on rows of f32: norms, rotations, activations, softmax.
//! Written once, compiled per instruction set.
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
    /// Brings each piece of `width` values of `x` to the length `length`.
    pub fn l2_norm(x: &mut [f32], width: usize, eps: f32, length: f32) = l2_norm_body
}

#[inline(always)]
fn l2_norm_body<const FMA: bool>(x: &mut [f32], width: usize, eps: f32, length: f32) {
    for x in x.chunks_exact_mut(width) {
        let scale = length / (sum_of_squares::<FMA>(x) + eps).sqrt();
        for x in x {
            *x *= scale;
        }
    }
}

per_isa! {
    /// Layer norm of each row of `x`, a row being as long as `weight`; `bias` is as long or empty.
    /// arXiv 1607.06450.
    pub fn layer_norm(x: &[f32], weight: &[f32], bias: &[f32], eps: f32, out: &mut [f32])
        = layer_norm_body
}

#[inline(always)]
fn layer_norm_body<const FMA: bool>(
    x: &[f32],
    weight: &[f32],
    bias: &[f32],
    eps: f32,
    out: &mut [f32],
) {
    let len = weight.len();
    for (x, out) in x.chunks_exact(len).zip(out.chunks_exact_mut(len)) {
        let mean = sum(x) / len as f32;
        for (out, x) in out.iter_mut().zip(x) {
            *out = x - mean;
        }
        let scale = 1.0 / (sum_of_squares::<FMA>(out) / len as f32 + eps).sqrt();
        for (out, w) in out.iter_mut().zip(weight) {
            *out *= scale * w;
        }
        for (out, b) in out.iter_mut().zip(bias) {
            *out += b;
        }
    }
}

#[inline(always)]
fn sum(x: &[f32]) -> f32 {
    let mut lanes = [0f32; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, v) in lanes.iter_mut().zip(chunk) {
            *lane += v;
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().sum::<f32>()
}

per_isa! {
    /// Multiplies `x` by `factor`.
    pub fn scale(x: &mut [f32], factor: f32) = scale_body
}

#[inline(always)]
fn scale_body<const FMA: bool>(x: &mut [f32], factor: f32) {
    for x in x {
        *x *= factor;
    }
}

per_isa! {
    /// Multiplies `x` by `y`, component by component.
    pub fn multiply(x: &mut [f32], y: &[f32]) = multiply_body
}

#[inline(always)]
fn multiply_body<const FMA: bool>(x: &mut [f32], y: &[f32]) {
    for (x, y) in x.iter_mut().zip(y) {
        *x *= y;
    }
}

per_isa! {
    /// Adds `factor` times `y` to `x`.
    pub fn add_scaled(x: &mut [f32], y: &[f32], factor: f32) = add_scaled_body
}

#[inline(always)]
fn add_scaled_body<const FMA: bool>(x: &mut [f32], y: &[f32], factor: f32) {
    for (x, y) in x.iter_mut().zip(y) {
        *x = mul_add::<FMA>(*y, factor, *x);
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

/// The nonlinearity of a feed-forward layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// x * sigmoid(x).
    Silu,
    /// The Gaussian error linear unit in its tanh form. arXiv 1606.08415.
    Gelu,
    /// gpt-oss's: gate and value are clamped to 7, the gate becomes x * sigmoid(1.702 x), and 1 is
    /// added to the value.
    ClampedSwiglu,
}

per_isa! {
    /// A gated activation: each row of `x` holds a gate and a value of `width` each; `out` gets
    /// activation(gate) * value. arXiv 2002.05202.
    pub fn gate(activation: Activation, x: &[f32], width: usize, out: &mut [f32]) = gate_body
}

#[inline(always)]
fn gate_body<const FMA: bool>(activation: Activation, x: &[f32], width: usize, out: &mut [f32]) {
    for (x, out) in x.chunks_exact(2 * width).zip(out.chunks_exact_mut(width)) {
        let (gate, value) = x.split_at(width);
        let values = out.iter_mut().zip(gate).zip(value);
        match activation {
            Activation::Silu => values.for_each(|((out, g), v)| *out = silu::<FMA>(*g) * v),
            Activation::Gelu => values.for_each(|((out, g), v)| *out = gelu::<FMA>(*g) * v),
            Activation::ClampedSwiglu => {
                values.for_each(|((out, g), v)| *out = clamped_swiglu::<FMA>(*g, *v));
            }
        }
    }
}

per_isa! {
    /// An activation without a gate, in place.
    pub fn activate(activation: Activation, x: &mut [f32]) = activate_body
}

#[inline(always)]
fn activate_body<const FMA: bool>(activation: Activation, x: &mut [f32]) {
    match activation {
        Activation::Silu => x.iter_mut().for_each(|x| *x = silu::<FMA>(*x)),
        Activation::Gelu => x.iter_mut().for_each(|x| *x = gelu::<FMA>(*x)),
        Activation::ClampedSwiglu => x
            .iter_mut()
            .for_each(|x| *x = clamped_swiglu::<FMA>(*x, 0.0)),
    }
}

per_isa! {
    /// Multiplies `x` by sigmoid(gate).
    pub fn sigmoid_gate(x: &mut [f32], gate: &[f32]) = sigmoid_gate_body
}

#[inline(always)]
fn sigmoid_gate_body<const FMA: bool>(x: &mut [f32], gate: &[f32]) {
    for (x, gate) in x.iter_mut().zip(gate) {
        *x /= 1.0 + exp::<FMA>(-gate);
    }
}

per_isa! {
    /// Multiplies `x` by gate * sigmoid(gate).
    pub fn silu_gate(x: &mut [f32], gate: &[f32]) = silu_gate_body
}

#[inline(always)]
fn silu_gate_body<const FMA: bool>(x: &mut [f32], gate: &[f32]) {
    for (x, gate) in x.iter_mut().zip(gate) {
        *x *= silu::<FMA>(*gate);
    }
}

#[inline(always)]
fn silu<const FMA: bool>(x: f32) -> f32 {
    x / (1.0 + exp::<FMA>(-x))
}

#[inline(always)]
fn gelu<const FMA: bool>(x: f32) -> f32 {
    /// The square root of 2 / pi.
    const SLOPE: f32 = 0.797_884_6;
    let inner = SLOPE * x * mul_add::<FMA>(0.044_715 * x, x, 1.0);
    // 1 + tanh(y) is 2 * sigmoid(2 y).
    x / (1.0 + exp::<FMA>(-2.0 * inner))
}

#[inline(always)]
fn clamped_swiglu<const FMA: bool>(gate: f32, value: f32) -> f32 {
    const LIMIT: f32 = 7.0;
    const SLOPE: f32 = 1.702;
    let gate = if gate < LIMIT { gate } else { LIMIT };
    let value = if value < LIMIT { value } else { LIMIT };
    let value = if value > -LIMIT { value } else { -LIMIT };
    gate / (1.0 + exp::<FMA>(-SLOPE * gate)) * (value + 1.0)
}

per_isa! {
    /// Caps the size of numbers softly: limit * tanh(x / limit), in place.
    pub fn soft_cap(x: &mut [f32], limit: f32) = soft_cap_body
}

/// See [`soft_cap`].
#[inline(always)]
pub(super) fn soft_cap_body<const FMA: bool>(x: &mut [f32], limit: f32) {
    for x in x {
        // tanh(y) is 1 - 2 / (e^2y + 1).
        *x = limit - 2.0 * limit / (exp::<FMA>(2.0 / limit * *x) + 1.0);
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

/// Scores so far below the largest one have the probability zero. Numbers that are nearly zero
/// would take the processor many times as long.
const LEAST_SCORE: f32 = -75.0;

/// The probability of a score so far below the largest one, before it is divided by the sum.
#[inline(always)]
fn weight<const FMA: bool>(score: f32) -> f32 {
    let weight = exp::<FMA>(score);
    if score < LEAST_SCORE { 0.0 } else { weight }
}

/// Turns scores into probabilities in place. `sink` is one more score, whose probability is left
/// out; minus infinity for none.
#[inline(always)]
pub(super) fn softmax_body<const FMA: bool>(x: &mut [f32], sink: f32) {
    let top = largest(x);
    let top = if sink > top { sink } else { top };
    let mut lanes = [0f32; LANES];
    let (chunks, rest) = x.as_chunks_mut::<LANES>();
    for chunk in chunks {
        for (lane, v) in lanes.iter_mut().zip(chunk) {
            *v = weight::<FMA>(*v - top);
            *lane += *v;
        }
    }
    let mut sum: f32 = lanes.iter().sum();
    for v in rest {
        *v = weight::<FMA>(*v - top);
        sum += *v;
    }
    if sink > f32::NEG_INFINITY {
        sum += weight::<FMA>(sink - top);
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
                    Isa::Portable => softmax_body::<false>(&mut p, f32::NEG_INFINITY),
                    _ => softmax_body::<true>(&mut p, f32::NEG_INFINITY),
                }
                for (p, x) in p.iter().zip(&x) {
                    assert!((f64::from(*p) - f64::from(*x).exp() / sum).abs() < 1e-6);
                }
                // Scores far below the largest one give no subnormal numbers, which are slow.
                let mut p: Vec<f32> = (0..len).map(|i| -(i as f32) / 3.0).collect();
                softmax_body::<false>(&mut p, f32::NEG_INFINITY);
                assert!(p.iter().all(|p| !p.is_subnormal()));
            }
        }
    }

    #[test]
    fn activations_agree_with_f64() {
        let x: Vec<f32> = (-300..300).map(|i| i as f32 / 20.0).collect();
        let want = |activation, g: f64, v: f64| match activation {
            Activation::Silu => g / (1.0 + (-g).exp()) * v,
            Activation::Gelu => {
                let inner = (2.0 / std::f64::consts::PI).sqrt() * (g + 0.044_715 * g.powi(3));
                0.5 * g * (1.0 + inner.tanh()) * v
            }
            Activation::ClampedSwiglu => {
                let (g, v) = (g.min(7.0), v.clamp(-7.0, 7.0));
                g / (1.0 + (-1.702 * g).exp()) * (v + 1.0)
            }
        };
        for isa in Isa::available() {
            for activation in [
                Activation::Silu,
                Activation::Gelu,
                Activation::ClampedSwiglu,
            ] {
                let mut out = vec![f32::NAN; x.len() / 2];
                gate(isa, activation, &x, 100, &mut out);
                for (i, got) in out.iter().enumerate() {
                    let at = i / 100 * 200 + i % 100;
                    let want = want(activation, f64::from(x[at]), f64::from(x[at + 100]));
                    let error = (f64::from(*got) - want).abs();
                    assert!(error < 1e-5 * want.abs().max(1.0), "{activation:?} {i}");
                }
            }
        }
    }

    #[test]
    fn layer_norm_and_soft_cap_agree_with_f64() {
        let x: Vec<f32> = (0..60)
            .map(|i| ((i * 37 % 41) as f32 - 20.0) / 3.0)
            .collect();
        let weight: Vec<f32> = (0..20).map(|i| 1.0 + i as f32 / 10.0).collect();
        for isa in Isa::available() {
            for bias in [vec![], vec![0.5; 20]] {
                let mut out = vec![f32::NAN; 60];
                layer_norm(isa, &x, &weight, &bias, 1e-5, &mut out);
                for (x, out) in x.chunks(20).zip(out.chunks(20)) {
                    let mean = x.iter().map(|v| f64::from(*v)).sum::<f64>() / 20.0;
                    let variance = x.iter().map(|v| (f64::from(*v) - mean).powi(2));
                    let scale = 1.0 / (variance.sum::<f64>() / 20.0 + 1e-5).sqrt();
                    for i in 0..20 {
                        let added = bias.first().map_or(0.0, |b| f64::from(*b));
                        let want = (f64::from(x[i]) - mean) * scale * f64::from(weight[i]) + added;
                        assert!((f64::from(out[i]) - want).abs() < 1e-5);
                    }
                }
            }
            let mut capped = x.clone();
            soft_cap(isa, &mut capped, 5.0);
            for (got, x) in capped.iter().zip(&x) {
                let want = 5.0 * (f64::from(*x) / 5.0).tanh();
                assert!((f64::from(*got) - want).abs() < 1e-5);
            }
        }
    }
}
