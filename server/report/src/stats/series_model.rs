//! One model of a series: season, then trend or level shift, then what is left.
//!
//! The season is taken off first, if there is one. Trend, shift, and both together are compared by
//! the Bayesian information criterion, so that a step is not called a trend, nor a trend a step.
//! Series that grow by factors are treated as logarithms.

use super::order::quantile;
use super::outlier::{self, Outlier};
use super::polynomial;
use super::season::{self, Season};
use super::shift::{self, Shift};
use super::trend::{self, Trend};
use super::{autocorrelation, mean, squares};

/// The largest p-value with which a season is taken off before anything else is tested.
const SEASON_P: f64 = 0.01;
/// The least strength of a season that is taken off.
const SEASON_STRENGTH: f64 = 0.15;

/// What the tests of a series say. Every part is there if it was tested, found or not.
#[derive(Clone, Debug, Default)]
pub(crate) struct SeriesModel {
    pub(crate) season: Option<Season>,
    pub(crate) trend: Option<Trend>,
    /// Whether the trend is part of the best model.
    pub(crate) has_trend: bool,
    /// Whether a smooth curve describes the series better than a line: it does not move steadily.
    pub(crate) is_curved: bool,
    pub(crate) shifts: Vec<Shift>,
    /// Whether there is a slope on both sides of the shifts, so that only values near them compare.
    pub(crate) is_sloped: bool,
    /// The p-value of the best split, if no shift is part of the best model.
    pub(crate) other_shift_p: Option<f64>,
    pub(crate) outliers: Vec<Outlier>,
}

impl SeriesModel {
    /// Whether the season is strong and sure enough to be part of the model.
    pub(crate) fn has_season(&self) -> bool {
        self.season.as_ref().is_some_and(is_taken)
    }
}

fn is_taken(season: &Season) -> bool {
    season.p <= SEASON_P && season.strength >= SEASON_STRENGTH
}

/// How far the median is from the middle of the first and last tenth: -1 to 1.
fn skewness(values: &[f64]) -> f64 {
    let (low, middle, high) = (
        quantile(values, 0.1),
        quantile(values, 0.5),
        quantile(values, 0.9),
    );
    let width = high - low;
    if width > 0.0 {
        (high + low - 2.0 * middle) / width
    } else {
        0.0
    }
}

/// Whether factors describe the series better than differences.
fn is_by_factors(values: &[f64]) -> bool {
    let is_positive = values.iter().all(|value| *value > 0.0);
    let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
    let is_wide = quantile(values, 0.9) > 4.0 * quantile(values, 0.1);
    is_positive && is_wide && skewness(&logs).abs() < skewness(values).abs()
}

/// The remainder less a running median, where neighbours are alike: what is far from its own
/// neighbours does not fit, what follows a slow movement does.
fn without_curve(rest: Vec<f64>) -> Vec<f64> {
    const HALF: usize = 4;
    if autocorrelation(&outlier::winsorized(&rest), 1) < 0.4 || rest.len() < 4 * HALF {
        return rest;
    }
    let last = rest.len() - 1;
    // At the ends the windows shrink, so that a slope does not look like a distance.
    let running = |at: usize| {
        let half = HALF.min(at).min(last - at);
        super::order::median(&rest[at - half..=at + half])
    };
    rest.iter()
        .enumerate()
        .map(|(at, value)| value - running(at))
        .collect()
}

/// The values around their means on both sides of the shifts.
fn without_shifts(values: &[f64], shifts: &[Shift]) -> Vec<f64> {
    let mut borders: Vec<usize> = shifts.iter().map(|shift| shift.at).collect();
    borders.push(0);
    borders.push(values.len());
    borders.sort_unstable();
    let mut rest = Vec::with_capacity(values.len());
    for pair in borders.windows(2) {
        let part = &values[pair[0]..pair[1]];
        let center = super::order::median(part);
        rest.extend(part.iter().map(|value| value - center));
    }
    rest
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Level,
    Line,
    Step,
    LineAndStep,
    /// A smooth curve: neither steady nor a step.
    Curve,
}

/// A trend with a smaller Kendall's tau than this is not steady.
const MIN_TAU: f64 = 0.35;
/// The largest degree of a smooth curve.
const MAX_DEGREE: usize = 5;
/// Curves of many degrees are tried, which fits noise better than one; each costs this much more.
const CURVE_PENALTY: f64 = 4.0;

/// The slope of the line that fits best by squares.
fn least_squares_slope(values: &[f64]) -> f64 {
    let middle = (values.len() as f64 - 1.0) / 2.0;
    let center = mean(values);
    let (mut product, mut square) = (0.0, 0.0);
    for (at, value) in values.iter().enumerate() {
        let distance = at as f64 - middle;
        product += distance * (value - center);
        square += distance * distance;
    }
    if square > 0.0 { product / square } else { 0.0 }
}

/// The common slope within the two sides of a split, and the squares that are left.
fn line_and_step(values: &[f64], at: usize) -> (f64, f64) {
    let (mut product, mut square) = (0.0, 0.0);
    let (left, right) = values.split_at(at);
    for side in [left, right] {
        let places: Vec<f64> = (0..side.len()).map(|place| place as f64).collect();
        let weight = squares(&places);
        product += least_squares_slope(side) * weight;
        square += weight;
    }
    let slope = if square > 0.0 { product / square } else { 0.0 };
    let flat = trend::without_trend(values, slope);
    (slope, squares(&flat[..at]) + squares(&flat[at..]))
}

/// The shape with the smallest criterion, and its slope by squares.
fn best_shape(values: &[f64]) -> (Shape, f64) {
    let count = values.len();
    let slope = least_squares_slope(values);
    let line = squares(&trend::without_trend(values, slope));
    let mut shapes = vec![
        (
            shift::information(squares(values), count, 1.0),
            Shape::Level,
            0.0,
        ),
        (shift::information(line, count, 2.0), Shape::Line, slope),
    ];
    if let Some((at, _)) = shift::best_split(values) {
        let step = squares(&values[..at]) + squares(&values[at..]);
        shapes.push((shift::information(step, count, 4.0), Shape::Step, 0.0));
    }
    let flat = trend::without_trend(values, slope);
    let places = [shift::best_split(values), shift::best_split(&flat)];
    for (at, _) in places.into_iter().flatten() {
        let (slope, rest) = line_and_step(values, at);
        let value = shift::information(rest, count, 5.0) + 4.0;
        shapes.push((value, Shape::LineAndStep, slope));
    }
    for degree in 2..=MAX_DEGREE.min(count / 6) {
        let rest = squares(&polynomial::remainder(values, degree));
        let value = shift::information(rest, count, degree as f64 + 1.0) + CURVE_PENALTY;
        shapes.push((value, Shape::Curve, 0.0));
    }
    shapes.sort_by(|a, b| a.0.total_cmp(&b.0));
    (shapes[0].1, shapes[0].2)
}

/// Tests a series of at least 8 values; an empty model below that. `lengths` are the cycles that
/// the kind of period suggests.
pub(crate) fn fit(values: &[f64], lengths: &[usize], seed: u64) -> SeriesModel {
    let mut model = SeriesModel::default();
    if values.len() < 8 {
        return model;
    }
    let by_factors = is_by_factors(values);
    let scaled: Vec<f64> = if by_factors {
        values.iter().map(|value| value.ln()).collect()
    } else {
        values.to_vec()
    };
    let tested = lengths
        .iter()
        .filter_map(|length| season::test(&outlier::winsorized(&scaled), *length, seed));
    let best = tested.min_by(|a, b| a.p.total_cmp(&b.p));
    model.season = best.map(|season| season::with_median_phases(season, &scaled));
    let taken = model.season.as_ref().filter(|season| is_taken(season));
    let level = match taken {
        Some(season) => season::without_season(&scaled, season),
        None => scaled.clone(),
    };
    // For outliers each value is compared with its phase in other cycles: a phase that the value
    // itself had a part in would hide it. Two cycles do not say which of both is unusual.
    let apart = match taken {
        Some(season) if values.len() >= 3 * season.length => {
            season::without_others(&scaled, season)
        }
        _ => scaled,
    };
    fit_level(&mut model, &level, seed);
    let slope = model
        .trend
        .filter(|_| model.has_trend)
        .map_or(0.0, |trend| trend.slope);
    let rest = without_shifts(&trend::without_trend(&apart, slope), &model.shifts);
    model.outliers = outlier::find(&without_curve(rest), 2);
    if let Some(trend) = &mut model.trend {
        trend.slope = trend::theil_sen(values);
    }
    model
}

/// Trend and shifts of a series without season.
fn fit_level(model: &mut SeriesModel, level: &[f64], seed: u64) {
    let calm = outlier::winsorized(&trend::without_trend(level, trend::theil_sen(level)));
    let slope = trend::theil_sen(level);
    // Wild values are moved in the series less its slope, and the slope is put back.
    let calm = trend::without_trend(&calm, -slope);
    let (shape, slope) = best_shape(&calm);
    let whole = trend::mann_kendall(&calm);
    let flat = trend::without_trend(&calm, slope);
    if matches!(shape, Shape::Step | Shape::LineAndStep) {
        model.shifts = shift::segment(&flat, seed);
        model.shifts.retain(|shift| is_abrupt(&flat, shift));
    } else {
        model.other_shift_p = shift::first(&flat, seed).map(|shift| shift.p);
    }
    model.is_sloped = shape == Shape::LineAndStep;
    model.is_curved = shape == Shape::Curve;
    let is_line = matches!(shape, Shape::Line | Shape::LineAndStep | Shape::Curve);
    let within = if is_line && !model.shifts.is_empty() {
        steps_removed(&calm, slope, &model.shifts)
    } else {
        calm
    };
    model.trend = trend::mann_kendall(&within);
    // What rises within its parts but not as a whole does not rise steadily.
    let is_steady = |one: Option<trend::Trend>| one.map_or(0.0, |one| one.tau);
    let (part, whole) = (is_steady(model.trend), is_steady(whole));
    model.has_trend = is_line && part.abs() >= MIN_TAU && part * whole > 0.0 && whole.abs() >= 0.25;
}

/// Whether the values next to a shift differ too: otherwise the level changes slowly.
fn is_abrupt(values: &[f64], shift: &Shift) -> bool {
    const NEAR: usize = 4;
    let before = &values[shift.at.saturating_sub(NEAR).max(shift.part.0)..shift.at];
    let after = &values[shift.at..(shift.at + NEAR).min(shift.part.1)];
    (mean(after) - mean(before)) / (shift.after - shift.before) >= 0.4
}

/// The series with its slope, but without its steps.
fn steps_removed(values: &[f64], slope: f64, shifts: &[Shift]) -> Vec<f64> {
    let rest = without_shifts(&trend::without_trend(values, slope), shifts);
    trend::without_trend(&rest, -slope)
}
