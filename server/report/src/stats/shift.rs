//! Level shifts: the place from which on a series is higher or lower than before.
//!
//! Binary segmentation: the best split of a series in two, then of its parts. A split is taken if
//! it lowers the Bayesian information criterion, and its p-value compares it with the best split of
//! seeded series of the same dependence.

use super::dependence::Imitations;
use super::{mean, squares};

const PERMUTATIONS: usize = 999;
/// The least number of values on each side of a split.
const MIN_SIDE: usize = 4;
/// A series is split into this many parts at most.
const MAX_PARTS: usize = 4;

/// A place where the level changes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shift {
    /// The index of the first value at the new level.
    pub(crate) at: usize,
    /// The part of the series that the split was found in: from, to (exclusive).
    pub(crate) part: (usize, usize),
    pub(crate) before: f64,
    pub(crate) after: f64,
    pub(crate) p: f64,
    /// The difference in standard deviations within the two sides.
    pub(crate) effect: f64,
}

/// The split with the largest statistic: its index, and the statistic (two-sample t).
pub(crate) fn best_split(values: &[f64]) -> Option<(usize, f64)> {
    let side = MIN_SIDE.max(values.len() / 20);
    if values.len() < 2 * side {
        return None;
    }
    let center = mean(values);
    let total = squares(values);
    let count = values.len() as f64;
    let (mut sum, mut best) = (0.0, None::<(usize, f64)>);
    for (index, value) in values.iter().enumerate() {
        sum += value - center;
        let at = index + 1;
        if at < side || values.len() - at < side {
            continue;
        }
        let (left, right) = (at as f64, count - at as f64);
        let between = sum * sum * count / (left * right);
        let within = (total - between).max(total * 1e-12);
        let statistic = (between / (within / (count - 2.0))).sqrt();
        if best.is_none_or(|(_, largest)| statistic > largest) {
            best = Some((at, statistic));
        }
    }
    best.filter(|(_, statistic)| *statistic > 0.0)
}

/// The Bayesian information criterion of a fit with `parameters` to `count` values.
pub(crate) fn information(squares: f64, count: usize, parameters: f64) -> f64 {
    let count = count as f64;
    count * (squares / count).max(f64::MIN_POSITIVE).ln() + parameters * count.ln()
}

/// Tests the best split of a part of the series.
fn test(
    values: &[f64],
    part: (usize, usize),
    dependence: f64,
    by_chance: &dyn Fn(&[f64]) -> f64,
    seed: u64,
) -> Option<Shift> {
    let inside = &values[part.0..part.1];
    let (at, statistic) = best_split(inside)?;
    let (left, right) = inside.split_at(at);
    let (before, after) = (mean(left), mean(right));
    let rest: Vec<f64> = left
        .iter()
        .map(|value| value - before)
        .chain(right.iter().map(|value| value - after))
        .collect();
    let spread = (squares(&rest) / (rest.len() as f64 - 2.0)).sqrt();
    Some(Shift {
        at: part.0 + at,
        part,
        before,
        after,
        p: Imitations::new(inside, dependence, seed).p(PERMUTATIONS, statistic, by_chance),
        effect: (after - before) / spread.max(f64::MIN_POSITIVE),
    })
}

/// Whether the split lowers the criterion; a place counts as two parameters.
fn is_better(values: &[f64], shift: &Shift) -> bool {
    let inside = &values[shift.part.0..shift.part.1];
    let (left, right) = inside.split_at(shift.at - shift.part.0);
    let split = information(squares(left) + squares(right), inside.len(), 4.0);
    split < information(squares(inside), inside.len(), 1.0)
}

/// The statistic of the best split; 0 if there is none.
pub(crate) fn largest(values: &[f64]) -> f64 {
    best_split(values).map_or(0.0, |(_, statistic)| statistic)
}

/// All splits that lower the criterion, the first one first. Empty below 8 values. `by_chance` is
/// the statistic of the first split of a series: what was done to these values is done to it too.
pub(crate) fn segment(
    values: &[f64],
    dependence: f64,
    by_chance: &dyn Fn(&[f64]) -> f64,
    seed: u64,
) -> Vec<Shift> {
    let mut parts = vec![(0, values.len())];
    let mut shifts = Vec::new();
    while let Some(part) = parts.pop() {
        if part.1 - part.0 < 8 || shifts.len() + 1 >= MAX_PARTS {
            continue;
        }
        let is_whole = part == (0, values.len());
        let statistic = if is_whole { by_chance } else { &largest };
        let Some(shift) = test(values, part, dependence, statistic, seed) else {
            continue;
        };
        // A split of a part was looked for because of another one: it has to be surer.
        let limit = if shifts.is_empty() { 0.05 } else { 0.01 };
        if is_better(values, &shift) && shift.p <= limit {
            parts.insert(0, (part.0, shift.at));
            parts.insert(0, (shift.at, part.1));
            shifts.push(shift);
        }
    }
    shifts
}

/// The p-value and place of the best split of the whole series, whether or not it is taken.
pub(crate) fn first(values: &[f64], dependence: f64, seed: u64) -> Option<Shift> {
    if values.len() < 8 {
        return None;
    }
    test(values, (0, values.len()), dependence, &largest, seed)
}
