//! The two windows that a change is explained between: equally many periods before and after.
//!
//! The second one begins at the strongest level shift, or is the last cycle where there is none.
//! The first one is a year earlier where the file goes back so far, so that both have the same
//! months; else it ends where the second one begins.

use super::series::MeasureSeries;
use crate::period::PeriodSpan;
use crate::plan::AskedTime;
use crate::sql::text;
use crate::stats::dependence::{self, mean_inflation};
use crate::stats::distribution::student_tail;
use crate::stats::{mean, squares};

/// A window has at most this many periods, unless a cycle is longer.
const MAX_LENGTH: usize = 12;
/// A window has at least this many.
const MIN_LENGTH: usize = 3;

/// Two windows of a series, as indexes of its periods; the ends are exclusive.
#[derive(Clone, Debug)]
pub(crate) struct Windows {
    pub(crate) before: (usize, usize),
    pub(crate) after: (usize, usize),
    /// Whether both have the same phases, so that they are compared in pairs.
    is_paired: bool,
    /// Whether the question decides about them: they may be short, and are tested by their rows.
    pub(crate) is_asked: bool,
    /// How much the values of the whole follow each other: its parts do so too.
    dependence: f64,
}

/// The last periods that are compared with the same ones a year before.
const RECENT: usize = 3;
/// As many earlier pairs of periods, a year apart, are needed to know how far they differ.
const MIN_PAIRS: usize = 4;
/// With so many pairs they may also show that periods differ less than independent rows would.
const REGULAR_PAIRS: usize = 8;

/// At least this share of the variance is taken to show within a window.
const LEAST_SEEN: f64 = 0.2;

impl Windows {
    pub(crate) fn choose(series: &MeasureSeries) -> Option<Self> {
        let count = series.values.len();
        if count < super::MIN_PERIODS {
            return None;
        }
        let cycle = series.cycle.filter(|cycle| count >= 2 * cycle);
        let shifts = series.model.shifts.iter();
        let strongest = shifts.max_by(|a, b| a.effect.abs().total_cmp(&b.effect.abs()));
        let start = strongest
            .map(|shift| series.index(shift.at))
            .filter(|at| *at < count);
        let start = start.unwrap_or_else(|| match cycle {
            Some(cycle) if cycle > MIN_LENGTH => count - cycle,
            _ => count - (count / 2).min(MAX_LENGTH),
        });
        let room = start.min(count - start);
        let length = match cycle {
            Some(cycle) if room >= cycle => cycle,
            _ => room.min(MAX_LENGTH),
        };
        // With a gap, a year earlier is not the same number of periods back.
        let has_gaps = series.ordinals[count - 1] - series.ordinals[0] + 1 != count as i64;
        let back = match cycle {
            Some(cycle) if !has_gaps && length <= cycle && start >= cycle => cycle,
            _ => length,
        };
        (length >= MIN_LENGTH).then_some(Self {
            before: (start - back, start - back + length),
            after: (start, start + length),
            is_paired: series.model.has_season() && cycle == Some(back),
            is_asked: false,
            dependence: series.model.dependence,
        })
    }

    /// The time that the question names, against the same periods a year before, or against as many
    /// periods right before.
    pub(crate) fn asked(series: &MeasureSeries, time: &AskedTime) -> Option<Self> {
        let is_in = |at: &usize| {
            let day = series.span.first_day(series.ordinals[*at]);
            day >= time.first && time.end.is_none_or(|end| day < end)
        };
        let first = (0..series.values.len()).find(is_in)?;
        let last = (first..series.values.len()).rfind(is_in)?;
        Self::against_earlier(series, (first, last + 1))
    }

    /// The last few periods against the same ones a year before.
    pub(crate) fn recent(series: &MeasureSeries) -> Option<Self> {
        let count = series.values.len();
        let first = count.checked_sub(RECENT)?;
        let windows = Self::against_earlier(series, (first, count))?;
        windows.is_a_year_apart(series).then_some(windows)
    }

    fn is_a_year_apart(&self, series: &MeasureSeries) -> bool {
        let steps = series.ordinals[self.after.0] - series.ordinals[self.before.0];
        Some(steps) == steps_of_a_year(series)
    }

    fn against_earlier(series: &MeasureSeries, after: (usize, usize)) -> Option<Self> {
        let length = after.1 - after.0;
        let place = |ordinal: i64| series.ordinals.binary_search(&ordinal).ok();
        let year = steps_of_a_year(series).filter(|steps| *steps >= length as i64);
        let a_year_before = year.and_then(|steps| {
            let first = place(series.ordinals[after.0] - steps)?;
            let last = place(series.ordinals[after.1 - 1] - steps)?;
            (last + 1 - first == length).then_some((first, last + 1))
        });
        let before = match a_year_before {
            Some(before) => before,
            None => (after.0.checked_sub(length)?, after.0),
        };
        Some(Self {
            before,
            after,
            is_paired: false,
            is_asked: true,
            dependence: series.model.dependence,
        })
    }

    /// The p-value of the difference between windows that the question decides about, from the rows
    /// in them. `variances` are those of the values, as if rows were independent; how much more
    /// periods a year apart differ is taken from the rest of the series. 1 if that is too short.
    pub(crate) fn p_by_rows(
        &self,
        series: &MeasureSeries,
        values: &[f64],
        variances: &[f64],
    ) -> f64 {
        let Some((spread, degrees)) = self.spread(series, values, variances) else {
            return 1.0;
        };
        let sum = |part: (usize, usize), of: &[f64]| of[part.0..part.1].iter().sum::<f64>();
        let difference = sum(self.after, values) - sum(self.before, values);
        let variance = sum(self.after, variances) + sum(self.before, variances);
        tail(difference, (variance * spread).sqrt(), degrees)
    }

    /// How many times the variance of rows the differences of periods have that are not in the
    /// second window, and their degrees of freedom.
    fn spread(
        &self,
        series: &MeasureSeries,
        values: &[f64],
        variances: &[f64],
    ) -> Option<(f64, f64)> {
        let steps = match steps_of_a_year(series) {
            Some(steps) if self.is_a_year_apart(series) => steps,
            _ => (self.after.0 - self.before.0) as i64,
        };
        let mut differences = Vec::new();
        let mut expected = 0.0;
        for at in 0..values.len() {
            let is_after = |at: usize| (self.after.0..self.after.1).contains(&at);
            let earlier = series
                .ordinals
                .binary_search(&(series.ordinals[at] - steps));
            let Some(before) = earlier
                .ok()
                .filter(|before| !is_after(at) && !is_after(*before))
            else {
                continue;
            };
            differences.push(values[at] - values[before]);
            expected += variances[at] + variances[before];
        }
        let pairs = differences.len();
        if pairs < MIN_PAIRS || expected <= 0.0 {
            return None;
        }
        let degrees = pairs as f64 - 1.0;
        let found = squares(&differences) / degrees;
        // Rows that come regularly make less than independent ones; few pairs cannot show that.
        let least = if pairs < REGULAR_PAIRS { 1.0 } else { 0.0 };
        let spread = found / (expected / pairs as f64);
        Some((spread.max(least), degrees))
    }

    /// The indexes of the first and last period of both.
    pub(crate) fn ends(&self) -> (usize, usize) {
        (self.before.0, self.after.1 - 1)
    }

    /// The p-value of the difference between the windows, for any series of the same periods.
    pub(crate) fn p(&self, values: &[f64]) -> f64 {
        let before = &values[self.before.0..self.before.1];
        let after = &values[self.after.0..self.after.1];
        let count = before.len() as f64;
        if self.is_paired {
            let pairs = before.iter().zip(after);
            let steps: Vec<f64> = pairs.map(|(before, after)| after - before).collect();
            let inflation = self.inflation(&steps, 1);
            let error = (squares(&steps) / (count - 1.0) / count * inflation).sqrt();
            return tail(mean(&steps), error, count - 1.0);
        }
        let spread = (squares(before) + squares(after)) / (2.0 * count - 2.0);
        let (rest, parts) = self.remainder(values);
        let inflation = self.inflation(&rest, parts);
        // Within a window, values that follow each other stray less than they do in the long run.
        let seen = (1.0 - (inflation - 1.0) / (count - 1.0)).max(LEAST_SEEN);
        let error = (2.0 * spread / seen / count * inflation).sqrt();
        let degrees = ((2.0 * count - 2.0) / inflation).max(1.0);
        tail(mean(after) - mean(before), error, degrees)
    }

    /// By how much dependence widens the variance of the mean of a window.
    fn inflation(&self, rest: &[f64], parameters: usize) -> f64 {
        let own = dependence::estimate(rest, parameters);
        mean_inflation(own.max(self.dependence), self.after.1 - self.after.0)
    }

    /// The values less the means of the windows, and of the pieces around these; and how many
    /// means.
    fn remainder(&self, values: &[f64]) -> (Vec<f64>, usize) {
        let ends = [0, self.before.0, self.before.1, self.after.0, self.after.1];
        let ends = ends.into_iter().chain([values.len()]);
        let mut remainder = Vec::with_capacity(values.len());
        let (mut from, mut parts) = (0, 0);
        for to in ends.filter(|to| *to <= values.len()) {
            if to > from {
                remainder.extend(centered(&values[from..to]));
                (from, parts) = (to, parts + 1);
            }
        }
        (remainder, parts)
    }

    /// SQL that is true for periods before or after, by the label `period`.
    pub(crate) fn condition(&self, series: &MeasureSeries, is_after: bool) -> String {
        let (from, to) = if is_after { self.after } else { self.before };
        let (first, last) = (text(&series.labels[from]), text(&series.labels[to - 1]));
        format!("period BETWEEN {first} AND {last}")
    }
}

/// How many periods make a year; days and hours in whole weeks.
fn steps_of_a_year(series: &MeasureSeries) -> Option<i64> {
    match series.span {
        PeriodSpan::Day => Some(364),
        PeriodSpan::Hour => Some(364 * 24),
        span => span.per_year(),
    }
}

/// The values less their mean.
fn centered(values: &[f64]) -> Vec<f64> {
    let middle = mean(values);
    values.iter().map(|value| value - middle).collect()
}

fn tail(difference: f64, error: f64, degrees: f64) -> f64 {
    match (difference == 0.0, error > 0.0) {
        (true, _) => 1.0,
        (false, true) => student_tail(difference / error, degrees),
        (false, false) => 0.0,
    }
}
