//! `nigh eval repair`: how well patterns and the repair model fix broken programs, and whether they
//! raise alarms in sound ones.
//!
//! The fixes of patterns come first, then the model's, the most likely first. Three fixes of the
//! broken version are run with the case's tests, without the gate. The gate is measured on the
//! sound version, where every fix that would be shown is a false alarm. Cases whose sound version
//! fails its own tests, or whose tools are missing, count only for the false alarms.

use super::cases::{Selection, path_for, percent, rounded};
use super::trial::{Subject, Tests, TrialResult, Trials};
use crate::commands::progress::bar;
use crate::commands::{open_model, print};
use crate::model_choice::ModelChoice;
use anyhow::Context;
use assistant::documents::file_snapshot;
use assistant::model::EngineModel;
use bugs::model_checks::repair::{LineFix, repair_file};
use bugs::{Bug, PatternSelection, find, fix_all};
use serde::Deserialize;
use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};
use std::collections::BTreeMap;
use std::process::ExitCode;

/// Fixes that are tried.
const TRIED: usize = 3;

/// Arguments of `nigh eval repair`.
#[derive(clap::Args)]
pub struct Repair {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    choice: ModelChoice,
    /// Use only cases in this language
    #[arg(long, value_name = "NAME")]
    language: Option<String>,
}

#[derive(Deserialize)]
struct Case {
    id: Value,
    language: String,
    #[serde(default)]
    path: String,
    buggy: String,
    fixed: String,
    tests: Tests,
    #[serde(default)]
    entry_point: String,
}

/// How one case fared.
struct Measured {
    verdict: TrialResult,
    /// The number of the fix that passed, from 0.
    passed: Option<usize>,
    false_alarm: bool,
    /// Lines that the true fix changes, for each line that the passing first fix changes; at most
    /// 1.
    minimality: Option<f64>,
}

impl Repair {
    /// Prints a table by language, and the summary as one JSON object on the last line.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let mut cases: Vec<Case> = self.selection.read()?;
        cases.retain(|case| {
            self.language
                .as_ref()
                .is_none_or(|language| *language == case.language)
        });
        let mut model = open_model(&self.choice)?;
        let mut trials = Trials::new()?;
        let mut out = self.selection.out()?;
        let bar = bar(cases.len())?;
        let mut by_language: BTreeMap<&str, Vec<Measured>> = BTreeMap::new();
        for case in &cases {
            let (measured, account) = measure(case, &mut model, &mut trials)
                .with_context(|| format!("case {}", case.id))?;
            out.write(&account)?;
            by_language
                .entry(&case.language)
                .or_default()
                .push(measured);
            bar.inc(1);
        }
        bar.finish_and_clear();
        out.finish()?;
        trials.tell_missing();
        print(&table(&by_language))?;
        let all: Vec<Measured> = by_language.into_values().flatten().collect();
        print(&format!("{}\n", summary(&all)))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Repairs both versions of a case and runs what came of the broken one.
fn measure(
    case: &Case,
    model: &mut EngineModel,
    trials: &mut Trials,
) -> anyhow::Result<(Measured, Value)> {
    let path = path_for(&case.path, &case.language);
    let found = repair_file(&file_snapshot(&path, &case.buggy)?, model, TRIED)?;
    let no_bug = found.iter().map(|repair| repair.no_bug).fold(1.0, f32::min);
    let mut fixes: Vec<LineFix> = found.into_iter().flat_map(|repair| repair.fixes).collect();
    fixes.sort_by(|a, b| b.logprob.total_cmp(&a.logprob));
    fixes.truncate(TRIED);
    let patterns = find(&file_snapshot(&path, &case.buggy)?, PatternSelection::ALL);
    let mut versions = fixed_versions(&path, &case.buggy, &patterns)?;
    versions.extend(
        fixes
            .iter()
            .map(|fix| text::apply(&case.buggy, std::slice::from_ref(&fix.edit))),
    );
    versions.truncate(TRIED);
    let sound = repair_file(&file_snapshot(&path, &case.fixed)?, model, 1)?;
    let alarms = find(&file_snapshot(&path, &case.fixed)?, PatternSelection::ALL);
    let false_alarm = sound
        .iter()
        .any(bugs::model_checks::repair::Repair::is_shown)
        || !alarms.is_empty();
    let subject = Subject {
        language: &case.language,
        entry_point: &case.entry_point,
        tests: &case.tests,
    };
    let (verdict, passed) = trials.first_passing(&subject, &versions, &case.fixed)?;
    let first = versions.first().filter(|_| passed == Some(0));
    let minimality = first.map(|ours| minimality(&case.buggy, &case.fixed, ours));
    let tried: Vec<Value> = fixes
        .iter()
        .map(|fix| {
            let new = &fix.edit.text;
            json!({"old": fix.old, "new": new, "deletes": new.is_empty(), "logprob": fix.logprob})
        })
        .collect();
    let account = json!({
        "id": case.id, "language": case.language, "no_bug": no_bug, "fixes": tried,
        "patterns": codes(&patterns), "alarms": codes(&alarms),
        "verdict": format!("{verdict:?}").to_lowercase(), "passed": passed, "false_alarm": false_alarm,
    });
    Ok((
        Measured {
            verdict,
            passed,
            false_alarm,
            minimality,
        },
        account,
    ))
}

fn codes(bugs: &[Bug]) -> Vec<&'static str> {
    bugs.iter().map(|bug| bug.finding.code).collect()
}

/// The text with all bugs fixed that patterns found, and, if there are several, with each one fixed
/// by itself.
fn fixed_versions(path: &str, text: &str, bugs: &[Bug]) -> anyhow::Result<Vec<String>> {
    let snapshot = file_snapshot(path, text)?;
    let all = (!bugs.is_empty()).then(|| bugs.iter().collect::<Vec<_>>());
    let single = bugs.iter().filter(|_| bugs.len() > 1).map(|bug| vec![bug]);
    let edits = all
        .into_iter()
        .chain(single)
        .filter_map(|some| fix_all(&snapshot, &some));
    Ok(edits.map(|(edits, _)| text::apply(text, &edits)).collect())
}

/// Lines changed by the true fix for each line changed by ours, at most 1.
fn minimality(buggy: &str, fixed: &str, ours: &str) -> f64 {
    let changed = |to: &str| {
        let diff = TextDiff::from_lines(buggy, to);
        diff.iter_all_changes()
            .filter(|change| change.tag() != ChangeTag::Equal)
            .count()
    };
    (changed(fixed) as f64 / changed(ours).max(1) as f64).min(1.0)
}

/// Counts of a group of cases: passed with the first fix, with any, run, void, false alarms.
fn counts(measured: &[Measured]) -> [usize; 5] {
    let count = |is: &dyn Fn(&Measured) -> bool| measured.iter().filter(|m| is(m)).count();
    [
        count(&|m| m.passed == Some(0)),
        count(&|m| m.passed.is_some()),
        count(&|m| matches!(m.verdict, TrialResult::Passed | TrialResult::Failed)),
        count(&|m| m.verdict == TrialResult::Void),
        count(&|m| m.false_alarm),
    ]
}

fn table(by_language: &BTreeMap<&str, Vec<Measured>>) -> String {
    let mut table =
        "language     cases    ran  fixed version fails   top1 %   top3 %  false alarms %\n"
            .to_owned();
    for (language, measured) in by_language {
        let [first, any, ran, void, alarms] = counts(measured);
        let (cases, alarms) = (measured.len(), percent(alarms, measured.len()));
        let (top1, top3) = (percent(first, ran), percent(any, ran));
        let row = format!(
            "{language:<12} {cases:>5} {ran:>6} {void:>20} {top1:>8.2} {top3:>8.2} {alarms:>15.2}\n"
        );
        table.push_str(&row);
    }
    table
}

fn summary(measured: &[Measured]) -> Value {
    let [first, any, ran, _, alarms] = counts(measured);
    let small: Vec<f64> = measured.iter().filter_map(|m| m.minimality).collect();
    let mean = (!small.is_empty())
        .then(|| rounded(100.0 * small.iter().sum::<f64>() / small.len() as f64));
    let share = |part| (ran > 0).then(|| percent(part, ran));
    json!({
        "cases": measured.len(),
        "top1": share(first),
        "top3": share(any),
        "false_alarms": percent(alarms, measured.len()),
        "minimality": mean,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(verdict: TrialResult, passed: Option<usize>, false_alarm: bool) -> Measured {
        Measured {
            verdict,
            passed,
            false_alarm,
            minimality: passed.filter(|n| *n == 0).map(|_| 0.5),
        }
    }

    #[test]
    fn shares_are_of_the_cases_that_ran_and_alarms_of_all() {
        let all = [
            measured(TrialResult::Passed, Some(0), true),
            measured(TrialResult::Passed, Some(2), false),
            measured(TrialResult::Failed, None, false),
            measured(TrialResult::Failed, None, false),
            measured(TrialResult::Void, None, false),
            measured(TrialResult::NotRun, None, true),
        ];
        let expected = json!({"cases": 6, "top1": 25.0, "top3": 50.0, "false_alarms": 33.33, "minimality": 50.0});
        assert_eq!(summary(&all), expected);
        let none = summary(&[measured(TrialResult::NotRun, None, false)]);
        assert!(none["top1"].is_null() && none["minimality"].is_null());
    }

    #[test]
    fn a_fix_that_changes_more_than_it_must_is_less_minimal() {
        let (buggy, fixed) = ("a\nb\nc\n", "a\nB\nc\n");
        assert_eq!(minimality(buggy, fixed, fixed), 1.0);
        assert_eq!(minimality(buggy, fixed, "A\nB\nc\n"), 0.5);
        assert_eq!(minimality(buggy, fixed, "a\nc\n"), 1.0);
    }
}
