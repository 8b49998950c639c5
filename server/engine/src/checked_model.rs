//! A model file that has passed all checks, before its weights are loaded.
//!
//! `engine` loads the weights from it, `quantize` writes another file of it. The order of the
//! checks is in `engine`.

use std::path::Path;

use kernels::Isa;
use serde_json::Value;

use crate::files::adapter::{self, BaseModel};
use crate::files::gguf::Gguf;
use crate::files::low_rank::Adapter;
use crate::files::tensors::TensorNames;
use crate::files::{Folder, MappedFile, ModelFiles, RawConfig, Tensors, kind};
use crate::memory_needs::MemoryNeeds;
use crate::models::{self, Config};
use crate::{FileKind, LoadError, LoadOptions, ModelInfo, TensorInfo, Tokenizer};

/// Everything of a model file but the weights themselves.
pub(crate) struct CheckedModel<'a> {
    pub tensors: Tensors<'a>,
    pub summary: Vec<TensorInfo>,
    pub config: Config,
    pub tokenizer: Tokenizer,
    pub info: ModelInfo,
    pub needs: MemoryNeeds,
}

impl<'a> CheckedModel<'a> {
    pub fn gguf(
        file: &Gguf<'a>,
        stem: &str,
        options: &LoadOptions,
    ) -> Result<CheckedModel<'a>, LoadError> {
        let text = |key: &str| file.text(key).map(str::to_owned);
        let (name, licence) = (text("general.name"), text("general.license"));
        let settings = RawConfig::Gguf(file);
        let tokenizer = |_: &Config| Tokenizer::from_gguf(file);
        kind::check(file)?;
        let family = models::family(&settings.architecture()?)?;
        let (mut tensors, summary) = file.tensors()?;
        tensors.set_names(family.gguf_names, family.folder_names);
        CheckedModel::new(
            FileKind::Gguf,
            tensors,
            summary,
            &settings,
            tokenizer,
            options,
        )
        .map(|checked| checked.named(name.unwrap_or_else(|| stem.to_owned()), licence))
    }

    pub fn folder(
        folder: &'a Folder,
        stem: &str,
        options: &LoadOptions,
    ) -> Result<CheckedModel<'a>, LoadError> {
        let settings = RawConfig::Json(folder.config());
        let tokenizer = |_: &Config| Tokenizer::from_folder(folder);
        folder.check_use()?;
        let family = models::family(&settings.architecture()?)?;
        folder.check_types()?;
        let (mut tensors, summary) = (folder.tensors()?, folder.summary()?);
        tensors.set_names(family.gguf_names, family.folder_names);
        let name = folder.config()["_name_or_path"]
            .as_str()
            .filter(|name| !name.is_empty())
            .unwrap_or(stem);
        let licence = folder
            .config()
            .get("license")
            .and_then(Value::as_str)
            .map(str::to_owned);
        CheckedModel::new(
            FileKind::Safetensors,
            tensors,
            summary,
            &settings,
            tokenizer,
            options,
        )
        .map(|checked| checked.named(name.to_owned(), licence))
    }

    fn new(
        file_kind: FileKind,
        mut tensors: Tensors<'a>,
        summary: Vec<TensorInfo>,
        settings: &RawConfig,
        tokenizer: impl FnOnce(&Config) -> Result<Tokenizer, LoadError>,
        options: &LoadOptions,
    ) -> Result<CheckedModel<'a>, LoadError> {
        let architecture = settings.architecture()?;
        let embedding = tensors.find("token_embd.weight");
        let Some(&[vocab, _]) = embedding.map(|raw| raw.shape.as_slice()) else {
            return Err(LoadError::Damaged(format!(
                "the {architecture} model has no token embedding"
            )));
        };
        let config = Config::read(settings, vocab)?;
        models::check_tensors(&tensors, &config)?;
        let adapter = options.adapter.as_deref();
        let adapter = adapter.map(|path| read_adapter(path, &tensors, &config, settings));
        tensors.set_adapter(adapter.transpose()?);
        let tokenizer = tokenizer(&config)?;
        if tokenizer.vocab_size() > vocab {
            let tokens = tokenizer.vocab_size();
            return Err(LoadError::Damaged(format!(
                "{tokens} tokens but only {vocab} rows in the embedding"
            )));
        }
        let needs = MemoryNeeds::of(&summary, options.weights);
        let info = ModelInfo {
            name: String::new(),
            parameters: summary.iter().map(TensorInfo::weight_count).sum(),
            context_length: config
                .max_position_embeddings
                .min(options.max_context.max(1)),
            vocab_size: vocab,
            layers: config.num_hidden_layers,
            hidden_size: config.hidden_size,
            file_kind,
            weight_bytes: needs.weights,
            device: format!("cpu ({})", Isa::detect().name()),
            licence: None,
            architecture,
        };
        Ok(CheckedModel {
            tensors,
            summary,
            config,
            tokenizer,
            info,
            needs,
        })
    }

    fn named(mut self, name: String, licence: Option<String>) -> CheckedModel<'a> {
        self.info.name = name.chars().take(200).collect();
        self.info.licence = licence.map(|l| l.chars().take(200).collect());
        self
    }
}

/// Reads an adapter for the model with these tensors.
fn read_adapter(
    path: &Path,
    tensors: &Tensors,
    config: &Config,
    settings: &RawConfig,
) -> Result<Adapter, LoadError> {
    let family = models::family(&settings.architecture()?)?;
    let base = BaseModel {
        architecture: config.gguf_architecture,
        names: TensorNames::Folder(family.folder_names),
        has_folder_rows: !(settings.is_gguf() && config.rope_interleaved),
        matrices: &models::layer_matrices(tensors, config),
    };
    adapter::open(path, base).map_err(|error| of_adapter(path, error))
}

/// An error of an adapter's file, which is not one of the model.
fn of_adapter(path: &Path, error: LoadError) -> LoadError {
    let path = path.display();
    LoadError::Adapter(match error {
        LoadError::Missing(_) => format!(
            "there is no file or folder {path}; name the adapter's .gguf file, or its folder with \
             adapter_config.json and adapter_model.safetensors"
        ),
        LoadError::Damaged(what) | LoadError::Unsupported(what) => {
            format!("the adapter {path} cannot be used: {what}")
        }
        other => format!("the adapter {path} cannot be used: {other}"),
    })
}

/// Opens and checks the file or folder at `path`, and calls `then` with it.
pub(crate) fn with_checked<T>(
    path: &Path,
    options: &LoadOptions,
    then: impl FnOnce(CheckedModel) -> Result<T, LoadError>,
) -> Result<T, LoadError> {
    let files = ModelFiles::find(path)?;
    let name = files.name();
    let parts = match &files {
        ModelFiles::Folder(folder) => {
            let folder = Folder::read(folder)?;
            let mut checked = CheckedModel::folder(&folder, &name, options)?;
            checked.tensors.packing.sources = folder.files().iter().collect();
            return then(checked);
        }
        ModelFiles::Gguf(parts) => MappedFile::map_all(parts)?,
    };
    let bytes: Vec<&[u8]> = parts.iter().map(|part| &**part).collect();
    let mut checked = CheckedModel::gguf(&Gguf::read_parts(&bytes)?, &name, options)?;
    checked.tensors.packing.sources = parts.iter().collect();
    then(checked)
}
