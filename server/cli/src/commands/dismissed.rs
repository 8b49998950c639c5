//! `nigh dismissed`: how many bugs the user said are none, and forgetting them.

use super::print;
use anyhow::Context;
use assistant::dismissed::{count, default_path, delete};
use std::process::ExitCode;

/// Arguments of `nigh dismissed`.
#[derive(clap::Args)]
pub struct Dismissed {
    /// Forget all dismissed bugs, so that they are shown again
    #[arg(long)]
    delete: bool,
}

impl Dismissed {
    /// Prints the number and the file, or removes it. Servers that run follow at their next start.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let path = default_path().context("there is no folder for such files; set HOME")?;
        let text = match self.delete {
            false => format!(
                "{} findings are dismissed, in {}\n",
                count(&path)?,
                path.display()
            ),
            true if delete(&path)? => format!("removed {}\n", path.display()),
            true => "no finding was dismissed, so nothing was removed\n".to_owned(),
        };
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}
