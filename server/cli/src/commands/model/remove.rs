//! `nigh model rm`: forgets the choice, or deletes a model's file after asking.

use super::{confirmed, size};
use crate::commands::print;
use anyhow::{Context, bail};
use model_store::remove::{Removal, delete_empty_revisions, removal};
use model_store::{UserFolders, choice, find};
use std::process::ExitCode;

/// Arguments of `nigh model rm`.
#[derive(clap::Args)]
pub struct Remove {
    /// The model whose files to delete, as `nigh model list` names it; without a name, only the
    /// choice of `nigh model use` is forgotten
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
        let mut freed = 0;
        for file in &files {
            let found = std::fs::symlink_metadata(file)
                .with_context(|| format!("there is no file {}", file.display()))?;
            if found.is_symlink() {
                eprintln!("{} (a link)", file.display());
            } else {
                freed += found.len();
                eprintln!("{} ({})", file.display(), size(found.len()));
            }
        }
        if freed == 0 {
            eprintln!("The file itself stays: something else in the cache links to it.");
        }
        let question = format!("Delete this and free {}?", size(freed));
        if !confirmed(&question, self.yes)? {
            return Ok("nothing was deleted\n".into());
        }
        for file in &files {
            std::fs::remove_file(file)
                .with_context(|| format!("cannot delete {}", file.display()))?;
        }
        delete_empty_revisions(&files);
        let is_chosen = choice::read(folders).ok().flatten() == Some(model.name.clone());
        if is_chosen {
            choice::forget(folders)?;
        }
        let also = if is_chosen {
            ", and the choice is forgotten"
        } else {
            ""
        };
        let size = size(freed);
        Ok(format!(
            "{} is deleted{also}; this freed {size}\n",
            model.name
        ))
    }
}
