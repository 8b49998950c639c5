//! A steady rise or fall: the slope of Theil and Sen, and the test of Mann and Kendall.
//!
//! The slope is the median of the slopes between all pairs, so single wild values do not move it.
//! The test counts rising and falling pairs; the variance is corrected for ties, and for the
//! dependence of the values, which otherwise makes every random walk a trend.

use super::dependence::{self, mean_inflation, slope_inflation};
use super::distribution::{normal_tail, student_tail};
use super::order::median;
use super::{mean, squares};

/// Above this many values no slope is computed: the pairs would need too much memory.
pub(crate) const MAX_VALUES: usize = 1_500;

/// What the test says about a series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trend {
    /// Per step of the series.
    pub(crate) slope: f64,
    pub(crate) p: f64,
    /// Kendall's tau, -1 to 1.
    pub(crate) tau: f64,
}

/// The median of the slopes between all pairs; 0 for less than two values.
pub(crate) fn theil_sen(values: &[f64]) -> f64 {
    let mut slopes = Vec::with_capacity(values.len() * values.len() / 2);
    for (start, from) in values.iter().enumerate() {
        let later = values.iter().enumerate().skip(start + 1);
        slopes.extend(later.map(|(end, to)| (to - from) / (end - start) as f64));
    }
    median(&slopes)
}

/// The values less the line of the slope through the median.
pub(crate) fn without_trend(values: &[f64], slope: f64) -> Vec<f64> {
    let middle = (values.len().saturating_sub(1)) as f64 / 2.0;
    let places = values.iter().enumerate();
    places
        .map(|(at, value)| value - slope * (at as f64 - middle))
        .collect()
}

/// How often each value occurs more than once, as the sizes of the groups.
fn ties(values: &[f64]) -> Vec<f64> {
    let sorted = super::order::sorted(values);
    let groups = sorted
        .chunk_by(|a, b| a == b)
        .map(|group| group.len() as f64);
    groups.filter(|size| *size > 1.0).collect()
}

/// The p-value that the steps from each value to the next one go up and down alike on average, as
/// those of a walk do: a test that holds however far the values stray.
pub(crate) fn drift_p(values: &[f64]) -> f64 {
    let steps: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let count = steps.len() as f64;
    let inflation = mean_inflation(dependence::estimate(&steps, 1), steps.len());
    let error = (squares(&steps) / (count - 1.0).max(1.0) / count.max(1.0) * inflation).sqrt();
    if error <= 0.0 {
        return if mean(&steps) == 0.0 { 1.0 } else { 0.0 };
    }
    student_tail(mean(&steps) / error, (count / inflation - 1.0).max(1.0))
}

/// Tests a series for a trend; `dependence` is that of its values. `None` below 8 values, above
/// [`MAX_VALUES`], or if all are equal.
pub(crate) fn mann_kendall(values: &[f64], dependence: f64) -> Option<Trend> {
    if values.len() < 8 || values.len() > MAX_VALUES {
        return None;
    }
    let mut balance = 0.0;
    for (start, from) in values.iter().enumerate() {
        for to in &values[start + 1..] {
            balance += f64::from(i8::from(to > from) - i8::from(to < from));
        }
    }
    let count = values.len() as f64;
    let weight = |size: f64| size * (size - 1.0) * (2.0 * size + 5.0);
    let tied: f64 = ties(values).into_iter().map(weight).sum();
    let variance = (weight(count) - tied) / 18.0;
    if variance <= 0.0 {
        return None;
    }
    let slope = theil_sen(values);
    let inflation = slope_inflation(dependence, values.len());
    let z = (balance.abs() - 1.0).max(0.0) / (variance * inflation).sqrt();
    Some(Trend {
        slope,
        p: normal_tail(z),
        tau: balance / (count * (count - 1.0) / 2.0),
    })
}
