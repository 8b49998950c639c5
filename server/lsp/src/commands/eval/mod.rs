//! `nigh eval`: cases in, numbers out. One file per kind of case; `score.rs` holds the measures.

mod infill;
mod perplexity;
mod score;

use std::process::ExitCode;

/// What is measured.
#[derive(clap::Subcommand)]
pub enum Eval {
    /// Completions at given places: one JSON case per line {id, language, path, prefix, suffix, reference}
    Infill(infill::Infill),
    /// Perplexity on whole files of text or code
    Perplexity(perplexity::Perplexity),
}

impl Eval {
    /// Runs the measurement.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Infill(infill) => infill.run(),
            Self::Perplexity(perplexity) => perplexity.run(),
        }
    }
}
