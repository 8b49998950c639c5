//! Columns that say nothing: one value in all rows.

use super::{Analysis, Collected, MIN_ROWS};
use crate::finding::{FindingKind, NumberForm, ReportFinding};
use crate::sql::quoted;
use data::files::ValueKind;

/// As many constant columns get a sentence.
const MAX_COLUMNS: usize = 5;
/// A longer value is not shown.
const MAX_VALUE: usize = 60;

pub(super) fn find(analysis: &Analysis<'_>, collected: &mut Collected) {
    let is_constant = |at: &usize| {
        let column = &analysis.columns[*at];
        column.distinct.count == 1
            && column.values() == column.rows
            && column.rows >= MIN_ROWS
            && column.kind != ValueKind::Empty
    };
    for at in (0..analysis.columns.len())
        .filter(is_constant)
        .take(MAX_COLUMNS)
    {
        let column = &analysis.columns[at];
        let name = quoted(&column.name);
        let sql = format!(
            "SELECT COUNT(DISTINCT {name}) AS different, COUNT(*) AS count\nFROM {}",
            quoted(&analysis.plan.table)
        );
        let value = column.first.clone().unwrap_or_default();
        let form = if column.is_personal {
            NumberForm::Private
        } else {
            NumberForm::Text
        };
        let template = if value.len() <= MAX_VALUE {
            "constant.value"
        } else {
            "constant"
        };
        let mut finding = ReportFinding::new(FindingKind::Constant, template, sql);
        finding.rows = column.rows;
        let finding = finding
            .name("column", &column.name)
            .name("segment", value)
            .name("segment_form", form.key())
            .count("different", 1)
            .count("count", column.rows);
        collected.add(finding.weight(0.05));
    }
}
