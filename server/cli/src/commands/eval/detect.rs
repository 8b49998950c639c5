//! `nigh eval detect`: does the model find a variable where another one belongs?
//!
//! If a pattern says which name belongs at a place, that counts as a margin larger than any of the
//! model's.
//!
//! Cases are functions of the GREAT set (Hellendoorn and others, ICLR 2020); in half of the
//! functions one variable was replaced by another. Repair: at the given place, is the most likely
//! name a right one? Detection: a case's score is the largest margin of all its places; a threshold
//! is chosen on every second case and measured on the others.

use super::cases::{Selection, path_for, percent, rounded};
use crate::commands::{open_model, print};
use crate::model_choice::ModelChoice;
use assistant::documents::file_snapshot;
use assistant::model::EngineModel;
use bugs::model_checks::misuse::{Margin, margins, name_scores};
use bugs::model_checks::{VariableUse, variable_uses};
use bugs::{Bug, PatternSelection, find};
use serde::Deserialize;
use serde_json::{Value, json};
use std::ops::Range;
use std::process::ExitCode;

/// A larger margin than any that a model gives.
const CERTAIN: f32 = 1e3;

/// Arguments of `nigh eval detect`.
#[derive(clap::Args)]
pub struct Detect {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    choice: ModelChoice,
}

#[derive(Deserialize)]
struct Case {
    id: Value,
    #[serde(default)]
    path: String,
    #[serde(default)]
    language: String,
    code: String,
    has_bug: bool,
    /// Where the wrong name is, in characters.
    error_span: Option<[usize; 2]>,
    right: Option<Vec<String>>,
    candidates: Vec<String>,
}

struct Measured {
    has_bug: bool,
    /// The largest margin; the least number where there is no place.
    score: f32,
    /// The largest margin is at the error.
    located: bool,
    /// The likeliest name at the error is right; nothing in sound code.
    repaired: Option<bool>,
}

impl Detect {
    /// Prints the summary as one JSON object on the last line.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let cases: Vec<Case> = self.selection.read()?;
        let mut model = open_model(&self.choice)?;
        let measured =
            self.selection
                .each(&cases, |case| &case.id, |case| measure(case, &mut model))?;
        print(&format!("{}\n", summary(&measured)))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn measure(case: &Case, model: &mut EngineModel) -> anyhow::Result<(Measured, Value)> {
    let snapshot = file_snapshot(&path_for(&case.path, &case.language), &case.code)?;
    let (uses, _) = variable_uses(&snapshot, 0..case.code.len());
    let mut margins = margins(&snapshot, 0, &uses, &case.candidates, model)?;
    margins.extend(
        find(&snapshot, PatternSelection::ALL)
            .iter()
            .filter_map(|bug| renamed(bug, &uses, &case.candidates)),
    );
    let worst = margins.iter().max_by(|a, b| a.margin.total_cmp(&b.margin));
    let error = case
        .error_span
        .filter(|_| case.has_bug)
        .and_then(|span| bytes(&case.code, span));
    let located = error
        .as_ref()
        .is_some_and(|error| worst.is_some_and(|worst| worst.present.range == *error));
    let likeliest = match &error {
        Some(error) => {
            let scores = name_scores(&snapshot, 0, error, &case.candidates, model)?;
            case.candidates
                .iter()
                .zip(&scores)
                .max_by(|a, b| a.1.total_cmp(b.1))
                .map(|(name, _)| name)
        }
        None => None,
    };
    let right = case.right.as_deref().unwrap_or_default();
    let repaired = error
        .is_some()
        .then(|| likeliest.is_some_and(|name| right.contains(name)));
    let score = worst.map_or(f32::MIN, |worst| worst.margin);
    let account = json!({
        "id": case.id, "has_bug": case.has_bug, "score": score, "likeliest": likeliest, "repaired": repaired,
        "line": worst.map(|worst| case.code[..worst.present.range.start].matches('\n').count() + 1),
        "present": worst.map(|worst| &worst.present.name), "other": worst.map(|worst| &worst.other),
    });
    Ok((
        Measured {
            has_bug: case.has_bug,
            score,
            located,
            repaired,
        },
        account,
    ))
}

/// What a pattern says of one use of a name, if it names another one.
fn renamed(bug: &Bug, uses: &[VariableUse], names: &[String]) -> Option<Margin> {
    let [edit] = bug.finding.edits.as_slice() else {
        return None;
    };
    let present = uses.iter().find(|place| place.range == edit.range)?.clone();
    names.contains(&edit.text).then(|| Margin {
        present,
        other: edit.text.clone(),
        margin: CERTAIN,
    })
}

/// A span of characters in bytes, if it exists.
fn bytes(text: &str, [start, end]: [usize; 2]) -> Option<Range<usize>> {
    let place = |at: usize| {
        text.char_indices()
            .map(|(byte, _)| byte)
            .chain([text.len()])
            .nth(at)
    };
    Some(place(start)?..place(end)?).filter(|range| range.start < range.end)
}

/// Buggy cases found, sound cases blamed, and buggy cases missed at a threshold.
fn outcome<'a>(measured: impl Iterator<Item = &'a Measured>, threshold: f32) -> [usize; 3] {
    measured.fold([0; 3], |[found, blamed, missed], case| {
        match (case.has_bug, case.score >= threshold) {
            (true, true) => [found + 1, blamed, missed],
            (false, true) => [found, blamed + 1, missed],
            (true, false) => [found, blamed, missed + 1],
            (false, false) => [found, blamed, missed],
        }
    })
}

/// The harmonic mean of precision and recall, from 0 to 1.
fn f1([found, blamed, missed]: [usize; 3]) -> f64 {
    2.0 * found as f64 / (2 * found + blamed + missed).max(1) as f64
}

/// The threshold with the best F1 on every second case; of equals the highest.
fn threshold(measured: &[Measured]) -> f32 {
    let chosen_on = || measured.iter().step_by(2);
    let quality = |threshold: &f32| f1(outcome(chosen_on(), *threshold));
    let mut thresholds: Vec<f32> = chosen_on().map(|case| case.score).collect();
    thresholds.sort_by(f32::total_cmp);
    let best = thresholds
        .into_iter()
        .max_by(|a, b| quality(a).total_cmp(&quality(b)));
    best.unwrap_or_default()
}

fn summary(measured: &[Measured]) -> Value {
    let threshold = threshold(measured);
    let [found, blamed, missed] = outcome(measured.iter().skip(1).step_by(2), threshold);
    let errors = measured
        .iter()
        .filter(|case| case.repaired.is_some())
        .count();
    let repaired = measured
        .iter()
        .filter(|case| case.repaired == Some(true))
        .count();
    let located = measured.iter().filter(|case| case.located).count();
    eprintln!(
        "the largest margin of a case with a bug is at the bug in {} %",
        percent(located, errors)
    );
    json!({
        "cases": measured.len(),
        "precision": percent(found, found + blamed),
        "recall": percent(found, found + missed),
        "f1": rounded(100.0 * f1([found, blamed, missed])),
        "repair_accuracy": percent(repaired, errors),
        "threshold": threshold,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(has_bug: bool, score: f32, repaired: bool) -> Measured {
        Measured {
            has_bug,
            score,
            located: false,
            repaired: has_bug.then_some(repaired),
        }
    }

    #[test]
    fn the_threshold_is_chosen_on_one_half_and_measured_on_the_other() {
        let all = [
            case(true, 3.0, true),
            case(true, 2.5, false),
            case(false, 1.0, false),
            case(false, 2.2, false),
            case(true, 2.0, true),
            case(true, 1.0, true),
        ];
        let summary = summary(&all);
        assert_eq!(summary["threshold"], 2.0);
        assert_eq!(
            (&summary["precision"], &summary["recall"], &summary["f1"]),
            (&json!(50.0), &json!(50.0), &json!(50.0))
        );
        assert_eq!(summary["repair_accuracy"], 75.0);
    }

    #[test]
    fn spans_count_characters() {
        assert_eq!(bytes("é = x", [4, 5]), Some(5..6));
        assert_eq!(bytes("x", [0, 2]), None);
        assert_eq!(bytes("x", [1, 1]), None);
    }
}
