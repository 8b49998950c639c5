//! The command line: one subcommand per file in `commands/`.

use crate::commands::{
    ask, bench, check_model, complete, diagnose, dismissed, doctor, eval, fix, learning, mcp,
    model, probe_gpu, quantize, report, schema, serve, settings_schema, sql, tokenize,
};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// An AI coding assistant with a model inside this program. Nothing leaves your machine, unless you
/// name an engine elsewhere.
#[derive(Parser)]
#[command(name = "nigh", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the language server on standard input and output (editors start this), or over HTTP
    Serve(serve::Serve),
    /// Complete the code at FILE:LINE:COL and print the text to insert
    Complete(complete::Complete),
    /// Print the prompt for FILE:LINE:COL, and an account of its parts
    Prompt(complete::ShowPrompt),
    /// Answer a question about a project, with the places that say so
    #[command(name = "ask")]
    AskProject(ask::AskProject),
    /// Serve tools to agents by the Model Context Protocol, on standard input and output
    Mcp(mcp::ServeMcp),
    /// Print bugs in files and folders, each with a checked fix
    Diagnose(diagnose::Diagnose),
    /// Print the fixes of bugs as a unified diff, or apply them
    Fix(fix::Fix),
    /// Print the tables and columns that a project's SQL, migrations and models describe
    Schema(schema::PrintSchema),
    /// Turn a question into a query that fits the project's tables, or check the names in SQL
    Sql(sql::Sql),
    /// Report what a data file says: trends, changes, outliers and quality, with a query for each
    /// number
    Report(report::MakeReport),
    /// List the models on this machine, choose one for all editors, recommend, fetch or delete one
    #[command(subcommand)]
    Model(model::ModelCommand),
    /// Check whether a model file or folder can be used, and print what it contains
    CheckModel(check_model::CheckModel),
    /// Print the token ids of standard input on one line, or the text of token ids
    Tokenize(tokenize::Tokenize),
    /// Quantize a model to a smaller GGUF file
    Quantize(quantize::Quantize),
    /// Measure the speed of a model on this machine
    Bench(bench::Bench),
    /// Check everything nigh needs, and say what to do about anything that is missing
    Doctor(doctor::Doctor),
    /// Show, export or delete what nigh has learned, or turn learning off and on; it never leaves
    /// this machine
    #[command(subcommand)]
    Learning(learning::LearningCommand),
    /// Count the findings dismissed with the code action "Not a bug", or forget them
    Dismissed(dismissed::Dismissed),
    /// Print a JSON schema for each setting, for plugins of editors
    #[command(hide = true)]
    SettingsSchema(settings_schema::SettingsSchema),
    /// Print the GPUs of this machine, or measure one; the server starts this
    #[command(hide = true)]
    ProbeGpu(probe_gpu::ProbeGpu),
    /// Measure the quality of completions, next edits and fixes
    #[command(subcommand)]
    Eval(eval::Eval),
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve(command) => command.run(),
        Command::Complete(command) => command.run(),
        Command::Prompt(command) => command.run(),
        Command::AskProject(command) => command.run(),
        Command::Mcp(command) => command.run(),
        Command::Diagnose(command) => command.run(),
        Command::Fix(command) => command.run(),
        Command::Schema(command) => command.run(),
        Command::Sql(command) => command.run(),
        Command::Report(command) => command.run(),
        Command::Model(command) => command.run(),
        Command::CheckModel(command) => command.run(),
        Command::Tokenize(command) => command.run(),
        Command::Quantize(command) => command.run(),
        Command::Bench(command) => command.run(),
        Command::Doctor(command) => command.run(),
        Command::Learning(command) => command.run(),
        Command::Dismissed(command) => command.run(),
        Command::SettingsSchema(command) => command.run(),
        Command::ProbeGpu(command) => command.run(),
        Command::Eval(command) => command.run(),
    };
    result.unwrap_or_else(|error| {
        eprintln!("nigh: {error:#}");
        ExitCode::FAILURE
    })
}
