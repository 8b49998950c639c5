//! `nigh model info`: what a model is, in words, and whether nigh can use it.

use super::size;
use crate::commands::check_model::{account, no_completion};
use crate::commands::print;
use anyhow::ensure;
use assistant::model::{EMBEDDED, fim_format};
use assistant::{edit_format, model_names, template_remark};
use model_store::{UserFolders, find};
use std::process::ExitCode;

/// Arguments of `nigh model info`.
#[derive(clap::Args)]
pub struct Info {
    /// A name that `nigh model list` shows, the path of a .gguf file or a folder, or `embedded`
    #[arg(value_name = "MODEL")]
    model: String,
    /// List every tensor
    #[arg(long)]
    tensors: bool,
}

impl Info {
    /// Prints what it is; fails where it cannot complete, with the reason.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let folders = UserFolders::of_process();
        let model = find(&folders, &self.model).map_err(anyhow::Error::msg)?;
        let summary = match &model.path {
            Some(path) => engine::inspect(path, model.adapter.as_deref())?,
            None => engine::inspect_bytes(EMBEDDED)?,
        };
        let mut place = match &model.path {
            Some(path) => format!("It is in {}.", path.display()),
            None => "It is inside the program.".to_owned(),
        };
        if let Some(adapter) = &model.adapter {
            place += &format!("\nIt is changed by the adapter {}.", adapter.display());
        }
        let format = fim_format(&summary.tokenizer);
        let ability = match format.as_ref().map(|format| (format.name, &format.chat)) {
            Some((name, None)) => format!("It completes code: it has the markers of {name}."),
            Some((_, Some(turns))) => {
                format!(
                    "It is a chat model: it fills in through {}{}.",
                    turns.origin(),
                    template_remark(&summary.tokenizer)
                )
            }
            None => "It cannot complete code.".to_owned(),
        };
        let mut called = vec![summary.info.name.clone()];
        if let Some(path) = &model.path {
            called.extend(model_names(&model.name, path));
        }
        let next_edits =
            edit_format(&called, &summary.tokenizer).map_or_else(String::new, |format| {
                format!(
                    "\nIt predicts next edits, in the format of {}.",
                    format.name()
                )
            });
        let memory = size(summary.info.weight_bytes);
        print(&format!(
            "{}\n{ability}{next_edits}\n{place}\nIts weights take {memory} of memory while it runs.\n\n{}",
            model.name,
            account(&summary, self.tensors)
        ))?;
        ensure!(format.is_some(), "{}", no_completion(&summary.tokenizer));
        summary.check_memory()?;
        Ok(ExitCode::SUCCESS)
    }
}
