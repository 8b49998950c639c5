//! Keys that occur more than once, and rows that are copies.

use super::{Analysis, Collected, MIN_ROWS};
use crate::finding::{FindingKind, ReportFinding};
use crate::group::keys::{self, MAX_ROWS, Repeats};
use crate::plan::{PlanNote, roles};
use crate::problem::ReportProblem;
use crate::sql::quoted;
use data::files::{ColumnProfile, DataFile};

/// As many keys are checked.
const MAX_KEYS: usize = 3;
/// Rows of more columns than this are not compared as a whole.
const MAX_COLUMNS: usize = 60;

pub(super) fn find(
    analysis: &Analysis<'_>,
    file: &DataFile,
    collected: &mut Collected,
    notes: &mut Vec<PlanNote>,
) -> Result<(), ReportProblem> {
    if file.rows() < MIN_ROWS {
        return Ok(());
    }
    let is_key = |at: &usize| {
        let column = &analysis.columns[*at];
        roles::role(column).is_key && !column.is_unique
    };
    let suspects: Vec<usize> = (0..analysis.columns.len())
        .filter(is_key)
        .take(MAX_KEYS)
        .collect();
    if file.rows() > MAX_ROWS {
        notes.push(PlanNote::new("note.keys_unchecked").name("count", MAX_ROWS.to_string()));
        return Ok(());
    }
    for at in suspects {
        let repeats = keys::count(file, &[at])?;
        if repeats.values > 0 {
            collected.add(repeated_key(analysis, at, repeats));
        }
    }
    let is_unlikely = expected_copies(analysis, file.rows() as f64) < 1.0;
    let is_unique = analysis.columns.iter().any(|one| one.is_unique);
    if is_unlikely && !is_unique && analysis.columns.len() <= MAX_COLUMNS {
        let all: Vec<usize> = (0..analysis.columns.len()).collect();
        let repeats = keys::count(file, &all)?;
        if repeats.values > 0 {
            collected.add(repeated_rows(analysis, repeats));
        }
    }
    Ok(())
}

/// How many rows would be copies by chance: few where the columns have many values together.
fn expected_copies(analysis: &Analysis<'_>, rows: f64) -> f64 {
    let variety = |column: &ColumnProfile| {
        let distinct = column.distinct.count.max(1) as f64;
        // A column that hardly repeats has many more values than those of the file.
        if distinct >= 0.9 * rows {
            20.0 * rows
        } else {
            distinct
        }
    };
    let all: f64 = analysis.columns.iter().map(variety).product();
    rows * rows / 2.0 / all
}

fn repeated_key(analysis: &Analysis<'_>, at: usize, repeats: Repeats) -> ReportFinding {
    let column = &analysis.columns[at];
    let name = quoted(&column.name);
    let sql = format!(
        "SELECT COUNT(*) AS repeated, SUM(n) AS count\nFROM (\n  SELECT {name}, COUNT(*) AS n \
         FROM {} \
         WHERE {name} IS NOT NULL GROUP BY 1 HAVING COUNT(*) > 1\n) AS r",
        quoted(&analysis.plan.table)
    );
    let template = if repeats.values == 1 {
        "key.one"
    } else {
        "key.many"
    };
    let mut finding = ReportFinding::new(FindingKind::DuplicateKeys, template, sql);
    finding.rows = repeats.all;
    let finding = finding
        .name("column", &column.name)
        .count("repeated", repeats.values)
        .count("count", repeats.rows);
    finding.weight(0.9)
}

fn repeated_rows(analysis: &Analysis<'_>, repeats: Repeats) -> ReportFinding {
    let names: Vec<String> = analysis
        .columns
        .iter()
        .map(|one| quoted(&one.name))
        .collect();
    let names = names.join(", ");
    let is_any: Vec<String> = analysis
        .columns
        .iter()
        .map(|one| format!("{} IS NOT NULL", quoted(&one.name)))
        .collect();
    let sql = format!(
        "SELECT SUM(n - 1) AS copies, SUM(n) AS count\nFROM (\n  SELECT {names}, COUNT(*) AS n \
         FROM {} \
         WHERE {} GROUP BY {names} HAVING COUNT(*) > 1\n) AS r",
        quoted(&analysis.plan.table),
        is_any.join(" OR ")
    );
    let template = if repeats.rows - repeats.values == 1 {
        "copies.one"
    } else {
        "copies.many"
    };
    let mut finding = ReportFinding::new(FindingKind::DuplicateRows, template, sql);
    finding.rows = repeats.all;
    let finding = finding
        .count("copies", repeats.rows - repeats.values)
        .count("count", repeats.rows);
    finding.weight(0.7)
}
