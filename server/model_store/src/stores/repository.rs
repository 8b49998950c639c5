//! The files of one repository of models, as the Hugging Face cache and LM Studio keep them: which
//! models they are, and their names.
//!
//! A GGUF is a model, a split one counts once, and a folder with config.json and weights is one.

use super::file_name;
use crate::listing::FoundModel;
use crate::names::{is_gguf, part, shared_by_parts, strip_gguf, type_in, without_part};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The endings of files with weights, besides GGUF.
const WEIGHTS: &[&str] = &["safetensors", "bin"];

/// A repository's folder and its files.
pub struct Repository<'a> {
    /// The prefix of the store and the repository: `hf:USER/REPO`.
    pub name: String,
    /// The program whose store it is in.
    pub store: &'static str,
    /// The folder.
    pub folder: &'a Path,
    /// All files in it and below.
    pub files: Vec<PathBuf>,
    /// What to do if a link leads nowhere.
    pub remedy: &'static str,
}

impl Repository<'_> {
    /// The models of the repository.
    pub fn models(&self) -> Vec<FoundModel> {
        let mut models = self.ggufs();
        models.extend(self.folder_model());
        models
    }

    fn ggufs(&self) -> Vec<FoundModel> {
        let named: Vec<(String, &PathBuf)> = self
            .files
            .iter()
            .map(|path| (file_name(path), path))
            .filter(|(name, _)| is_gguf(name) && part(name).is_none_or(|part| part == 1))
            .collect();
        let mut types: HashMap<String, usize> = HashMap::new();
        for (name, _) in &named {
            *types.entry(self.label(name)).or_default() += 1;
        }
        let model = |(name, path): &(String, &PathBuf)| {
            let label = self.label(name);
            let label = match types.get(&label) {
                Some(1) => label,
                _ => shared_by_parts(name)
                    .map_or(name.as_str(), |(stem, _)| stem)
                    .to_owned(),
            };
            FoundModel {
                name: format!("{}:{label}", self.name),
                store: self.store,
                bytes: self.bytes(name, path),
                path: self.existing(path),
                adapter: None,
            }
        };
        named.iter().map(model).collect()
    }

    /// What follows the repository's name: the type, or what names the file.
    fn label(&self, file: &str) -> String {
        type_in(file).unwrap_or_else(|| without_part(strip_gguf(file)).to_owned())
    }

    /// The bytes of a file, and of the other parts of a split model.
    fn bytes(&self, name: &str, path: &Path) -> Option<u64> {
        let size = |path: &Path| path.metadata().ok().map(|file| file.len());
        let Some(shared) = shared_by_parts(name) else {
            return size(path);
        };
        let is_part = |path: &&PathBuf| shared_by_parts(&file_name(path)) == Some(shared);
        let of_same = self.files.iter().filter(is_part);
        of_same.map(|path| size(path)).sum()
    }

    fn existing(&self, path: &Path) -> Result<PathBuf, String> {
        match path.metadata() {
            Ok(_) => Ok(path.to_owned()),
            Err(error) if path.is_symlink() => {
                Err(format!("its file is missing ({error}); {}", self.remedy))
            }
            Err(error) => Err(format!("cannot read {}: {error}", path.display())),
        }
    }

    /// The folder itself, if it holds a model.
    fn folder_model(&self) -> Option<FoundModel> {
        let is_weights = |path: &&PathBuf| {
            let extension = path.extension().and_then(|extension| extension.to_str());
            let is_here = path.parent() == Some(self.folder);
            is_here && extension.is_some_and(|extension| WEIGHTS.contains(&extension))
        };
        let weights: Vec<&PathBuf> = self.files.iter().filter(is_weights).collect();
        if weights.is_empty() || !self.folder.join("config.json").exists() {
            return None;
        }
        let broken = weights.iter().find(|path| path.metadata().is_err());
        let sizes = weights.iter().map(|path| Some(path.metadata().ok()?.len()));
        Some(FoundModel {
            name: self.name.clone(),
            store: self.store,
            bytes: sizes.sum(),
            adapter: None,
            path: match broken {
                Some(path) => self.existing(path),
                None => Ok(self.folder.to_owned()),
            },
        })
    }
}
