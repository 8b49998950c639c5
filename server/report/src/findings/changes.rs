//! How much there is, and the last complete period against the one before and a year before.
//!
//! These sentences only describe: they are in every report and claim no pattern.

use super::series::MeasureSeries;
use super::{Analysis, Collected};
use crate::finding::{FindingKind, NumberForm, ReportFinding};
use crate::group::GroupCell;
use crate::source_sql::MeasureAggregate;
use crate::sql::{quoted, ratio, text};

/// Changes smaller than this are called unchanged.
const HARDLY: f64 = 0.005;
/// The same in percentage points.
const HARDLY_POINTS: f64 = 0.05;

pub(super) fn find(analysis: &Analysis<'_>, measure: usize, collected: &mut Collected) {
    let Some(series) = analysis
        .series
        .get(measure)
        .filter(|one| one.values.len() >= 2)
    else {
        whole(analysis, measure, collected);
        return;
    };
    overview(analysis, measure, series, collected);
    let last = series.values.len() - 1;
    let name = &analysis.plan.tracked[measure].name;
    // After a gap, the period with rows before this one is not the one before.
    if series.ordinals[last] - series.ordinals[last - 1] == 1 {
        add(series, name, FindingKind::LastPeriod, last - 1, collected);
    }
    let year = series
        .span
        .per_year()
        .filter(|steps| *steps > 1 && *steps != 52);
    let year_before = year.and_then(|steps| {
        series
            .ordinals
            .iter()
            .position(|ordinal| *ordinal == series.ordinals[last] - steps)
    });
    if let Some(before) = year_before {
        add(series, name, FindingKind::YearBefore, before, collected);
    }
}

fn overview(
    analysis: &Analysis<'_>,
    measure: usize,
    series: &MeasureSeries,
    collected: &mut Collected,
) {
    let plan = &analysis.plan.tracked[measure];
    let count = series.values.len() as f64;
    let all = series
        .places
        .iter()
        .fold(GroupCell::default(), |mut all, place| {
            all.merge(&analysis.groups.cells[measure][*place]);
            all
        });
    let mean = if plan.aggregate == MeasureAggregate::Mean {
        all.mean()
    } else {
        series.values.iter().sum::<f64>() / count
    };
    let (template, total) = match plan.aggregate {
        MeasureAggregate::Mean => ("overview.mean", false),
        MeasureAggregate::Rows => ("overview.rows", true),
        MeasureAggregate::Sum => ("overview.sum", true),
    };
    let columns = if total { "SUM(value) AS total, " } else { "" };
    // The mean of a sum is that of its periods, the mean of a mean that of its rows.
    let average = match plan.aggregate {
        MeasureAggregate::Mean => format!(
            "(SELECT {} FROM {}{})",
            series.source.total(),
            series.source.table(),
            series.source.rows_where()
        ),
        _ => "AVG(value)".to_owned(),
    };
    let high = extreme(series, |a, b| a > b);
    let low = extreme(series, |a, b| a < b);
    let sql = format!(
        "{}\nSELECT {columns}{average} AS mean, COUNT(*) AS periods,\n  (SELECT period FROM series \
         ORDER BY value DESC, period LIMIT 1) AS high_period, MAX(value) AS high,\n  (SELECT \
         period \
         FROM series ORDER BY value, period LIMIT 1) AS low_period, MIN(value) AS low\nFROM series",
        series.source.series()
    );
    let mut finding = series.finding(FindingKind::Overview, template, &plan.name, sql);
    if total {
        finding = finding.amount("total", series.values.iter().sum());
    }
    let form = NumberForm::Period(series.span);
    collected.add(
        finding
            .amount("mean", mean)
            .count("periods", series.values.len() as u64)
            .text("high_period", &series.labels[high], form)
            .amount("high", series.values[high])
            .text("low_period", &series.labels[low], form)
            .amount("low", series.values[low]),
    );
}

/// The first index whose value no other one exceeds.
fn extreme(series: &MeasureSeries, exceeds: impl Fn(f64, f64) -> bool) -> usize {
    let places = 1..series.values.len();
    places.fold(0, |best, at| {
        if exceeds(series.values[at], series.values[best]) {
            at
        } else {
            best
        }
    })
}

fn add(
    series: &MeasureSeries,
    name: &str,
    kind: FindingKind,
    before: usize,
    collected: &mut Collected,
) {
    let last = series.values.len() - 1;
    let (from, to) = (series.values[before], series.values[last]);
    let is_share = series.is_share(from, to);
    let change = if is_share { to / from - 1.0 } else { 0.0 };
    let points = series.points.map(|scale| scale * (to - from));
    let template = match (is_share, change) {
        _ if points.is_some_and(|points| points.abs() < HARDLY_POINTS) => "period.same",
        _ if points.is_some_and(|points| points > 0.0) => "period.rise.points",
        _ if points.is_some() => "period.fall.points",
        (false, _) => "period.plain",
        (_, change) if change.abs() < HARDLY => "period.same",
        (_, change) if change > 0.0 => "period.rise",
        _ => "period.fall",
    };
    let sql = format!(
        "{}\nSELECT a.value AS before, b.value AS after, {} AS change{}\nFROM series a JOIN \
         series b ON a.period = {} AND b.period = {}",
        series.source.series(),
        if is_share {
            "b.value / a.value - 1"
        } else {
            "0.0"
        },
        series.points_sql("b.value - a.value"),
        text(&series.labels[before]),
        text(&series.labels[last]),
    );
    let finding = series.finding(kind, template, name, sql);
    let key = if kind == FindingKind::YearBefore {
        "year"
    } else {
        "before"
    };
    let mut finding = finding
        .name("against", key)
        .name("period", series.labels[last].clone())
        .name("before_period", series.labels[before].clone())
        .amount("before", from)
        .amount("after", to)
        .percent("change", change)
        .weight(change.abs() * 0.5);
    if let Some(points) = points {
        finding = finding.amount("points", points);
    }
    finding.range = Some((series.labels[before].clone(), series.labels[last].clone()));
    finding.periods = 2;
    finding.rows = series.rows[before] + series.rows[last];
    collected.add(finding);
}

/// The whole of a measure, where there is no time.
fn whole(analysis: &Analysis<'_>, measure: usize, collected: &mut Collected) {
    let plan = &analysis.plan.tracked[measure];
    let Some(column) = plan.column else {
        return;
    };
    let cells = &analysis.groups.cells[measure];
    let mut all = GroupCell::default();
    cells.iter().for_each(|cell| all.merge(cell));
    if all.rows == 0 {
        return;
    }
    let mut source = analysis.plan.measure_sql(plan, analysis.columns);
    source.range = None;
    let value = source.value();
    let (template, total) = match plan.aggregate {
        MeasureAggregate::Mean => ("whole.mean", None),
        _ => ("whole.sum", Some(all.sum.value())),
    };
    let sum = if total.is_some() {
        format!("CAST(SUM({value}) AS DOUBLE) AS total, ")
    } else {
        String::new()
    };
    let sql = format!(
        "SELECT {sum}{} AS mean\nFROM {}{}",
        ratio(
            &format!("CAST(SUM({value}) AS DOUBLE)"),
            &format!("COUNT({})", quoted(&analysis.columns[column].name))
        ),
        source.table(),
        source.rows_where()
    );
    let mut finding = ReportFinding::new(FindingKind::Overview, template, sql);
    finding.measure = Some(plan.name.clone());
    finding.rows = all.rows;
    if let Some(total) = total {
        finding = finding.amount("total", total);
    }
    collected.add(finding.amount("mean", all.mean()));
}
