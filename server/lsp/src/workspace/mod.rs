//! The user's tree: the only place that reads it, and nothing here ever writes to it.
//!
//! In the server the index lives on a thread of its own ([`Indexer`]); commands read a whole folder at once with [`read`].
//! What is ignored (`walk.rs`) or secret (`secrets.rs`) never gets further than this folder.

mod batch;
mod dependencies;
mod heads;
mod imports;
mod indexer;
mod keeper;
mod keeping;
mod pauses;
mod read;
mod roots;
pub mod secrets;
mod store;
mod walk;

pub use indexer::{Event, Indexer, Phase, Progress, Setup};
pub use roots::Roots;
pub use store::Store;

use batch::Batch;
use index::Index;
use std::path::{Path, PathBuf};

/// The whole workspace of one folder, read now; at most `max_bytes` of text.
pub fn read(root: &Path, max_bytes: u64) -> Index {
    let root = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    let mut index = Index::default();
    let mut batch = Batch::default();
    for file in walk::walk(&Roots::single(root), max_bytes, &mut || false).files {
        batch.add(file);
        if batch.is_full() {
            std::mem::take(&mut batch).put_into(&mut index);
        }
    }
    batch.put_into(&mut index);
    index
}

/// The folder that a file belongs to: that of the git repository around it, else the one it lies in.
pub fn root_of(file: &Path) -> PathBuf {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let folder = file.parent().unwrap_or(&file);
    folder.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(folder).to_owned()
}
