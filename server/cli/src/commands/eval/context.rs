//! `nigh eval context`: what each source of context is worth to a model.
//!
//! For every case it builds the prompt in each variant (only the window, all sources, all but one,
//! only one, all with another share of the prompt) and measures how surprised the model is by the
//! line that was really there. This separates variants that lead to the same completion, and costs
//! one pass over the prompt each; a variant with the prompt of another costs nothing.

use super::cases::Selection;
use super::infill::Case;
use super::repositories::Repositories;
use crate::commands::progress::bar;
use crate::commands::{open_model, print};
use crate::model_choice::ModelChoice;
use anyhow::Context as _;
use assistant::model::EngineModel;
use context::{Budget, Segment, Snapshot, SourceWeights, fill_in};
use context::{Generate, GenerateError};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

/// Percents of the prompt that are tried for all sources together.
const PERCENTS: [usize; 3] = [10, 40, 60];

/// Arguments of `nigh eval context`.
#[derive(clap::Args)]
pub struct Sources {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    choice: ModelChoice,
    /// Folder with the workspaces that the field `snapshot` of the cases names
    #[arg(long, value_name = "DIR")]
    repositories: PathBuf,
}

/// A way to build prompts, and what came of it: in bits, for each case.
struct Variant {
    name: String,
    weights: SourceWeights,
    bits: Vec<f64>,
    changed: usize,
}

impl Sources {
    /// Prints one JSON object on the last line. It has for each variant the bits per byte of the
    /// reference, how many more bits per case it needs than the variant with only the window, with
    /// the standard error, and the percentage of cases whose prompt differs from that variant's.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let cases: Vec<Case> = self.selection.read()?;
        let mut repositories = Repositories::new(&self.repositories)?;
        let mut model = open_model(&self.choice)?;
        let mut variants = variants(model.budget().weights)?;
        let bar = bar(cases.len())?;
        let mut bytes = 0;
        for case in &cases {
            let snapshot = case.open(Some(&mut repositories))?;
            bytes += first_line(&case.reference).len();
            measure(&snapshot, case, &mut model, &mut variants)?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        print(&format!("{}\n", summary(&variants, bytes)))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The variants; the first has only the window.
fn variants(weights: SourceWeights) -> anyhow::Result<Vec<Variant>> {
    let mut found = vec![
        ("none".to_owned(), SourceWeights::NONE),
        ("all".to_owned(), weights),
    ];
    for name in SourceWeights::names() {
        let names = [name.to_owned()];
        found.push((
            format!("without {name}"),
            weights.without(&names).map_err(anyhow::Error::msg)?,
        ));
        found.push((
            format!("only {name}"),
            weights.only(&names).map_err(anyhow::Error::msg)?,
        ));
    }
    found.extend(PERCENTS.map(|percent| (format!("all at {percent} %"), weights.at(percent))));
    let variant = |(name, weights)| Variant {
        name,
        weights,
        bits: Vec::new(),
        changed: 0,
    };
    Ok(found.into_iter().map(variant).collect())
}

/// Adds what a case costs in each variant.
fn measure(
    snapshot: &Snapshot,
    case: &Case,
    model: &mut EngineModel,
    variants: &mut [Variant],
) -> anyhow::Result<()> {
    let format = model.fim_format().context(GenerateError::NoFillIn)?;
    let mut known = Vec::new();
    for variant in variants {
        let budget = Budget {
            tokens: model.budget().tokens,
            weights: variant.weights,
        };
        let prompt = fill_in(snapshot, case.prefix.len(), &format, budget, &*model);
        let same = known.iter().find(|(other, _)| *other == prompt.segments);
        let bits = match same {
            Some((_, bits)) => *bits,
            None => {
                let right = format!("{}{}", prompt.required, first_line(&case.reference));
                let logprobs = model.score(&prompt, &[vec![Segment::Text(right)]])?;
                -f64::from(logprobs.iter().flatten().sum::<f32>()) / std::f64::consts::LN_2
            }
        };
        variant.changed += usize::from(
            known
                .first()
                .is_some_and(|(window, _)| *window != prompt.segments),
        );
        variant.bits.push(bits);
        known.push((prompt.segments, bits));
    }
    Ok(())
}

/// A text up to the end of its first line that is not blank.
fn first_line(text: &str) -> &str {
    let start = text.len() - text.trim_start_matches(['\n', '\r']).len();
    &text[..text[start..]
        .find(['\n', '\r'])
        .map_or(text.len(), |end| start + end)]
}

fn summary(variants: &[Variant], bytes: usize) -> Value {
    let window = variants.first().map_or(&[][..], |variant| &variant.bits);
    let mut found = Map::new();
    for variant in variants {
        let cases = variant.bits.len().max(1) as f64;
        let more: Vec<f64> = variant
            .bits
            .iter()
            .zip(window)
            .map(|(bits, without)| bits - without)
            .collect();
        let mean = more.iter().sum::<f64>() / cases;
        let deviation =
            (more.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / cases).sqrt();
        let value = json!({
            "bits_per_byte": thousandths(variant.bits.iter().sum::<f64>() / bytes.max(1) as f64),
            "more_bits": thousandths(mean),
            "standard_error": thousandths(deviation / cases.sqrt()),
            "changed": thousandths(100.0 * variant.changed as f64 / cases),
        });
        found.insert(variant.name.clone(), value);
    }
    json!({"cases": window.len(), "variants": found})
}

fn thousandths(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_is_not_blank_counts() {
        assert_eq!(first_line("a(b)\n    c\n"), "a(b)");
        assert_eq!(first_line("\n    a\n    b"), "\n    a");
        assert_eq!(first_line(""), "");
    }

    #[test]
    fn the_summary_compares_with_only_the_window() {
        let variant = |name: &str, bits: &[f64]| Variant {
            name: name.into(),
            weights: SourceWeights::NONE,
            bits: bits.to_vec(),
            changed: 1,
        };
        let summary = summary(
            &[variant("none", &[10.0, 20.0]), variant("all", &[8.0, 20.0])],
            10,
        );
        assert_eq!(summary["variants"]["all"]["more_bits"], -1.0);
        assert_eq!(summary["variants"]["all"]["bits_per_byte"], 2.8);
        assert_eq!(summary["variants"]["all"]["changed"], 50.0);
    }
}
