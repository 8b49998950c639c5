//! One model of a series: season, then trend or level shift, then what is left.
//!
//! The season is taken off first, if there is one. Trend, shift, and both together are compared by
//! the Bayesian information criterion, so that a step is not called a trend, nor a trend a step.
//! Series that grow by factors are treated as logarithms.

use super::dependence;
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
    /// Whether the curve may be that of a walk, whose steps go up and down by chance.
    pub(crate) is_wandering: bool,
    pub(crate) shifts: Vec<Shift>,
    /// Whether there is a slope on both sides of the shifts, so that only values near them compare.
    pub(crate) is_sloped: bool,
    /// The p-value of the best split, if no shift is part of the best model.
    pub(crate) other_shift_p: Option<f64>,
    pub(crate) outliers: Vec<Outlier>,
    /// How much each value follows the one before it, apart from all this.
    pub(crate) dependence: f64,
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
    // At the ends the windows shrink, so that a slope does not look like a distance. A value is no
    // part of its own window: it would often be the median, and all others would look far from it.
    let running = |at: usize| match HALF.min(at).min(last - at) {
        0 => rest[at],
        half => super::order::median(&[&rest[at - half..at], &rest[at + 1..=at + half]].concat()),
    };
    rest.iter()
        .enumerate()
        .map(|(at, value)| value - running(at))
        .collect()
}

/// The logarithms of how many times as large as their fit values above 0 are.
fn factors(values: &[f64], rest: &[f64]) -> Option<Vec<f64>> {
    let pairs = values.iter().zip(rest);
    let factor = |(value, rest): (&f64, &f64)| {
        let fit = value - rest;
        (*value > 0.0 && fit > 0.0).then(|| (value / fit).ln())
    };
    pairs.map(factor).collect()
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
/// A curve of which the steps go one way with a larger p-value than this is called a walk.
const WALK_P: f64 = 0.01;
/// The largest degree of a smooth curve.
const MAX_DEGREE: usize = 5;
/// Where many degrees or places are tried, which fits noise better than one, it costs this more.
const MANY_TRIED: f64 = 4.0;

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

/// A shape that was fitted, and what it leaves.
struct Fitted {
    shape: Shape,
    /// By squares.
    slope: f64,
    /// How many numbers were fitted; the place of a step counts as two.
    parameters: usize,
    remainder: Vec<f64>,
}

impl Fitted {
    fn new(shape: Shape, slope: f64, parameters: usize, remainder: Vec<f64>) -> Self {
        Self {
            shape,
            slope,
            parameters,
            remainder,
        }
    }

    /// The Bayesian information criterion, with what it costs to try many shapes of the kind.
    fn criterion(&self) -> f64 {
        let tried = match self.shape {
            Shape::Curve | Shape::LineAndStep => MANY_TRIED,
            _ => 0.0,
        };
        let parameters = self.parameters as f64;
        shift::information(squares(&self.remainder), self.remainder.len(), parameters) + tried
    }

    /// The dependence of the values. The best of several fits follows it twice as well as one that
    /// is given, as series that are made with a dependence show.
    fn dependence(&self) -> f64 {
        match dependence::estimate(&self.remainder, self.parameters) {
            0.0 => 0.0,
            _ => dependence::estimate(&self.remainder, 2 * self.parameters),
        }
    }
}

/// The values around the means of both sides of a place.
fn around_both(values: &[f64], at: usize) -> Vec<f64> {
    let (left, right) = values.split_at(at);
    let around = |side: &[f64]| -> Vec<f64> {
        let center = mean(side);
        side.iter().map(|value| value - center).collect()
    };
    [around(left), around(right)].concat()
}

/// A step with a common slope within its two sides.
fn line_and_step(values: &[f64], at: usize) -> Fitted {
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
    Fitted::new(Shape::LineAndStep, slope, 5, around_both(&flat, at))
}

/// A step where the values differ most, and one where they do without their slope.
fn sloped_steps(values: &[f64]) -> Vec<Fitted> {
    let flat = trend::without_trend(values, least_squares_slope(values));
    let places = [shift::best_split(values), shift::best_split(&flat)];
    let places = places.into_iter().flatten();
    places.map(|(at, _)| line_and_step(values, at)).collect()
}

/// The shape with the smallest criterion.
fn best_shape(values: &[f64]) -> Fitted {
    let slope = least_squares_slope(values);
    let flat = trend::without_trend(values, slope);
    let mut best = Fitted::new(Shape::Level, 0.0, 1, values.to_vec());
    let split = shift::best_split(values);
    let step = split.map(|(at, _)| Fitted::new(Shape::Step, 0.0, 4, around_both(values, at)));
    let degrees = 2..=MAX_DEGREE.min(values.len() / 6);
    let curve = |degree: usize| {
        let rest = polynomial::remainder(values, degree);
        Fitted::new(Shape::Curve, 0.0, degree + 1, rest)
    };
    let others = [Fitted::new(Shape::Line, slope, 2, flat.clone())]
        .into_iter()
        .chain(step)
        .chain(sloped_steps(values))
        .chain(degrees.map(curve));
    for one in others {
        if one.criterion() < best.criterion() {
            best = one;
        }
    }
    best
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
        .filter_map(|length| test_season(&outlier::winsorized(&scaled), *length, seed));
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
    let rest = without_curve(rest);
    let factors = factors(values, &rest).filter(|_| !by_factors);
    model.outliers = outlier::find(&rest, factors.as_deref(), 2);
    if let Some(trend) = &mut model.trend {
        trend.slope = trend::theil_sen(values);
    }
    model
}

/// Tests a season against series that depend on their values as this one does without it.
fn test_season(values: &[f64], length: usize, seed: u64) -> Option<Season> {
    let rest = season::without_phases(values, length)?;
    season::test(values, length, best_shape(&rest).dependence(), seed)
}

/// Trend and shifts of a series without season.
fn fit_level(model: &mut SeriesModel, level: &[f64], seed: u64) {
    let calm = outlier::winsorized(&trend::without_trend(level, trend::theil_sen(level)));
    let slope = trend::theil_sen(level);
    // Wild values are moved in the series less its slope, and the slope is put back.
    let calm = trend::without_trend(&calm, -slope);
    let fitted = best_shape(&calm);
    let (shape, slope, dependence) = (fitted.shape, fitted.slope, fitted.dependence());
    model.dependence = dependence;
    let whole = trend::mann_kendall(&calm, dependence);
    let flat = trend::without_trend(&calm, slope);
    if matches!(shape, Shape::Step | Shape::LineAndStep) {
        let is_sloped = shape == Shape::LineAndStep;
        let by_chance = |series: &[f64]| largest_step(series, is_sloped);
        model.shifts = shift::segment(&flat, dependence, &by_chance, seed);
        model.shifts.retain(|shift| is_abrupt(&flat, shift));
    } else {
        model.other_shift_p = shift::first(&flat, dependence, seed).map(|shift| shift.p);
    }
    model.is_sloped = shape == Shape::LineAndStep;
    model.is_curved = shape == Shape::Curve;
    model.is_wandering = model.is_curved && trend::drift_p(level) > WALK_P;
    let is_line = matches!(shape, Shape::Line | Shape::LineAndStep | Shape::Curve);
    let within = if is_line && !model.shifts.is_empty() {
        steps_removed(&calm, slope, &model.shifts)
    } else {
        calm
    };
    model.trend = trend::mann_kendall(&within, dependence);
    // What rises within its parts but not as a whole does not rise steadily.
    let is_steady = |one: Option<trend::Trend>| one.map_or(0.0, |one| one.tau);
    let (part, whole) = (is_steady(model.trend), is_steady(whole));
    model.has_trend = is_line && part.abs() >= MIN_TAU && part * whole > 0.0 && whole.abs() >= 0.25;
}

/// The statistic of the best step of a series by chance, if it may have a slope too.
fn largest_step(series: &[f64], is_sloped: bool) -> f64 {
    let size = |series: &[f64]| shift::best_split(series).map_or(0.0, |(_, size)| size);
    if !is_sloped {
        return size(series);
    }
    let sloped = sloped_steps(series).into_iter();
    let sizes = sloped.map(|one| size(&trend::without_trend(series, one.slope)));
    sizes.fold(0.0, f64::max)
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
