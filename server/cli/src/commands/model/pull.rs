//! `nigh model pull`: fetches a model with a tool that is installed. nigh itself opens no
//! connection: it shows the command and its size, asks, and runs it.

use super::verdict::ModelVerdict;
use super::{confirmed, size};
use crate::commands::{installed, print};
use anyhow::{Context, bail, ensure};
use model_store::pull::{PullCommand, bytes, command};
use model_store::{UserFolders, find};
use std::path::Path;
use std::process::{Command, ExitCode};

/// Arguments of `nigh model pull`.
#[derive(clap::Args)]
pub struct Pull {
    /// hf:USER/REPO:TYPE, hf:USER/REPO:FILE.gguf or ollama:NAME:TAG
    #[arg(value_name = "MODEL")]
    model: String,
    /// Run the command without asking
    #[arg(long)]
    yes: bool,
}

impl Pull {
    /// Fetches the model and says how to use it; without a tool it says what to run.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let folders = UserFolders::of_process();
        let is_installed = |program: &str| installed(program).is_some();
        let command = command(&folders, &self.model, is_installed).map_err(anyhow::Error::msg)?;
        if let Some((_, whole)) = &command.finish {
            ensure!(
                !whole.exists(),
                "{name} is here already; `nigh model rm {name}` deletes it",
                name = command.name
            );
        }
        let size = match bytes(&self.model) {
            Some((bytes, false)) => size(bytes),
            Some((bytes, true)) => format!("about {}, judging by its name", size(bytes)),
            None => "not known".into(),
        };
        eprintln!("nigh will run this command and opens no connection itself; the size is {size}:");
        eprintln!("  {}", command.shown());
        if !confirmed("Run it?", self.yes)? {
            print("nothing was fetched\n")?;
            return Ok(ExitCode::SUCCESS);
        }
        run(&command)?;
        let model = find(&folders, &command.name).map_err(|why| {
            anyhow::anyhow!("the tool has ended, but {why}; `nigh model list` shows what is here")
        })?;
        let adapter = model.adapter.as_deref();
        let verdict = |path: &Path| ModelVerdict::of(path, adapter);
        let verdict = model.path.as_deref().map(verdict);
        if let Some(verdict) = verdict.filter(|verdict| !verdict.usable) {
            bail!(
                "{} was fetched, but nigh cannot use it: {}",
                model.name,
                verdict.reason
            );
        }
        let name = model.name;
        print(&format!(
            "{name} is on this machine now; `nigh model use {name}` chooses it for all editors\n"
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Runs the tool, whose progress is seen, and gives its file the name of a whole one.
fn run(command: &PullCommand) -> anyhow::Result<()> {
    let program = installed(command.program).context("the tool is no longer installed")?;
    let status = Command::new(program)
        .args(&command.arguments)
        .status()
        .with_context(|| format!("cannot run {}", command.program))?;
    ensure!(
        status.success(),
        "{} failed ({status}); its output is above",
        command.program
    );
    if let Some((part, whole)) = &command.finish {
        std::fs::rename(part, whole)
            .with_context(|| format!("cannot rename {}", part.display()))?;
    }
    Ok(())
}
