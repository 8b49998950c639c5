//! Segments that move against the whole: the paradox of Simpson.
//!
//! The mean of all rows may rise while the mean of every segment falls, because rows moved between
//! segments. Both movements are tested; the larger p-value counts.

use super::comparison::Comparison;
use super::windows::Windows;
use super::{Analysis, Collected, MIN_ROWS};
use crate::finding::{FindingKind, ReportFinding};
use crate::group::GroupCell;
use crate::plan::Segment;
use crate::source_sql::MeasureAggregate;
use crate::stats::distribution::normal_tail;

/// A movement of less than this is not worth a warning.
const MIN_CHANGE: f64 = 0.02;

pub(super) fn find(analysis: &Analysis<'_>, measure: usize, collected: &mut Collected) {
    let plan = &analysis.plan.tracked[measure];
    if plan.aggregate != MeasureAggregate::Mean || plan.is_boolean {
        return;
    }
    let Some(series) = analysis.series.get(measure) else {
        return;
    };
    let Some(windows) = Windows::choose(series) else {
        return;
    };
    let mut comparison = Comparison {
        series,
        windows,
        aggregate: MeasureAggregate::Mean,
        name: &plan.name,
        before: GroupCell::default(),
        after: GroupCell::default(),
        is_changed: true,
    };
    (comparison.before, comparison.after) = comparison.sides(&analysis.groups.cells[measure]);
    for dimension in 0..analysis.plan.dimensions.len() {
        check(analysis, measure, &comparison, dimension, collected);
    }
}

/// The squared error of a mean.
fn error(cell: &GroupCell) -> f64 {
    let count = cell.rows as f64;
    cell.deviations() / (count - 1.0).max(1.0) / count.max(1.0)
}

fn check(
    analysis: &Analysis<'_>,
    measure: usize,
    comparison: &Comparison<'_>,
    dimension: usize,
    collected: &mut Collected,
) {
    let plan = &analysis.plan.dimensions[dimension];
    let mut parts = Vec::new();
    for (segment, label) in plan.segments.iter().enumerate() {
        let sides = comparison.sides(analysis.groups.segment(dimension, segment, measure));
        if *label != Segment::Other && sides.0.rows.min(sides.1.rows) >= MIN_ROWS {
            parts.push(sides);
        }
    }
    let covered: u64 = parts
        .iter()
        .map(|(before, after)| before.rows + after.rows)
        .sum();
    let all = comparison.before.rows + comparison.after.rows;
    if plan.has_other || parts.len() < 2 || covered != all {
        return;
    }
    let whole = comparison.change();
    let (mut within, mut variance) = (0.0, 0.0);
    for (before, after) in &parts {
        let weight = after.rows as f64 / comparison.after.rows as f64;
        within += weight * (after.mean() - before.mean());
        variance += weight * weight * (error(before) + error(after));
    }
    let spread = (error(&comparison.before) + error(&comparison.after)).sqrt();
    let p = normal_tail(whole / spread.max(f64::MIN_POSITIVE))
        .max(normal_tail(within / variance.sqrt().max(f64::MIN_POSITIVE)));
    let against = parts
        .iter()
        .filter(|(a, b)| (b.mean() - a.mean()) * whole < 0.0)
        .count();
    let level = comparison.before.mean().abs();
    let is_clear = whole * within < 0.0
        && against * 5 >= parts.len() * 4
        && whole.abs() >= MIN_CHANGE * level
        && within.abs() >= MIN_CHANGE * level;
    if !is_clear {
        collected.tested(p);
        return;
    }
    let finding = finding(comparison, &plan.name, against, parts.len());
    collected.add(finding.test("simpson", p, within).weight(1.5));
}

fn finding(
    comparison: &Comparison<'_>,
    dimension: &str,
    against: usize,
    segments: usize,
) -> ReportFinding {
    let whole = comparison.change();
    let sign = if whole > 0.0 { "<" } else { ">" };
    let sql = format!(
        "{}\nSELECT MAX(w.s0 / w.n0) AS before, MAX(w.s1 / w.n1) AS after,\n  SUM(CASE WHEN p.s1 / \
         p.n1 {sign} p.s0 / p.n0 THEN 1 ELSE 0 END) AS against, COUNT(*) AS segments\nFROM \
         parts p, \
         whole w WHERE p.n0 > 0 AND p.n1 > 0",
        comparison.parts_sql(&[dimension])
    );
    let template = if whole > 0.0 {
        "simpson.rise"
    } else {
        "simpson.fall"
    };
    let finding = ReportFinding::new(FindingKind::Simpson, template, sql);
    comparison
        .describe(finding)
        .name("dimension", dimension)
        .amount("before", comparison.before.mean())
        .amount("after", comparison.after.mean())
        .count("against", against as u64)
        .count("segments", segments as u64)
}
