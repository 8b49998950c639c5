//! Which of a file's first and last periods are complete.
//!
//! A file often starts and ends in the middle of a period, whose sum is then too small. The first
//! and last period are compared with those between them: where their rows begin and end, and for
//! periods of days and hours, how many rows they have.

use crate::group::{Groups, PeriodRows};
use crate::period::{MICROS_PER_DAY, PeriodSpan, TimeKind};
use crate::plan::PlanTime;
use crate::stats::order::quantile;

/// With fewer periods than this, only the last one is compared with the one before it.
const MIN_PERIODS: usize = 4;
/// Of few periods, the last one must end this share of its length before the other one.
const MIN_CUT_OF_FEW: f64 = 0.2;
/// Days and hours: rows must end this share of the period before those of nearly all others.
const MIN_CUT: f64 = 0.1;

/// How far into its period the first and last row are, in days.
fn offsets(time: &PlanTime, place: usize, rows: &PeriodRows) -> (f64, f64) {
    let start = time.span.start(time.first + place as i64);
    let days = |moment: i64| (moment - start) as f64 / MICROS_PER_DAY as f64;
    (days(rows.first), days(rows.last))
}

/// Whether the first and the last period, days or hours, are incomplete.
fn is_short_part(time: &PlanTime, groups: &Groups, used: &[usize]) -> (bool, bool) {
    let inner = &used[1..used.len() - 1];
    let count = |at: usize| groups.periods[at].rows as f64;
    let rows: Vec<f64> = inner.iter().map(|at| count(*at)).collect();
    let few = 0.5 * quantile(&rows, 0.1);
    let offset = |at: usize| offsets(time, at, &groups.periods[at]);
    let (starts, ends): (Vec<f64>, Vec<f64>) = inner.iter().map(|at| offset(*at)).unzip();
    let length = if time.span == PeriodSpan::Hour {
        1.0 / 24.0
    } else {
        1.0
    };
    let cut = MIN_CUT * length;
    let (first, last) = (used[0], used[used.len() - 1]);
    let has_few = |at: usize| few >= 5.0 && count(at) < few;
    let is_late = offset(first).0 > quantile(&starts, 0.95) + cut;
    let is_early = offset(last).1 < quantile(&ends, 0.05) - cut;
    (has_few(first) || is_late, has_few(last) || is_early)
}

/// Whether the first and the last period, weeks or longer, are incomplete.
fn is_long_part(time: &PlanTime, groups: &Groups, used: &[usize]) -> (bool, bool) {
    let offset = |at: usize| {
        let (first, last) = offsets(time, at, &groups.periods[at]);
        (first.floor(), last.floor())
    };
    let inner = used[1..used.len() - 1].iter();
    let (starts, ends): (Vec<f64>, Vec<f64>) = inner.map(|at| offset(*at)).unzip();
    let late = offset(used[0]).0 > quantile(&starts, 0.85);
    let early = offset(used[used.len() - 1]).1 < quantile(&ends, 0.15);
    (late, early)
}

/// Whether the last one of two or three periods ends much earlier than the one before it.
fn ends_early(time: &PlanTime, groups: &Groups, used: &[usize]) -> bool {
    let end = |at: usize| {
        let days = time.span.days(time.first + at as i64).max(1);
        offsets(time, at, &groups.periods[at]).1 / days as f64
    };
    let last = used.len() - 1;
    end(used[last]) < end(used[last - 1]) - MIN_CUT_OF_FEW
}

/// The places of the first and last complete period.
pub(super) fn range(time: &PlanTime, groups: &Groups) -> Option<(usize, usize)> {
    let used: Vec<usize> = (0..groups.periods.len())
        .filter(|at| groups.periods[*at].rows > 0)
        .collect();
    let (first, last) = (*used.first()?, *used.last()?);
    if used.len() < 2 || time.kind == TimeKind::Years {
        return Some((first, last));
    }
    if used.len() < MIN_PERIODS {
        let is_cut = time.span > PeriodSpan::Day && ends_early(time, groups, &used);
        return Some((first, used[used.len() - 1 - usize::from(is_cut)]));
    }
    let (cuts_first, cuts_last) = if time.span <= PeriodSpan::Day {
        is_short_part(time, groups, &used)
    } else {
        is_long_part(time, groups, &used)
    };
    Some((
        used[usize::from(cuts_first)],
        used[used.len() - 1 - usize::from(cuts_last)],
    ))
}
