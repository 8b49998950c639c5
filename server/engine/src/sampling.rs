//! Chooses the next token from logits: greedily, or at random with temperature, top-k and top-p,
//! with a seed.
//!
//! `generate` makes one [`Sampler`] per generation. The caller decides which tokens are allowed.

use crate::{GenerateOptions, RunError};

/// Tokens whose logit is further below the best than this many temperatures are never sampled: with
/// e^-30 of the best one's probability, even a whole vocabulary is below the resolution of
/// the random numbers.
const NEGLIGIBLE: f32 = 30.0;

/// The options of one generation and its random numbers.
pub struct Sampler {
    temperature: f32,
    top_k: usize,
    top_p: f32,
    random: u64,
}

impl Sampler {
    /// Checks the options.
    pub fn new(options: &GenerateOptions) -> Result<Sampler, RunError> {
        let GenerateOptions {
            temperature,
            top_k,
            top_p,
            seed,
            ..
        } = *options;
        if !(0.0..=100.0).contains(&temperature) {
            return Err(RunError::Options(format!(
                "a temperature of {temperature}, expected 0 to 100"
            )));
        }
        if !(top_p > 0.0 && top_p <= 1.0) {
            return Err(RunError::Options(format!(
                "a top_p of {top_p}, expected more than 0 and at most 1"
            )));
        }
        Ok(Sampler {
            temperature,
            top_k,
            top_p,
            random: seed,
        })
    }

    /// The next token among the allowed ones; `None` if none is allowed or no logit is a number.
    pub fn sample(&mut self, logits: &[f32], allowed: impl Fn(u32) -> bool) -> Option<u32> {
        let mut best: Option<(u32, f32)> = None;
        for (id, &logit) in logits.iter().enumerate() {
            // NaN compares false and is skipped.
            if logit > best.map_or(f32::NEG_INFINITY, |(_, top)| top) && allowed(id as u32) {
                best = Some((id as u32, logit));
            }
        }
        let (id, top) = best?;
        if self.temperature == 0.0 {
            Some(id)
        } else {
            self.draw(logits, top, allowed).or(Some(id))
        }
    }

    fn draw(&mut self, logits: &[f32], top: f32, allowed: impl Fn(u32) -> bool) -> Option<u32> {
        let least = top - NEGLIGIBLE * self.temperature;
        let mut candidates: Vec<(u32, f32)> = (0u32..)
            .zip(logits.iter().copied())
            .filter(|&(id, logit)| logit >= least && allowed(id))
            .map(|(id, logit)| (id, ((logit - top) / self.temperature).exp()))
            .collect();
        if self.top_k > 0 {
            likeliest(&mut candidates, self.top_k);
            candidates.truncate(self.top_k);
        }
        let mut kept: f32 = candidates.iter().map(|c| c.1).sum();
        if self.top_p < 1.0 {
            kept = nucleus(&mut candidates, self.top_p * kept);
        }
        let mut rest = self.uniform() * kept;
        for &(id, chance) in &candidates {
            rest -= chance;
            if rest < 0.0 {
                return Some(id);
            }
        }
        candidates.last().map(|c| c.0)
    }

    /// A number in [0, 1), by SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
    fn uniform(&mut self) -> f32 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1u64 << 24) as f32
    }
}

/// Sorts the `count` likeliest candidates to the front; the rest follows in any order.
fn likeliest(candidates: &mut [(u32, f32)], count: usize) {
    let order = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    let count = count.min(candidates.len());
    if count < candidates.len() {
        candidates.select_nth_unstable_by(count, order);
    }
    candidates[..count].sort_unstable_by(order);
}

/// Keeps the likeliest candidates that together reach `mass`, and gives their sum. Sorts only as
/// many as it takes.
fn nucleus(candidates: &mut Vec<(u32, f32)>, mass: f32) -> f32 {
    let mut sorted = 64;
    loop {
        likeliest(candidates, sorted);
        let mut sum = 0.0;
        let reached = candidates.iter().take(sorted).position(|c| {
            sum += c.1;
            sum >= mass
        });
        if reached.is_some() || sorted >= candidates.len() {
            candidates.truncate(reached.map_or(candidates.len(), |last| last + 1));
            return sum;
        }
        sorted *= 8;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn sampler(temperature: f32, top_k: usize, top_p: f32, seed: u64) -> Sampler {
        Sampler::new(&GenerateOptions {
            temperature,
            top_k,
            top_p,
            seed,
            ..Default::default()
        })
        .unwrap()
    }

    #[test]
    fn greedy_takes_the_best_allowed_token_and_skips_nan() {
        let logits = [1.0, f32::NAN, 3.0, 2.0];
        assert_eq!(sampler(0.0, 0, 1.0, 0).sample(&logits, |_| true), Some(2));
        assert_eq!(
            sampler(0.0, 0, 1.0, 0).sample(&logits, |id| id != 2),
            Some(3)
        );
        assert_eq!(sampler(0.0, 0, 1.0, 0).sample(&[f32::NAN], |_| true), None);
    }

    #[test]
    fn draws_follow_the_probabilities() {
        let probabilities: [f32; 3] = [0.6, 0.3, 0.1];
        let logits = probabilities.map(f32::ln);
        let mut sampler = sampler(1.0, 0, 1.0, 7);
        let mut counts = [0; 3];
        for _ in 0..20_000 {
            counts[sampler.sample(&logits, |_| true).unwrap() as usize] += 1;
        }
        for (count, p) in counts.iter().zip(probabilities) {
            assert!((*count as f32 / 20_000.0 - p).abs() < 0.02, "{counts:?}");
        }
    }

    #[test]
    fn top_k_and_top_p_cut_the_tail() {
        let logits = [0.6f32, 0.3, 0.1].map(f32::ln);
        let drawn = |mut s: Sampler| (0..500).filter_map(|_| s.sample(&logits, |_| true)).max();
        assert_eq!(drawn(sampler(1.0, 2, 1.0, 1)), Some(1));
        assert_eq!(drawn(sampler(1.0, 0, 0.85, 1)), Some(1));
        assert_eq!(drawn(sampler(1.0, 0, 0.5, 1)), Some(0));
        assert_eq!(drawn(sampler(1.0, 0, 1.0, 1)), Some(2));
    }

    #[test]
    fn the_seed_decides() {
        let logits = [0.0f32; 50];
        let drawn = |seed| {
            let mut s = sampler(1.0, 0, 1.0, seed);
            (0..20)
                .map(|_| s.sample(&logits, |_| true).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(drawn(3), drawn(3));
        assert_ne!(drawn(3), drawn(4));
    }

    #[test]
    fn senseless_options_are_refused() {
        for (temperature, top_p) in [
            (-1.0, 1.0),
            (f32::NAN, 1.0),
            (1.0, 0.0),
            (1.0, 1.5),
            (1.0, f32::NAN),
        ] {
            let options = GenerateOptions {
                temperature,
                top_p,
                ..Default::default()
            };
            assert!(Sampler::new(&options).is_err());
        }
    }
}
