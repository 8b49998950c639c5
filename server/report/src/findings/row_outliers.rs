//! Single values that do not fit their column.
//!
//! The limits come from the profile's quantiles: far outside of what both halves of the column
//! spread, on the scale of logarithms where the values are skewed. The second pass counts the rows
//! beyond them.

use super::{Analysis, Collected, MIN_ROWS};
use crate::finding::{FindingKind, ReportFinding};
use crate::group::RowLimits;
use crate::plan::ReportPlan;
use crate::sql::{number, quoted};
use crate::stats::distribution::normal_tail;
use data::files::{ColumnProfile, Quantiles};

/// So many deviations from the median are beyond the limit.
const FAR: f64 = 7.0;
/// The farthest value is at least so many deviations away.
const FARTHEST: f64 = 9.0;
/// More values than this are a long tail, and no outliers.
const MAX_SHARE: f64 = 0.001;

/// The scale on which a column is judged.
#[derive(Clone, Copy)]
enum Scale {
    Plain,
    Logarithm,
}

impl Scale {
    fn to(self, value: f64) -> f64 {
        match self {
            Self::Plain => value,
            Self::Logarithm => value.max(f64::MIN_POSITIVE).ln(),
        }
    }

    fn back(self, value: f64) -> f64 {
        match self {
            Self::Plain => value,
            Self::Logarithm => value.exp(),
        }
    }
}

/// The spread of one side of a column, in standard deviations: the widest by any quantile.
fn spread(quantiles: &Quantiles, scale: Scale, is_upper: bool) -> Option<f64> {
    const PLACES: [(f64, f64); 4] = [
        (0.25, 0.674_489_75),
        (0.4, 1.281_551_57),
        (0.45, 1.644_853_63),
        (0.49, 2.326_347_87),
    ];
    let middle = scale.to(quantiles.at(0.5)?);
    let mut widest = 0.0_f64;
    for (share, deviations) in PLACES {
        let place = if is_upper { 0.5 + share } else { 0.5 - share };
        let distance = (scale.to(quantiles.at(place)?) - middle).abs();
        widest = widest.max(distance / deviations);
    }
    (widest > 0.0).then_some(widest)
}

fn scale(column: &ColumnProfile, quantiles: &Quantiles) -> Scale {
    let is_positive = column.min.is_some_and(|min| min > 0.0);
    let at = |share: f64| quantiles.at(share).unwrap_or_default();
    let is_skewed = at(0.95) - at(0.5) > 1.5 * (at(0.5) - at(0.05));
    if is_positive && is_skewed {
        Scale::Logarithm
    } else {
        Scale::Plain
    }
}

fn limits_of(column: &ColumnProfile) -> Option<RowLimits> {
    let quantiles = column.quantiles.as_ref()?;
    if column.values() < 100 || column.distinct.count < 20 {
        return None;
    }
    let scale = scale(column, quantiles);
    let middle = scale.to(quantiles.at(0.5)?);
    // A value only just beyond the limit is the end of a tail.
    let limit = |is_upper: bool, value: f64| {
        let width = spread(quantiles, scale, is_upper)?;
        let sign = if is_upper { 1.0 } else { -1.0 };
        let is_far = (scale.to(value) - middle) * sign > FARTHEST * width;
        is_far.then(|| scale.back(middle + sign * FAR * width))
    };
    let high = column.max.and_then(|max| limit(true, max));
    let low = column.min.and_then(|min| limit(false, min));
    Some(RowLimits { low, high })
}

/// The limits of each tracked column.
pub(crate) fn limits(plan: &ReportPlan, columns: &[ColumnProfile]) -> Vec<RowLimits> {
    let tracked = plan.tracked.iter();
    let column = |at: Option<usize>| at.and_then(|at| limits_of(&columns[at]));
    tracked
        .map(|one| column(one.column).unwrap_or_default())
        .collect()
}

pub(super) fn find(analysis: &Analysis<'_>, changed: &[usize], collected: &mut Collected) {
    for (at, limits) in analysis.limits.iter().enumerate() {
        let Some(column) = analysis.plan.tracked[at].column else {
            continue;
        };
        let profile = &analysis.columns[column];
        let far = analysis.groups.beyond[at];
        let sides = [
            (limits.low, far.low, far.smallest),
            (limits.high, far.high, far.largest),
        ];
        for (limit, rows, extreme) in sides {
            let Some(limit) = limit.filter(|_| rows > 0 && !changed.contains(&at)) else {
                continue;
            };
            let most = (profile.values() as f64 * MAX_SHARE).max(3.0);
            let p = (profile.values() as f64 * normal_tail(FAR)).min(1.0);
            if rows as f64 > most || analysis.groups.rows < MIN_ROWS {
                collected.tested(p);
                continue;
            }
            collected.add(finding(analysis, profile, (limit, rows, extreme), p));
        }
    }
}

fn finding(
    analysis: &Analysis<'_>,
    profile: &ColumnProfile,
    (limit, rows, extreme): (f64, u64, f64),
    p: f64,
) -> ReportFinding {
    let is_upper = extreme > limit;
    let source = analysis.plan.rows_sql(analysis.columns);
    let column = quoted(&profile.name);
    let (sign, pick) = if is_upper { (">", "MAX") } else { ("<", "MIN") };
    let mut conditions = source.conditions.clone();
    conditions.push(format!("{column} {sign} {}", number(limit)));
    let sql = format!(
        "SELECT COUNT(*) AS count, CAST({pick}({column}) AS DOUBLE) AS extreme, {} AS \
         bound\nFROM {} WHERE {}",
        number(limit),
        source.table(),
        conditions.join(" AND ")
    );
    let template = match (rows, is_upper) {
        (1, true) => "row.high.one",
        (1, false) => "row.low.one",
        (_, true) => "row.high",
        (_, false) => "row.low",
    };
    let mut finding = ReportFinding::new(FindingKind::RowOutlier, template, sql);
    finding.rows = analysis.groups.rows;
    finding
        .name("column", &profile.name)
        .count("count", rows)
        .amount("extreme", extreme)
        .amount("bound", limit)
        .test("distance", p, FAR)
        .weight(0.4)
}
