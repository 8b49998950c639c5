//! `nigh model rm`: forgets the choice, or deletes a model's file after asking.

use super::{confirmed, size};
use crate::commands::print;
use anyhow::{Context, bail};
use model_store::remove::{Removal, removal};
use model_store::{UserFolders, choice, find};
use std::path::Path;
use std::process::ExitCode;

/// Arguments of `nigh model rm`.
#[derive(clap::Args)]
pub struct Remove {
    /// The model whose file to delete, as `nigh model list` names it; without it, only the choice
    /// of `nigh model use` is forgotten
    #[arg(value_name = "MODEL")]
    model: Option<String>,
    /// Delete without asking
    #[arg(long)]
    yes: bool,
}

impl Remove {
    /// Does it and says what was done.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let folders = UserFolders::of_process();
        let text = match &self.model {
            Some(name) => self.delete(&folders, name)?,
            None if choice::forget(&folders)? => {
                "the choice is forgotten; editors use the embedded model from their next start\n"
                    .to_owned()
            }
            None => "no model was chosen, so nothing was removed\n".to_owned(),
        };
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    }

    fn delete(&self, folders: &UserFolders, name: &str) -> anyhow::Result<String> {
        let model = find(folders, name).map_err(anyhow::Error::msg)?;
        let files = match removal(&model) {
            Removal::Files(files) => files,
            Removal::Advice(advice) => bail!("{} is not removed: {advice}", model.name),
        };
        for file in &files {
            std::fs::symlink_metadata(file)
                .with_context(|| format!("there is no file {}", file.display()))?;
            eprintln!("{} ({})", file.display(), size(bytes(file)));
        }
        if !confirmed("Delete this?", self.yes)? {
            return Ok("nothing was deleted\n".into());
        }
        for file in &files {
            std::fs::remove_file(file)
                .with_context(|| format!("cannot delete {}", file.display()))?;
        }
        let is_chosen = choice::read(folders).ok().flatten() == Some(model.name.clone());
        if is_chosen {
            choice::forget(folders)?;
        }
        let also = if is_chosen {
            ", and the choice is forgotten"
        } else {
            ""
        };
        Ok(format!("{} is deleted{also}\n", model.name))
    }
}

/// Bytes that a file itself takes: a link next to nothing.
fn bytes(file: &Path) -> u64 {
    std::fs::symlink_metadata(file).map_or(0, |file| file.len())
}
