//! Where a change comes from: the segments that make more of it than their size explains.
//!
//! For each segment the series less its share of the whole is compared between the windows, so a
//! segment that only moves with all others is no driver. Means are split in the same way.

use super::comparison::{Comparison, change, segment_name};
use super::series::{MeasureSeries, value};
use super::windows::Windows;
use super::{Analysis, Collected, MIN_ROWS, split};
use crate::finding::{FindingKind, ReportFinding};
use crate::group::GroupCell;
use crate::plan::{ReportPlan, Segment};
use crate::source_sql::MeasureAggregate;

/// A change of less than this is not explained.
const MIN_CHANGE: f64 = 0.03;
/// A driver makes at least this share of a change.
const MIN_SHARE: f64 = 0.25;
/// A segment that moves while the whole does not, moves at least this share of the whole.
const MIN_OFFSET: f64 = 0.03;
/// Many segments are looked at, so one that moves on its own needs a smaller p-value.
const MAX_OFFSET_P: f64 = 0.002;
/// A share above this is more than the whole change.
const MORE: f64 = 1.02;
/// As many drivers of a measure are shown.
const MAX_DRIVERS: usize = 3;

pub(super) fn find(analysis: &Analysis<'_>, measure: usize, collected: &mut Collected) {
    let Some(series) = analysis.series.get(measure) else {
        return;
    };
    let compare = |windows| compare_whole(analysis, measure, series, windows);
    let all = choices(analysis, series).into_iter().map(compare);
    let mut all: Vec<(Comparison<'_>, f64)> = all.collect();
    // The surest change comes first; where there is none, the first windows.
    let rank = |(one, p): &(Comparison<'_>, f64)| if one.is_changed { *p } else { 2.0 };
    all.sort_by(|a, b| rank(a).total_cmp(&rank(b)));
    let mut all = all.into_iter();
    let compared = all.next();
    all.for_each(|(_, p)| collected.tested(p));
    let Some((comparison, p)) = compared else {
        return;
    };
    if comparison.is_changed {
        collected.add(change(&comparison, p, comparison.relative()));
    } else {
        collected.tested(p);
    }
    if comparison.has_enough_rows() {
        find_segments(analysis, measure, &comparison, collected);
    }
}

/// The windows that may show a change, the first ones first: those that the question names, or the
/// strongest change of the series and, if the question asks for a change, the last periods.
fn choices(analysis: &Analysis<'_>, series: &MeasureSeries) -> Vec<Windows> {
    let question = analysis.plan.question.as_ref();
    let named = question.and_then(|asked| asked.time.as_ref());
    if let Some(windows) = named.and_then(|time| Windows::asked(series, time)) {
        return vec![windows];
    }
    let is_about_change = question.is_some_and(|asked| asked.asks_why || asked.direction.is_some());
    let recent = is_about_change.then(|| Windows::recent(series)).flatten();
    Windows::choose(series).into_iter().chain(recent).collect()
}

/// The measure between windows, and the p-value of its change.
fn compare_whole<'a>(
    analysis: &Analysis<'a>,
    measure: usize,
    series: &'a MeasureSeries,
    windows: Windows,
) -> (Comparison<'a>, f64) {
    let plan = &analysis.plan.tracked[measure];
    let cells = &analysis.groups.cells[measure];
    let p = if windows.is_asked {
        let of_rows = |place: &usize| variance(&cells[*place], plan.aggregate);
        let variances: Vec<f64> = series.places.iter().map(of_rows).collect();
        windows.p_by_rows(series, &series.values, &variances)
    } else {
        windows.p(&series.values)
    };
    let mut comparison = Comparison {
        series,
        windows,
        aggregate: plan.aggregate,
        name: &plan.name,
        before: GroupCell::default(),
        after: GroupCell::default(),
        is_changed: false,
    };
    (comparison.before, comparison.after) = comparison.sides(cells);
    let is_clear = comparison.relative().abs() >= MIN_CHANGE && p <= 0.05;
    comparison.is_changed = comparison.has_enough_rows() && is_clear;
    (comparison, p)
}

/// The variance of a period's value if its rows are independent: of a sum of a random number of
/// rows it is the sum of squares.
fn variance(cell: &GroupCell, aggregate: MeasureAggregate) -> f64 {
    let rows = cell.rows as f64;
    match aggregate {
        MeasureAggregate::Rows => rows,
        MeasureAggregate::Sum => cell.squares,
        MeasureAggregate::Mean if cell.rows > 1 => cell.deviations() / (rows - 1.0) / rows,
        MeasureAggregate::Mean => 0.0,
    }
}

/// A segment of a dimension, or of two together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SegmentPlace {
    /// A dimension, or a pair after all dimensions.
    group: usize,
    /// The segment within the group.
    segment: usize,
}

impl SegmentPlace {
    /// The dimensions and the segment of each.
    fn parts(self, plan: &ReportPlan) -> Vec<(usize, usize)> {
        let Some(pair) = self.group.checked_sub(plan.dimensions.len()) else {
            return vec![(self.group, self.segment)];
        };
        let pair = plan.pairs[pair];
        let width = plan.dimensions[pair.second].segments.len();
        vec![
            (pair.first, self.segment / width),
            (pair.second, self.segment % width),
        ]
    }
}

/// All segments that have a name, those of single dimensions first.
fn places(plan: &ReportPlan) -> Vec<SegmentPlace> {
    let count = |at: usize| plan.dimensions[at].segments.len();
    let single = (0..plan.dimensions.len()).map(count);
    let paired = plan
        .pairs
        .iter()
        .map(|pair| count(pair.first) * count(pair.second));
    let mut places = Vec::new();
    for (group, segments) in single.chain(paired).enumerate() {
        places.extend((0..segments).map(|segment| SegmentPlace { group, segment }));
    }
    let is_named = |place: &SegmentPlace| {
        let mut parts = place.parts(plan).into_iter();
        parts.all(|(at, segment)| plan.dimensions[at].segments[segment] != Segment::Other)
    };
    places.retain(is_named);
    places
}

/// A segment between the windows.
struct SegmentChange {
    place: SegmentPlace,
    before: GroupCell,
    after: GroupCell,
    /// Its part of the difference of the whole.
    part: f64,
    p: f64,
}

fn find_segments(
    analysis: &Analysis<'_>,
    measure: usize,
    comparison: &Comparison<'_>,
    collected: &mut Collected,
) {
    let plan = analysis.plan;
    let all = places(plan).into_iter();
    let mut changes: Vec<SegmentChange> = all
        .filter_map(|place| compare(analysis, measure, comparison, place))
        .collect();
    changes.sort_by(|a, b| b.part.abs().total_cmp(&a.part.abs()));
    // Two values together come first where they make most of what each one makes.
    let (pairs, single): (Vec<_>, Vec<_>) = changes
        .into_iter()
        .partition(|change| change.place.group >= plan.dimensions.len());
    let (mut shown, mut named, mut best) = (0, Vec::new(), None);
    for change in pairs.iter().chain(&single) {
        let is_pair = change.place.group >= plan.dimensions.len();
        let fits = if is_pair {
            comparison.is_changed && shown == 0 && makes_most(plan, change, &single)
        } else {
            !named.contains(&change.place.parts(plan)[0])
        };
        let found = (fits && shown < MAX_DRIVERS)
            .then(|| driver(analysis, comparison, change))
            .flatten();
        match found {
            Some(finding) => {
                shown += 1;
                named.extend(change.place.parts(plan));
                best = best.or(Some(change.place.parts(plan)[0].0));
                collected.add(finding);
            }
            None if is_pair => {}
            None => collected.tested(change.p),
        }
    }
    if comparison.is_changed && comparison.aggregate == MeasureAggregate::Sum {
        let dimension = best.or((!plan.dimensions.is_empty()).then_some(0));
        if let Some(dimension) = dimension {
            split::find(analysis, measure, comparison, dimension, collected);
        }
    }
}

/// Whether two values together make most of the change of each one.
fn makes_most(plan: &ReportPlan, change: &SegmentChange, single: &[SegmentChange]) -> bool {
    const MIN_OF_EACH: f64 = 0.75;
    change.place.parts(plan).into_iter().all(|part| {
        let of = single.iter().find(|one| one.place.parts(plan)[0] == part);
        of.is_some_and(|whole| change.part / whole.part >= MIN_OF_EACH)
    })
}

fn compare(
    analysis: &Analysis<'_>,
    measure: usize,
    comparison: &Comparison<'_>,
    place: SegmentPlace,
) -> Option<SegmentChange> {
    let cells = analysis.groups.segment(place.group, place.segment, measure);
    let (before, after) = comparison.sides(cells);
    let is_mean = comparison.aggregate == MeasureAggregate::Mean;
    let has_too_few = before.rows + after.rows < MIN_ROWS
        || is_mean && before.rows.min(after.rows) < MIN_ROWS / 2;
    if has_too_few {
        return None;
    }
    let whole = &analysis.groups.cells[measure];
    let places = &comparison.series.places;
    let (part, excess): (f64, Vec<f64>) = if is_mean {
        let weight = after.rows as f64 / comparison.after.rows.max(1) as f64;
        let rest = |place: &usize| {
            let cell = &cells[*place];
            if cell.rows == 0 {
                0.0
            } else {
                cell.mean() - whole[*place].mean()
            }
        };
        (
            weight * (after.mean() - before.mean()),
            places.iter().map(rest).collect(),
        )
    } else {
        let share = before.sum.value() / comparison.before.sum.value();
        let rest = |place: &usize| cells[*place].sum.value() - share * whole[*place].sum.value();
        (
            after.sum.value() - before.sum.value(),
            places.iter().map(rest).collect(),
        )
    };
    let is_finite = excess.iter().all(|value| value.is_finite());
    let p = if comparison.windows.is_asked {
        let share = before.sum.value() / comparison.before.sum.value();
        let variances: Vec<f64> = places
            .iter()
            .map(|place| excess_variance(&cells[*place], &whole[*place], share, comparison))
            .collect();
        comparison
            .windows
            .p_by_rows(comparison.series, &excess, &variances)
    } else {
        comparison.windows.p(&excess)
    };
    is_finite.then_some(SegmentChange {
        place,
        before,
        after,
        part,
        p,
    })
}

/// The variance of a segment less its share of the whole, of which it is a part.
fn excess_variance(
    cell: &GroupCell,
    whole: &GroupCell,
    share: f64,
    comparison: &Comparison<'_>,
) -> f64 {
    let own = variance(cell, comparison.aggregate);
    if comparison.aggregate == MeasureAggregate::Mean {
        return own;
    }
    let all = variance(whole, comparison.aggregate);
    ((1.0 - 2.0 * share) * own + share * share * all).max(0.0)
}

/// The finding about a segment, if it makes enough of the change.
fn driver(
    analysis: &Analysis<'_>,
    comparison: &Comparison<'_>,
    change: &SegmentChange,
) -> Option<ReportFinding> {
    let total = comparison.change();
    let share = change.part / total;
    let is_mean = comparison.aggregate == MeasureAggregate::Mean;
    let base = if is_mean {
        change.after.rows as f64 / comparison.after.rows.max(1) as f64
    } else {
        change.before.sum.value() / comparison.before.sum.value()
    };
    let whole = value(&comparison.before, comparison.aggregate).abs();
    let is_driver = comparison.is_changed && share >= MIN_SHARE && share >= 1.3 * base;
    let is_offset = !comparison.is_changed
        && change.part.abs() >= MIN_OFFSET * whole
        && change.p <= MAX_OFFSET_P;
    if !is_driver && !is_offset {
        return None;
    }
    let parts: Vec<(&str, &Segment)> = change
        .place
        .parts(analysis.plan)
        .into_iter()
        .map(|(at, segment)| (&analysis.plan.dimensions[at], segment))
        .map(|(dimension, segment)| (dimension.name.as_str(), &dimension.segments[segment]))
        .collect();
    let own = |cell: &GroupCell| value(cell, comparison.aggregate);
    let (before, after) = (own(&change.before), own(&change.after));
    let is_share = comparison.series.is_share(before, after);
    let template = template(is_driver, is_mean, change.part > 0.0, share > MORE);
    let sql = sql(comparison, &parts, is_driver, is_mean, is_share);
    let finding = ReportFinding::new(FindingKind::Driver, template, sql);
    let joined = |texts: Vec<String>| texts.join(" / ");
    let names = joined(parts.iter().map(|(name, _)| (*name).to_owned()).collect());
    let labels = joined(parts.iter().map(|(_, segment)| segment.label()).collect());
    let mut finding = comparison
        .describe(finding)
        .name("dimension", names)
        .name("segment", labels);
    finding.rows = change.before.rows + change.after.rows;
    let weight = if is_driver {
        share.min(1.5)
    } else {
        (change.part / whole).abs()
    };
    let finding = finding
        .amount("before", before)
        .amount("after", after)
        .amount("difference", after - before)
        .percent_if(is_driver, "share", share)
        .percent_if(is_driver, "base", base)
        .percent_if(is_share, "change", after / before - 1.0)
        .test("excess", change.p, share);
    Some(finding.weight(weight + 0.3))
}

fn template(is_driver: bool, is_mean: bool, is_rise: bool, is_more: bool) -> &'static str {
    match (is_driver, is_mean, is_rise) {
        (true, false, true) if is_more => "driver.rise.more",
        (true, false, false) if is_more => "driver.fall.more",
        (true, false, true) => "driver.rise",
        (true, false, false) => "driver.fall",
        (true, true, true) => "driver.mean.rise",
        (true, true, false) => "driver.mean.fall",
        (false, _, true) => "driver.only.rise",
        (false, _, false) => "driver.only.fall",
    }
}

fn sql(
    comparison: &Comparison<'_>,
    parts: &[(&str, &Segment)],
    is_driver: bool,
    is_mean: bool,
    is_share: bool,
) -> String {
    let (before, after) = if is_mean {
        ("p.s0 / p.n0", "p.s1 / p.n1")
    } else {
        ("p.s0", "p.s1")
    };
    let shares = match (is_driver, is_mean) {
        (false, _) => "",
        (true, false) => ",\n  (p.s1 - p.s0) / (w.s1 - w.s0) AS share, p.s0 / w.s0 AS base",
        (true, true) => {
            ",\n  (CAST(p.n1 AS DOUBLE) / w.n1) * (p.s1 / p.n1 - p.s0 / p.n0) / (w.s1 / w.n1 - \
             w.s0 / \
             w.n0) AS share, CAST(p.n1 AS DOUBLE) / w.n1 AS base"
        }
    };
    let change = if is_share {
        format!(", {after} / ({before}) - 1 AS change")
    } else {
        String::new()
    };
    let names: Vec<&str> = parts.iter().map(|(name, _)| *name).collect();
    let places = parts.iter().zip(1..);
    let conditions: Vec<String> = places
        .map(|((_, segment), number)| segment.condition_of(&format!("p.{}", segment_name(number))))
        .collect();
    format!(
        "{}\nSELECT {before} AS before, {after} AS after, {after} - {before} AS \
         difference{shares}{change}\nFROM parts p, whole w WHERE {}",
        comparison.parts_sql(&names),
        conditions.join(" AND ")
    )
}
