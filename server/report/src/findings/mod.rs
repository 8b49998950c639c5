//! All findings of a report: one file for each kind, and one list.
//!
//! A detector gets the analysis and adds what it tested and what it found. The p-values of all
//! tests are corrected together at the end; what does not stay below is left out. To add a kind,
//! add a file with a function and a line in [`run`].

mod changes;
mod comparison;
mod complete;
mod drivers;
mod keys;
mod missing;
mod outliers;
mod quality;
mod relations;
pub(crate) mod row_outliers;
mod seasons;
mod segments;
pub(crate) mod series;
mod shifts;
mod simpson;
mod split;
#[cfg(test)]
mod tests;
mod trends;
mod unit_change;
mod windows;

use crate::finding::{FindingKind, NumberForm, ReportFinding};
use crate::group::{Groups, RowLimits};
use crate::plan::{PlanNote, ReportPlan};
use crate::problem::ReportProblem;
use crate::stats::false_discovery;
use data::files::{ColumnProfile, DataFile};
pub(crate) use series::MIN_PERIODS;
use series::MeasureSeries;

/// Nothing is claimed from fewer rows.
pub(crate) const MIN_ROWS: u64 = 20;

/// What the detectors read.
pub(crate) struct Analysis<'a> {
    pub(crate) plan: &'a ReportPlan,
    pub(crate) groups: &'a Groups,
    pub(crate) columns: &'a [ColumnProfile],
    pub(crate) limits: &'a [RowLimits],
    /// The series of each tracked column; empty if there is no time.
    pub(crate) series: &'a [MeasureSeries],
    /// For permutations.
    pub(crate) seed: u64,
}

/// What the detectors tested and found.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    p_values: Vec<f64>,
    findings: Vec<ReportFinding>,
}

impl Collected {
    /// Adds a test that found nothing worth saying.
    pub(crate) fn tested(&mut self, p: f64) {
        self.p_values.push(p);
    }

    /// Adds a finding, and its test if it has one.
    pub(crate) fn add(&mut self, finding: ReportFinding) {
        self.p_values
            .extend(finding.test.as_ref().map(|test| test.p));
        self.findings.push(finding);
    }

    /// The findings that hold after the correction for all tests.
    fn finish(mut self) -> Tested {
        let limit = false_discovery::threshold(&self.p_values, false_discovery::RATE);
        self.findings
            .retain(|finding| match (&finding.test, limit) {
                (None, _) => true,
                (Some(test), Some(limit)) => test.p <= limit,
                (Some(_), None) => false,
            });
        Tested {
            tests: self.p_values.len(),
            findings: self.findings,
        }
    }
}

/// The findings that hold, and how many tests were made.
#[derive(Debug)]
pub(crate) struct Tested {
    pub(crate) tests: usize,
    pub(crate) findings: Vec<ReportFinding>,
}

/// Runs all detectors.
///
/// # Errors
/// If the file cannot be read again for its keys.
pub(crate) fn run(
    analysis: &Analysis<'_>,
    file: &DataFile,
    notes: &mut Vec<PlanNote>,
) -> Result<Tested, ReportProblem> {
    let mut collected = Collected::default();
    let changed = unit_change::find(analysis, &mut collected);
    for measure in 0..analysis.plan.measures {
        // All else about values of two units would be about the change of units.
        if changed.contains(&measure) {
            let name = &analysis.plan.tracked[measure].name;
            notes.push(PlanNote::new("note.units").name("measure", name));
            continue;
        }
        changes::find(analysis, measure, &mut collected);
        trends::find(analysis, measure, &mut collected);
        shifts::find(analysis, measure, &mut collected);
        seasons::find(analysis, measure, &mut collected);
        outliers::find(analysis, measure, &mut collected);
        drivers::find(analysis, measure, &mut collected);
        simpson::find(analysis, measure, &mut collected);
        segments::find(analysis, measure, &mut collected);
    }
    row_outliers::find(analysis, &changed, &mut collected);
    relations::find(analysis, &changed, &mut collected);
    missing::find(analysis, &mut collected);
    quality::find(analysis, &mut collected);
    keys::find(analysis, file, &mut collected, notes)?;
    let mut tested = collected.finish();
    drop_followers(&mut tested.findings);
    show_shares(analysis.plan, &mut tested.findings);
    Ok(tested)
}

/// The mean of a column of shares, or of 0 and 1, is a share, and is shown in percent.
fn show_shares(plan: &ReportPlan, findings: &mut [ReportFinding]) {
    for finding in findings {
        let measure = plan
            .tracked
            .iter()
            .find(|one| Some(&one.name) == finding.measure.as_ref());
        if measure.and_then(|one| one.points) != Some(100.0) {
            continue;
        }
        for number in &mut finding.numbers {
            if number.form == NumberForm::Amount && number.name != "points" {
                number.form = NumberForm::Percent;
            }
        }
    }
}

/// Leaves out what follows a change that did not hold: a split needs its change.
fn drop_followers(findings: &mut Vec<ReportFinding>) {
    let changes: Vec<Option<String>> = findings
        .iter()
        .filter(|finding| finding.kind == FindingKind::Change)
        .map(|finding| finding.measure.clone())
        .collect();
    findings
        .retain(|finding| finding.kind != FindingKind::Split || changes.contains(&finding.measure));
}
