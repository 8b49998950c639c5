//! A model file that has passed all checks, before its weights are loaded.
//!
//! `engine` loads the weights from it, `quantize` writes another file of it. The order of the
//! checks is in `engine`.

use std::path::Path;

use kernels::{Isa, NativeFormat, QuantScheme, TILE, ThreadPool};
use serde_json::Value;

use crate::decoder::Decoder;
use crate::files::adapter::{Adapter, BaseModel};
use crate::files::gguf::Gguf;
use crate::files::tensors::TensorNames;
use crate::files::{Folder, Format, MappedFile, ModelFiles, RawConfig, Tensors, kind};
use crate::machine::threads;
use crate::models::{self, Config};
use crate::{FileKind, LoadError, LoadOptions, ModelInfo, TensorInfo, Tokenizer, Weights};

/// Everything of a model file but the weights themselves.
pub(crate) struct CheckedModel<'a> {
    pub tensors: Tensors<'a>,
    pub summary: Vec<TensorInfo>,
    pub config: Config,
    pub tokenizer: Tokenizer,
    pub info: ModelInfo,
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
        let info = ModelInfo {
            name: String::new(),
            parameters: summary.iter().map(weight_count).sum(),
            context_length: config
                .max_position_embeddings
                .min(options.max_context.max(1)),
            vocab_size: vocab,
            layers: config.num_hidden_layers,
            hidden_size: config.hidden_size,
            file_kind,
            weight_bytes: summary
                .iter()
                .map(|tensor| weight_bytes(tensor, options.weights))
                .sum(),
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
        })
    }

    /// Loads the weights; also returns the name of the device they run on.
    pub fn decoder(&self, options: &LoadOptions) -> Result<(Decoder, String), LoadError> {
        check_memory(self.info.weight_bytes)?;
        let threads = threads(options.threads);
        let pool = ThreadPool::new(threads)
            .map_err(|e| LoadError::Unsupported(format!("no thread can be started: {e}")))?;
        let name = format!(
            "cpu ({}, {threads} thread{})",
            Isa::detect().name(),
            if threads == 1 { "" } else { "s" }
        );
        let (config, context) = (self.config.clone(), self.info.context_length);
        let decoder = Decoder::load(&self.tensors, config, pool, options.weights, context)?;
        if let Some(adapter) = self.tensors.adapter() {
            adapter.check_used()?;
        }
        Ok((decoder, name))
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
        matrices: &models::matrix_names(tensors, config),
    };
    Adapter::open(path, base)
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
            return then(CheckedModel::folder(&folder, &name, options)?);
        }
        ModelFiles::Gguf(parts) => MappedFile::map_all(parts)?,
    };
    let parts: Vec<&[u8]> = parts.iter().map(|part| &**part).collect();
    then(CheckedModel::gguf(
        &Gguf::read_parts(&parts)?,
        &name,
        options,
    )?)
}

/// Refuses weights that do not fit into the available memory.
pub(crate) fn check_memory(weights: u64) -> Result<(), LoadError> {
    let Some(free) = free_memory().filter(|&free| weights > free) else {
        return Ok(());
    };
    let (needed, free) = (weights >> 20, free >> 20);
    Err(LoadError::Unsupported(format!(
        "its weights take {needed} MiB of memory and {free} MiB are free; use a smaller model"
    )))
}

impl TensorInfo {
    /// Bytes of the tensor in memory, as [`Weights::Packed`] keeps it.
    pub(crate) fn packed_bytes(&self) -> u64 {
        weight_bytes(self, Weights::Packed)
    }
}

/// Weights of a tensor.
fn weight_count(tensor: &TensorInfo) -> u64 {
    tensor.shape.iter().product::<usize>() as u64
}

/// Bytes of a tensor in memory.
fn weight_bytes(tensor: &TensorInfo, weights: Weights) -> u64 {
    let count = weight_count(tensor);
    if weights == Weights::Exact || tensor.shape.len() < 2 {
        return 4 * count;
    }
    let native = Format::of_name(&tensor.dtype).and_then(|format| format.native());
    let scheme = native.map_or(QuantScheme::INT8, NativeFormat::scheme);
    count * scheme.tile_bytes() as u64 / TILE as u64
}

/// Memory available without swapping, where Linux reports it. It matters because a file may be
/// sparse and claim any size.
pub fn free_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? << 10)
}
