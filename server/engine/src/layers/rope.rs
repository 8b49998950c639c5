//! Rotary position embedding (arXiv 2104.09864), with tables in f32 from angles in f64.
//!
//! Llama 3's scaling (`rope_type: llama3`) slows the low frequencies; linear scaling slows all. A
//! GGUF may contain the divisor of each frequency itself (`rope_freqs.weight`). The model families
//! refuse other kinds of scaling.

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
            plain / scaling.divisor(i, plain)
        };
        let frequencies: Vec<f64> = (0..half).map(frequency).collect();
        let angles = (0..positions).flat_map(|p| frequencies.iter().map(move |f| p as f64 * f));
        let (cos, sin) = angles.map(|a| (a.cos() as f32, a.sin() as f32)).unzip();
        Rope {
            cos,
            sin,
            half,
            interleaved,
        }
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

    /// The divisor of each frequency of a head; `None` for plain RoPE.
    pub fn divisors(&self, head_dim: usize, theta: f32) -> Option<Vec<f32>> {
        let frequency = |i: usize| f64::from(theta).powf(-2.0 * i as f64 / head_dim as f64);
        let divisors = || {
            (0..head_dim / 2)
                .map(|i| self.divisor(i, frequency(i)) as f32)
                .collect()
        };
        (*self != Scaling::None).then(divisors)
    }

    /// The divisor of the `i`-th frequency.
    fn divisor(&self, i: usize, frequency: f64) -> f64 {
        match self {
            Scaling::None => 1.0,
            Scaling::Linear(factor) => f64::from(*factor),
            Scaling::Divisors(divisors) => divisors.get(i).map_or(1.0, |&d| f64::from(d)),
            Scaling::Llama3 {
                factor,
                low,
                high,
                original,
            } => {
                let (factor, low, high) = (f64::from(*factor), f64::from(*low), f64::from(*high));
                let turns = f64::from(*original) * frequency / std::f64::consts::TAU;
                // Fast frequencies are kept, slow ones are divided, those between are interpolated.
                let fast = ((turns - low) / (high - low)).clamp(0.0, 1.0);
                1.0 / (fast + (1.0 - fast) / factor)
            }
        }
    }
}
