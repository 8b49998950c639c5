//! The stores: a file per program, which knows that program's folders and what their files mean.
//!
//! To add one: a file with its `ModelStore`, and a line in [`STORES`]. A store only reads. What is
//! wrong with a model becomes its reason, what is wrong with a folder a problem of the listing.

mod hugging_face;
mod llama_cpp;
mod lm_studio;
pub(crate) mod ollama;
mod own;
mod repository;

use crate::environment::UserFolders;
use crate::listing::StoreListing;
pub use own::folder as own_folder;
use std::path::{Path, PathBuf};

/// One program's models.
pub(crate) struct ModelStore {
    /// What the names of its models begin with, before a colon.
    pub prefix: &'static str,
    /// The program's name.
    pub name: &'static str,
    /// Folders in which it keeps models; some may not exist.
    pub folders: fn(&UserFolders) -> Vec<PathBuf>,
    /// Adds the models of a folder.
    pub list: fn(&Path, &mut StoreListing),
}

/// All stores, in the order of `nigh model list`.
pub(crate) const STORES: &[ModelStore] = &[
    own::STORE,
    ollama::STORE,
    hugging_face::STORE,
    llama_cpp::STORE,
    lm_studio::STORE,
];

/// The entries of a folder, by name; a folder that cannot be read is a problem of the listing.
fn entries(folder: &Path, listing: &mut StoreListing) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = match std::fs::read_dir(folder) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(error) => {
            listing.unreadable(folder, &error, "");
            Vec::new()
        }
    };
    entries.sort();
    entries
}

/// The last part of a path as text.
fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The files below a folder, at most `depth` folders deep; links are followed.
fn files_below(folder: &Path, depth: usize, listing: &mut StoreListing) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![(folder.to_owned(), depth)]);
    while let Some((folder, depth)) = folders.pop() {
        for path in entries(&folder, listing) {
            match path.is_dir() {
                true if depth > 0 => folders.push((path, depth - 1)),
                true => {}
                false => files.push(path),
            }
        }
    }
    files.sort();
    files
}
