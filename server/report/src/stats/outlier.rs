//! Values that do not fit the rest: the distance from the median in robust standard deviations.
//!
//! Hampel's identifier on the remainder of a series. The deviation is itself estimated from few
//! values, so tails are those of Student's t with the efficiency of the median absolute deviation.

use super::distribution::student_tail;
use super::order::{median, quantile, robust_deviation};

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

/// The spread of one side of the median, in standard deviations: by the middle half and by the
/// middle four fifths, so that a long tail is as wide as it is.
fn side_spread(values: &[f64], center: f64, is_upper: bool) -> f64 {
    let places = [(0.25, 0.674_489_75), (0.4, 1.281_551_57)];
    let spread = |(share, deviations): (f64, f64)| {
        let place = if is_upper { 0.5 + share } else { 0.5 - share };
        (quantile(values, place) - center).abs() / deviations
    };
    places.into_iter().map(spread).fold(0.0, f64::max)
}

/// The distance of every value from the median, in robust standard deviations of its side; all 0
/// where half of the values are equal.
pub(crate) fn distances(values: &[f64]) -> Vec<f64> {
    let center = median(values);
    let deviation = robust_deviation(values);
    let is_flat = deviation <= center.abs() * 1e-9 || deviation <= f64::MIN_POSITIVE;
    let [low, high] = [false, true].map(|is_upper| side_spread(values, center, is_upper));
    let distance = |value: &f64| {
        if is_flat {
            0.0
        } else {
            let side = if *value > center { high } else { low };
            (value - center) / deviation.max(side)
        }
    };
    values.iter().map(distance).collect()
}

/// The distance that is nearer on both of two scales; 0 where they disagree on the side.
fn nearer(a: f64, b: f64) -> f64 {
    match (a * b > 0.0, a.abs() < b.abs()) {
        (false, _) => 0.0,
        (true, true) => a,
        (true, false) => b,
    }
}

/// The value that fits least and those beyond [`MIN_DISTANCE`], the farthest first. `factors` is
/// the remainder on the scale of logarithms, where there is one: sums of skewed amounts have a long
/// tail, and what does not fit must be far on both scales. `parameters` is how many numbers the fit
/// took from the values.
pub(crate) fn find(remainder: &[f64], factors: Option<&[f64]>, parameters: usize) -> Vec<Outlier> {
    if remainder.len() < 8 {
        return Vec::new();
    }
    let count = remainder.len() as f64;
    let mut distances = distances(remainder);
    if let Some(factors) = factors {
        let others = self::distances(factors);
        let both = distances.iter_mut().zip(others);
        both.for_each(|(one, other)| *one = nearer(*one, other));
    }
    let free = (EFFICIENCY * (count - parameters as f64 - 1.0)).max(1.0);
    let judge = |(at, distance): (usize, f64)| Outlier {
        at,
        distance,
        p: (count * student_tail(distance, free)).min(1.0),
    };
    let mut all: Vec<Outlier> = distances.into_iter().enumerate().map(judge).collect();
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
