//! `nigh eval infill`: completes every case as the server would and sums up.

use super::score::{Score, score};
use crate::cli::ModelChoice;
use crate::commands::{complete::snapshot, open_model, print};
use crate::model::EngineModel;
use crate::settings::CompletionSettings;
use anyhow::{Context, bail};
use features::{Limits, inline_completion};
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use syntax::Syntax;

/// Arguments of `nigh eval infill`.
#[derive(clap::Args)]
pub struct Infill {
    /// The cases, one JSON object per line
    cases: PathBuf,
    #[command(flatten)]
    choice: ModelChoice,
    /// Only the first N cases
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Write one prediction per line {id, completion, shown, confidence, ms}
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Show completions at least this certain (0 to 1); the server's default if absent
    #[arg(long, value_name = "P")]
    min_confidence: Option<f32>,
}

#[derive(Deserialize)]
struct Case {
    id: serde_json::Value,
    #[serde(default)]
    language: String,
    #[serde(default)]
    path: String,
    prefix: String,
    suffix: String,
    reference: String,
}

#[derive(Serialize)]
struct Prediction<'a> {
    id: &'a serde_json::Value,
    completion: &'a str,
    shown: bool,
    confidence: f32,
    ms: f64,
}

struct Measured {
    score: Score,
    breaks_syntax: bool,
    ms: f64,
}

impl Infill {
    /// Prints the summary as one JSON object on the last line.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let cases = self.read()?;
        let defaults = CompletionSettings::default();
        let limits = Limits {
            line_tokens: defaults.line_tokens,
            block_tokens: defaults.block_tokens,
            min_confidence: self.min_confidence.unwrap_or(defaults.min_confidence),
        };
        let mut model = open_model(&self.choice)?;
        let mut out = match &self.out {
            Some(path) => {
                let file = std::fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
                Some(BufWriter::new(file))
            }
            None => None,
        };
        let bar = ProgressBar::new(cases.len() as u64);
        bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}")?);
        let mut measured = Vec::with_capacity(cases.len());
        for case in &cases {
            let (completion, confidence, result) = measure(case, &mut model, &limits)?;
            if let Some(out) = &mut out {
                let shown = result.score.shown;
                let prediction = Prediction { id: &case.id, completion: &completion, shown, confidence, ms: result.ms };
                writeln!(out, "{}", serde_json::to_string(&prediction)?)?;
            }
            measured.push(result);
            bar.inc(1);
        }
        bar.finish_and_clear();
        if let Some(mut out) = out {
            out.flush()?;
        }
        print(&format!("{}\n", summary(&measured)))?;
        Ok(ExitCode::SUCCESS)
    }

    fn read(&self) -> anyhow::Result<Vec<Case>> {
        let name = self.cases.display();
        let file = std::fs::File::open(&self.cases).with_context(|| format!("cannot read {name}"))?;
        let mut cases = Vec::new();
        for (number, line) in BufReader::new(file).lines().enumerate() {
            let line = line.with_context(|| format!("cannot read {name}"))?;
            if line.trim().is_empty() {
                continue;
            }
            if self.limit.is_some_and(|limit| cases.len() >= limit) {
                break;
            }
            cases.push(serde_json::from_str(&line).with_context(|| format!("{name}, line {}", number + 1))?);
        }
        if cases.is_empty() {
            bail!("{name} holds no cases");
        }
        Ok(cases)
    }
}

/// Completes one case. A case without a path gets one from its language, as the editor would have one.
fn measure(case: &Case, model: &mut EngineModel, limits: &Limits) -> anyhow::Result<(String, f32, Measured)> {
    let extension = || {
        let grammar = grammars::by_language_id(&case.language).or_else(|| grammars::by_id(&case.language));
        grammar.and_then(|grammar| grammar.facts.extensions.first()).map_or("txt", String::as_str)
    };
    let path = if case.path.is_empty() { format!("main.{}", extension()) } else { case.path.clone() };
    let snapshot = snapshot(&path, &format!("{}{}", case.prefix, case.suffix))?;
    let start = Instant::now();
    let outcome = inline_completion(&snapshot, case.prefix.len(), model, limits)?;
    let ms = crate::status::milliseconds(start.elapsed());
    let (completion, confidence) =
        outcome.completion.map_or((String::new(), 0.0), |completion| (completion.text, completion.confidence));
    let score = score(&case.prefix, &case.reference, &completion);
    let breaks_syntax = score.shown && {
        let errors = |middle: &str| errors(&path, &format!("{}{middle}{}", case.prefix, case.suffix));
        errors(&completion)? > errors(&case.reference)?
    };
    Ok((completion, confidence, Measured { score, breaks_syntax, ms }))
}

/// Errors in the tree of a whole text, from a fresh parse.
fn errors(path: &str, text: &str) -> anyhow::Result<usize> {
    let snapshot = snapshot(path, text)?;
    Ok(snapshot.syntax.as_ref().map_or(0, |syntax: &Syntax| syntax.errors().len()))
}

fn summary(measured: &[Measured]) -> serde_json::Value {
    let cases = measured.len();
    let shown = measured.iter().filter(|m| m.score.shown).count();
    let of = |part: usize, whole: usize| rounded(100.0 * part as f64 / whole.max(1) as f64);
    let count = |is: fn(&Measured) -> bool| measured.iter().filter(|m| is(m)).count();
    let length: usize = measured.iter().map(|m| m.score.length).sum();
    let saved: i64 = measured.iter().map(|m| m.score.saved).sum();
    let similarity: f64 = measured.iter().map(|m| m.score.edit_similarity).sum();
    let mut times: Vec<f64> = measured.iter().map(|m| m.ms).collect();
    times.sort_by(f64::total_cmp);
    let time = |share: f64| times.get(((cases as f64 * share) as usize).min(cases.saturating_sub(1)));
    json!({
        "cases": cases,
        "exact": of(count(|m| m.score.exact), cases),
        "exact_full": of(count(|m| m.score.exact_full), cases),
        "edit_similarity": rounded(100.0 * similarity / cases.max(1) as f64),
        "shown": shown,
        "coverage": of(shown, cases),
        "precision_shown": of(count(|m| m.score.accepted), shown),
        "harm": of(count(|m| m.score.harm), shown),
        "syntax_errors_added": count(|m| m.breaks_syntax),
        "keystroke_saving": rounded(100.0 * saved as f64 / length.max(1) as f64),
        "pass_at_1": null,
        "p50_ms": time(0.5),
        "p95_ms": time(0.95),
    })
}

fn rounded(percent: f64) -> f64 {
    (percent * 100.0).round() / 100.0
}
