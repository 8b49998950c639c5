//! Reports on made data sets: whether planted facts are found, what is claimed of shuffled data,
//! and whether every number is the same when SQLite recomputes it.

use crate::commands::print;
use report::measure::{FactStrength, run};
use std::process::ExitCode;

/// Arguments of `nigh eval report`.
#[derive(clap::Args)]
pub struct ReportEval {
    /// How many data sets to make
    #[arg(long, value_name = "N", default_value_t = 200)]
    count: usize,
    /// What the data sets are made from
    #[arg(long, value_name = "N", default_value_t = 20_260_101)]
    seed: u64,
    /// Also print what was not found, and what was claimed of shuffled data
    #[arg(long)]
    details: bool,
}

impl ReportEval {
    /// Makes the data sets in a temporary folder and prints the score.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let folder = tempfile::tempdir()?;
        let score = run(folder.path(), self.count, self.seed)?;
        let mut text = String::new();
        for ((strength, fact), of) in score.by_fact() {
            text += &format!("{strength:?} {fact:?}: {} of {}\n", of.found, of.planted);
        }
        for strength in [FactStrength::Strong, FactStrength::Medium] {
            let share = score.found(strength) * 100.0;
            text += &format!("{strength:?} facts found: {share:.1} %\n");
        }
        let (equal, all) = (score.equal, score.sentences);
        text += &format!(
            "false findings in the report of a shuffled data set: {:.3}\n\
             sentences whose numbers SQLite recomputes: {equal} of {all}\n",
            score.false_findings()
        );
        for (at, set) in score.sets.iter().enumerate().filter(|_| self.details) {
            if !set.is_found {
                text += &format!("{at}: {:?} {:?} not found\n", set.strength, set.fact);
            }
            for claim in &set.false_claims {
                text += &format!("{at}: false: {claim}\n");
            }
            for claim in &set.unequal {
                text += &format!("{at}: not equal: {claim}\n");
            }
        }
        print(&text)?;
        Ok(ExitCode::from(u8::from(equal < all)))
    }
}
