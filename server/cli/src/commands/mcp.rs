//! `nigh mcp`: tools for agents, by the Model Context Protocol on standard input and output.
//!
//! Exit status: 0 the client has hung up, 2 there is no folder to serve, or arguments do not fit.

use super::ask::project;
use crate::model_choice::ModelChoice;
use anyhow::ensure;
use assistant::model::EngineModel;
use mcp::{AllowedActions, McpOptions, OpenModel, serve};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use workspace::Store;

/// Arguments of `nigh mcp`.
#[derive(clap::Args)]
#[command(
    after_help = "Agents start this. docs/mcp.md has the lines for their settings, such as\n  \
    claude mcp add nigh -- nigh mcp"
)]
pub struct ServeMcp {
    #[command(flatten)]
    choice: ModelChoice,
    /// Folder that agents may ask about [default: the git repository around the current folder, or
    /// that folder]
    #[arg(long, value_name = "DIR")]
    workspace: Option<PathBuf>,
    /// Let agents have fixes checked at level 4, which runs the checkers of languages: in a
    /// sandbox, on a copy of the folder
    #[arg(long)]
    allow_checks: bool,
    /// Shell command that runs the tests in a copy of the folder, for level 5
    #[arg(long, value_name = "COMMAND", requires = "allow_checks")]
    test: Option<String>,
    /// Let agents write fixes to the files of the folder
    #[arg(long)]
    allow_apply: bool,
    /// Write the log to this file instead of standard error
    #[arg(long, value_name = "PATH")]
    log_file: Option<PathBuf>,
}

impl ServeMcp {
    /// Serves until the client hangs up.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        crate::log::start(self.log_file.as_deref())?;
        match self.options() {
            Ok(options) => {
                let runtime = super::runtime()?;
                runtime.block_on(serve(options, tokio::io::stdin(), tokio::io::stdout()));
                // A tool may still be at work, on a thread that nothing can wake.
                assistant::leave(0);
            }
            Err(error) => {
                eprintln!("nigh: {error:#}");
                Ok(ExitCode::from(2))
            }
        }
    }

    fn options(self) -> anyhow::Result<McpOptions> {
        let root = project(self.workspace.as_deref())?;
        ensure!(
            std::fs::read_dir(&root).is_ok(),
            "{} cannot be read",
            root.display()
        );
        let allowed = AllowedActions {
            checks: self.allow_checks,
            test: self.test,
            apply: self.allow_apply,
        };
        Ok(McpOptions {
            root,
            store: Store::of_user(),
            allowed,
            open_model: opened_once(self.choice),
        })
    }
}

/// Opens the model when it is first needed, and keeps it.
fn opened_once(choice: ModelChoice) -> OpenModel {
    let engine = Mutex::new(None);
    let tokens = choice.prompt_tokens;
    Box::new(move || {
        let mut known = engine.lock().unwrap_or_else(|error| error.into_inner());
        let engine = match &*known {
            Some(engine) => std::sync::Arc::clone(engine),
            None => known.insert(choice.open(choice.threads)?).clone(),
        };
        Ok(EngineModel::new(engine, tokens))
    })
}
