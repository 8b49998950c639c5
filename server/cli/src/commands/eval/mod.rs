//! `nigh eval`: cases in, numbers out. One file per kind of case; `score.rs` holds the measures of
//! completions, `cases.rs` what all kinds share, `trial/` runs tests in the sandbox.

mod cases;
mod context;
mod detect;
mod drafts;
mod infill;
mod memorisation;
mod next_edit;
mod perplexity;
mod prompts;
mod repair;
mod report;
mod repositories;
mod score;
mod sql;
mod trial;
mod unlikely;

use std::process::ExitCode;

/// What is measured.
#[derive(clap::Subcommand)]
pub enum Eval {
    /// Measure completions: one JSON case per line {id, language, path, prefix, suffix, reference,
    /// snapshot, tests}
    Infill(infill::Infill),
    /// Compare answers with drafts and without: cases as for `infill`
    Drafts(drafts::Drafts),
    /// Measure what each source of context is worth: cases as for `infill`
    Context(context::Sources),
    /// Print the prompts of places in workspaces, for training: {files: [{path, text}], places:
    /// [{id, path, start, end, tokens}]}
    Prompts(prompts::Prompts),
    /// Measure the perplexity of files of text or code
    Perplexity(perplexity::Perplexity),
    /// Measure repairs of broken programs: {id, language, buggy, fixed, tests, entry_point}
    Repair(repair::Repair),
    /// Measure how misused variables are found: {code, has_bug, error_span, right, candidates}
    Detect(detect::Detect),
    /// Find a margin for model.bugMargin: cases as for `repair`
    Unlikely(unlikely::Unlikely),
    /// Find training text that the model repeats: {package, path, text}
    Memorisation(memorisation::Memorisation),
    /// Measure queries for questions: {id, schema, question, sql, db_id, split, language}
    Sql(sql::SqlEval),
    /// Measure reports on made data sets with planted facts, and on their shuffled twins
    Report(report::ReportEval),
    /// Measure next edits: {id, language, path, text, edits, next, silent}
    NextEdit(next_edit::NextEdit),
}

impl Eval {
    /// Runs the measurement.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Infill(infill) => infill.run(),
            Self::Drafts(drafts) => drafts.run(),
            Self::Context(sources) => sources.run(),
            Self::Prompts(prompts) => prompts.run(),
            Self::Perplexity(perplexity) => perplexity.run(),
            Self::Repair(repair) => repair.run(),
            Self::Detect(detect) => detect.run(),
            Self::Unlikely(unlikely) => unlikely.run(),
            Self::Memorisation(memorisation) => memorisation.run(),
            Self::Sql(sql) => sql.run(),
            Self::Report(report) => report.run(),
            Self::NextEdit(next_edit) => next_edit.run(),
        }
    }
}
