//! `nigh eval drafts`: drafts change the time of an answer and nothing else. Each case is completed
//! twice, with drafts and without, and what the model says must be the same, token for token.
//!
//! Both models begin each case with an empty cache, so neither knows what the other has computed.

use super::cases::{Selection, rounded};
use super::infill::Case;
use super::repositories::Repositories;
use crate::commands::print;
use crate::model_choice::ModelChoice;
use assistant::counters::milliseconds;
use assistant::model::EngineModel;
use assistant::settings::CompletionSettings;
use assistant::suggest;
use completion::{Limits, Outcome};
use context::Snapshot;
use engine::Engine;
use serde::Serialize;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Arguments of `nigh eval drafts`.
#[derive(clap::Args)]
pub struct Drafts {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    choice: ModelChoice,
    /// Complete cases with a field `snapshot` in the workspace of that name in DIR
    #[arg(long, value_name = "DIR")]
    repositories: Option<PathBuf>,
}

/// One case, completed both ways. Times are what saying the answer took.
#[derive(Clone, Serialize)]
struct Pair {
    id: Value,
    equal: bool,
    tokens: usize,
    drafted: usize,
    with_ms: f64,
    without_ms: f64,
}

impl Drafts {
    /// Prints the summary as one JSON object on the last line; fails where any answer differs.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let cases: Vec<Case> = self.selection.read()?;
        let limits = self.choice.limits(&CompletionSettings::default())?;
        let engine = self.choice.open(self.choice.threads)?;
        let mut repositories = self
            .repositories
            .as_deref()
            .map(Repositories::new)
            .transpose()?;
        let pairs = self.selection.each(&cases, Case::id, |case| {
            let snapshot = case.open(repositories.as_mut())?;
            let complete = |drafts| self.complete(&engine, &snapshot, case, &limits, drafts);
            let (with, without) = (complete(true)?, complete(false)?);
            let pair = Pair {
                id: case.id().clone(),
                equal: same(&with, &without),
                tokens: with.stats.generated_tokens,
                drafted: with.stats.drafted_tokens,
                with_ms: milliseconds(with.stats.decode),
                without_ms: milliseconds(without.stats.decode),
            };
            Ok((pair.clone(), pair))
        })?;
        print(&format!("{}\n", summary(&pairs)))?;
        let all_equal = pairs.iter().all(|pair| pair.equal);
        Ok(if all_equal {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    fn complete(
        &self,
        engine: &Arc<Engine>,
        snapshot: &Snapshot,
        case: &Case,
        limits: &Limits,
        drafts: bool,
    ) -> anyhow::Result<Outcome> {
        let mut model = EngineModel::new(Arc::clone(engine), self.choice.prompt_tokens);
        model.set_drafts(drafts);
        Ok(suggest(snapshot, case.prefix.len(), &mut model, limits)?)
    }
}

/// Whether the model said the same, and the same was made of it.
fn same(one: &Outcome, other: &Outcome) -> bool {
    let texts = |outcome: &Outcome| -> Vec<String> {
        outcome
            .candidates
            .iter()
            .map(|judged| judged.candidate.text.clone())
            .collect()
    };
    let shown = |outcome: &Outcome| outcome.completion.as_ref().map(|shown| shown.text.clone());
    one.generated == other.generated
        && one.stats.generated_tokens == other.stats.generated_tokens
        && shown(one) == shown(other)
        && texts(one) == texts(other)
}

fn summary(pairs: &[Pair]) -> Value {
    let sum = |of: fn(&Pair) -> f64| pairs.iter().map(of).sum::<f64>();
    let tokens = sum(|pair| pair.tokens as f64);
    let drafted = sum(|pair| pair.drafted as f64);
    let (with, without) = (sum(|pair| pair.with_ms), sum(|pair| pair.without_ms));
    json!({
        "cases": pairs.len(),
        "equal": pairs.iter().filter(|pair| pair.equal).count(),
        "tokens": tokens,
        "drafted_percent": rounded(100.0 * drafted / tokens.max(1.0)),
        "with_ms": rounded(with / pairs.len().max(1) as f64),
        "without_ms": rounded(without / pairs.len().max(1) as f64),
        "ratio": (1000.0 * with / without.max(f64::MIN_POSITIVE)).round() / 1000.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_counts_tokens_and_times_of_both_ways() {
        let pair = |equal, tokens, drafted, with_ms| Pair {
            id: Value::Null,
            equal,
            tokens,
            drafted,
            with_ms,
            without_ms: 40.0,
        };
        let summary = summary(&[pair(true, 6, 3, 20.0), pair(false, 2, 1, 40.0)]);
        assert_eq!(
            (&summary["equal"], &summary["drafted_percent"]),
            (&json!(1), &json!(50.0))
        );
        assert_eq!(
            (&summary["with_ms"], &summary["ratio"]),
            (&json!(30.0), &json!(0.75))
        );
    }
}
