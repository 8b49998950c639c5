//! How much each value of a series follows the one before it, and what that does to tests.
//!
//! Values that follow each other wander: they rise, fall and stay away from their mean for a while,
//! and nothing happened. The tests compare with such series: autoregressive ones of first order
//! that have the same dependence. Nothing here knows periods or measures.

use super::random::SeededRandom;
use super::{autocorrelation, mean};

/// More dependence than this cannot be distinguished from a walk that never returns.
const MAX_DEPENDENCE: f64 = 0.98;
/// In standard errors; independent values have more one time in twenty.
const SURE: f64 = 1.645;
/// As many values go before an imitated series, so that its start is like the rest.
const BEFORE: usize = 40;

/// The dependence of a value on the one before: 0 for independent ones, [`MAX_DEPENDENCE`] for a
/// walk.
///
/// `remainder` is what a fit of `parameters` numbers left. A fit follows the series, so what it
/// leaves is less dependent than the series: the estimate is corrected for that (Marriott and Pope,
/// 1954). What independent values have by chance, one time in twenty, counts as none.
pub(crate) fn estimate(remainder: &[f64], parameters: usize) -> f64 {
    let count = remainder.len() as f64;
    let found = autocorrelation(remainder, 1) * count;
    let parameters = parameters as f64;
    let corrected = (found + parameters) / (count - parameters - 2.0).max(2.0);
    if corrected <= SURE / count.sqrt() {
        0.0
    } else {
        corrected.min(MAX_DEPENDENCE)
    }
}

/// By how much the dependence widens the variance of a weighted sum of values. The weights are
/// those of a mean, or of a slope.
fn inflation(dependence: f64, weights: &[f64]) -> f64 {
    const LEAST: f64 = 1e-4;
    let own: f64 = weights.iter().map(|weight| weight * weight).sum();
    let (mut sum, mut power) = (own, dependence);
    for lag in 1..weights.len() {
        if power < LEAST || own <= 0.0 {
            break;
        }
        let pairs = weights.iter().zip(&weights[lag..]);
        sum += 2.0 * power * pairs.map(|(a, b)| a * b).sum::<f64>();
        power *= dependence;
    }
    if own > 0.0 { (sum / own).max(1.0) } else { 1.0 }
}

/// By how much the dependence widens the variance of the mean of so many values.
pub(crate) fn mean_inflation(dependence: f64, count: usize) -> f64 {
    inflation(dependence, &vec![1.0; count])
}

/// By how much the dependence widens the variance of the slope of so many values.
pub(crate) fn slope_inflation(dependence: f64, count: usize) -> f64 {
    let middle = (count as f64 - 1.0) / 2.0;
    let weights: Vec<f64> = (0..count).map(|at| at as f64 - middle).collect();
    inflation(dependence, &weights)
}

/// Makes series that have the values of another one in random order, and a dependence: without
/// one they are its permutations.
pub(crate) struct Imitations {
    values: Vec<f64>,
    dependence: f64,
    random: SeededRandom,
}

impl Imitations {
    pub(crate) fn new(values: &[f64], dependence: f64, seed: u64) -> Self {
        let center = mean(values);
        Self {
            values: values.iter().map(|value| value - center).collect(),
            dependence,
            random: SeededRandom::new(seed),
        }
    }

    /// The next series.
    pub(crate) fn next(&mut self) -> Vec<f64> {
        self.random.shuffle(&mut self.values);
        let mut last = 0.0;
        if self.dependence > 0.0 {
            for _ in 0..BEFORE.min(self.values.len()) {
                let at = self.random.below(self.values.len());
                last = self.dependence * last + self.values[at];
            }
        }
        let mut step = |value: &f64| {
            last = self.dependence * last + value;
            last
        };
        self.values.iter().map(&mut step).collect()
    }

    /// How likely such a series has a statistic of this size, of so many imitations.
    pub(crate) fn p(&mut self, count: usize, found: f64, statistic: &dyn Fn(&[f64]) -> f64) -> f64 {
        let as_large = (0..count)
            .filter(|_| statistic(&self.next()) >= found)
            .count();
        (1 + as_large) as f64 / (1 + count) as f64
    }
}
