//! Which column is the time, and how long a period is.
//!
//! The span is chosen so that there are enough periods for the tests and few enough to read: months
//! where there are two years or more, else weeks or days. A span that the data are too thin for
//! gives way to a longer one.

use super::roles::{self, ColumnRole};
use super::{PlanNote, PlanTime, find};
use crate::options::ReportOptions;
use crate::period::{MICROS_PER_DAY, PeriodSpan, TimeKind};
use crate::problem::ReportProblem;
use data::files::{ColumnProfile, ValueKind};

/// With this many periods a span is fine-grained enough.
const ENOUGH: i64 = 24;
/// Days are shown up to this many, and weeks above.
const MANY_DAYS: i64 = 250;
/// More periods than this are never analysed.
const MAX_PERIODS: i64 = 1_200;
/// A span is too short if so many of its periods cannot have a row.
const THIN: f64 = 0.6;

fn named(
    name: &str,
    columns: &[ColumnProfile],
    notes: &mut Vec<PlanNote>,
) -> Result<Option<(usize, TimeKind)>, ReportProblem> {
    let at = find("time", name, columns)?;
    let column = &columns[at];
    if column.kind.is_time() {
        return Ok(Some((at, TimeKind::Dated)));
    }
    let looks_like_years = column.min >= Some(1000.0) && column.max.is_some_and(|max| max < 2200.0);
    if column.kind == ValueKind::Integer && looks_like_years {
        return Ok(Some((at, TimeKind::Years)));
    }
    if column.is_ambiguous_date {
        notes.push(ambiguous(column));
        return Ok(None);
    }
    Err(ReportProblem::new(format!(
        "--time: `{name}` holds no dates ({}); name a column of dates, times or years",
        column.kind.word()
    )))
}

fn ambiguous(column: &ColumnProfile) -> PlanNote {
    let readings = column.date_format.clone().unwrap_or_default();
    PlanNote::new("note.ambiguous_date")
        .name("column", &column.name)
        .name("readings", readings)
}

/// The column that looks most like the time of a row.
fn likely(columns: &[ColumnProfile], roles: &[ColumnRole]) -> Option<(usize, TimeKind)> {
    let times = (0..columns.len()).filter(|at| roles[*at].time > 0);
    let best = times.max_by_key(|at| (roles[*at].time, std::cmp::Reverse(*at)))?;
    let is_year = roles::is_year(&columns[best]);
    Some((
        best,
        if is_year {
            TimeKind::Years
        } else {
            TimeKind::Dated
        },
    ))
}

/// Chooses the time column, and the span if none is `wanted`; `None` if the file has no time.
pub(super) fn choose(
    columns: &[ColumnProfile],
    roles: &[ColumnRole],
    options: &ReportOptions,
    wanted: Option<PeriodSpan>,
    notes: &mut Vec<PlanNote>,
) -> Result<Option<PlanTime>, ReportProblem> {
    let found = match &options.time {
        Some(name) => named(name, columns, notes)?,
        None => likely(columns, roles),
    };
    let Some((at, kind)) = found else {
        return Ok(None);
    };
    let Some((first, last)) = ends(&columns[at]) else {
        return Ok(None);
    };
    let usual = usual_ends(&columns[at]).filter(|_| kind == TimeKind::Dated);
    let is_cut = usual.is_some_and(|usual| usual != (first, last));
    let (first, last) = usual.unwrap_or((first, last));
    let of = |span: PeriodSpan, place: i64| match (kind, columns[at].kind) {
        (TimeKind::Years, _) => place,
        (_, ValueKind::Time) => span.of_micros(place),
        _ => span.of_day(place),
    };
    let count = |span: PeriodSpan| of(span, last).saturating_sub(of(span, first)) + 1;
    let span = match (kind, wanted) {
        (TimeKind::Years, _) => PeriodSpan::Year,
        (_, Some(span)) => span,
        _ if is_weekly(&columns[at]) && count(PeriodSpan::Week) <= MAX_PERIODS => PeriodSpan::Week,
        _ => automatic(&columns[at], count),
    };
    if count(span) > MAX_PERIODS {
        return Err(ReportProblem::new(format!(
            "`{}` spans {} periods of a {}, and {MAX_PERIODS} is the most: choose a longer span, \
             or check the column for wrong dates",
            columns[at].name,
            count(span),
            span.key()
        )));
    }
    if is_cut {
        notes.push(far_dates(
            &columns[at],
            of(span, first),
            of(span, last),
            span,
        ));
    }
    Ok(Some(PlanTime {
        is_cut,
        column: at,
        kind,
        span,
        first: of(span, first),
        last: of(span, last),
    }))
}

/// The first and last value as days, microseconds or years.
fn ends(column: &ColumnProfile) -> Option<(i64, i64)> {
    let (min, max) = (column.min?, column.max?);
    (max >= min).then_some((min as i64, max as i64))
}

/// Dates are far from the rest if they are more than this many times the length of the middle of
/// all dates away from it, and more than [`FAR_DAYS`].
const FAR: f64 = 3.0;
const FAR_DAYS: f64 = 1_000.0;
/// The share of dates at each end that is not part of the middle.
const OUTER: f64 = 0.02;

/// The first and last value that is not far from nearly all others: a few wrong dates, such as
/// 1900-01-01, would make the periods years.
fn usual_ends(column: &ColumnProfile) -> Option<(i64, i64)> {
    let values = &column.quantiles.as_ref()?.values;
    let last = values.len().checked_sub(1)?;
    let edge = ((OUTER * values.len() as f64).ceil() as usize).min(last / 4);
    let (low, high) = (values[edge], values[last - edge]);
    let day = if column.kind == ValueKind::Time {
        MICROS_PER_DAY as f64
    } else {
        1.0
    };
    let room = (FAR * (high - low)).max(FAR_DAYS * day);
    let near = |value: &&f64| **value >= low - room && **value <= high + room;
    let (min, max) = (column.min?, column.max?);
    let first = if near(&&min) {
        min
    } else {
        *values.iter().find(near)?
    };
    let last = if near(&&max) {
        max
    } else {
        *values.iter().rev().find(near)?
    };
    Some((first as i64, last as i64))
}

/// The note that rows with far dates are left out.
fn far_dates(column: &ColumnProfile, first: i64, last: i64, span: PeriodSpan) -> PlanNote {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    PlanNote::new("note.far_dates")
        .name("column", &column.name)
        .name("first_period", span.label(first))
        .name("last_period", span.label(last))
        .name("smallest", text(&column.min_text))
        .name("largest", text(&column.max_text))
        .name("span", span.key())
}

/// Whether the dates are a week apart, as those of weekly sums are: some months have five
/// and some four.
fn is_weekly(column: &ColumnProfile) -> bool {
    let Some(dates) = column.quantiles.as_ref().map(|quantiles| &quantiles.values) else {
        return false;
    };
    let day = if column.kind == ValueKind::Time {
        MICROS_PER_DAY as f64
    } else {
        1.0
    };
    let first = dates.first().copied().unwrap_or_default();
    let weeks = |date: &f64| (date - first) / (7.0 * day);
    let is_whole = dates.iter().all(|date| weeks(date).fract() == 0.0);
    let all = dates.last().map_or(0.0, weeks) + 1.0;
    is_whole && all >= 8.0 && column.distinct.count as f64 >= THIN * all
}

fn automatic(column: &ColumnProfile, count: impl Fn(PeriodSpan) -> i64) -> PeriodSpan {
    let (days, months) = (count(PeriodSpan::Day), count(PeriodSpan::Month));
    let wanted = if months > 600 {
        PeriodSpan::Year
    } else if months >= ENOUGH {
        PeriodSpan::Month
    } else if days > MANY_DAYS {
        PeriodSpan::Week
    } else if days > 14 || column.kind == ValueKind::Date {
        PeriodSpan::Day
    } else {
        PeriodSpan::Hour
    };
    let is_thin = |span: &PeriodSpan| {
        let different = column.distinct.count as f64;
        different < THIN * count(*span) as f64 && count(*span) > 8
    };
    let longer = PeriodSpan::ALL.into_iter().filter(|span| *span >= wanted);
    let fitting = longer
        .into_iter()
        .find(|span| !is_thin(span) && count(*span) <= MAX_PERIODS);
    fitting.unwrap_or(PeriodSpan::Year)
}
