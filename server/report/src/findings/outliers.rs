//! Periods that do not fit: far from what trend, season and level leave.
//!
//! The sentence compares with periods nearby, or with the same phase of other cycles.

use super::series::MeasureSeries;
use super::{Analysis, Collected, MIN_ROWS};
use crate::finding::{FindingKind, ReportFinding};
use crate::source_sql::MeasureAggregate;
use crate::sql::text;
use crate::stats::order::median;
use crate::stats::outlier::{MIN_DISTANCE, Outlier};

/// A period that differs by less than this share is not worth a sentence.
const MIN_CHANGE: f64 = 0.05;
/// A period is seasonal if its phase in other cycles is at least this share as far from its
/// neighbours.
const SAME_PHASE: f64 = 0.5;
/// As many periods of a measure are shown.
const MAX_SHOWN: usize = 3;

pub(super) fn find(analysis: &Analysis<'_>, measure: usize, collected: &mut Collected) {
    let Some(series) = analysis.series.get(measure) else {
        return;
    };
    for (rank, outlier) in series.model.outliers.iter().enumerate() {
        let is_far = outlier.distance.abs() >= MIN_DISTANCE
            && !series.is_filled(outlier.at)
            && series.all_rows() >= MIN_ROWS
            && rank < MAX_SHOWN;
        let found = is_far
            .then(|| finding(analysis, measure, series, outlier))
            .flatten();
        match found {
            Some(finding) => collected.add(finding),
            None => collected.tested(outlier.p),
        }
    }
}

/// The indexes to compare with: the same phase of other cycles, or the periods around.
fn near(series: &MeasureSeries, at: usize) -> Vec<usize> {
    let count = series.values.len();
    let has_gaps = series.ordinals[count - 1] - series.ordinals[0] + 1 != count as i64;
    let cycle = series
        .cycle
        .filter(|_| series.model.has_season() && !has_gaps);
    if let Some(cycle) = cycle {
        let same = (at % cycle..count).step_by(cycle).filter(|one| *one != at);
        let same: Vec<usize> = same.filter(|one| one.abs_diff(at) <= 3 * cycle).collect();
        if same.len() >= 2 {
            return same;
        }
    }
    (at.saturating_sub(3)..=(at + 3).min(count - 1))
        .filter(|one| *one != at)
        .collect()
}

/// Whether the same phase of another cycle is about as far from the periods around it: a season,
/// even where two cycles are too few to take it off.
fn is_seasonal(series: &MeasureSeries, at: usize) -> bool {
    let Some(cycle) = series.cycle else {
        return false;
    };
    let count = series.values.len();
    let distance = |at: usize| {
        let around = at.saturating_sub(3)..=(at + 3).min(count - 1);
        let others = around.filter(|one| *one != at);
        let others: Vec<f64> = others.map(|one| series.values[one]).collect();
        series.values[at] - median(&others)
    };
    let steps = cycle as i64;
    let own = distance(at);
    let is_other = |ordinal: &i64| {
        let apart = (ordinal - series.ordinals[at]).abs();
        apart > 0 && apart % steps == 0
    };
    let others = (0..count).filter(|one| is_other(&series.ordinals[*one]));
    let others: Vec<f64> = others.map(distance).collect();
    !others.is_empty() && median(&others) / own >= SAME_PHASE
}

fn finding(
    analysis: &Analysis<'_>,
    measure: usize,
    series: &MeasureSeries,
    outlier: &Outlier,
) -> Option<ReportFinding> {
    let at = series.index(outlier.at);
    let value = *series.values.get(at)?;
    if is_seasonal(series, at) {
        return None;
    }
    let near = near(series, at);
    let usual = median(
        &near
            .iter()
            .map(|one| series.values[*one])
            .collect::<Vec<_>>(),
    );
    let size = usual.abs().max(value.abs());
    // Counts vary by their square root even where nothing happens.
    let is_count = analysis.plan.tracked[measure].aggregate == MeasureAggregate::Rows;
    if is_count && (value - usual).abs() < 4.0 * usual.max(1.0).sqrt() {
        return None;
    }
    if (value - usual) * outlier.distance <= 0.0 || (value - usual).abs() < MIN_CHANGE * size {
        return None;
    }
    let is_share = series.is_share(usual, value);
    let sql = sql(series, at, &near, is_share);
    let is_season = near.iter().all(|one| one.abs_diff(at) > 3);
    let template = match (value > usual, is_share) {
        (true, true) => "outlier.high",
        (false, true) => "outlier.low",
        (true, false) => "outlier.high.plain",
        (false, false) => "outlier.low.plain",
    };
    let name = &analysis.plan.tracked[measure].name;
    let mut finding = series.finding(FindingKind::PeriodOutlier, template, name, sql);
    finding.rows = series.rows[at];
    finding.periods = 1;
    finding.range = Some((series.labels[at].clone(), series.labels[at].clone()));
    let relative = value / usual - 1.0;
    let weight = if is_share {
        relative.abs().min(2.0)
    } else {
        0.5
    };
    let finding = finding
        .name("near", if is_season { "same_phase" } else { "around" })
        .name("period", series.labels[at].clone())
        .amount("value", value)
        .amount("usual", usual)
        .percent_if(is_share, "change", relative)
        .test("hampel", outlier.p, outlier.distance);
    Some(finding.weight(weight + 0.1))
}

fn sql(series: &MeasureSeries, at: usize, near: &[usize], is_share: bool) -> String {
    let numbers: Vec<String> = near.iter().map(|one| (one + 1).to_string()).collect();
    let change = if is_share {
        ", value / usual - 1 AS change"
    } else {
        ""
    };
    format!(
        "{}, near AS (\n  SELECT value, ROW_NUMBER() OVER (ORDER BY value) AS r, COUNT(*) OVER \
         () AS \
         c\n  FROM numbered WHERE i IN ({})\n), pair AS (\n  SELECT value, (SELECT AVG(value) \
         FROM near \
         WHERE 2 * r BETWEEN c AND c + 2) AS usual\n  FROM numbered WHERE period = {}\n)\nSELECT \
         value, usual{change}\nFROM pair",
        series.source.numbered(),
        numbers.join(", "),
        text(&series.labels[at])
    )
}
