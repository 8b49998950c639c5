//! The user's tree: the only place that reads it, and nothing here ever writes to it.
//!
//! The index of a workspace lives on a thread of its own in the server; commands read a whole folder at once with
//! [`read`]. Secrets (`secrets.rs`) and ignored files (`walk.rs`) never get further than this folder.

mod read;
mod roots;
pub mod secrets;
mod walk;

pub use roots::Roots;

use index::{Index, Source};
use std::path::{Path, PathBuf};
use walk::Found;

/// The most bytes of text in an index, unless set otherwise.
pub const MAX_BYTES: u64 = 60 << 20;
/// Files given to the index at once, and the bytes of their texts.
const BATCH: (usize, usize) = (400, 4 << 20);

/// The whole workspace of one folder, read now.
pub fn read(root: &Path) -> Index {
    let root = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    let mut index = Index::default();
    let walked = walk::walk(&Roots::single(root), MAX_BYTES, &mut || false);
    let mut files = walked.files.iter();
    while put_batch(&mut index, &mut files, &mut || false) {}
    index
}

/// Reads the next files and puts them into the index; false when there are no more, or `stop` says so.
fn put_batch<'a>(
    index: &mut Index,
    files: &mut impl Iterator<Item = &'a Found>,
    stop: &mut dyn FnMut() -> bool,
) -> bool {
    let (mut texts, mut bytes, mut more) = (Vec::new(), 0, true);
    while texts.len() < BATCH.0 && bytes < BATCH.1 {
        let Some(file) = files.next().filter(|_| !stop()) else {
            more = false;
            break;
        };
        match read::text(&file.path) {
            Ok(text) => {
                bytes += text.len();
                texts.push((file, text));
            }
            Err(why) => tracing::debug!(file = file.name, ?why, "a file is left out"),
        }
    }
    let sources: Vec<Source> = texts.iter().map(|(file, text)| source_of(file, text)).collect();
    index.put(&sources);
    more
}

fn source_of<'a>(file: &'a Found, text: &'a str) -> Source<'a> {
    let grammar = read::grammar(&file.name, text);
    Source { path: &file.name, text, grammar, stamp: file.stamp, signatures_only: false }
}

/// The folder that a file belongs to: that of the git repository around it, else the one it lies in.
pub fn root_of(file: &Path) -> PathBuf {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let folder = file.parent().unwrap_or(&file);
    folder.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(folder).to_owned()
}
