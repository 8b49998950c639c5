//! What `list` gives back: models with their names and files, and what could not be read.

use std::path::{Path, PathBuf};

/// A model in one of the stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundModel {
    /// Its name, such as `ollama:qwen2.5-coder:1.5b-base`: the prefix of its store, then what the
    /// store's own program calls it.
    pub name: String,
    /// The program whose store it is in.
    pub store: &'static str,
    /// Bytes on the disk, where they are known.
    pub bytes: Option<u64>,
    /// The file, or the folder; or why there is none that could be used.
    pub path: Result<PathBuf, String>,
    /// The LoRA adapter that its program applies to it, if any.
    pub adapter: Option<PathBuf>,
}

/// The models that were found, and what was not read.
#[derive(Clone, Debug, Default)]
pub struct StoreListing {
    /// All models, by store and name.
    pub models: Vec<FoundModel>,
    /// What could not be read, each as a sentence.
    pub problems: Vec<String>,
}

impl StoreListing {
    /// Notes that a file or folder could not be read, and what to do about it.
    pub(crate) fn unreadable(&mut self, path: &Path, error: &std::io::Error, remedy: &str) {
        self.problems
            .push(format!("cannot read {}: {error}{remedy}", path.display()));
    }
}
