//! `nigh check-model`: reads everything of a model but its weights, and says what it can do or what
//! is wrong with it.

use super::{check_engine, print};
use crate::engine_choice::EngineDetails;
use crate::model_choice::named_model;
use anyhow::{bail, ensure};
use assistant::model::fim_format;
use assistant::{edit_format, model_names, template_remark};
use context::GenerateError;
use engine::{ModelSummary, Tokenizer};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What is said of a model that cannot fill in.
const NO_COMPLETION: &str = "no completion";

/// Arguments of `nigh check-model`.
#[derive(clap::Args)]
pub struct CheckModel {
    /// A .gguf file, a folder with config.json, tokenizer.json and safetensors files, a name that
    /// `nigh model list` shows, or the URL of a server such as http://localhost:8080
    path: PathBuf,
    /// LoRA adapter to check with the model: a .gguf file, or a PEFT folder
    #[arg(long, value_name = "PATH")]
    adapter: Option<PathBuf>,
    /// List every tensor
    #[arg(long)]
    tensors: bool,
    #[command(flatten)]
    engine: EngineDetails,
}

/// The URL that was written in the place of a path.
fn url(path: &Path) -> Option<String> {
    let text = path.to_str()?;
    let is_url = ["http://", "https://"]
        .iter()
        .any(|scheme| text.starts_with(scheme));
    is_url.then(|| text.to_owned())
}

impl CheckModel {
    /// Prints what the model can do and is; fails where it cannot complete, with the reason where
    /// it cannot be used at all.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        if let Some(url) = url(&self.path) {
            print(&check_engine::account(&self.engine.settings(Some(url)))?)?;
            return Ok(ExitCode::SUCCESS);
        }
        let adapter = self.adapter.as_deref();
        let Some(model) = named_model(&self.path, adapter).map_err(anyhow::Error::msg)? else {
            bail!("the embedded model needs no check; `nigh model info embedded` shows it");
        };
        let check = engine::inspect(&model.path, model.adapter.as_deref())?;
        check.check_memory()?;
        let format = fim_format(&check.tokenizer);
        let mut ability = match &format {
            Some(format) => format.ability(),
            None => NO_COMPLETION.into(),
        };
        let called = model_names(&check.info.name, &self.path);
        if let Some(format) = edit_format(&called, &check.tokenizer) {
            ability += &format!("; next edits: in the format of {}", format.name());
        }
        ability += &template_remark(&check.tokenizer);
        if let Some(adapter) = &model.adapter {
            ability += &format!("; changed by the adapter {}", adapter.display());
        }
        print(&format!(
            "{}: {ability}\n{}",
            self.path.display(),
            account(&check, self.tensors)
        ))?;
        // Editors show what is on standard error.
        ensure!(format.is_some(), "{}", no_completion(&check.tokenizer));
        Ok(ExitCode::SUCCESS)
    }
}

/// Why a model that cannot fill in is of no use here, and what to use instead.
pub fn no_completion(tokenizer: &Tokenizer) -> String {
    format!(
        "{NO_COMPLETION}: {}, such as Qwen2.5-Coder{}",
        GenerateError::NoFillIn,
        template_remark(tokenizer)
    )
}

/// What the model is, with or without its tensors.
pub fn account(check: &ModelSummary, tensors: bool) -> String {
    let info = &check.info;
    let mut kinds: BTreeMap<&str, (usize, u64)> = BTreeMap::new();
    for tensor in &check.tensors {
        let kind = kinds.entry(&tensor.dtype).or_default();
        *kind = (kind.0 + 1, kind.1 + tensor.bytes);
    }
    let mut text = format!(
        "  name          {}\n  architecture  {}\n  parameters    {:.2} M\n  context       {} tokens\n  \
         vocabulary    {} tokens\n  in memory     {:.1} MB\n  licence       {}\n",
        info.name,
        info.architecture,
        info.parameters as f64 / 1e6,
        info.context_length,
        info.vocab_size,
        info.weight_bytes as f64 / 1e6,
        info.licence.as_deref().unwrap_or("not named in the file"),
    );
    for (kind, (count, bytes)) in kinds {
        text.push_str(&format!(
            "  {kind:<13} {count} tensors, {:.1} MB\n",
            bytes as f64 / 1e6
        ));
    }
    if tensors {
        for tensor in &check.tensors {
            text.push_str(&format!(
                "    {:<40} {:<5} {:?}\n",
                tensor.name, tensor.dtype, tensor.shape
            ));
        }
    }
    text
}
