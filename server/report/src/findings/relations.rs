//! Columns that move together, row by row: for each column its strongest relation.
//!
//! The sentence shows the share of variation that both have in common (the squared correlation), so
//! that the query needs no square root.

use super::{Analysis, Collected, MIN_ROWS};
use crate::finding::{FindingKind, ReportFinding};
use crate::plan::roles;
use crate::sql::quoted;
use crate::stats::distribution::student_tail;

/// Columns that share less of their variation are not worth a sentence.
const MIN_SHARED: f64 = 0.25;
/// As many relations are shown.
const MAX_SHOWN: usize = 3;

pub(super) fn find(analysis: &Analysis<'_>, changed: &[usize], collected: &mut Collected) {
    // One row for each period is a time series: all that grows moves together, only by time.
    let periods = analysis
        .groups
        .periods
        .iter()
        .filter(|one| one.rows > 0)
        .count() as u64;
    if analysis.plan.time.is_some() && analysis.groups.rows * 5 <= periods * 6 {
        return;
    }
    let mut pairs = Vec::new();
    // The first columns are the measures that readers ask about: they are explained by others.
    for (y, x, sums) in analysis.groups.pairs.all() {
        // The years of one measure, side by side, move together by their nature.
        let is_year = |at: usize| {
            let column = analysis.plan.tracked[at].column;
            column.is_some_and(|at| roles::is_named_year(&analysis.columns[at]))
        };
        let are_years = is_year(x) && is_year(y);
        let has_changed = changed.contains(&x) || changed.contains(&y);
        let is_usable = sums.rows >= MIN_ROWS && !has_changed && !are_years;
        if let (true, Some((r, slope))) = (is_usable, sums.correlation()) {
            let free = sums.rows as f64 - 2.0;
            let p = student_tail(r * (free / (1.0 - r * r).max(1e-15)).sqrt(), free);
            pairs.push((x, y, r, slope, p, sums.rows));
        }
    }
    pairs.sort_by(|a, b| b.2.abs().total_cmp(&a.2.abs()));
    let (mut used, mut shown) = (Vec::new(), 0);
    for (x, y, r, slope, p, rows) in pairs {
        // A column that moves with another one needs one sentence only.
        let is_new = !used.contains(&x) || !used.contains(&y);
        if r * r < MIN_SHARED || !is_new || shown >= MAX_SHOWN {
            collected.tested(p);
            continue;
        }
        used.extend([x, y]);
        shown += 1;
        collected.add(finding(analysis, (x, y), (r, slope), p, rows));
    }
}

fn finding(
    analysis: &Analysis<'_>,
    (x, y): (usize, usize),
    (r, slope): (f64, f64),
    p: f64,
    rows: u64,
) -> ReportFinding {
    let plan = analysis.plan;
    let source = plan.rows_sql(analysis.columns);
    let value = |at: usize| {
        let column = quoted(&plan.tracked[at].name);
        if plan.tracked[at].is_boolean {
            format!("CAST({column} AS INTEGER)")
        } else {
            column
        }
    };
    let mut conditions = source.conditions.clone();
    conditions.push(format!("{} IS NOT NULL", quoted(&plan.tracked[x].name)));
    conditions.push(format!("{} IS NOT NULL", quoted(&plan.tracked[y].name)));
    let sql = format!(
        "WITH r AS (\n  SELECT CAST({} AS DOUBLE) AS x, CAST({} AS DOUBLE) AS y FROM {} WHERE \
         {}\n), \
         means AS (\n  SELECT AVG(x) AS mx, AVG(y) AS my FROM r\n), sums AS (\n  SELECT SUM((x - \
         mx) * \
         (x - mx)) AS xx, SUM((y - my) * (y - my)) AS yy, SUM((x - mx) * (y - my)) AS xy\n  FROM \
         r, \
         means\n)\nSELECT xy * xy / (xx * yy) AS shared, xy / xx AS slope\nFROM sums",
        value(x),
        value(y),
        source.table(),
        conditions.join(" AND ")
    );
    // A slope of many digits says nothing to readers.
    let is_plain = !(1e-3..1e6).contains(&slope.abs());
    let template = match (r > 0.0, is_plain) {
        (true, false) => "relation.same",
        (false, false) => "relation.opposite",
        (true, true) => "relation.same.plain",
        (false, true) => "relation.opposite.plain",
    };
    let mut finding = ReportFinding::new(FindingKind::Relation, template, sql);
    finding.rows = rows;
    finding
        .name("x", &plan.tracked[x].name)
        .name("y", &plan.tracked[y].name)
        .percent("shared", r * r)
        .amount("slope", slope)
        .test("correlation", p, r)
        .weight(r * r * 0.6)
}
