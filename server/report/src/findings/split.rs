//! A change of a sum, split into volume, rate and mix.
//!
//! Volume is what more or fewer rows make at the old mean; rate is what each segment's own mean
//! makes; mix is the rest: rows that moved to segments with other means. The three add up.

use super::comparison::Comparison;
use super::{Analysis, Collected};
use crate::finding::{FindingKind, ReportFinding};

/// The second largest part is at least this share of the change.
const MIN_PART: f64 = 0.03;

pub(super) fn find(
    analysis: &Analysis<'_>,
    measure: usize,
    comparison: &Comparison<'_>,
    dimension: usize,
    collected: &mut Collected,
) {
    let plan = &analysis.plan.dimensions[dimension];
    // Rows of "other" values would be one segment here and many in the query.
    if plan.has_other || comparison.before.rows == 0 {
        return;
    }
    let (rows, sum) = (comparison.before.rows as f64, comparison.before.sum.value());
    let old_mean = sum / rows;
    let volume = (comparison.after.rows as f64 - rows) * old_mean;
    let (mut rate, mut expected) = (0.0, 0.0);
    for segment in 0..plan.segments.len() {
        let cells = analysis.groups.segment(dimension, segment, measure);
        let (before, after) = comparison.sides(cells);
        let own = if before.rows == 0 {
            old_mean
        } else {
            before.mean()
        };
        rate += after.sum.value() - after.rows as f64 * own;
        expected += after.rows as f64 * own;
    }
    let mix = expected - comparison.after.rows as f64 * old_mean;
    let sizes = [("volume", volume), ("rate", rate), ("mix", mix)];
    let Some(largest) = sizes.iter().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())) else {
        return;
    };
    let sql = sql(comparison, &plan.name);
    let template = match largest.0 {
        "volume" => "split.volume",
        "rate" => "split.rate",
        _ => "split.mix",
    };
    let finding = ReportFinding::new(FindingKind::Split, template, sql);
    let finding = comparison.describe(finding).name("dimension", &plan.name);
    let scale = comparison.change().abs();
    // Where all is of one kind there is nothing to split; and rounding cannot be recomputed.
    let mut parts = sizes.map(|(_, size)| size.abs());
    parts.sort_by(f64::total_cmp);
    let is_noise = parts
        .iter()
        .any(|size| *size != 0.0 && *size < 1e-9 * (scale + sum.abs()));
    if is_noise || parts[1] < MIN_PART * scale {
        return;
    }
    let finding = finding
        .amount("volume", volume)
        .amount("rate", rate)
        .amount("mix", mix)
        .amount("difference", comparison.change());
    collected.add(finding.weight(0.2));
}

/// The query that gives the three parts and the difference.
fn sql(comparison: &Comparison<'_>, dimension: &str) -> String {
    let own = "COALESCE(p.s0 / NULLIF(p.n0, 0), w.s0 / w.n0)";
    format!(
        "{}\nSELECT MAX((w.n1 - w.n0) * w.s0 / w.n0) AS volume,\n  SUM(p.s1 - p.n1 * {own}) AS \
         rate,\n  SUM(p.n1 * {own}) - MAX(w.n1 * w.s0 / w.n0) AS mix, MAX(w.s1 - w.s0) AS \
         difference\nFROM parts p, whole w",
        comparison.parts_sql(&[dimension])
    )
}
