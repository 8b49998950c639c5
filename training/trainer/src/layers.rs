//! The small parts of a transformer, forward and backward: RMSNorm, rotary positions, SwiGLU, cross
//! entropy.
//!
//! Every function works on whole batches of tokens, row by row; rows are as wide as the arguments
//! say. Backward functions are checked against finite differences in `network`'s tests.

/// e^x, to about 2e-7 of its value; 0 far below. Written so that the compiler makes vectors of it.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.0, 88.0);
    // 1.5 * 2^23: what is added to it is rounded to an integer, in the low bits.
    let magic = 12_582_912.0f32;
    let rounded = x * std::f32::consts::LOG2_E + magic;
    let power = rounded - magic;
    let rest = x - power * 0.693_359_4 - power * -2.121_944_4e-4;
    let mut sum = 1.987_569_2e-4f32;
    for term in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_6e-1, 5e-1] {
        sum = sum * rest + term;
    }
    let mantissa = sum * rest * rest + rest + 1.0;
    mantissa * f32::from_bits(rounded.to_bits().wrapping_add(127) << 23)
}

/// Sum of products, in sixteen lanes; of as many values as a multiple of sixteen.
#[inline(always)]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0f32; 16];
    for (a, b) in a.chunks_exact(16).zip(b.chunks_exact(16)) {
        for lane in 0..16 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    lanes.iter().sum()
}

/// The largest value, in sixteen lanes; the lowest there is where there are none.
#[inline(always)]
pub fn largest(values: &[f32]) -> f32 {
    let (mut lanes, pieces) = ([f32::MIN; 16], values.chunks_exact(16));
    let rest = pieces.remainder().iter().fold(f32::MIN, |top, value| top.max(*value));
    for piece in pieces {
        for lane in 0..16 {
            lanes[lane] = if piece[lane] > lanes[lane] { piece[lane] } else { lanes[lane] };
        }
    }
    lanes.into_iter().fold(rest, f32::max)
}

/// Each value becomes e^((value - top) * scale); returns their sum.
#[inline(always)]
pub fn exp_all(values: &mut [f32], top: f32, scale: f32) -> f32 {
    let (mut lanes, mut pieces) = ([0f32; 16], values.chunks_exact_mut(16));
    for piece in &mut pieces {
        for lane in 0..16 {
            piece[lane] = exp((piece[lane] - top) * scale);
            lanes[lane] += piece[lane];
        }
    }
    let mut sum: f32 = lanes.iter().sum();
    for value in pieces.into_remainder() {
        *value = exp((*value - top) * scale);
        sum += *value;
    }
    sum
}

/// to = from / rms(from) * weight, a row of `weight.len()` at a time.
pub fn rms_norm(from: &[f32], weight: &[f32], epsilon: f32, to: &mut [f32]) {
    let width = weight.len();
    for (from, to) in from.chunks_exact(width).zip(to.chunks_exact_mut(width)) {
        let scale = 1.0 / (dot(from, from) / width as f32 + epsilon).sqrt();
        for ((to, from), weight) in to.iter_mut().zip(from).zip(weight) {
            *to = from * scale * weight;
        }
    }
}

/// Adds to `d_from` and `d_weight` what `d_to` says of the norm's input and weight.
pub fn rms_norm_backward(
    from: &[f32],
    weight: &[f32],
    epsilon: f32,
    d_to: &[f32],
    d_from: &mut [f32],
    d_weight: &mut [f32],
) {
    let width = weight.len();
    let rows =
        from.chunks_exact(width).zip(d_to.chunks_exact(width)).zip(d_from.chunks_exact_mut(width));
    for ((from, d_to), d_from) in rows {
        let scale = 1.0 / (dot(from, from) / width as f32 + epsilon).sqrt();
        let mut lanes = [0f32; 16];
        for at in (0..width).step_by(16) {
            for lane in 0..16 {
                let i = at + lane;
                lanes[lane] += from[i] * weight[i] * d_to[i];
                d_weight[i] += from[i] * scale * d_to[i];
            }
        }
        let along = lanes.iter().sum::<f32>() * scale * scale * scale / width as f32;
        for i in 0..width {
            d_from[i] += weight[i] * d_to[i] * scale - from[i] * along;
        }
    }
}

/// Cosines and sines of the rotary positions 0 to `positions`: [positions][head / 2] each.
pub struct Rotary {
    pub cos: Vec<f32>,
    pub sin: Vec<f32>,
    half: usize,
}

impl Rotary {
    pub fn new(positions: usize, head: usize, theta: f64) -> Self {
        let half = head / 2;
        let angle = |i: usize| (i / half) as f64 / theta.powf((i % half) as f64 / half as f64);
        let table = |f: fn(f64) -> f64| (0..positions * half).map(|i| f(angle(i)) as f32).collect();
        Self { cos: table(f64::cos), sin: table(f64::sin), half }
    }

    /// Turns the first `heads` heads of a token's row; `back` undoes it, which is also its
    /// gradient.
    pub fn turn(&self, row: &mut [f32], heads: usize, position: usize, back: bool) {
        let half = self.half;
        let (cos, sin) =
            (&self.cos[position * half..][..half], &self.sin[position * half..][..half]);
        let sign = if back { -1.0 } else { 1.0 };
        for head in row[..heads * 2 * half].chunks_exact_mut(2 * half) {
            let (low, high) = head.split_at_mut(half);
            for i in 0..half {
                let (a, b, sin) = (low[i], high[i], sin[i] * sign);
                low[i] = a * cos[i] - b * sin;
                high[i] = b * cos[i] + a * sin;
            }
        }
    }
}

/// silu(gate) * up; `gate_up` has rows of 2 * `width`, the gate first.
pub fn swiglu(gate_up: &[f32], width: usize, to: &mut [f32]) {
    for (from, to) in gate_up.chunks_exact(2 * width).zip(to.chunks_exact_mut(width)) {
        let (gate, up) = from.split_at(width);
        for ((to, gate), up) in to.iter_mut().zip(gate).zip(up) {
            *to = gate / (1.0 + exp(-gate)) * up;
        }
    }
}

/// Writes into `d_gate_up` what `d_to` says of the gate and the upward part.
pub fn swiglu_backward(gate_up: &[f32], width: usize, d_to: &[f32], d_gate_up: &mut [f32]) {
    let rows = gate_up
        .chunks_exact(2 * width)
        .zip(d_to.chunks_exact(width))
        .zip(d_gate_up.chunks_exact_mut(2 * width));
    for ((from, d_to), d_from) in rows {
        let (gate, up) = from.split_at(width);
        let (d_gate, d_up) = d_from.split_at_mut(width);
        for i in 0..width {
            let sigmoid = 1.0 / (1.0 + exp(-gate[i]));
            let silu = gate[i] * sigmoid;
            d_up[i] = d_to[i] * silu;
            d_gate[i] = d_to[i] * up[i] * (sigmoid + silu * (1.0 - sigmoid));
        }
    }
}

/// Loss of one row of logits in nats; the logits become their gradient times `weight`.
pub fn cross_entropy(logits: &mut [f32], target: usize, weight: f32) -> f32 {
    let (top, at_target) = (largest(logits), logits[target]);
    let sum = exp_all(logits, top, 1.0);
    let scale = weight / sum;
    logits.iter_mut().for_each(|value| *value *= scale);
    logits[target] -= weight;
    sum.ln() + top - at_target
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_close() {
        for i in -2000..2000 {
            let x = i as f32 / 25.0;
            let (got, wanted) = (f64::from(exp(x)), f64::from(x).exp());
            assert!((got / wanted - 1.0).abs() < 1e-6, "{x}: {got} {wanted}");
        }
        assert!(exp(-1000.0) < 1e-37);
    }
}
