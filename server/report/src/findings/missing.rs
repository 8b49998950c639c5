//! Missing values: columns that have many, and runs of periods in which they are many more.

use super::{Analysis, Collected, MIN_ROWS};
use crate::finding::{FindingKind, ReportFinding};
use crate::sql::{quoted, text};
use crate::stats::scan::{self, Burst};

/// As many columns with missing values get a sentence.
const MAX_COLUMNS: usize = 5;
/// A column with a smaller share of missing values gets none.
const MIN_SHARE: f64 = 0.02;
/// The share within a burst is larger than outside by at least this, and by this factor.
const MIN_EXCESS: f64 = 0.05;
const MIN_FACTOR: f64 = 2.5;
/// A burst has at least so many missing values.
const MIN_CASES: u64 = 5;

pub(super) fn find(analysis: &Analysis<'_>, collected: &mut Collected) {
    for (column, counts) in &analysis.groups.quality {
        burst(analysis, *column, counts, collected);
    }
    shares(analysis, collected);
}

fn shares(analysis: &Analysis<'_>, collected: &mut Collected) {
    let missing = |at: &usize| analysis.columns[*at].rows - analysis.columns[*at].values();
    let is_many = |at: &usize| {
        missing(at) as f64 >= MIN_SHARE * analysis.columns[*at].rows as f64
            && analysis.columns[*at].rows >= MIN_ROWS
    };
    let mut many: Vec<usize> = (0..analysis.columns.len()).filter(is_many).collect();
    many.sort_by_key(|at| (std::cmp::Reverse(missing(at)), *at));
    for at in many.into_iter().take(MAX_COLUMNS) {
        let column = &analysis.columns[at];
        let name = quoted(&column.name);
        let sql = format!(
            "SELECT COUNT(*) - COUNT({name}) AS missing,\n  CAST(COUNT(*) - COUNT({name}) AS \
             DOUBLE) \
             / COUNT(*) AS share\nFROM {}",
            quoted(&analysis.plan.table)
        );
        let share = missing(&at) as f64 / column.rows as f64;
        let template = if missing(&at) == column.rows {
            "missing.all"
        } else {
            "missing.some"
        };
        let mut finding = ReportFinding::new(FindingKind::MissingValues, template, sql);
        finding.rows = column.rows;
        let finding = finding
            .name("column", &column.name)
            .count("missing", missing(&at));
        collected.add(finding.percent("share", share).weight(share * 0.3));
    }
}

fn burst(analysis: &Analysis<'_>, column: usize, counts: &[u64], collected: &mut Collected) {
    let Some(time) = &analysis.plan.time else {
        return;
    };
    let periods = &analysis.groups.periods;
    let used: Vec<usize> = (0..periods.len())
        .filter(|at| periods[*at].rows > 0)
        .collect();
    let cases: Vec<u64> = used.iter().map(|at| counts[*at]).collect();
    let rows: Vec<u64> = used.iter().map(|at| periods[*at].rows).collect();
    let Some(found) = scan::burst(&cases, &rows) else {
        return;
    };
    let inside: u64 = cases[found.from..found.to].iter().sum();
    let is_clear = found.inside - found.outside >= MIN_EXCESS
        && found.inside >= MIN_FACTOR * found.outside
        && inside >= MIN_CASES;
    if !is_clear {
        collected.tested(found.p);
        return;
    }
    let label = |at: usize| time.span.label(time.first + used[at] as i64);
    let range = (label(found.from), label(found.to - 1));
    let is_last = found.to == used.len();
    collected.add(finding(analysis, column, &found, range, is_last, &rows));
}

fn finding(
    analysis: &Analysis<'_>,
    column: usize,
    found: &Burst,
    (first, last): (String, String),
    is_last: bool,
    rows: &[u64],
) -> ReportFinding {
    let source = analysis.plan.rows_sql(analysis.columns);
    let profile = &analysis.columns[column];
    let inside = format!("period BETWEEN {} AND {}", text(&first), text(&last));
    let sql = format!(
        "WITH r AS (\n  SELECT {} AS period, CASE WHEN {} IS NULL THEN 1.0 ELSE 0.0 END AS \
         missing\n  \
         FROM {}{}\n)\nSELECT CAST(AVG(CASE WHEN {inside} THEN missing END) AS DOUBLE) AS \
         inside,\n  \
         CAST(AVG(CASE WHEN NOT ({inside}) THEN missing END) AS DOUBLE) AS outside,\n  SUM(CASE \
         WHEN \
         {inside} THEN 1 ELSE 0 END) AS count\nFROM r",
        source.period(),
        quoted(&profile.name),
        source.table(),
        source.rows_where()
    );
    let template = match (is_last, first == last) {
        (true, _) => "burst.since",
        (false, true) => "burst.one",
        (false, false) => "burst.between",
    };
    let mut finding = ReportFinding::new(FindingKind::MissingBurst, template, sql);
    finding.rows = rows.iter().sum();
    finding.periods = rows.len() as u64;
    finding.range = Some((first.clone(), last.clone()));
    let span = analysis
        .plan
        .time
        .as_ref()
        .map_or("", |time| time.span.key());
    finding
        .name("column", &profile.name)
        .name("span", span)
        .name("first_period", first)
        .name("last_period", last)
        .percent("inside", found.inside)
        .percent("outside", found.outside)
        .count("count", rows[found.from..found.to].iter().sum())
        .test("scan", found.p, found.inside - found.outside)
        .weight(0.8 + found.inside)
}
