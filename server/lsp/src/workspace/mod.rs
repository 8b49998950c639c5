//! The user's tree: the only place that reads it, and nothing here ever writes to it.
//!
//! In the server the index lives on a thread of its own ([`Indexer`]); commands take a whole folder
//! at once with [`read`] or [`open`]. What is ignored (`walk.rs`) or secret (`secrets.rs`) never
//! gets further than this folder.

mod batch;
mod dependencies;
mod git;
mod heads;
mod imports;
mod indexer;
mod keeper;
mod keeping;
mod left_out;
mod pauses;
mod read;
mod roots;
pub mod secrets;
mod store;
mod walk;
mod whole;

pub use indexer::{Event, Indexer, Phase, Progress, Setup};
pub use left_out::{LeftOut, left_out};
pub use roots::Roots;
pub use store::{Store, cache_folder};
pub use walk::is_project;
pub use whole::{files, open, put, read};

use std::path::{Path, PathBuf};

/// The folder that a file belongs to: that of the git repository around it, else the one it lies
/// in.
pub fn root_of(file: &Path) -> PathBuf {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let folder = file.parent().unwrap_or(&file);
    folder
        .ancestors()
        .find(|folder| folder.join(".git").exists())
        .unwrap_or(folder)
        .to_owned()
}
