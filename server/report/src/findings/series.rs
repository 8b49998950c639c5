//! The series of a measure: one value for each complete period that has rows.
//!
//! The first and last period are left out if the file holds them only in part. Periods without
//! rows have no value; the model fills short gaps, the queries count only periods with rows.

use super::complete;
use crate::finding::{FindingKind, ReportFinding};
use crate::group::{GroupCell, Groups};
use crate::period::PeriodSpan;
use crate::plan::{PlanNote, ReportPlan};
use crate::source_sql::{MeasureAggregate, SourceSql};
use crate::stats::season::Season;
use crate::stats::series_model::{self, SeriesModel};
use data::files::ColumnProfile;

/// Nothing is claimed from fewer periods.
pub(crate) const MIN_PERIODS: usize = 8;
/// Gaps are filled if they are at most this share of all periods.
const MAX_GAPS: f64 = 0.15;

/// A measure over time.
#[derive(Clone, Debug)]
pub(crate) struct MeasureSeries {
    pub(crate) span: PeriodSpan,
    /// Whether shares of the measure make sense.
    has_zero: bool,
    /// What makes percentage points of a difference, if the values are shares or percentages.
    pub(crate) points: Option<f64>,
    /// For each period with rows: its place among the groups' periods.
    pub(crate) places: Vec<usize>,
    pub(crate) ordinals: Vec<i64>,
    pub(crate) labels: Vec<String>,
    pub(crate) values: Vec<f64>,
    pub(crate) rows: Vec<u64>,
    /// The values with gaps filled, and for each the index of the first period not before it.
    filled: Vec<f64>,
    index: Vec<usize>,
    pub(crate) model: SeriesModel,
    /// Whether the model is of the values per day, because months differ in length.
    pub(crate) is_daily: bool,
    /// The length of the cycles that the model tested.
    pub(crate) cycle: Option<usize>,
    /// The query's source, from the first to the last complete period.
    pub(crate) source: SourceSql,
}

impl MeasureSeries {
    /// Whether a share of two values makes sense: it is of numbers above 0, and 0 is nothing.
    pub(crate) fn is_share(&self, from: f64, to: f64) -> bool {
        self.has_zero && from > 0.0 && to >= 0.0
    }

    /// SQL for the percentage points of a difference, as one more column; empty for other values.
    pub(crate) fn points_sql(&self, difference: &str) -> String {
        let points = |scale: f64| format!(", {scale:?} * ({difference}) AS points");
        self.points.map_or_else(String::new, points)
    }

    /// How many rows the periods have.
    pub(crate) fn all_rows(&self) -> u64 {
        self.rows.iter().sum()
    }

    /// The index among `values` of a place of the model.
    pub(crate) fn index(&self, place: usize) -> usize {
        self.index.get(place).copied().unwrap_or(self.values.len())
    }

    /// Whether a place of the model is a filled gap.
    pub(crate) fn is_filled(&self, place: usize) -> bool {
        let first = self.ordinals.first().copied().unwrap_or_default();
        let ordinal = self.ordinals.get(self.index(place)).copied();
        self.filled.len() != self.values.len() && ordinal != Some(first + place as i64)
    }

    /// The source, from and to some of the periods.
    pub(crate) fn source_of(&self, from: usize, to: usize) -> SourceSql {
        let label = |at: usize| self.labels[at].clone();
        SourceSql {
            range: Some((label(from), label(to))),
            ..self.source.clone()
        }
    }

    /// A finding that rests on all periods.
    pub(crate) fn finding(
        &self,
        kind: FindingKind,
        template: &'static str,
        measure: &str,
        sql: String,
    ) -> ReportFinding {
        let mut finding = ReportFinding::new(kind, template, sql);
        finding.measure = Some(measure.to_owned());
        finding.rows = self.all_rows();
        finding.periods = self.values.len() as u64;
        finding.range = self.range();
        finding.name("span", self.span.key())
    }

    /// The labels of the first and last period.
    pub(crate) fn range(&self) -> Option<(String, String)> {
        Some((self.labels.first()?.clone(), self.labels.last()?.clone()))
    }

    /// Whether shares of the values make sense: all are above 0, and 0 is nothing.
    pub(crate) fn is_positive(&self) -> bool {
        self.has_zero && self.values.iter().all(|value| *value > 0.0)
    }
}

/// The value of a cell under an aggregate.
pub(crate) fn value(cell: &GroupCell, aggregate: MeasureAggregate) -> f64 {
    match aggregate {
        MeasureAggregate::Sum | MeasureAggregate::Rows => cell.sum.value(),
        MeasureAggregate::Mean => cell.mean(),
    }
}

fn fill(series: &mut MeasureSeries) {
    let count = series.values.len();
    let (Some(first), Some(last)) = (series.ordinals.first(), series.ordinals.last()) else {
        return;
    };
    let all = (last - first + 1) as usize;
    if all == count || (all - count) as f64 > MAX_GAPS * all as f64 {
        series.filled.clone_from(&series.values);
        series.index = (0..count).collect();
        return;
    }
    for after in 0..count {
        let Some(before) = after.checked_sub(1) else {
            series.filled.push(series.values[0]);
            series.index.push(0);
            continue;
        };
        let steps = series.ordinals[after] - series.ordinals[before];
        let (from, to) = (series.values[before], series.values[after]);
        for step in 1..=steps {
            series
                .filled
                .push(from + (to - from) * step as f64 / steps as f64);
            series.index.push(after);
        }
    }
}

/// The cycles that a series may have: five days where weekends have no rows.
fn cycles(series: &MeasureSeries) -> Vec<usize> {
    let is_weekend = |day: &i64| [0, 6].contains(&crate::calendar::weekday(*day));
    if series.span == PeriodSpan::Day && !series.ordinals.iter().any(is_weekend) {
        return vec![5];
    }
    let is_whole = series.filled.len() == series.values.len();
    let all = series.ordinals.last().zip(series.ordinals.first());
    let has_gaps =
        all.is_some_and(|(last, first)| (last - first + 1) as usize != series.filled.len());
    if is_whole && has_gaps {
        Vec::new()
    } else {
        series.span.cycles().to_vec()
    }
}

/// The series of all tracked columns, with what was left out as notes. Empty without time.
pub(crate) fn all(
    plan: &ReportPlan,
    groups: &Groups,
    columns: &[ColumnProfile],
    seed: u64,
    notes: &mut Vec<PlanNote>,
) -> Vec<MeasureSeries> {
    let Some(time) = &plan.time else {
        return Vec::new();
    };
    let Some((first, last)) = complete::range(time, groups) else {
        return Vec::new();
    };
    let is_used = |place: usize| groups.periods[place].rows > 0;
    for (template, places) in [
        ("note.first_incomplete", 0..first),
        ("note.last_incomplete", last + 1..groups.periods.len()),
    ] {
        if let Some(place) = places.into_iter().find(|place| is_used(*place)) {
            let label = time.span.label(time.first + place as i64);
            let span = time.span.key();
            notes.push(
                PlanNote::new(template)
                    .name("period", label)
                    .name("span", span),
            );
        }
    }
    let empty = (first..=last).filter(|place| !is_used(*place)).count();
    if empty > 0 {
        let template = if empty == 1 {
            "note.gaps.one"
        } else {
            "note.gaps"
        };
        let note = PlanNote::new(template).name("count", empty.to_string());
        notes.push(
            note.name("spans", time.span.key())
                .name("span", time.span.key()),
        );
    }
    let one = |tracked: usize| build(plan, groups, columns, tracked, (first, last), seed);
    (0..plan.tracked.len()).filter_map(one).collect()
}

fn build(
    plan: &ReportPlan,
    groups: &Groups,
    columns: &[ColumnProfile],
    tracked: usize,
    (first, last): (usize, usize),
    seed: u64,
) -> Option<MeasureSeries> {
    let time = plan.time.as_ref()?;
    let measure = &plan.tracked[tracked];
    let label = |place: usize| time.span.label(time.first + place as i64);
    let range = Some((label(first), label(last)));
    let mut series = MeasureSeries {
        span: time.span,
        has_zero: measure.has_zero && measure.points.is_none(),
        points: measure.points,
        places: Vec::new(),
        ordinals: Vec::new(),
        labels: Vec::new(),
        values: Vec::new(),
        rows: Vec::new(),
        filled: Vec::new(),
        index: Vec::new(),
        model: SeriesModel::default(),
        is_daily: false,
        cycle: None,
        source: SourceSql {
            range,
            ..plan.measure_sql(measure, columns)
        },
    };
    for place in first..=last {
        let cell = &groups.cells[tracked][place];
        if cell.rows > 0 {
            series.places.push(place);
            series.ordinals.push(time.first + place as i64);
            series.labels.push(label(place));
            series.values.push(value(cell, measure.aggregate));
            series.rows.push(cell.rows);
        }
    }
    fill(&mut series);
    // Further columns are only checked for their quality, which needs no model.
    let is_enough = series.values.len() >= MIN_PERIODS && series.all_rows() >= 8;
    if tracked < plan.measures && is_enough {
        let cycles = cycles(&series);
        series.cycle = cycles.first().copied();
        series.model = series_model::fit(&series.filled, &cycles, seed);
        if series.model.has_season() && measure.aggregate != MeasureAggregate::Mean {
            compare_daily(&mut series, &cycles, seed);
        }
    }
    Some(series)
}

/// Months have 28 to 31 days, which makes a season of every sum. The season must hold in the values
/// per day too: the smaller one of both is taken.
fn compare_daily(series: &mut MeasureSeries, cycles: &[usize], seed: u64) {
    if !matches!(series.span, PeriodSpan::Month | PeriodSpan::Quarter) {
        return;
    }
    let first = series.ordinals.first().copied().unwrap_or_default();
    let is_gapless = series.filled.len() != series.values.len();
    let ordinal = |at: usize| {
        if is_gapless {
            first + at as i64
        } else {
            series.ordinals[at]
        }
    };
    let places = series.filled.iter().enumerate();
    let daily: Vec<f64> = places
        .map(|(at, value)| value / series.span.days(ordinal(at)) as f64)
        .collect();
    let model = series_model::fit(&daily, cycles, seed);
    let height = |model: &SeriesModel, values: &[f64]| {
        let season = model.season.as_ref();
        season.map_or(0.0, Season::height) / crate::stats::mean(values).abs()
    };
    let is_less = height(&model, &daily) < height(&series.model, &series.filled);
    if !model.has_season() || is_less {
        series.model = model;
        series.is_daily = true;
    }
}
