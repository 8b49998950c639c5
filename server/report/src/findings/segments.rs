//! How segments differ: which makes most of a sum, and which have the highest and lowest means.

use super::series::value;
use super::{Analysis, Collected, MIN_ROWS};
use crate::finding::{FindingKind, NumberForm, ReportFinding};
use crate::group::GroupCell;
use crate::plan::{PlanDimension, Segment};
use crate::source_sql::{MeasureAggregate, SourceSql};
use crate::sql::quoted;
use crate::stats::distribution::fisher_tail;

/// Segments must explain this share of the variance of a mean.
const MIN_EXPLAINED: f64 = 0.03;
/// The largest segment has at least so many times an equal part, or is not worth a sentence.
const MIN_TIMES: f64 = 1.25;
/// As many segments of a dimension that was asked for are described.
const MAX_PARTS: usize = 10;
/// Means must differ by this share.
const MIN_CHANGE: f64 = 0.05;

pub(super) fn find(analysis: &Analysis<'_>, measure: usize, collected: &mut Collected) {
    for dimension in 0..analysis.plan.dimensions.len() {
        if analysis
            .plan
            .named
            .contains(&analysis.plan.dimensions[dimension].column)
        {
            parts(analysis, measure, dimension, collected);
        }
        if analysis.plan.tracked[measure].aggregate == MeasureAggregate::Mean {
            means(analysis, measure, dimension, collected);
        } else {
            composition(analysis, measure, dimension, collected);
        }
    }
}

/// The joined cells of each segment.
fn totals(analysis: &Analysis<'_>, measure: usize, dimension: usize) -> Vec<GroupCell> {
    let segments = 0..analysis.plan.dimensions[dimension].segments.len();
    segments
        .map(|segment| {
            let mut sum = GroupCell::default();
            let cells = analysis.groups.segment(dimension, segment, measure);
            cells.iter().for_each(|cell| sum.merge(cell));
            sum
        })
        .collect()
}

fn source(analysis: &Analysis<'_>, measure: usize) -> SourceSql {
    analysis
        .plan
        .measure_sql(&analysis.plan.tracked[measure], analysis.columns)
}

fn form(dimension: &PlanDimension) -> NumberForm {
    if dimension.is_personal {
        NumberForm::Private
    } else {
        NumberForm::Text
    }
}

fn composition(
    analysis: &Analysis<'_>,
    measure: usize,
    dimension: usize,
    collected: &mut Collected,
) {
    let plan = &analysis.plan.dimensions[dimension];
    let cells = totals(analysis, measure, dimension);
    let all: f64 = cells.iter().map(|cell| cell.sum.value()).sum();
    let is_positive = cells.iter().all(|cell| cell.sum.value() >= 0.0) && all > 0.0;
    let named = (0..cells.len()).filter(|at| plan.segments[*at] != Segment::Other);
    let best = named.max_by(|a, b| cells[*a].sum.value().total_cmp(&cells[*b].sum.value()));
    let (true, Some(best)) = (is_positive, best) else {
        return;
    };
    let rows: u64 = cells.iter().map(|cell| cell.rows).sum();
    if rows < MIN_ROWS || plan.has_other && plan.segments[best] == Segment::Missing {
        return;
    }
    let used = cells.iter().filter(|cell| cell.rows > 0).count().max(1) as f64;
    let is_large = cells[best].sum.value() / all >= MIN_TIMES / used;
    if !is_large {
        return;
    }
    let source = source(analysis, measure);
    let name = quoted(&plan.name);
    let sql = format!(
        "WITH parts AS (\n  SELECT {name} AS segment, {} AS total FROM {}{} GROUP BY 1\n)\nSELECT \
         MAX(CASE WHEN {} THEN total END) AS total,\n  MAX(CASE WHEN {} THEN total END) / \
         SUM(total) \
         AS share\nFROM parts",
        source.total(),
        source.table(),
        source.rows_where(),
        plan.segments[best].condition("segment"),
        plan.segments[best].condition("segment"),
    );
    let total = cells[best].sum.value();
    let mut finding = ReportFinding::new(FindingKind::Composition, "composition", sql);
    finding.measure = Some(analysis.plan.tracked[measure].name.clone());
    finding.rows = rows;
    let finding = finding
        .name("dimension", &plan.name)
        .name("segment", plan.segments[best].label())
        .name("segment_form", form(plan).key())
        .amount("total", total)
        .percent("share", total / all);
    collected.add(finding.weight(total / all * 0.3));
}

/// What each of the largest segments holds, where the user asked for the dimension.
fn parts(analysis: &Analysis<'_>, measure: usize, dimension: usize, collected: &mut Collected) {
    let plan = &analysis.plan.dimensions[dimension];
    let aggregate = analysis.plan.tracked[measure].aggregate;
    let cells = totals(analysis, measure, dimension);
    let all: f64 = cells.iter().map(|cell| cell.sum.value()).sum();
    let is_share = cells.iter().all(|cell| cell.sum.value() >= 0.0) && all > 0.0;
    let is_used = |at: &usize| cells[*at].rows > 0 && plan.segments[*at] != Segment::Other;
    let mut used: Vec<usize> = (0..cells.len()).filter(is_used).collect();
    let size = |at: usize| value(&cells[at], aggregate);
    used.sort_by(|a, b| size(*b).total_cmp(&size(*a)));
    let count = used.len().min(MAX_PARTS);
    for (rank, at) in used.into_iter().take(MAX_PARTS).enumerate() {
        let template = match (aggregate, is_share) {
            (MeasureAggregate::Mean, _) => "part.mean",
            (_, true) => "part.share",
            (_, false) => "part.sum",
        };
        let sql = part_sql(analysis, measure, dimension, at, is_share);
        let mut finding = ReportFinding::new(FindingKind::SegmentPart, template, sql);
        finding.measure = Some(analysis.plan.tracked[measure].name.clone());
        finding.rows = cells[at].rows;
        let finding = finding
            .name("dimension", &plan.name)
            .name("segment", plan.segments[at].label())
            .name("segment_form", form(plan).key())
            .amount("total", size(at))
            .percent_if(template == "part.share", "share", size(at) / all);
        collected.add(finding.weight((count - rank) as f64 * 1e-3));
    }
}

fn part_sql(
    analysis: &Analysis<'_>,
    measure: usize,
    dimension: usize,
    segment: usize,
    is_share: bool,
) -> String {
    let plan = &analysis.plan.dimensions[dimension];
    let mut source = source(analysis, measure);
    let share = if is_share && source.aggregate != MeasureAggregate::Mean {
        format!(
            ", {} / (SELECT {} FROM {}{}) AS share",
            source.total(),
            source.total(),
            source.table(),
            source.rows_where()
        )
    } else {
        String::new()
    };
    let total = source.total();
    let condition = plan.segments[segment].condition(&plan.name);
    source.conditions.push(condition);
    format!(
        "SELECT {total} AS total{share}\nFROM {}{}",
        source.table(),
        source.rows_where()
    )
}

/// The p-value of the means of segments, and the share of the variance that they explain.
fn variance(cells: &[GroupCell], used: &[usize]) -> (f64, f64) {
    let rows: u64 = used.iter().map(|at| cells[*at].rows).sum();
    let center = used.iter().map(|at| cells[*at].sum.value()).sum::<f64>() / rows as f64;
    let distance = |at: &usize| cells[*at].rows as f64 * (cells[*at].mean() - center).powi(2);
    let between: f64 = used.iter().map(distance).sum();
    let within: f64 = used.iter().map(|at| cells[*at].deviations()).sum();
    let (groups, free) = (used.len() as f64 - 1.0, rows as f64 - used.len() as f64);
    let statistic = (between / groups) / (within / free).max(f64::MIN_POSITIVE);
    let p = fisher_tail(statistic, groups, free);
    (p, between / (between + within).max(f64::MIN_POSITIVE))
}

fn means(analysis: &Analysis<'_>, measure: usize, dimension: usize, collected: &mut Collected) {
    let plan = &analysis.plan.dimensions[dimension];
    let cells = totals(analysis, measure, dimension);
    let is_used =
        |at: &usize| cells[*at].rows >= MIN_ROWS / 2 && plan.segments[*at] != Segment::Other;
    let used: Vec<usize> = (0..cells.len()).filter(is_used).collect();
    let rows: u64 = used.iter().map(|at| cells[*at].rows).sum();
    if used.len() < 2 || rows < MIN_ROWS {
        return;
    }
    let (p, explained) = variance(&cells, &used);
    let by_mean = |a: &&usize, b: &&usize| cells[**a].mean().total_cmp(&cells[**b].mean());
    let (Some(low), Some(high)) = (used.iter().min_by(by_mean), used.iter().max_by(by_mean)) else {
        return;
    };
    let (low_mean, high_mean) = (cells[*low].mean(), cells[*high].mean());
    let is_clear = explained >= MIN_EXPLAINED
        && high_mean - low_mean >= MIN_CHANGE * high_mean.abs().max(low_mean.abs());
    if !is_clear {
        collected.tested(p);
        return;
    }
    let source = source(analysis, measure);
    let side = |at: usize| plan.segments[at].condition(&plan.name);
    let value = source.value();
    let sql = format!(
        "SELECT CAST(AVG(CASE WHEN {} THEN {value} END) AS DOUBLE) AS high,\n  CAST(AVG(CASE \
         WHEN {} \
         THEN {value} END) AS DOUBLE) AS low\nFROM {}{}",
        side(*high),
        side(*low),
        source.table(),
        source.rows_where()
    );
    let template = if used.len() == 2 {
        "means.two"
    } else {
        "means.many"
    };
    let mut finding = ReportFinding::new(FindingKind::SegmentMeans, template, sql);
    finding.measure = Some(analysis.plan.tracked[measure].name.clone());
    finding.rows = rows;
    let finding = finding
        .name("dimension", &plan.name)
        .name("segment", plan.segments[*high].label())
        .name("low_segment", plan.segments[*low].label())
        .name("segment_form", form(plan).key())
        .amount("high", high_mean)
        .amount("low", low_mean);
    collected.add(
        finding
            .test("variance", p, explained)
            .weight(explained + 0.1),
    );
}
