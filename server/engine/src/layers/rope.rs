//! Rotary position embedding (arXiv 2104.09864), with tables in f32 from angles in f64.
//!
//! Linear scaling slows all frequencies; Llama 3's (`rope_type: llama3`) and YaRN's (arXiv
//! 2309.00071) slow the low ones; LongRoPE's (arXiv 2402.13753) has a divisor for each, and others
//! for short contexts. A GGUF may contain the divisors itself (`rope_freqs.weight`). YaRN and
//! LongRoPE also lengthen the rotated heads, by the attention factor. The model families refuse
//! other kinds of scaling.

use super::Device;
use kernels::elementwise;

/// How frequencies differ from plain RoPE.
#[derive(Clone, Debug, PartialEq)]
pub enum Scaling {
    /// Not at all.
    None,
    /// Every frequency is divided by the factor.
    Linear(f32),
    /// Llama 3's: see [`Rope::new`].
    Llama3 {
        factor: f32,
        low: f32,
        high: f32,
        original: f32,
    },
    /// The file gives a divisor for each frequency.
    Divisors(Vec<f32>),
    /// YaRN's.
    Yarn(Yarn),
    /// LongRoPE's.
    LongRope(LongRope),
}

/// YaRN: frequencies that turn often within the original context are kept, those that turn seldom
/// are divided, and those between are interpolated by their number.
#[derive(Clone, Debug, PartialEq)]
pub struct Yarn {
    pub factor: f32,
    /// Positions that the model was first trained on.
    pub original: f32,
    /// Turns from which on a frequency is kept.
    pub beta_fast: f32,
    /// Turns up to which it is divided by the whole factor.
    pub beta_slow: f32,
    /// Whether the interpolation begins and ends at whole numbers of frequencies.
    pub truncate: bool,
    /// What cosines and sines are multiplied with.
    pub attention_factor: f32,
}

/// LongRoPE: a divisor for each frequency, in contexts longer than the original one and in others.
#[derive(Clone, Debug, PartialEq)]
pub struct LongRope {
    pub short: Vec<f32>,
    pub long: Vec<f32>,
    /// Positions that the model was first trained on.
    pub original: usize,
    /// What cosines and sines are multiplied with.
    pub attention_factor: f32,
}

impl Yarn {
    /// The attention factor of YaRN's paper: a tenth of the factor's logarithm, times `times`, more
    /// than 1.
    pub fn attention_factor(factor: f32, times: f32) -> f32 {
        if factor <= 1.0 {
            1.0
        } else {
            0.1 * times * factor.ln() + 1.0
        }
    }

    /// The divisor of the `i`-th frequency.
    fn divisor(&self, i: usize, head_dim: usize, theta: f32) -> f64 {
        let base = f64::from(theta).ln();
        // The number of the frequency that makes so many turns.
        let at = |turns: f32| {
            let positions = f64::from(self.original / turns) / std::f64::consts::TAU;
            head_dim as f64 * positions.ln() / (2.0 * base)
        };
        let (mut low, mut high) = (at(self.beta_fast), at(self.beta_slow));
        if self.truncate {
            (low, high) = (low.floor(), high.ceil());
        }
        let (low, high) = (low.max(0.0), high.min(head_dim as f64 - 1.0));
        let divided = ((i as f64 - low) / (high - low).max(0.001)).clamp(0.0, 1.0);
        1.0 / (1.0 - divided + divided / f64::from(self.factor))
    }
}

/// Cosines and sines of all positions.
pub struct Rope {
    cos: Vec<f32>,
    sin: Vec<f32>,
    half: usize,
    interleaved: bool,
}

impl Rope {
    /// Tables for `positions` positions of heads of `head_dim`. `interleaved` pairs neighbours (2i,
    /// 2i + 1), as the rows of a Llama GGUF are ordered, instead of halves (i, i + head_dim / 2).
    pub fn new(
        head_dim: usize,
        positions: usize,
        theta: f32,
        scaling: &Scaling,
        interleaved: bool,
    ) -> Rope {
        let half = head_dim / 2;
        let frequency = |i: usize| {
            let plain = f64::from(theta).powf(-2.0 * i as f64 / head_dim as f64);
            plain / scaling.divisor(i, [head_dim, positions], theta)
        };
        let frequencies: Vec<f64> = (0..half).map(frequency).collect();
        let length = f64::from(scaling.attention_factor());
        let angles = (0..positions).flat_map(|p| frequencies.iter().map(move |f| p as f64 * f));
        let (cos, sin) = angles
            .map(|a| ((a.cos() * length) as f32, (a.sin() * length) as f32))
            .unzip();
        Rope {
            cos,
            sin,
            half,
            interleaved,
        }
    }

    /// Cosines and sines of all positions, in rows of this length, and whether neighbours are
    /// paired.
    pub fn tables(&self) -> (&[f32], &[f32], usize, bool) {
        (&self.cos, &self.sin, self.half, self.interleaved)
    }

    /// Rotates one head to `position`.
    pub fn forward(&self, device: &Device, head: &mut [f32], position: usize) {
        let at = position * self.half..(position + 1) * self.half;
        elementwise::rotate(
            device.isa,
            head,
            &self.cos[at.clone()],
            &self.sin[at],
            self.interleaved,
        );
    }
}

impl Scaling {
    /// The scaling of a file that gives a divisor for each frequency; a linear factor applies as
    /// well.
    pub fn with_divisors(&self, mut divisors: Vec<f32>) -> Scaling {
        if let Scaling::Linear(factor) = self {
            divisors.iter_mut().for_each(|divisor| *divisor *= factor);
        }
        Scaling::Divisors(divisors)
    }

    /// The divisor of each frequency of a head where that is all there is to it; `None` for plain
    /// RoPE, YaRN and LongRoPE.
    pub fn divisors(&self, head_dim: usize, theta: f32) -> Option<Vec<f32>> {
        match self {
            Scaling::None | Scaling::Yarn(_) | Scaling::LongRope(_) => None,
            _ => Some(
                (0..head_dim / 2)
                    .map(|i| self.divisor(i, [head_dim, 0], theta) as f32)
                    .collect(),
            ),
        }
    }

    /// What cosines and sines are multiplied with.
    pub fn attention_factor(&self) -> f32 {
        match self {
            Scaling::Yarn(yarn) => yarn.attention_factor,
            Scaling::LongRope(long_rope) => long_rope.attention_factor,
            _ => 1.0,
        }
    }

    /// The divisor of the `i`-th frequency, for heads of a width in a context of a length.
    fn divisor(&self, i: usize, [head_dim, positions]: [usize; 2], theta: f32) -> f64 {
        match self {
            Scaling::None => 1.0,
            Scaling::Linear(factor) => f64::from(*factor),
            Scaling::Divisors(divisors) => divisors.get(i).map_or(1.0, |&d| f64::from(d)),
            Scaling::Yarn(yarn) => yarn.divisor(i, head_dim, theta),
            Scaling::LongRope(long_rope) => {
                let is_long = positions > long_rope.original;
                let divisors = match is_long {
                    true => &long_rope.long,
                    false => &long_rope.short,
                };
                divisors.get(i).map_or(1.0, |&d| f64::from(d))
            }
            Scaling::Llama3 {
                factor,
                low,
                high,
                original,
            } => {
                let frequency = f64::from(theta).powf(-2.0 * i as f64 / head_dim as f64);
                let (factor, low, high) = (f64::from(*factor), f64::from(*low), f64::from(*high));
                let turns = f64::from(*original) * frequency / std::f64::consts::TAU;
                // Fast frequencies are kept, slow ones are divided, those between are interpolated.
                let fast = ((turns - low) / (high - low)).clamp(0.0, 1.0);
                1.0 / (fast + (1.0 - fast) / factor)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yarn(truncate: bool) -> Scaling {
        Scaling::Yarn(Yarn {
            factor: 4.0,
            original: 32768.0,
            beta_fast: 32.0,
            beta_slow: 1.0,
            truncate,
            attention_factor: Yarn::attention_factor(4.0, 1.0),
        })
    }

    #[test]
    fn yarn_keeps_fast_frequencies_and_divides_slow_ones() {
        // Qwen2.5: heads of 128, theta 1,000,000. Frequency 23 makes 36 turns and 24 makes 29; 39
        // makes 1.15 and 40 makes 0.93: so the interpolation goes from 23 to 40.
        let divisors: Vec<f64> = (0..64)
            .map(|i| yarn(true).divisor(i, [128, 0], 1e6))
            .collect();
        assert!(divisors[..=23].iter().all(|divisor| *divisor == 1.0));
        assert!(divisors[40..].iter().all(|divisor| *divisor == 4.0));
        let between = 1.0 / (1.0 - 7.0 / 17.0 * 0.75);
        assert!((divisors[30] - between).abs() < 1e-9, "{}", divisors[30]);
        let exact = yarn(false).divisor(30, [128, 0], 1e6);
        assert!(exact != divisors[30] && exact > 1.0 && exact < 4.0);
    }

    #[test]
    fn yarn_lengthens_what_is_rotated() {
        let rope = Rope::new(4, 2, 1e4, &yarn(true), false);
        let factor = 1.138_629_4;
        assert!((rope.cos[0] - factor).abs() < 1e-6);
        assert!((rope.sin[2] - factor * 1f32.sin()).abs() < 1e-6);
        assert_eq!(Yarn::attention_factor(1.0, 1.0), 1.0);
    }

    #[test]
    fn long_contexts_have_divisors_of_their_own() {
        let scaling = Scaling::LongRope(LongRope {
            short: vec![1.0, 2.0],
            long: vec![3.0, 4.0],
            original: 8,
            attention_factor: 1.5,
        });
        let divisors = |positions| [0, 1].map(|i| scaling.divisor(i, [4, positions], 1e4));
        assert_eq!((divisors(8), divisors(9)), ([1.0, 2.0], [3.0, 4.0]));
        let rope = Rope::new(4, 9, 1e4, &scaling, false);
        assert!((rope.cos[2] - 1.5 * (1f32 / 3.0).cos()).abs() < 1e-6);
    }
}
