//! Changes of units: from some period on the values are ten, a hundred or a thousand times as
//! large or small.
//!
//! The series is the mean decimal logarithm of each period. A shift of it by a whole number, while
//! the values within both sides vary far less, is a change of units and not of the business.

use super::series::MeasureSeries;
use super::{Analysis, Collected, MIN_PERIODS, MIN_ROWS};
use crate::finding::{FindingKind, NumberForm, NumberValue, ReportFinding};
use crate::group::GroupCell;
use crate::source_sql::{MeasureAggregate, SourceSql};
use crate::sql::text;
use crate::stats::order::median;
use crate::stats::{mean, shift, squares};

/// How far from a whole number the shift of the logarithm may be.
const TOLERANCE: f64 = 0.08;
/// The levels on both sides vary by less than this, in decimal logarithms.
const MAX_SPREAD: f64 = 0.2;
/// A period in both units is at least this share of the step away from both levels.
const MIXED: f64 = 0.2;

/// The tracked columns whose units change.
pub(super) fn find(analysis: &Analysis<'_>, collected: &mut Collected) -> Vec<usize> {
    let tracked = 0..analysis.plan.tracked.len();
    tracked
        .filter(|at| check(analysis, *at, collected).is_some())
        .collect()
}

fn joined(cells: &[GroupCell], places: &[usize]) -> GroupCell {
    let mut sum = GroupCell::default();
    places.iter().for_each(|place| sum.merge(&cells[*place]));
    sum
}

/// A step of the mean logarithm.
struct UnitStep {
    /// The first period in the new unit.
    index: usize,
    /// In decimal logarithms.
    step: f64,
    before: f64,
    after: f64,
    p: f64,
    is_clear: bool,
}

/// Whether the few periods around the place differ by the whole step: growth takes longer.
fn is_sudden(levels: &[f64], at: usize, step: f64) -> bool {
    const NEAR: usize = 3;
    let before = mean(&levels[at.saturating_sub(NEAR)..at]);
    let after = mean(&levels[at..(at + NEAR).min(levels.len())]);
    (after - before - step).abs() < MAX_SPREAD
}

/// Whether the level of a period is between those of the two sides: it has values in both units.
fn is_mixed(levels: &[f64], at: usize) -> bool {
    let (left, right) = (&levels[..at], &levels[(at + 1).min(levels.len())..]);
    let (before, after) = (median(left), median(right));
    let part = (levels[at] - before) / (after - before);
    left.len() >= 2 && right.len() >= 2 && (MIXED..1.0 - MIXED).contains(&part)
}

/// The first period with values in the new unit, where those from `at` on have no others.
fn first_mixed(levels: &[f64], at: usize) -> usize {
    at - usize::from(at > 0 && is_mixed(levels, at - 1))
}

fn step(analysis: &Analysis<'_>, at: usize) -> Option<UnitStep> {
    let series = analysis.series.get(at)?;
    let plan = &analysis.plan.tracked[at];
    plan.column.filter(|_| !plan.is_boolean)?;
    let cells = &analysis.groups.cells[at];
    let used: Vec<usize> = (0..series.places.len())
        .filter(|index| cells[series.places[*index]].logged > 0)
        .collect();
    let level = |index: &usize| {
        let cell = &cells[series.places[*index]];
        cell.logs / cell.logged as f64
    };
    let levels: Vec<f64> = used.iter().map(level).collect();
    if levels.len() < MIN_PERIODS || series.all_rows() < MIN_ROWS {
        return None;
    }
    let mut found = shift::first(&levels, 0.0, analysis.seed)?;
    // The best split may be before or after a period that has both units.
    found.at += usize::from(is_mixed(&levels, found.at));
    let from = first_mixed(&levels, found.at);
    let (left, right) = (&levels[..from], &levels[found.at..]);
    if left.len() < 2 || right.len() < 2 {
        return None;
    }
    let step = mean(right) - mean(left);
    let rest = (left.len() + right.len()) as f64 - 2.0;
    let spread = ((squares(left) + squares(right)) / rest).sqrt();
    let is_power = (1.0..=3.0).contains(&step.abs().round())
        && (step.abs() - step.abs().round()).abs() < TOLERANCE;
    let index = used[from];
    let before = joined(cells, &series.places[..index]).mean();
    let after = joined(cells, &series.places[index..]).mean();
    let ratio = after / before;
    let is_near = ratio > 0.0 && (ratio.log10() - step).abs() < 0.15;
    let unmixed = [left, right].concat();
    let is_clear = is_power && is_near && spread < MAX_SPREAD && is_sudden(&unmixed, from, step);
    Some(UnitStep {
        index,
        step,
        before,
        after,
        p: found.p,
        is_clear,
    })
}

fn check(analysis: &Analysis<'_>, at: usize, collected: &mut Collected) -> Option<()> {
    let found = step(analysis, at)?;
    if !found.is_clear {
        collected.tested(found.p);
        return None;
    }
    let series = &analysis.series[at];
    let name = &analysis.plan.tracked[at].name;
    collected.add(finding(series, name, &found));
    Some(())
}

fn sql(series: &MeasureSeries, found: &UnitStep) -> String {
    let source = SourceSql {
        aggregate: MeasureAggregate::Mean,
        ..series.source.clone()
    };
    let label = text(&series.labels[found.index]);
    let is_larger = found.step > 0.0;
    let (part, whole) = if is_larger {
        ("after", "before")
    } else {
        ("before", "after")
    };
    format!(
        "WITH r AS (\n  SELECT {} AS period, {} AS value FROM {}{}\n), sides AS (\n  SELECT \
         CAST(AVG(CASE WHEN period < {label} THEN value END) AS DOUBLE) AS before,\n    \
         CAST(AVG(CASE WHEN period >= {label} THEN value END) AS DOUBLE) AS after,\n    MIN(CASE \
         WHEN \
         period >= {label} THEN period END) AS since\n  FROM r\n)\nSELECT since, before, after, \
         {part} / {whole} AS times\nFROM sides",
        source.period(),
        source.value(),
        source.table(),
        source.rows_where()
    )
}

fn finding(series: &MeasureSeries, name: &str, found: &UnitStep) -> ReportFinding {
    let is_larger = found.step > 0.0;
    let template = if is_larger {
        "unit.larger"
    } else {
        "unit.smaller"
    };
    let ratio = found.after / found.before;
    let times = if is_larger {
        ratio
    } else {
        found.before / found.after
    };
    let power = format!("{}", 10_f64.powi(found.step.abs().round() as i32));
    let since = &series.labels[found.index];
    series
        .finding(FindingKind::UnitChange, template, name, sql(series, found))
        .name("column", name)
        .name("power", power)
        .text("since", since, NumberForm::Period(series.span))
        .amount("before", found.before)
        .amount("after", found.after)
        .number("times", NumberValue::Real(times), NumberForm::Times)
        .test("units", found.p, found.step)
        .weight(3.0)
}
