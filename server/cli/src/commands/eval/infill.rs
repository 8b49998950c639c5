//! `nigh eval infill`: completes every case as the server would, runs its tests if asked to, and
//! sums up.

use super::cases::{Selection, path_for, percent, rounded};
use super::repositories::Repositories;
use super::score::{Score, score as scored};
use super::trial::{Subject, Tests, TrialResult, Trials};
use crate::commands::progress::bar;
use crate::commands::{open_model, print, sources::SourceChoice};
use crate::model_choice::ModelChoice;
use anyhow::Context;
use assistant::counters::{Cost, milliseconds};
use assistant::documents::file_snapshot;
use assistant::model::EngineModel;
use assistant::settings::{CompletionSettings, Show};
use assistant::suggest;
use completion::gate::FEATURES;
use completion::{Candidate, Limits, ScoredCandidate};
use context::Snapshot;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use syntax::Syntax;

/// Arguments of `nigh eval infill`.
#[derive(clap::Args)]
pub struct Infill {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    choice: ModelChoice,
    #[command(flatten)]
    sources: SourceChoice,
    /// How readily completions are shown
    #[arg(long, value_enum)]
    show: Option<Show>,
    /// Minimum confidence of completions that are shown, from 0 to 1; overrides --show
    #[arg(long, value_name = "P")]
    min_confidence: Option<f32>,
    /// Run the tests of each case with the completion inserted, in a sandbox; needs the tools of
    /// the languages
    #[arg(long)]
    run_tests: bool,
    /// Complete cases with a field `snapshot` in the workspace of that name in DIR, without the
    /// file itself
    #[arg(long, value_name = "DIR")]
    repositories: Option<PathBuf>,
    /// With --out: write all candidates of each case with their features, for `training/gate.py`
    #[arg(long, requires = "out")]
    candidates: bool,
}

/// A place in a file, and what stood there.
#[derive(Deserialize)]
pub(super) struct Case {
    id: Value,
    #[serde(default)]
    language: String,
    #[serde(default)]
    path: String,
    pub(super) prefix: String,
    suffix: String,
    pub(super) reference: String,
    #[serde(default)]
    snapshot: String,
    #[serde(default)]
    tests: Value,
    #[serde(default)]
    entry_point: String,
}

impl Case {
    /// Its name.
    pub(super) fn id(&self) -> &Value {
        &self.id
    }

    /// The file as it is before the completion, in its workspace among `repositories`. A case
    /// without a path gets one from its language, as the editor would have one.
    pub(super) fn open(&self, repositories: Option<&mut Repositories>) -> anyhow::Result<Snapshot> {
        let path = path_for(&self.path, &self.language);
        let mut snapshot = file_snapshot(&path, &format!("{}{}", self.prefix, self.suffix))?;
        if let Some(repositories) = repositories.filter(|_| !self.snapshot.is_empty()) {
            let index = repositories.around(&self.snapshot, &self.path);
            snapshot.index = index.with_context(|| format!("case {}", self.id))?;
        }
        Ok(snapshot)
    }

    /// Errors in the tree of the whole file with `middle` at the place, from a fresh parse.
    fn errors(&self, path: &str, middle: &str) -> anyhow::Result<usize> {
        let snapshot = file_snapshot(path, &format!("{}{middle}{}", self.prefix, self.suffix))?;
        Ok(snapshot
            .syntax
            .as_ref()
            .map_or(0, |syntax: &Syntax| syntax.errors().len()))
    }
}

#[derive(Serialize)]
struct Prediction<'a> {
    id: &'a Value,
    completion: &'a str,
    shown: bool,
    confidence: f32,
    ms: f64,
    cost: Cost,
    /// It leaves more syntax errors than the reference does.
    breaks_syntax: bool,
    /// Missing where no tests were run.
    #[serde(skip_serializing_if = "Option::is_none")]
    passed: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    candidates: Vec<Value>,
}

struct Measured {
    completion: String,
    confidence: f32,
    candidates: Vec<ScoredCandidate>,
    score: Score,
    /// The likeliest candidate is right, shown or not.
    likeliest_exact: bool,
    /// What the model generated is right, shown or not.
    generated_exact: bool,
    breaks_syntax: bool,
    ms: f64,
    cost: Cost,
    verdict: TrialResult,
}

impl Infill {
    /// Prints the summary as one JSON object on the last line.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let cases: Vec<Case> = self.selection.read()?;
        let limits = self.choice.limits(&self.settings())?;
        let mut model = open_model(&self.choice)?;
        self.sources.apply(&mut model)?;
        let mut trials = if self.run_tests {
            Some(Trials::new()?)
        } else {
            None
        };
        let measured = self.measure_all(&cases, &mut model, &limits, trials.as_mut())?;
        if let Some(trials) = &trials {
            trials.tell_missing();
        }
        print(&format!("{}\n", summary(&measured, self.run_tests)))?;
        Ok(ExitCode::SUCCESS)
    }

    /// How completions are shown.
    fn settings(&self) -> CompletionSettings {
        CompletionSettings {
            show: self.show.unwrap_or_default(),
            min_confidence: self.min_confidence,
            ..CompletionSettings::default()
        }
    }

    /// Completes and tests all cases, and writes what became of each.
    fn measure_all(
        &self,
        cases: &[Case],
        model: &mut EngineModel,
        limits: &Limits,
        mut trials: Option<&mut Trials>,
    ) -> anyhow::Result<Vec<Measured>> {
        let mut repositories = self
            .repositories
            .as_deref()
            .map(Repositories::new)
            .transpose()?;
        let mut out = self.selection.out()?;
        let bar = bar(cases.len())?;
        let mut measured = Vec::with_capacity(cases.len());
        for case in cases {
            let snapshot = case.open(repositories.as_mut())?;
            let mut result = measure(case, &snapshot, model, limits)?;
            if let Some(trials) = &mut trials {
                let tested = verdict(case, &result.completion, trials);
                result.verdict = tested.with_context(|| format!("case {}", case.id))?;
            }
            let candidates = if self.candidates {
                candidates(case, &snapshot.path, &result.candidates)?
            } else {
                Vec::new()
            };
            out.write(&prediction(case, &result, candidates))?;
            measured.push(Measured {
                candidates: Vec::new(),
                ..result
            });
            bar.inc(1);
        }
        bar.finish_and_clear();
        out.finish()?;
        Ok(measured)
    }
}

/// What is written of one case.
fn prediction<'a>(case: &'a Case, result: &'a Measured, candidates: Vec<Value>) -> Prediction<'a> {
    Prediction {
        id: &case.id,
        completion: &result.completion,
        shown: result.score.shown,
        confidence: result.confidence,
        ms: result.ms,
        cost: result.cost,
        breaks_syntax: result.breaks_syntax,
        passed: matches!(result.verdict, TrialResult::Passed | TrialResult::Failed)
            .then_some(result.verdict == TrialResult::Passed),
        candidates,
    }
}

/// All candidates of a case, as they are written.
fn candidates(case: &Case, path: &str, judged: &[ScoredCandidate]) -> anyhow::Result<Vec<Value>> {
    let (without, right) = (case.errors(path, "")?, case.errors(path, &case.reference)?);
    judged
        .iter()
        .map(|candidate| candidate_json(case, path, candidate, [without, right]))
        .collect()
}

/// Completes one case.
fn measure(
    case: &Case,
    snapshot: &Snapshot,
    model: &mut EngineModel,
    limits: &Limits,
) -> anyhow::Result<Measured> {
    let start = Instant::now();
    let outcome = suggest(snapshot, case.prefix.len(), model, limits)?;
    let ms = milliseconds(start.elapsed());
    let (completion, confidence) = outcome
        .completion
        .clone()
        .map_or((String::new(), 0.0), |completion| {
            (completion.text, completion.confidence)
        });
    let score = scored(&case.prefix, &case.reference, &completion);
    let breaks_syntax = score.shown && {
        let errors = |middle: &str| case.errors(&snapshot.path, middle);
        errors(&completion)? > errors(&case.reference)?
    };
    let is_exact =
        |candidate: &Candidate| scored(&case.prefix, &case.reference, &candidate.text).exact;
    Ok(Measured {
        likeliest_exact: outcome
            .likeliest()
            .map_or(score.exact, |judged| is_exact(&judged.candidate)),
        generated_exact: outcome
            .candidates
            .iter()
            .any(|judged| judged.candidate.generated && is_exact(&judged.candidate)),
        cost: Cost::of(&outcome.timings, &outcome.stats),
        candidates: outcome.candidates,
        completion,
        confidence,
        score,
        breaks_syntax,
        ms,
        verdict: TrialResult::NotRun,
    })
}

/// A candidate with its features that are not zero, and how it would have fared. `errors` are those
/// of the file without anything at the place, and with the reference.
fn candidate_json(
    case: &Case,
    path: &str,
    judged: &ScoredCandidate,
    errors: [usize; 2],
) -> anyhow::Result<Value> {
    let ScoredCandidate {
        candidate,
        evidence,
        confidence,
    } = judged;
    let score = scored(&case.prefix, &case.reference, &candidate.text);
    let features: serde_json::Map<String, Value> = std::iter::zip(FEATURES, evidence.values())
        .filter(|(_, value)| **value != 0.0)
        .map(|(feature, value)| (feature.name.to_owned(), json!(value)))
        .collect();
    let [without, right] = errors;
    Ok(json!({
        "errors": [without, case.errors(path, &candidate.text)?, right],
        "text": candidate.text,
        "cut": candidate.cut,
        "confidence": confidence,
        "exact": score.exact,
        "accepted": score.accepted,
        "harm": score.harm,
        "saved": score.saved,
        "features": features,
    }))
}

/// Runs the tests of a case on the program with the completion in it.
fn verdict(case: &Case, completion: &str, trials: &mut Trials) -> anyhow::Result<TrialResult> {
    if case.tests.is_null() {
        return Ok(TrialResult::NotRun);
    }
    let tests = Tests::deserialize(&case.tests).context("tests of an unknown shape")?;
    let subject = Subject {
        language: &case.language,
        entry_point: &case.entry_point,
        tests: &tests,
    };
    let program = |middle: &str| format!("{}{middle}{}", case.prefix, case.suffix);
    let (verdict, _) =
        trials.first_passing(&subject, &[program(completion)], &program(&case.reference))?;
    Ok(verdict)
}

/// The numbers of all cases; those of the tests only where they were run.
fn summary(measured: &[Measured], run_tests: bool) -> Value {
    let cases = measured.len();
    let shown = measured.iter().filter(|m| m.score.shown).count();
    let count = |is: fn(&Measured) -> bool| measured.iter().filter(|m| is(m)).count();
    let length: usize = measured.iter().map(|m| m.score.length).sum();
    let saved: i64 = measured.iter().map(|m| m.score.saved).sum();
    let similarity: f64 = measured.iter().map(|m| m.score.edit_similarity).sum();
    let mut times: Vec<f64> = measured.iter().map(|m| m.ms).collect();
    times.sort_by(f64::total_cmp);
    let time =
        |share: f64| times.get(((cases as f64 * share) as usize).min(cases.saturating_sub(1)));
    let mut summary = json!({
        "cases": cases,
        "exact": percent(count(|m| m.score.exact), cases),
        "exact_likeliest": percent(count(|m| m.likeliest_exact), cases),
        "exact_said": percent(count(|m| m.generated_exact), cases),
        "exact_full": percent(count(|m| m.score.exact_full), cases),
        "edit_similarity": rounded(100.0 * similarity / cases.max(1) as f64),
        "shown": shown,
        "coverage": percent(shown, cases),
        "precision_shown": percent(count(|m| m.score.accepted), shown),
        "harm": percent(count(|m| m.score.harm), shown),
        "syntax_errors_added": count(|m| m.breaks_syntax),
        "keystroke_saving": rounded(100.0 * saved as f64 / length.max(1) as f64),
        "pass_at_1": null,
        "p50_ms": time(0.5),
        "p95_ms": time(0.95),
        "mean": measured.iter().map(|m| m.cost).sum::<Cost>().each(cases),
    });
    if run_tests {
        let passed = count(|m| m.verdict == TrialResult::Passed);
        let ran = passed + count(|m| m.verdict == TrialResult::Failed);
        summary["pass_at_1"] = if ran > 0 {
            percent(passed, ran).into()
        } else {
            Value::Null
        };
        summary["ran"] = ran.into();
        summary["reference_fails"] = count(|m| m.verdict == TrialResult::Void).into();
    }
    summary
}
