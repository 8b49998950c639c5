//! Rows that add up other rows: "Total", "Subtotal", "All", 合计.
//!
//! Tables for people have them, and every sum that counts them counts the others twice. They are
//! left out of all that is computed, and the report says so. Decided from the profile.

use super::segments::{self, Segment};
use super::words;
use super::{PlanNote, ReportPlan};
use crate::sql::quoted;
use data::files::ColumnProfile;

/// Together such rows are at most this share of all: otherwise the word means something else.
const MAX_SHARE: f64 = 0.6;

/// Segments of a column whose rows add up others.
#[derive(Clone, Debug)]
pub(crate) struct PlanTotals {
    pub(crate) column: usize,
    pub(crate) segments: Vec<Segment>,
}

impl PlanTotals {
    /// SQL that is true for the rows that are no totals.
    pub(crate) fn condition(&self, columns: &[ColumnProfile]) -> String {
        let name = &columns[self.column].name;
        let parts: Vec<String> = self
            .segments
            .iter()
            .map(|one| one.condition(name))
            .collect();
        format!("({} IS NULL OR NOT ({}))", quoted(name), parts.join(" OR "))
    }
}

/// Whether a value is a word for the whole.
fn is_total(value: &str) -> bool {
    let lower = value.trim().trim_end_matches(':').to_lowercase();
    words::line("whole").any(|word| word == lower)
}

/// Finds such rows, and says that they are left out.
pub(super) fn choose(plan: &mut ReportPlan, columns: &[ColumnProfile]) {
    let asked = plan.filter.as_ref().map(|(column, _)| *column);
    let mut share = 0.0;
    for (at, column) in columns.iter().enumerate() {
        let is_usable = column.kind.is_text() && column.distinct.count > 2 && !column.is_personal;
        if !is_usable || asked == Some(at) {
            continue;
        }
        let found = column.frequent.iter().filter(|(value, _)| is_total(value));
        let found: Vec<&(String, u64)> = found.collect();
        let rows: u64 = found.iter().map(|(_, count)| count).sum();
        let more = rows as f64 / column.rows.max(1) as f64;
        if found.is_empty() || share + more > MAX_SHARE {
            continue;
        }
        share += more;
        let names: Vec<&str> = found.iter().map(|(value, _)| value.as_str()).collect();
        let values = found
            .iter()
            .map(|(value, _)| segments::segment(column, value));
        plan.totals.push(PlanTotals {
            column: at,
            segments: values.flatten().collect(),
        });
        let note = PlanNote::new("note.totals").name("column", &column.name);
        let note = note.name("value", names.join(", "));
        plan.notes.push(note.name("count", rows.to_string()));
    }
}
