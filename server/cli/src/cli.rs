//! The command line: one subcommand per file in `commands/`.

use crate::commands::{
    bench, check_model, complete, diagnose, dismissed, doctor, eval, fix, learning, quantize,
    serve, settings_schema, tokenize,
};
use assistant::settings::{CompletionSettings, ModelSettings};
use clap::{Parser, Subcommand};
use completion::Limits;
use completion::gate::Gate;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// A code model close at hand: completions from a model inside this program. Nothing leaves your
/// machine.
#[derive(Parser)]
#[command(name = "nigh", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Speak the Language Server Protocol on standard input and output: what an editor starts; or
    /// HTTP
    Serve(serve::Serve),
    /// Complete the code at FILE:LINE:COL and print the text to insert
    Complete(complete::Complete),
    /// Print what the model would see at FILE:LINE:COL, and why
    Prompt(complete::ShowPrompt),
    /// Print the bugs of files: what the syntax tree and the names show, each with a checked fix
    Diagnose(diagnose::Diagnose),
    /// Print the fixes of the bugs of files as a unified diff, or make them
    Fix(fix::Fix),
    /// Check a model file or folder and print what it holds
    CheckModel(check_model::CheckModel),
    /// Print the token ids of standard input on one line, or the text of ids
    Tokenize(tokenize::Tokenize),
    /// Make a smaller GGUF of a model
    Quantize(quantize::Quantize),
    /// Measure how long a model takes on this machine
    Bench(bench::Bench),
    /// Look for everything nigh needs, and say what to do about what is missing
    Doctor(doctor::Doctor),
    /// Show, export, delete or stop what nigh learns from you; it never leaves this machine
    #[command(subcommand)]
    Learning(learning::LearningCommand),
    /// Say how many bugs you said are none (the code action "Not a bug"), or forget them
    Dismissed(dismissed::Dismissed),
    /// Print the settings as editors list them: a JSON schema for each
    #[command(hide = true)]
    SettingsSchema(settings_schema::SettingsSchema),
    /// Measure the quality of completions
    #[command(subcommand)]
    Eval(eval::Eval),
}

/// The model to use, for all commands that run one.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct ModelChoice {
    /// A .gguf file, or a folder with config.json, tokenizer.json and safetensors; the embedded
    /// model if absent
    #[arg(long, value_name = "PATH", env = "NIGH_MODEL")]
    pub model: Option<PathBuf>,
    /// Threads for the model; 0 lets nigh choose
    #[arg(long, default_value_t = 0)]
    pub threads: usize,
    /// The most tokens of a prompt; 0 means the default
    #[arg(long, default_value_t = 0)]
    pub prompt_tokens: usize,
    /// Another gate than the program's, which decides what is shown: a file as models/gate.txt
    #[arg(long, value_name = "PATH")]
    pub gate: Option<PathBuf>,
    /// Show as a bug what the model finds at least this much likelier (a natural logarithm) with
    /// one small change; what a model deserves `nigh eval unlikely` says, and the embedded one
    /// deserves none
    #[arg(long, value_name = "MARGIN")]
    pub bug_margin: Option<f32>,
}

impl ModelChoice {
    /// As the server's settings say it.
    pub fn settings(&self) -> ModelSettings {
        let Self {
            model: path,
            threads,
            prompt_tokens,
            gate,
            bug_margin,
        } = self.clone();
        ModelSettings {
            path,
            threads,
            prompt_tokens,
            gate,
            bug_margin,
        }
    }

    /// What a completion may be by these settings, with the gate that was named.
    pub fn limits(&self, completion: &CompletionSettings) -> anyhow::Result<Limits> {
        Ok(completion.limits(self.gate()?))
    }

    /// The gate that was named, or the built-in one.
    pub fn gate(&self) -> anyhow::Result<Arc<Gate>> {
        let gate = self.settings().gate().map_err(anyhow::Error::msg)?;
        Ok(Arc::new(gate))
    }
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve(command) => command.run(),
        Command::Complete(command) => command.run(),
        Command::Prompt(command) => command.run(),
        Command::Diagnose(command) => command.run(),
        Command::Fix(command) => command.run(),
        Command::CheckModel(command) => command.run(),
        Command::Tokenize(command) => command.run(),
        Command::Quantize(command) => command.run(),
        Command::Bench(command) => command.run(),
        Command::Doctor(command) => command.run(),
        Command::Learning(command) => command.run(),
        Command::Dismissed(command) => command.run(),
        Command::SettingsSchema(command) => command.run(),
        Command::Eval(command) => command.run(),
    };
    result.unwrap_or_else(|error| {
        eprintln!("nigh: {error:#}");
        ExitCode::FAILURE
    })
}
