//! Opens a model file and holds what it contains: the decoder, the tokenizer and the description.
//!
//! The order is always: check the header, then the kind of file, the architecture and the types of
//! the tensors; read the settings, compare every tensor's shape with them, read the tokenizer,
//! check that there is enough memory, and only then load weights. So the first error reported is
//! the one that matters most. [`check`] stops before the last step, which `loading` does.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use gpu::{GpuAdapter, GpuOptions};
use kernels::PackedMatrix;

use crate::checked_model::{CheckedModel, with_checked};
use crate::copy_writer;
use crate::cpu::CpuDecoder;
use crate::files::gguf::Gguf;
use crate::free_memory::free_memory;
use crate::gpu_model::GpuModel;
use crate::gpu_slot::{GpuEvent, GpuSlot, GpuStatus};
use crate::layers::{Matrix, MatrixData};
use crate::memory_needs::{MemoryNeeds, check_memory};
use crate::{LoadError, LoadOptions, ModelInfo, TensorInfo, Tokenizer};

/// A loaded model: immutable weights and their tokenizer. `Send + Sync`; share it in an `Arc`.
pub struct Engine {
    info: ModelInfo,
    tokenizer: Tokenizer,
    /// Replaced by one with the same weights once these are mapped from a packed copy.
    decoder: RwLock<Arc<CpuDecoder>>,
    fingerprint: u32,
    origin: Origin,
    options: LoadOptions,
    pub(crate) gpu: GpuSlot,
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

impl Engine {
    /// Opens a `.gguf` file or a folder with safetensors.
    pub fn open(path: &Path, options: &LoadOptions) -> Result<Engine, LoadError> {
        with_checked(path, options, |checked| {
            Engine::load(checked, options, Origin::File(path.to_path_buf()))
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
        mut checked: CheckedModel,
        options: &LoadOptions,
        origin: Origin,
    ) -> Result<Engine, LoadError> {
        let fingerprint = checked.tensors.fingerprint();
        let (decoder, device) = checked.load(options, fingerprint)?;
        let CheckedModel {
            tokenizer,
            mut info,
            ..
        } = checked;
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
            options: LoadOptions {
                watch: None,
                ..options.clone()
            },
            gpu: GpuSlot::default(),
        })
    }

    /// Opens and checks its file again, and calls `then` with it.
    pub(crate) fn with_checked<T>(
        &self,
        then: impl FnOnce(CheckedModel) -> Result<T, LoadError>,
    ) -> Result<T, LoadError> {
        match &self.origin {
            Origin::File(path) => with_checked(path, &self.options, then),
            Origin::Embedded(bytes) => {
                let file = Gguf::read(bytes)?;
                then(CheckedModel::gguf(&file, "built-in", &self.options)?)
            }
        }
    }

    /// The checksum of its tensors.
    pub fn fingerprint(&self) -> u32 {
        self.fingerprint
    }

    /// Writes a packed copy of the weights to `folder`, for `LoadOptions::copies`; returns its size
    /// in bytes. Nothing is written if the weights came from a copy themselves or are not packed.
    pub fn write_copy(&self, folder: &Path) -> io::Result<Option<u64>> {
        let decoder = self.decoder();
        match decoder
            .matrices()
            .into_iter()
            .map(packed_here)
            .collect::<Option<Vec<_>>>()
        {
            Some(matrices) => copy_writer::write(folder, self.fingerprint, &matrices).map(Some),
            None => Ok(None),
        }
    }

    /// Why a packed copy of weights that this process packed cannot be kept in `folder`, if there
    /// is too little disk.
    pub fn copy_problem(&self, folder: &Path) -> Option<LoadError> {
        let decoder = self.decoder();
        let here = decoder.matrices().into_iter().filter_map(packed_here);
        let parts = here.flat_map(|(_, parts)| parts);
        let bytes = parts.map(|part| part.byte_len() as u64).sum();
        copy_writer::problem(folder, bytes)
    }

    /// Switches to the weights of the packed copy in `folder`, which frees this process's own and
    /// lets processes share memory. Running computations finish with the old weights. False if
    /// there is no copy, or the model's file is not the one that was opened any more.
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

    /// Bytes that a session takes for what it keeps of this many tokens.
    pub fn cache_bytes(&self, tokens: usize) -> usize {
        self.decoder().cache_bytes(tokens)
    }

    /// The model's tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Calls `listener` when its GPU fails, or is wanted again. The first call counts. `listener`
    /// is called on the thread of a session, which waits for it.
    pub fn watch_gpu(&self, listener: Box<dyn Fn(GpuEvent) + Send + Sync>) {
        self.gpu.watch(listener);
    }

    /// Loads the weights to a GPU; sessions use it from their next prompt on. Fails if the GPU
    /// cannot compute this model, or has too little memory for it and for a whole context.
    pub fn use_gpu(&self, adapter: &GpuAdapter, options: &GpuOptions) -> Result<(), LoadError> {
        let fingerprint = self.fingerprint;
        let model =
            self.with_checked(|checked| GpuModel::load(checked, fingerprint, adapter, options))?;
        self.gpu.fill(model);
        Ok(())
    }

    /// Gives the GPU back until it is wanted again: then the CPU answers, and the listener gets
    /// [`GpuEvent::Wanted`].
    pub fn rest_gpu(&self) {
        self.gpu.rest();
    }

    /// Gives the GPU back for good.
    pub fn forget_gpu(&self) {
        self.gpu.empty();
    }

    /// Whether it uses a GPU.
    pub fn gpu(&self) -> GpuStatus {
        self.gpu.status()
    }

    pub(crate) fn decoder(&self) -> Arc<CpuDecoder> {
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

/// The result of [`check`].
#[derive(Debug)]
pub struct ModelSummary {
    /// The description; `weight_bytes` is what packed weights would take.
    pub info: ModelInfo,
    /// All tensors, in the order of the file.
    pub tensors: Vec<TensorInfo>,
    /// The model's tokenizer, whose special tokens show what it was trained for.
    pub tokenizer: Tokenizer,
    needs: MemoryNeeds,
}

impl ModelSummary {
    fn new(checked: CheckedModel) -> ModelSummary {
        ModelSummary {
            needs: checked.needs,
            info: checked.info,
            tensors: checked.summary,
            tokenizer: checked.tokenizer,
        }
    }

    /// Bytes of memory that it needs to run: all of its weights, or a part of its experts.
    pub fn needed_bytes(&self) -> u64 {
        self.needs.mapped()
    }

    /// Refuses a model that needs more memory than is free now.
    pub fn check_memory(&self) -> Result<(), LoadError> {
        check_memory(self.needed_bytes(), free_memory())
    }

    /// Bytes of weights in memory that a token reads: all, without an embedding that is not also
    /// the output, of which a token reads one row.
    pub fn read_bytes(&self) -> u64 {
        let named = |names: &[&str]| {
            let mut tensors = self.tensors.iter();
            tensors.find(|tensor| names.contains(&tensor.name.as_str()))
        };
        let embedding = named(&["token_embd.weight", "model.embed_tokens.weight"]);
        let has_output = named(&["output.weight", "lm_head.weight"]).is_some();
        let unread = embedding
            .filter(|_| has_output)
            .map_or(0, TensorInfo::packed_bytes);
        self.info.weight_bytes.saturating_sub(unread)
    }
}

/// Reads and checks everything but the weights themselves: header, configuration, tokenizer, every
/// tensor's shape; and the adapter that is to change them, if any.
pub fn inspect(path: &Path, adapter: Option<&Path>) -> Result<ModelSummary, LoadError> {
    let options = LoadOptions {
        max_context: usize::MAX,
        adapter: adapter.map(Path::to_path_buf),
        ..LoadOptions::default()
    };
    with_checked(path, &options, |checked| Ok(ModelSummary::new(checked)))
}

/// As [`inspect`], of a GGUF's bytes.
pub fn inspect_bytes(gguf: &[u8]) -> Result<ModelSummary, LoadError> {
    let options = LoadOptions::default();
    CheckedModel::gguf(&Gguf::read(gguf)?, "built-in", &options).map(ModelSummary::new)
}

/// As [`inspect`] without an adapter, and refuses a model that does not fit into the memory that is
/// free now.
pub fn check(path: &Path) -> Result<ModelSummary, LoadError> {
    let summary = inspect(path, None)?;
    summary.check_memory()?;
    Ok(summary)
}
