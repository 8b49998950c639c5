//! `nigh eval unlikely`: does the model find the true fix of a broken program more likely than the
//! program, and suspect nothing in sound ones? Prints the margin that it deserves.
//!
//! Cases are those of `eval repair`; no test is run. In the broken version the strongest suspicion
//! is right if its change gives the fixed version. The margin is the lowest at which at most 1 % of
//! the fixed versions are suspected.

use super::cases::{Selection, path_for, percent};
use crate::commands::{open_model, print};
use crate::model_choice::ModelChoice;
use assistant::documents::file_snapshot;
use assistant::model::EngineModel;
use bugs::model_checks::unlikely::{Suspicion, suspicions};
use context::Snapshot;
use serde::Deserialize;
use serde_json::{Value, json};
use std::process::ExitCode;

/// The share of sound programs that may be suspected, in percent.
const ALARMS: f64 = 1.0;

/// Arguments of `nigh eval unlikely`.
#[derive(clap::Args)]
pub struct Unlikely {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    choice: ModelChoice,
}

#[derive(Deserialize)]
struct Case {
    id: Value,
    language: String,
    #[serde(default)]
    path: String,
    buggy: String,
    fixed: String,
}

/// How one case fared.
struct Measured {
    /// The strongest margin in the broken version and in the sound one; 0 where there is none.
    buggy: f32,
    fixed: f32,
    /// The strongest change of the broken version fixes it.
    right: bool,
    /// Some change does.
    reachable: bool,
}

impl Unlikely {
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
    let path = path_for(&case.path, &case.language);
    let buggy = all(&file_snapshot(&path, &case.buggy)?, model)?;
    let fixed = all(&file_snapshot(&path, &case.fixed)?, model)?;
    let words = |text: &str| {
        text.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let right = words(&case.fixed);
    let is_fix = |one: &Suspicion| {
        words(&text::apply(&case.buggy, std::slice::from_ref(&one.edit))) == right
    };
    let rank = buggy.iter().position(is_fix);
    let top = |all: &[Suspicion]| all.first().map_or(0.0, |one| one.margin);
    let measured = Measured {
        buggy: top(&buggy),
        fixed: top(&fixed),
        right: rank == Some(0),
        reachable: rank.is_some(),
    };
    let shown = |all: &[Suspicion]| {
        all.first()
            .map(|one| json!({"title": one.title, "margin": one.margin}))
    };
    let account = json!({
        "id": case.id, "language": case.language, "buggy": shown(&buggy), "fixed": shown(&fixed), "rank": rank,
        "margin": rank.map(|rank| buggy[rank].margin),
    });
    Ok((measured, account))
}

/// The suspicions of all functions of a program, the strongest first.
fn all(snapshot: &Snapshot, model: &mut EngineModel) -> anyhow::Result<Vec<Suspicion>> {
    let functions = snapshot
        .syntax
        .as_ref()
        .map(|syntax| syntax.functions(snapshot.rope()))
        .unwrap_or_default();
    let mut found = Vec::new();
    for function in functions {
        found.extend(suspicions(snapshot, &function, model)?);
    }
    found.sort_by(|a, b| b.margin.total_cmp(&a.margin));
    Ok(found)
}

/// The least margin at which few enough of the sound programs are suspected.
fn threshold(measured: &[Measured]) -> f32 {
    let mut margins: Vec<f32> = measured.iter().map(|case| case.fixed).collect();
    margins.sort_by(|a, b| b.total_cmp(a));
    let allowed = (measured.len() as f64 * ALARMS / 100.0) as usize;
    margins.get(allowed).copied().unwrap_or_default()
}

fn summary(measured: &[Measured]) -> Value {
    let threshold = threshold(measured);
    let count = |is: &dyn Fn(&Measured) -> bool| measured.iter().filter(|case| is(case)).count();
    json!({
        "cases": measured.len(),
        "mended_by_a_likelier_change": percent(count(&|case| case.reachable), measured.len()),
        "mended_by_the_likeliest": percent(count(&|case| case.right), measured.len()),
        "threshold": threshold,
        "suspected": percent(count(&|case| case.buggy > threshold), measured.len()),
        "right": percent(count(&|case| case.buggy > threshold && case.right), measured.len()),
        "false_alarms": percent(count(&|case| case.fixed > threshold), measured.len()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_margin_lets_one_sound_program_in_a_hundred_be_suspected() {
        let case = |at: usize| Measured {
            buggy: at as f32 + 0.5,
            fixed: at as f32,
            right: at >= 98,
            reachable: true,
        };
        let measured: Vec<Measured> = (0..100).map(case).collect();
        let summary = summary(&measured);
        assert_eq!(
            (&summary["threshold"], &summary["false_alarms"]),
            (&json!(98.0), &json!(1.0))
        );
        assert_eq!(
            (&summary["suspected"], &summary["right"]),
            (&json!(2.0), &json!(2.0))
        );
    }
}
