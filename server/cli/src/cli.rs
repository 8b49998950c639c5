//! The command line: one subcommand per file in `commands/`.

use crate::commands::{
    bench, check_model, complete, diagnose, dismissed, doctor, eval, fix, learning, quantize,
    serve, settings_schema, tokenize,
};
use assistant::settings::{CompletionSettings, EngineKind, EngineSettings, ModelSettings};
use clap::{Parser, Subcommand};
use completion::Limits;
use completion::gate::Gate;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

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
    /// Print bugs in files and folders, each with a checked fix
    Diagnose(diagnose::Diagnose),
    /// Print the fixes of bugs as a unified diff, or apply them
    Fix(fix::Fix),
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
    /// Measure the quality of completions, next edits and fixes
    #[command(subcommand)]
    Eval(eval::Eval),
}

/// The model to use, for all commands that run one.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct ModelChoice {
    /// Model: a .gguf file, or a folder with config.json, tokenizer.json and safetensors files
    /// [default: the embedded model]
    #[arg(long, value_name = "PATH", env = "NIGH_MODEL")]
    pub model: Option<PathBuf>,
    /// Number of threads for the model; 0 chooses automatically
    #[arg(long, default_value_t = 0)]
    pub threads: usize,
    /// Maximum number of tokens in a prompt; 0 uses the model's default
    #[arg(long, default_value_t = 0)]
    pub prompt_tokens: usize,
    /// Gate file, which decides what is shown, in the format of models/gate.txt [default: the
    /// embedded gate]
    #[arg(long, value_name = "PATH")]
    pub gate: Option<PathBuf>,
    /// Report a bug where the model finds a small change at least this much more likely (a natural
    /// logarithm). `nigh eval unlikely` finds a margin for a model; the embedded one is not
    /// accurate enough
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

/// A server whose model completes, for the commands that complete.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct EngineChoice {
    /// Server whose model completes, such as http://localhost:8080: llama-server, Ollama, vLLM or
    /// LM Studio. The code around the cursor is sent to it
    #[arg(long, value_name = "URL")]
    pub engine: Option<String>,
    /// What is known of it.
    #[command(flatten)]
    details: EngineDetails,
}

/// What is known of a server besides its address.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct EngineDetails {
    /// What the server speaks
    #[arg(long, value_name = "KIND", value_enum, default_value_t)]
    engine_kind: EngineKind,
    /// Name of the model on the server; needed if it has several
    #[arg(long, value_name = "NAME")]
    engine_model: Option<String>,
    /// Family of the model, such as Qwen-Coder; needed if its name does not tell
    #[arg(long, value_name = "FAMILY")]
    engine_family: Option<String>,
    /// File with the token that the server asks for; NIGH_ENGINE_TOKEN works too
    #[arg(long, value_name = "PATH")]
    engine_token_file: Option<PathBuf>,
}

impl EngineChoice {
    /// As the server's settings say it.
    pub fn settings(&self) -> EngineSettings {
        self.details.settings(self.engine.clone())
    }
}

impl EngineDetails {
    /// The settings of the server at this address.
    pub fn settings(&self, url: Option<String>) -> EngineSettings {
        let Self {
            engine_kind: kind,
            engine_model: model,
            engine_family: family,
            engine_token_file: token_file,
        } = self.clone();
        EngineSettings {
            url,
            kind,
            model,
            family,
            token_file,
        }
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
