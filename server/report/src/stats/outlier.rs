//! Values that do not fit the rest: the distance from the median in robust standard deviations.
//!
//! Hampel's identifier on the remainder of a series. The deviation is itself estimated from few
//! values, so tails are those of Student's t with the efficiency of the median absolute deviation.

use super::distribution::student_tail;
use super::order::{median, robust_deviation};

/// The median absolute deviation uses this share of what the values tell.
const EFFICIENCY: f64 = 0.37;
/// Nearer than this is never an outlier, whatever the p-value.
pub(crate) const MIN_DISTANCE: f64 = 5.0;

/// A value that does not fit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outlier {
    pub(crate) at: usize,
    /// In robust standard deviations, with its sign.
    pub(crate) distance: f64,
    /// Corrected for the number of values.
    pub(crate) p: f64,
}

/// The distance of every value from the median, in robust standard deviations; all 0 where half
/// of the values are equal.
pub(crate) fn distances(values: &[f64]) -> Vec<f64> {
    let center = median(values);
    let deviation = robust_deviation(values);
    let is_flat = deviation <= center.abs() * 1e-9 || deviation <= f64::MIN_POSITIVE;
    let distance = |value: &f64| {
        if is_flat {
            0.0
        } else {
            (value - center) / deviation
        }
    };
    values.iter().map(distance).collect()
}

/// The value that fits least and those beyond [`MIN_DISTANCE`], the farthest first. `parameters` is
/// how many numbers the fit took from the values.
pub(crate) fn find(remainder: &[f64], parameters: usize) -> Vec<Outlier> {
    if remainder.len() < 8 {
        return Vec::new();
    }
    let count = remainder.len() as f64;
    let free = (EFFICIENCY * (count - parameters as f64 - 1.0)).max(1.0);
    let judge = |(at, distance): (usize, f64)| Outlier {
        at,
        distance,
        p: (count * student_tail(distance, free)).min(1.0),
    };
    let mut all: Vec<Outlier> = distances(remainder)
        .into_iter()
        .enumerate()
        .map(judge)
        .collect();
    all.sort_by(|a, b| b.distance.abs().total_cmp(&a.distance.abs()));
    let far = all
        .iter()
        .filter(|one| one.distance.abs() >= MIN_DISTANCE)
        .count();
    all.truncate(far.max(1));
    all
}

/// The values with everything beyond three robust deviations moved to that border, so that single
/// wild values do not decide about trends and shifts.
pub(crate) fn winsorized(values: &[f64]) -> Vec<f64> {
    let center = median(values);
    let border = 3.0 * robust_deviation(values);
    if border <= 0.0 {
        return values.to_vec();
    }
    values
        .iter()
        .map(|value| value.clamp(center - border, center + border))
        .collect()
}
