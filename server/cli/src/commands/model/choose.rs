//! `nigh model use`: checks a model and keeps it as the choice for all editors.

use super::size;
use super::verdict::ModelVerdict;
use crate::commands::print;
use anyhow::{Context, bail};
use model_store::{EMBEDDED, UserFolders, choice, find};
use std::process::ExitCode;

/// Arguments of `nigh model use`.
#[derive(clap::Args)]
pub struct Choose {
    /// A name that `nigh model list` shows, such as ollama:qwen2.5-coder:1.5b-base or
    /// hf:USER/REPO:TYPE; the path of a .gguf file or a folder; or `embedded`
    #[arg(value_name = "MODEL")]
    model: String,
}

impl Choose {
    /// Keeps the choice; a model that cannot be used changes nothing.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let folders = UserFolders::of_process();
        let model = find(&folders, &self.model).map_err(anyhow::Error::msg)?;
        let Some(path) = &model.path else {
            choice::forget(&folders).context("cannot delete the choice")?;
            return report("all editors use the embedded model from their next start\n");
        };
        let verdict = ModelVerdict::of(path, model.adapter.as_deref());
        if !verdict.usable {
            let about = verdict.about(&model.name);
            bail!("{about}; your choice has not changed");
        }
        let kept = choice::write(&folders, &model.name).context("cannot save the choice")?;
        let memory = verdict.needs.map_or(0, |needs| needs.memory);
        report(&format!(
            "all editors use {} from their next start; it takes {} of memory\n\
             the choice is saved in {}; `nigh model use {EMBEDDED}` goes back to the embedded \
             model\n",
            model.name,
            size(memory),
            kept.display(),
        ))
    }
}

fn report(text: &str) -> anyhow::Result<ExitCode> {
    print(text)?;
    if let Some(named) = std::env::var_os("NIGH_MODEL") {
        let named = named.display();
        eprintln!(
            "nigh: NIGH_MODEL is set to {named}, which overrides this choice; unset it to use the \
             choice"
        );
    }
    Ok(ExitCode::SUCCESS)
}
