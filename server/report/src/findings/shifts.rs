//! Level shifts: from which period on a measure is higher or lower than before.

use super::series::MeasureSeries;
use super::{Analysis, Collected, MIN_ROWS};
use crate::finding::{FindingKind, NumberForm, ReportFinding};
use crate::sql::text;
use crate::stats::mean;
use crate::stats::shift::Shift;

/// A shift of less than this share of the level is not worth a sentence.
const MIN_CHANGE: f64 = 0.05;
/// A shift smaller than this, in standard deviations within both sides, is not either.
const MIN_EFFECT: f64 = 1.0;
/// Where the measure has a slope too, levels are those of so many periods before and after.
const NEAR: usize = 6;
/// As many shifts of a measure are shown.
const MAX_SHIFTS: usize = 2;

pub(super) fn find(analysis: &Analysis<'_>, measure: usize, collected: &mut Collected) {
    let Some(series) = analysis.series.get(measure) else {
        return;
    };
    if let Some(p) = series.model.other_shift_p {
        collected.tested(p);
    }
    let mut shifts = series.model.shifts.clone();
    shifts.sort_by(|a, b| b.effect.abs().total_cmp(&a.effect.abs()));
    for (rank, shift) in shifts.iter().enumerate() {
        let sides = Sides::new(series, shift);
        match sides.filter(|sides| rank < MAX_SHIFTS && sides.is_clear(series, shift)) {
            Some(sides) => {
                let name = &analysis.plan.tracked[measure].name;
                collected.add(sides.finding(series, shift, name));
            }
            None => collected.tested(shift.p),
        }
    }
}

/// The periods on both sides of a shift that are compared, and their means.
struct Sides {
    from: usize,
    at: usize,
    to: usize,
    before: f64,
    after: f64,
}

impl Sides {
    fn new(series: &MeasureSeries, shift: &Shift) -> Option<Self> {
        let (from, at) = (series.index(shift.part.0), series.index(shift.at));
        let to = series.index(shift.part.1).min(series.values.len());
        let (from, to) = if series.model.is_sloped {
            let near = series.cycle.filter(|cycle| *cycle >= NEAR).unwrap_or(NEAR);
            (from.max(at.saturating_sub(near)), to.min(at + near))
        } else {
            (from, to)
        };
        let has_both = from < at && at < to;
        has_both.then(|| Self {
            from,
            at,
            to,
            before: mean(&series.values[from..at]),
            after: mean(&series.values[at..to]),
        })
    }

    fn is_clear(&self, series: &MeasureSeries, shift: &Shift) -> bool {
        let step = self.after - self.before;
        step.abs() >= MIN_CHANGE * self.before.abs().max(self.after.abs())
            && shift.effect.abs() >= MIN_EFFECT
            && step * shift.effect > 0.0
            && series.all_rows() >= MIN_ROWS
    }

    fn sql(&self, series: &MeasureSeries, is_share: bool) -> String {
        let change = if is_share {
            ", after / before - 1 AS change".to_owned()
        } else {
            series.points_sql("after - before")
        };
        let label = text(&series.labels[self.at]);
        format!(
            "{}, sides AS (\n  SELECT AVG(CASE WHEN period < {label} THEN value END) AS \
             before,\n    \
             AVG(CASE WHEN period >= {label} THEN value END) AS after,\n    MIN(CASE WHEN \
             period >= \
             {label} THEN period END) AS since\n  FROM series\n)\nSELECT since, before, \
             after{change}\nFROM sides",
            series.source_of(self.from, self.to - 1).series()
        )
    }

    fn finding(&self, series: &MeasureSeries, shift: &Shift, name: &str) -> ReportFinding {
        let is_share = series.is_share(self.before, self.after);
        let template = match (self.after > self.before, is_share) {
            (true, _) if series.points.is_some() => "shift.rise.points",
            (false, _) if series.points.is_some() => "shift.fall.points",
            (true, true) => "shift.rise",
            (false, true) => "shift.fall",
            (true, false) => "shift.rise.plain",
            (false, false) => "shift.fall.plain",
        };
        let sql = self.sql(series, is_share);
        let mut finding = series.finding(FindingKind::LevelShift, template, name, sql);
        let label = |at: usize| series.labels[at].clone();
        finding.rows = series.rows[self.from..self.to].iter().sum();
        finding.periods = (self.to - self.from) as u64;
        finding.range = Some((label(self.from), label(self.to - 1)));
        let side = if series.model.is_sloped {
            "near"
        } else {
            "all"
        };
        let relative = self.after / self.before - 1.0;
        let weight = if is_share {
            relative.abs().min(3.0)
        } else {
            0.5
        };
        if let Some(scale) = series.points {
            finding = finding.amount("points", scale * (self.after - self.before));
        }
        finding
            .name("side", side)
            .name("count_after", (self.to - self.at).to_string())
            .text("since", label(self.at), NumberForm::Period(series.span))
            .amount("before", self.before)
            .amount("after", self.after)
            .percent_if(is_share, "change", relative)
            .test("segmentation", shift.p, shift.effect)
            .weight(weight + 0.3)
    }
}
