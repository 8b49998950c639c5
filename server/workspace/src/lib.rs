//! The user's files: the only crate that reads them. It never writes to them.
//!
//! The index thread of `assistant` and the commands take files from here. Ignored files (`walk.rs`)
//! and secret ones (`secrets.rs`) never leave this crate. It knows no editor, protocol or model.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod batch;
pub mod dependencies;
mod folder_index;
pub mod git;
pub mod git_heads;
mod left_out;
mod named_file;
mod one_shot;
pub mod read;
mod roots;
pub mod secrets;
mod stable_hash;
mod store;
pub mod walk;

pub use folder_index::FolderIndex;
pub use left_out::{LeftOut, left_out};
pub use named_file::{FileRefusal, named_file};
pub use one_shot::{bytes_of, files, files_where, open, put, read};
pub use read::Unread;
pub use roots::Roots;
pub use stable_hash::stable_hash;
pub use store::{Store, cache_folder, make_private_folder};
pub use walk::{is_broad, is_project};

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
