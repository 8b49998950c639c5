//! Cycles that repeat: which phase is highest and lowest, against a moving average of one cycle.
//!
//! The query takes the moving average itself, so a trend does not look like a season.

use super::series::MeasureSeries;
use super::{Analysis, Collected, MIN_ROWS};
use crate::finding::{FindingKind, NumberForm, ReportFinding};
use crate::source_sql::MeasureAggregate;
use crate::stats::season::Season;
use std::collections::BTreeMap;

/// A season that explains less of the variance is not worth a sentence.
const MIN_STRENGTH: f64 = 0.15;
/// A season with smaller differences from the average than this is not either.
const MIN_CHANGE: f64 = 0.02;

pub(super) fn find(analysis: &Analysis<'_>, measure: usize, collected: &mut Collected) {
    let Some(series) = analysis.series.get(measure) else {
        return;
    };
    let Some(season) = &series.model.season else {
        return;
    };
    let is_clear = season.strength >= MIN_STRENGTH && series.all_rows() >= MIN_ROWS;
    let finding = is_clear
        .then(|| finding(analysis, measure, series, season))
        .flatten();
    match finding {
        Some(finding) => collected.add(finding),
        None => collected.tested(season.p),
    }
}

/// The values that a season is shown by: per day where the model is so.
fn shown_values(series: &MeasureSeries) -> Vec<f64> {
    let places = series.values.iter().zip(&series.ordinals);
    let daily = |(value, ordinal): (&f64, &i64)| value / series.span.days(*ordinal) as f64;
    if series.is_daily {
        places.map(daily).collect()
    } else {
        series.values.clone()
    }
}

/// The mean of each phase against a moving average of one cycle: as a share, or as a difference.
fn phases(
    series: &MeasureSeries,
    values: &[f64],
    length: usize,
    as_share: bool,
) -> Option<BTreeMap<String, f64>> {
    let (before, after) = (length / 2, length - length / 2 - 1);
    let mut sums: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for at in before..values.len().checked_sub(after)? {
        let window = &values[at - before..=at + after];
        let average = window.iter().sum::<f64>() / length as f64;
        if as_share && average <= 0.0 {
            return None;
        }
        let distance = if as_share {
            values[at] / average
        } else {
            values[at] - average
        };
        let sum = sums
            .entry(series.span.phase(series.ordinals[at]))
            .or_default();
        *sum = (sum.0 + distance, sum.1 + 1.0);
    }
    let offset = if as_share { 1.0 } else { 0.0 };
    Some(
        sums.into_iter()
            .map(|(phase, (sum, count))| (phase, sum / count - offset))
            .collect(),
    )
}

fn finding(
    analysis: &Analysis<'_>,
    measure: usize,
    series: &MeasureSeries,
    season: &Season,
) -> Option<ReportFinding> {
    let plan = &analysis.plan.tracked[measure];
    let as_share = series.is_positive() && plan.aggregate != MeasureAggregate::Mean;
    let values = shown_values(series);
    let phases = phases(series, &values, season.length, as_share)?;
    let high = phases.iter().reduce(|a, b| if b.1 > a.1 { b } else { a })?;
    let low = phases.iter().reduce(|a, b| if b.1 < a.1 { b } else { a })?;
    let size = crate::stats::mean(&values.iter().map(|v| v.abs()).collect::<Vec<_>>());
    let scale = if as_share {
        1.0
    } else {
        size.max(f64::MIN_POSITIVE)
    };
    if (high.1 - low.1) / scale < MIN_CHANGE {
        return None;
    }
    let sql = sql(series, season.length, as_share)?;
    let template = match (as_share, series.is_daily) {
        (true, false) => "season.share",
        (false, false) => "season.plain",
        (true, true) => "season.daily.share",
        (false, true) => "season.daily.plain",
    };
    let form = NumberForm::Phase(series.span);
    let finding = series
        .finding(FindingKind::Season, template, &plan.name, sql)
        .name("length", season.length.to_string())
        .text("high_phase", high.0, form)
        .text("low_phase", low.0, form);
    let finding = if as_share {
        finding.percent("high", *high.1).percent("low", *low.1)
    } else {
        finding.amount("high", *high.1).amount("low", *low.1)
    };
    let weight = ((high.1 - low.1) / scale).min(2.0) + 0.1;
    Some(
        finding
            .test("phases", season.p, season.strength)
            .weight(weight),
    )
}

fn sql(series: &MeasureSeries, length: usize, as_share: bool) -> Option<String> {
    let phase_sql = series.span.phase_sql()?;
    let (distance, offset) = if as_share {
        ("value / level", " - 1")
    } else {
        ("value - level", "")
    };
    let (before, after) = (length / 2, length - length / 2 - 1);
    let value = match series.span.days_sql() {
        Some(days) if series.is_daily => format!("value / ({days})"),
        _ => "value".to_owned(),
    };
    Some(format!(
        "{}, shown AS (\n  SELECT period, {value} AS value, i, c FROM numbered\n), levels AS (\n  \
         SELECT period, value, i, c, AVG(value) OVER (ORDER BY i ROWS BETWEEN \
         {before} PRECEDING AND {after} FOLLOWING) AS level\n  FROM shown\n), phases AS (\n  \
         SELECT \
         {phase_sql} AS phase, AVG({distance}){offset} AS distance\n  FROM levels WHERE i > \
         {before} \
         AND i <= c - {after} GROUP BY 1\n)\nSELECT (SELECT phase FROM phases ORDER BY distance \
         DESC, \
         phase LIMIT 1) AS high_phase, MAX(distance) AS high,\n  (SELECT phase FROM phases \
         ORDER BY \
         distance, phase LIMIT 1) AS low_phase, MIN(distance) AS low\nFROM phases",
        series.source.numbered()
    ))
}
