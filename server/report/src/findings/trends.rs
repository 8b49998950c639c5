//! Steady rises and falls. The shown slope is the median of all pairs of periods, which the query
//! computes too; how much that makes is shown by the means of the first and last quarter.

use super::series::MeasureSeries;
use super::{Analysis, Collected, MIN_ROWS};
use crate::finding::{FindingKind, ReportFinding};
use crate::stats::{mean, trend};

/// A trend that changes the level by less than this over all periods is not worth a sentence.
const MIN_CHANGE: f64 = 0.05;

pub(super) fn find(analysis: &Analysis<'_>, measure: usize, collected: &mut Collected) {
    let Some(series) = analysis.series.get(measure) else {
        return;
    };
    let Some(found) = series.model.trend else {
        return;
    };
    let count = series.values.len();
    let quarter = (count / 4).max(2);
    let early = mean(&series.values[..quarter]);
    let late = mean(&series.values[count - quarter..]);
    let slope = trend::theil_sen(&series.values);
    let size = mean(
        &series
            .values
            .iter()
            .map(|value| value.abs())
            .collect::<Vec<_>>(),
    );
    let is_clear = series.model.has_trend
        && series.all_rows() >= MIN_ROWS
        && (late - early).abs() >= MIN_CHANGE * size
        && (late - early) * slope > 0.0;
    if !is_clear {
        collected.tested(found.p);
        return;
    }
    collected.add(finding(
        analysis,
        measure,
        series,
        (slope, early, late),
        quarter,
        &found,
    ));
}

fn finding(
    analysis: &Analysis<'_>,
    measure: usize,
    series: &MeasureSeries,
    (slope, early, late): (f64, f64, f64),
    quarter: usize,
    found: &trend::Trend,
) -> ReportFinding {
    let is_share = series.is_positive();
    let template = match (slope > 0.0, is_share) {
        (true, _) if series.model.is_wandering => "trend.walk.rise",
        (false, _) if series.model.is_wandering => "trend.walk.fall",
        (true, _) if series.model.is_curved => "trend.curve.rise",
        (false, _) if series.model.is_curved => "trend.curve.fall",
        (true, true) => "trend.rise",
        (false, true) => "trend.fall",
        (true, false) => "trend.rise.plain",
        (false, false) => "trend.fall.plain",
    };
    let change = if is_share {
        ", late / early - 1 AS change"
    } else {
        ""
    };
    let sql = format!(
        "{}, slopes AS (\n  SELECT (b.value - a.value) / (b.i - a.i) AS slope\n  FROM numbered \
         a JOIN \
         numbered b ON b.i > a.i\n), ranked AS (\n  SELECT slope, ROW_NUMBER() OVER (ORDER BY \
         slope) \
         AS r, COUNT(*) OVER () AS c FROM slopes\n), ends AS (\n  SELECT AVG(CASE WHEN i <= \
         {quarter} \
         THEN value END) AS early,\n    AVG(CASE WHEN i > c - {quarter} THEN value END) AS late\n  \
         FROM numbered\n)\nSELECT (SELECT AVG(slope) FROM ranked WHERE 2 * r BETWEEN c AND c + \
         2) AS \
         slope, early, late{change}\nFROM ends",
        series.source.numbered()
    );
    let relative = (late - early) / early.abs().max(f64::MIN_POSITIVE);
    let name = &analysis.plan.tracked[measure].name;
    series
        .finding(FindingKind::Trend, template, name, sql)
        .name("quarter", quarter.to_string())
        .amount("slope", slope)
        .amount("early", early)
        .amount("late", late)
        .percent_if(is_share, "change", relative)
        .test("mann_kendall", found.p, found.tau)
        .weight(relative.abs().min(3.0) + 0.2)
}
