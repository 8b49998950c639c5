//! Reads a Hugging Face folder: `config.json`, `tokenizer.json`, and `model.safetensors` or an
//! index with its shards.
//!
//! Called when a folder is opened or checked. Every JSON file has a size limit; shard names must be
//! plain file names, so that an index cannot reach outside its folder; each shard's header is
//! checked against its size before the safetensors library (which checks offsets and overlaps) gets
//! it. Format: huggingface/safetensors, README.

use std::collections::{BTreeSet, HashMap};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use safetensors::SafeTensors;
use serde_json::Value;

use super::tensors::TensorNames;
use super::{Format, MappedFile, RawTensor, Tensors, float8, folder_kind, nested};
use crate::{LoadError, TensorInfo};

const MAX_CONFIG: u64 = 1 << 20;
const MAX_INDEX: u64 = 32 << 20;
const MAX_HEADER: u64 = 32 << 20;
const MAX_SHARDS: usize = 1024;

/// The files of a folder, mapped.
pub struct Folder {
    path: PathBuf,
    config: Value,
    /// Whether the language model is a part of the model.
    is_nested: bool,
    shards: Vec<MappedFile>,
}

fn damaged(what: impl Into<String>) -> LoadError {
    LoadError::Damaged(what.into())
}

impl Folder {
    /// Reads the configuration and maps the weights of the folder at `path`.
    pub fn read(path: &Path) -> Result<Folder, LoadError> {
        folder_kind::check(path)?;
        let config = parse(&path.join("config.json"), MAX_CONFIG)?;
        let names = shard_names(path)?;
        let shards = names
            .iter()
            .map(|name| MappedFile::map(&path.join(name)))
            .collect::<Result<_, _>>()?;
        let is_nested = nested::is_nested(&config);
        Ok(Folder {
            path: path.to_path_buf(),
            config: nested::settings(config),
            is_nested,
            shards,
        })
    }

    /// Refuses a folder whose model is for another purpose.
    pub fn check_use(&self) -> Result<(), LoadError> {
        folder_kind::check_use(&self.path)
    }

    /// Its files of tensors.
    pub fn files(&self) -> &[MappedFile] {
        &self.shards
    }

    /// Refuses weights that cannot be read.
    pub fn check_types(&self) -> Result<(), LoadError> {
        folder_kind::check_quantised(&self.config)
    }

    /// The settings of the language model.
    pub fn config(&self) -> &Value {
        &self.config
    }

    /// The contents of a file of the folder, if it has at most `limit` bytes.
    pub fn file(&self, name: &str, limit: u64) -> Result<Vec<u8>, LoadError> {
        read_limited(&self.path.join(name), limit)
    }

    /// The tensors of all shards by name.
    pub fn tensors(&self) -> Result<Tensors<'_>, LoadError> {
        let mut by_name = HashMap::new();
        for shard in &self.shards {
            for (name, raw) in self.shard_tensors(shard)? {
                if by_name.contains_key(&name) {
                    return Err(damaged(format!("the tensor {name} occurs twice")));
                }
                by_name.insert(name, raw);
            }
        }
        float8::put_factors(&mut by_name, &self.config)?;
        Ok(Tensors::new(by_name, TensorNames::Folder(&[])))
    }

    /// A shard's tensors; of a model of several parts only those of the language model.
    fn shard_tensors<'a>(
        &self,
        shard: &'a [u8],
    ) -> Result<Vec<(String, RawTensor<'a>)>, LoadError> {
        let tensors = shard_tensors(shard)?;
        if !self.is_nested {
            return Ok(tensors);
        }
        let named = tensors.into_iter();
        let named = named.filter_map(|(name, raw)| Some((nested::name(&name)?, raw)));
        Ok(named.collect())
    }

    /// The tensors' names, types and sizes.
    pub fn summary(&self) -> Result<Vec<TensorInfo>, LoadError> {
        let mut all = Vec::new();
        for shard in &self.shards {
            all.extend(
                self.shard_tensors(shard)?
                    .into_iter()
                    .map(|(name, raw)| TensorInfo {
                        name,
                        dtype: raw.format.name.to_owned(),
                        bytes: raw.bytes.len() as u64,
                        shape: raw.shape,
                    }),
            );
        }
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }
}

/// The tensors of one safetensors file.
pub fn shard_tensors(shard: &[u8]) -> Result<Vec<(String, RawTensor<'_>)>, LoadError> {
    let length = shard.first_chunk().map(|head| u64::from_le_bytes(*head));
    match length {
        Some(length) if length <= MAX_HEADER && length + 8 <= shard.len() as u64 => {}
        _ => {
            return Err(damaged(
                "a safetensors file's header is longer than the file or than 32 MiB",
            ));
        }
    }
    let parsed =
        SafeTensors::deserialize(shard).map_err(|e| damaged(format!("a safetensors file: {e}")))?;
    let mut tensors = Vec::new();
    for (name, view) in parsed.iter() {
        let format = Format::of_name(&view.dtype().to_string()).ok_or_else(|| {
            let (dtype, instead) = (
                view.dtype(),
                "use the F32, F16 or BF16 folder, or a GGUF, of the same model",
            );
            LoadError::Unsupported(format!(
                "the tensor {name} has the type {dtype}, which is not read; {instead}"
            ))
        })?;
        if view.shape().contains(&0) {
            return Err(damaged(format!("the tensor {name} is empty")));
        }
        // The library has checked that shape, type and bytes agree.
        tensors.push((
            name.to_owned(),
            RawTensor::new(format, view.shape().to_vec(), view.data()),
        ));
    }
    Ok(tensors)
}

/// The files that hold the weights: `model.safetensors`, or those that the index names.
fn shard_names(folder: &Path) -> Result<BTreeSet<String>, LoadError> {
    let index = folder.join("model.safetensors.index.json");
    if !index.exists() {
        return Ok(BTreeSet::from(["model.safetensors".to_owned()]));
    }
    let index = parse(&index, MAX_INDEX)?;
    let map = index["weight_map"]
        .as_object()
        .ok_or_else(|| damaged("the index has no weight_map"))?;
    let mut names = BTreeSet::new();
    for name in map.values() {
        let name = name
            .as_str()
            .ok_or_else(|| damaged("a shard's name is not a text"))?;
        if !is_plain_name(name) {
            return Err(damaged(format!(
                "the shard name {name:?} is not a plain file name"
            )));
        }
        names.insert(name.to_owned());
        if names.len() > MAX_SHARDS {
            return Err(damaged(format!(
                "the index names more than {MAX_SHARDS} files"
            )));
        }
    }
    Ok(names)
}

/// One ordinary path component without separators of any system.
fn is_plain_name(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    let single = matches!(
        (parts.next(), parts.next()),
        (Some(Component::Normal(_)), None)
    );
    single && name.len() <= 255 && !name.contains(['/', '\\', ':', '\0'])
}

/// A JSON file of at most `limit` bytes.
pub fn parse(path: &Path, limit: u64) -> Result<Value, LoadError> {
    let bytes = read_limited(path, limit)?;
    serde_json::from_slice(&bytes).map_err(|e| damaged(format!("{}: {e}", path.display())))
}

fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, LoadError> {
    let io = |reason| LoadError::Io {
        path: path.to_path_buf(),
        reason,
    };
    if !std::fs::metadata(path).map_err(io)?.is_file() {
        return Err(damaged(format!("{} is not a regular file", path.display())));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .map_err(io)?
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    if bytes.len() as u64 > limit {
        return Err(damaged(format!(
            "{} is larger than {} MiB",
            path.display(),
            limit >> 20
        )));
    }
    Ok(bytes)
}
