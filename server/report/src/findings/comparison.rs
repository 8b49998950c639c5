//! A measure between two windows: before and after a change.
//!
//! All findings that explain a change share the windows, the sums on both sides, and the query that
//! splits them into segments.

use super::MIN_ROWS;
use super::series::{MeasureSeries, value};
use super::windows::Windows;
use crate::finding::{FindingKind, ReportFinding};
use crate::group::GroupCell;
use crate::source_sql::MeasureAggregate;
use crate::sql::quoted;

/// A measure between two windows.
pub(super) struct Comparison<'a> {
    pub(super) series: &'a MeasureSeries,
    pub(super) windows: Windows,
    pub(super) aggregate: MeasureAggregate,
    pub(super) name: &'a str,
    pub(super) before: GroupCell,
    pub(super) after: GroupCell,
    /// Whether the whole changed, beyond chance and by enough.
    pub(super) is_changed: bool,
}

impl Comparison<'_> {
    /// The difference of the whole.
    pub(super) fn change(&self) -> f64 {
        value(&self.after, self.aggregate) - value(&self.before, self.aggregate)
    }

    /// The difference of the whole as a share of what it was.
    pub(super) fn relative(&self) -> f64 {
        let before = value(&self.before, self.aggregate);
        self.change() / before.abs().max(f64::MIN_POSITIVE)
    }

    /// Whether both windows have enough rows to say something.
    pub(super) fn has_enough_rows(&self) -> bool {
        self.before.rows.min(self.after.rows) >= MIN_ROWS / 2
            && self.before.rows + self.after.rows >= MIN_ROWS
    }

    /// The cells of the periods of both windows, joined.
    pub(super) fn sides(&self, cells: &[GroupCell]) -> (GroupCell, GroupCell) {
        let join = |from: usize, to: usize| {
            let mut sum = GroupCell::default();
            self.series.places[from..to]
                .iter()
                .for_each(|place| sum.merge(&cells[*place]));
            sum
        };
        let windows = &self.windows;
        (
            join(windows.before.0, windows.before.1),
            join(windows.after.0, windows.after.1),
        )
    }

    /// What all findings between the windows have in common.
    pub(super) fn describe(&self, finding: ReportFinding) -> ReportFinding {
        let windows = &self.windows;
        let label = |at: usize| self.series.labels[at].clone();
        let mut finding = finding
            .name("span", self.series.span.key())
            .name("before_first_period", label(windows.before.0))
            .name("before_last_period", label(windows.before.1 - 1))
            .name("after_first_period", label(windows.after.0))
            .name("after_last_period", label(windows.after.1 - 1));
        finding.measure = Some(self.name.to_owned());
        finding.rows = self.before.rows + self.after.rows;
        finding.periods = 2 * (windows.after.1 - windows.after.0) as u64;
        let (first, last) = windows.ends();
        finding.range = Some((label(first), label(last)));
        finding
    }

    /// `WITH parts AS (...)`: for each segment, `segment1` and so on, the rows and sums of both
    /// windows.
    pub(super) fn parts_sql(&self, dimensions: &[&str]) -> String {
        let names: Vec<String> = (1..=dimensions.len()).map(segment_name).collect();
        let columns = dimensions.iter().zip(&names);
        let columns: Vec<String> = columns
            .map(|(column, name)| format!("{} AS {name}", quoted(column)))
            .collect();
        let (names, columns) = (names.join(", "), columns.join(", "));
        let (first, last) = self.windows.ends();
        let source = self.series.source_of(first, last);
        let before = self.windows.condition(self.series, false);
        let after = self.windows.condition(self.series, true);
        let value = source.value();
        format!(
            "WITH parts AS (\n  SELECT {names},\n    SUM(CASE WHEN {before} THEN 1 ELSE 0 END) AS \
             n0, SUM(CASE WHEN {after} THEN 1 ELSE 0 END) AS n1,\n    CAST(SUM(CASE WHEN {before} \
             THEN value ELSE 0 END) AS DOUBLE) AS s0,\n    CAST(SUM(CASE WHEN {after} THEN \
             value ELSE \
             0 END) AS DOUBLE) AS s1\n  FROM (\n    SELECT {columns}, {} AS period, {value} AS \
             value\n    FROM {}{}\n  ) AS r GROUP BY {names}\n), whole AS (\n  SELECT SUM(n0) \
             AS n0, SUM(n1) \
             AS n1, SUM(s0) AS s0, SUM(s1) AS s1 FROM parts\n)",
            source.period(),
            source.table(),
            source.rows_where()
        )
    }
}

/// The name of a segment's column in `parts`.
pub(super) fn segment_name(number: usize) -> String {
    format!("segment{number}")
}

/// The finding that the whole changed.
pub(super) fn change(comparison: &Comparison<'_>, p: f64, relative: f64) -> ReportFinding {
    let series = comparison.series;
    let windows = &comparison.windows;
    let (first, last) = windows.ends();
    let source = series.source_of(first, last);
    let aggregate = if comparison.aggregate == MeasureAggregate::Mean {
        "AVG"
    } else {
        "SUM"
    };
    let side = |is_after| windows.condition(series, is_after);
    let before = value(&comparison.before, comparison.aggregate);
    let is_share = series.is_share(before, value(&comparison.after, comparison.aggregate));
    let share = if is_share {
        ", after / before - 1 AS change".to_owned()
    } else {
        series.points_sql("after - before")
    };
    let sql = format!(
        "WITH r AS (\n  SELECT {} AS period, {} AS value FROM {}{}\n), sides AS (\n  SELECT \
         CAST({aggregate}(CASE WHEN {} THEN value END) AS DOUBLE) AS before,\n    \
         CAST({aggregate}(CASE WHEN {} THEN value END) AS DOUBLE) AS after\n  FROM r\n)\nSELECT \
         before, after, after - before AS difference{share}\nFROM sides",
        source.period(),
        source.value(),
        source.table(),
        source.rows_where(),
        side(false),
        side(true)
    );
    let template = match (relative > 0.0, is_share) {
        (true, _) if series.points.is_some() => "change.rise.points",
        (false, _) if series.points.is_some() => "change.fall.points",
        (true, true) => "change.rise",
        (false, true) => "change.fall",
        (true, false) => "change.rise.plain",
        (false, false) => "change.fall.plain",
    };
    let finding = ReportFinding::new(FindingKind::Change, template, sql);
    let finding = comparison
        .describe(finding)
        .amount("before", before)
        .amount("after", value(&comparison.after, comparison.aggregate))
        .amount("difference", comparison.change());
    let finding = match series.points {
        Some(scale) => finding.amount("points", scale * comparison.change()),
        None => finding.percent_if(is_share, "change", relative),
    };
    finding
        .test(
            if windows.is_asked { "rows" } else { "windows" },
            p,
            relative,
        )
        .weight(relative.abs().min(3.0) + 0.1)
}
