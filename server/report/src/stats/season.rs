//! Seasons: whether a series repeats itself after a fixed number of steps.
//!
//! A moving average of one cycle is taken away. The statistic is the share of what is left that the
//! means of the phases explain; the autocorrelation at that length must be positive too.
//! The p-value comes from seeded series of the same dependence, treated in the same way.

use super::dependence::Imitations;
use super::{autocorrelation, mean, squares};

const PERMUTATIONS: usize = 999;

/// A season that was tested.
#[derive(Clone, Debug)]
pub(crate) struct Season {
    /// Steps in a cycle.
    pub(crate) length: usize,
    pub(crate) p: f64,
    /// The share of the variance, less the moving average, that the phases explain: 0 to 1.
    pub(crate) strength: f64,
    /// For each phase the mean deviation from the moving average; phase 0 is the first value's.
    pub(crate) phases: Vec<f64>,
}

impl Season {
    /// The distance between the highest and the lowest phase.
    pub(crate) fn height(&self) -> f64 {
        let phases = self.phases.iter().copied();
        phases.clone().fold(0.0, f64::max) - phases.fold(0.0, f64::min)
    }
}

/// The values less a centred moving average of one cycle; at the ends the nearest full one.
pub(crate) fn without_average(values: &[f64], length: usize) -> Vec<f64> {
    let mut sums = vec![0.0];
    for value in values {
        sums.push(sums[sums.len() - 1] + value);
    }
    let last = values.len().saturating_sub(length);
    let places = values.iter().enumerate();
    let average = |at: usize| {
        let start = at.saturating_sub(length / 2).min(last);
        (sums[(start + length).min(values.len())] - sums[start]) / length as f64
    };
    places.map(|(at, value)| value - average(at)).collect()
}

fn phase_means(values: &[f64], length: usize) -> Vec<f64> {
    let phase =
        |phase: usize| -> Vec<f64> { values.iter().skip(phase).step_by(length).copied().collect() };
    let means: Vec<f64> = (0..length).map(|at| mean(&phase(at))).collect();
    let center = mean(&means);
    means.into_iter().map(|mean| mean - center).collect()
}

/// The season with phases that single wild values do not move: the medians of each phase.
pub(crate) fn with_median_phases(mut season: Season, values: &[f64]) -> Season {
    let detrended = without_average(values, season.length);
    let phase = |at: usize| -> Vec<f64> {
        detrended
            .iter()
            .skip(at)
            .step_by(season.length)
            .copied()
            .collect()
    };
    let medians: Vec<f64> = (0..season.length)
        .map(|at| super::order::median(&phase(at)))
        .collect();
    let center = mean(&medians);
    season.phases = medians.into_iter().map(|median| median - center).collect();
    season
}

/// The series less its phases, where the phase of each value is the median of the other cycles.
pub(crate) fn without_others(values: &[f64], season: &Season) -> Vec<f64> {
    let detrended = without_average(values, season.length);
    let others = |at: usize| -> Vec<f64> {
        let same = (at % season.length..values.len()).step_by(season.length);
        same.filter(|one| *one != at)
            .map(|one| detrended[one])
            .collect()
    };
    let places = values.iter().enumerate();
    places
        .map(|(at, value)| value - super::order::median(&others(at)))
        .collect()
}

/// Takes the phases off a series.
pub(crate) fn without_season(values: &[f64], season: &Season) -> Vec<f64> {
    let places = values.iter().enumerate();
    places
        .map(|(at, value)| value - season.phases[at % season.length])
        .collect()
}

fn is_long_enough(values: &[f64], length: usize) -> bool {
    length >= 2 && values.len() >= (2 * length).max(8)
}

/// The values less the mean of each phase of a cycle; `None` for less than two full cycles.
pub(crate) fn without_phases(values: &[f64], length: usize) -> Option<Vec<f64>> {
    if !is_long_enough(values, length) {
        return None;
    }
    let phases = phase_means(&without_average(values, length), length);
    let places = values.iter().enumerate();
    Some(
        places
            .map(|(at, value)| value - phases[at % length])
            .collect(),
    )
}

/// Tests for a cycle of `length` steps in values of some dependence. `None` if there are less than
/// two full cycles or 8 values, or if nothing varies.
pub(crate) fn test(values: &[f64], length: usize, dependence: f64, seed: u64) -> Option<Season> {
    if !is_long_enough(values, length) {
        return None;
    }
    let detrended = without_average(values, length);
    let total = squares(&detrended);
    if total <= f64::EPSILON * squares(values).max(f64::MIN_POSITIVE) {
        return None;
    }
    let phases = phase_means(&detrended, length);
    let found = explained(&detrended, &phases);
    let by_chance = |series: &[f64]| {
        let detrended = without_average(series, length);
        explained(&detrended, &phase_means(&detrended, length))
    };
    let mut imitations = Imitations::new(values, dependence, seed ^ length as u64);
    let p = imitations.p(PERMUTATIONS, found, &by_chance);
    let repeats = autocorrelation(&detrended, length) > 0.0;
    // As many phases as half the values explain half of noise: the share is corrected for that.
    let (count, free) = (values.len() as f64, (values.len() - length) as f64);
    let strength = 1.0 - (1.0 - found) * (count - 1.0) / free.max(1.0);
    Some(Season {
        length,
        p: if repeats { p } else { 1.0 },
        strength: strength.max(0.0),
        phases,
    })
}

/// The share of the squares that the phases explain.
fn explained(values: &[f64], phases: &[f64]) -> f64 {
    let total = squares(values);
    let places = values.iter().enumerate();
    let rest: Vec<f64> = places
        .map(|(at, value)| value - phases[at % phases.len()])
        .collect();
    if total > 0.0 {
        1.0 - squares(&rest) / total
    } else {
        0.0
    }
}
