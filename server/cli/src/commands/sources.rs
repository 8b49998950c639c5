//! `--without` and `--only`: which sources of context a prompt has, to see what each one is worth.

use assistant::model::EngineModel;
use clap::builder::PossibleValuesParser;
use context::Generate;
use context::SourceWeights;

/// What names no single source.
const ALL: &str = "all";

/// Which sources a prompt has; those that suit the model's size if absent.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct SourceChoice {
    /// Turn off these sources of context, or `all`
    #[arg(long, value_name = "SOURCE", value_delimiter = ',', value_parser = names())]
    without: Vec<String>,
    /// Use only these sources of context
    #[arg(long, value_name = "SOURCE", value_delimiter = ',', value_parser = names(), conflicts_with = "without")]
    only: Vec<String>,
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(SourceWeights::names().chain([ALL]))
}

impl SourceChoice {
    /// Makes the model's prompts have the chosen sources.
    pub fn apply(&self, model: &mut EngineModel) -> anyhow::Result<()> {
        let unknown = |name| anyhow::anyhow!("unknown source of context `{name}`");
        let mut weights = model.budget().weights;
        if self.without.iter().any(|name| name == ALL) {
            weights = SourceWeights::NONE;
        }
        let named = |names: &[String]| {
            names
                .iter()
                .filter(|name| *name != ALL)
                .cloned()
                .collect::<Vec<_>>()
        };
        weights = weights.without(&named(&self.without)).map_err(unknown)?;
        if !named(&self.only).is_empty() {
            weights = weights.only(&named(&self.only)).map_err(unknown)?;
        }
        model.set_weights(weights);
        Ok(())
    }
}
