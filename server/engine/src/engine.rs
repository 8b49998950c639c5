//! Opens a model file and holds what it contains: the decoder, the tokenizer and the description.
//!
//! The order is always: check the header, then the kind of file, the architecture and the types of
//! the tensors; read the settings, compare every tensor's shape with them, read the tokenizer, check
//! that there is enough memory, and only then load weights. So the first error reported is the one
//! that matters most. [`check`] stops before the last step.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use kernels::{Isa, NativeFormat, PackedMatrix, QuantScheme, TILE, ThreadPool};
use serde_json::Value;

use crate::decoder::Decoder;
use crate::files::gguf::Gguf;
use crate::files::{Folder, Format, MappedFile, Settings, Tensors, kind};
use crate::layers::{Matrix, MatrixData};
use crate::models::{self, Config};
use crate::packed_copy::{self, PackedCopy};
use crate::{
    FileKind, LoadError, LoadOptions, ModelInfo, ModelSummary, TensorInfo, Tokenizer, Weights,
};

/// Most threads unless more are asked for: more rarely help and always disturb.
const MAX_DEFAULT_THREADS: usize = 8;

/// A loaded model: immutable weights and their tokenizer. `Send + Sync`; share it in an `Arc`.
pub struct Engine {
    info: ModelInfo,
    tokenizer: Tokenizer,
    /// Replaced by one with the same weights once these are mapped from a packed copy.
    decoder: RwLock<Arc<Decoder>>,
    fingerprint: u32,
    origin: Origin,
    options: LoadOptions,
}

/// Where a model was read from.
enum Origin {
    File(PathBuf),
    Embedded(&'static [u8]),
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

/// A checked file, before its weights are loaded.
pub(crate) struct CheckedModel<'a> {
    pub tensors: Tensors<'a>,
    pub summary: Vec<TensorInfo>,
    pub config: Config,
    pub tokenizer: Tokenizer,
    pub info: ModelInfo,
}

impl Engine {
    /// Opens a `.gguf` file or a folder with safetensors.
    pub fn open(path: &Path, options: &LoadOptions) -> Result<Engine, LoadError> {
        with_opened(path, options, |opened| {
            Engine::load(opened, options, Origin::File(path.to_path_buf()))
        })
    }

    /// Opens a GGUF that is embedded in the program.
    pub fn from_bytes(gguf: &'static [u8], options: &LoadOptions) -> Result<Engine, LoadError> {
        Engine::load(
            CheckedModel::gguf(&Gguf::read(gguf)?, "built-in", options)?,
            options,
            Origin::Embedded(gguf),
        )
    }

    fn load(
        mut opened: CheckedModel,
        options: &LoadOptions,
        origin: Origin,
    ) -> Result<Engine, LoadError> {
        let fingerprint = opened.tensors.fingerprint();
        opened.tensors.set_copy(
            options
                .copies
                .as_ref()
                .and_then(|folder| PackedCopy::open(folder, fingerprint)),
        );
        let (decoder, device) = opened.decoder(options)?;
        let CheckedModel {
            tokenizer,
            mut info,
            ..
        } = opened;
        info.device = device;
        info.weight_bytes = decoder
            .matrices()
            .into_iter()
            .map(Matrix::bytes)
            .sum::<usize>() as u64;
        let decoder = RwLock::new(Arc::new(decoder));
        Ok(Engine {
            info,
            tokenizer,
            decoder,
            fingerprint,
            origin,
            options: options.clone(),
        })
    }

    /// Writes a packed copy of the weights to `folder`, for `LoadOptions::copies`; returns its size in
    /// bytes. Nothing is written if the weights came from a copy themselves or are not packed.
    pub fn write_copy(&self, folder: &Path) -> io::Result<Option<u64>> {
        let decoder = self.decoder();
        match decoder
            .matrices()
            .into_iter()
            .map(packed_here)
            .collect::<Option<Vec<_>>>()
        {
            Some(matrices) => packed_copy::write(folder, self.fingerprint, &matrices).map(Some),
            None => Ok(None),
        }
    }

    /// Switches to the weights of the packed copy in `folder`, which frees this process's own and lets
    /// processes share memory. Running computations finish with the old weights. False if there is no
    /// copy, or the model's file is not the one that was opened any more.
    pub fn use_copy(&self, folder: &Path) -> Result<bool, LoadError> {
        let options = LoadOptions {
            copies: Some(folder.to_path_buf()),
            ..self.options.clone()
        };
        let other = match &self.origin {
            Origin::File(path) => Engine::open(path, &options)?,
            Origin::Embedded(bytes) => Engine::from_bytes(bytes, &options)?,
        };
        let decoder = other.decoder();
        let is_mapped = decoder
            .matrices()
            .into_iter()
            .any(|matrix| packed_here(matrix).is_none());
        let is_same = other.fingerprint == self.fingerprint;
        if is_mapped && is_same {
            *self.decoder.write().unwrap_or_else(PoisonError::into_inner) = decoder;
        }
        Ok(is_mapped && is_same)
    }

    /// The model's description and where it runs.
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// Bytes that the keys and values of this many tokens take in a session.
    pub fn cache_bytes(&self, tokens: usize) -> usize {
        tokens * self.decoder().cache_bytes_per_token()
    }

    /// The model's tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    pub(crate) fn decoder(&self) -> Arc<Decoder> {
        Arc::clone(&self.decoder.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The name and the parts of a matrix that this process packed.
fn packed_here(matrix: &Matrix) -> Option<(&str, &[PackedMatrix])> {
    match &matrix.data {
        MatrixData::Packed(parts) if !parts.iter().any(PackedMatrix::is_mapped) => {
            Some((&matrix.name, parts))
        }
        _ => None,
    }
}

/// The threads to use if `wanted` are asked for; 0 means the default.
pub fn threads(wanted: usize) -> usize {
    match wanted {
        0 => std::thread::available_parallelism().map_or(1, |n| n.get().min(MAX_DEFAULT_THREADS)),
        n => n.min(256),
    }
}

/// Memory available without swapping, where Linux reports it. It matters because a file may be
/// sparse and claim any size.
fn free_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? << 10)
}

/// Reads and checks everything but the weights themselves: header, configuration, tokenizer, every
/// tensor's shape.
pub fn check(path: &Path) -> Result<ModelSummary, LoadError> {
    let options = LoadOptions {
        max_context: usize::MAX,
        ..LoadOptions::default()
    };
    with_opened(path, &options, |opened| {
        opened.check_memory()?;
        Ok(ModelSummary {
            info: opened.info,
            tensors: opened.summary,
            tokenizer: opened.tokenizer,
        })
    })
}

fn with_opened<T>(
    path: &Path,
    options: &LoadOptions,
    then: impl FnOnce(CheckedModel) -> Result<T, LoadError>,
) -> Result<T, LoadError> {
    if matches!(path.try_exists(), Ok(false)) {
        return Err(LoadError::Missing(path.to_path_buf()));
    }
    let stem = path
        .file_stem()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    if path.is_dir() {
        let folder = Folder::read(path)?;
        return then(CheckedModel::folder(&folder, &stem, options)?);
    }
    let bytes = MappedFile::map(path)?;
    then(CheckedModel::gguf(&Gguf::read(&bytes)?, &stem, options)?)
}

impl<'a> CheckedModel<'a> {
    pub fn gguf(
        file: &Gguf<'a>,
        stem: &str,
        options: &LoadOptions,
    ) -> Result<CheckedModel<'a>, LoadError> {
        let text = |key: &str| file.text(key).map(str::to_owned);
        let (name, licence) = (text("general.name"), text("general.license"));
        let settings = Settings::Gguf(file);
        let tokenizer = |_: &Config| Tokenizer::from_gguf(file);
        kind::check(file)?;
        models::check_architecture(&settings.architecture()?)?;
        let (tensors, summary) = file.tensors()?;
        CheckedModel::new(
            FileKind::Gguf,
            tensors,
            summary,
            &settings,
            tokenizer,
            options,
        )
        .map(|opened| opened.named(name.unwrap_or_else(|| stem.to_owned()), licence))
    }

    pub fn folder(
        folder: &'a Folder,
        stem: &str,
        options: &LoadOptions,
    ) -> Result<CheckedModel<'a>, LoadError> {
        let settings = Settings::Json(folder.config());
        let tokenizer = |_: &Config| Tokenizer::from_folder(folder);
        folder.check_use()?;
        models::check_architecture(&settings.architecture()?)?;
        folder.check_types()?;
        let (tensors, summary) = (folder.tensors()?, folder.summary()?);
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
        .map(|opened| opened.named(name.to_owned(), licence))
    }

    fn new(
        file_kind: FileKind,
        tensors: Tensors<'a>,
        summary: Vec<TensorInfo>,
        settings: &Settings,
        tokenizer: impl FnOnce(&Config) -> Result<Tokenizer, LoadError>,
        options: &LoadOptions,
    ) -> Result<CheckedModel<'a>, LoadError> {
        let architecture = settings.architecture()?;
        let vocab = match tensors
            .find("model.embed_tokens.weight")
            .map(|raw| raw.shape.as_slice())
        {
            Some(&[vocab, _]) => vocab,
            _ => {
                return Err(LoadError::Damaged(format!(
                    "the {architecture} model has no token embedding"
                )));
            }
        };
        let config = Config::read(settings, vocab)?;
        models::check_tensors(&tensors, &config)?;
        let tokenizer = tokenizer(&config)?;
        if tokenizer.vocab_size() > vocab {
            let tokens = tokenizer.vocab_size();
            return Err(LoadError::Damaged(format!(
                "{tokens} tokens but only {vocab} rows in the embedding"
            )));
        }
        let weight_bytes = |t: &TensorInfo| {
            let count = t.shape.iter().product::<usize>() as u64;
            if options.weights == Weights::Exact || t.shape.len() < 2 {
                return 4 * count;
            }
            let native = Format::of_name(&t.dtype).and_then(|format| format.native());
            count
                * native
                    .map_or(QuantScheme::INT8, NativeFormat::scheme)
                    .tile_bytes() as u64
                / TILE as u64
        };
        let info = ModelInfo {
            name: String::new(),
            parameters: summary
                .iter()
                .map(|t| t.shape.iter().product::<usize>() as u64)
                .sum(),
            context_length: config
                .max_position_embeddings
                .min(options.max_context.max(1)),
            vocab_size: vocab,
            layers: config.num_hidden_layers,
            hidden_size: config.hidden_size,
            file_kind,
            weight_bytes: summary.iter().map(weight_bytes).sum(),
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

    /// Refuses a model whose weights do not fit into the available memory.
    fn check_memory(&self) -> Result<(), LoadError> {
        let Some(free) = free_memory().filter(|&free| self.info.weight_bytes > free) else {
            return Ok(());
        };
        let (needed, free) = (self.info.weight_bytes >> 20, free >> 20);
        Err(LoadError::Unsupported(format!(
            "its weights take {needed} MiB of memory and {free} MiB are free; use a smaller model"
        )))
    }

    /// Loads the weights; also returns the name of the device they run on.
    pub fn decoder(&self, options: &LoadOptions) -> Result<(Decoder, String), LoadError> {
        self.check_memory()?;
        let threads = threads(options.threads);
        let pool = ThreadPool::new(threads)
            .map_err(|e| LoadError::Unsupported(format!("no thread can be started: {e}")))?;
        let name = format!(
            "cpu ({}, {threads} thread{})",
            Isa::detect().name(),
            if threads == 1 { "" } else { "s" }
        );
        let (config, context) = (self.config.clone(), self.info.context_length);
        Ok((
            Decoder::load(&self.tensors, config, pool, options.weights, context)?,
            name,
        ))
    }

    fn named(mut self, name: String, licence: Option<String>) -> CheckedModel<'a> {
        self.info.name = name.chars().take(200).collect();
        self.info.licence = licence.map(|l| l.chars().take(200).collect());
        self
    }
}
