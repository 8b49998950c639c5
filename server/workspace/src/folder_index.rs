//! The index of one folder, made equal to the disk whenever it is asked for: for commands, and for
//! servers of agents, which hear of no change.
//!
//! A walk finds which files changed, and only those are read. What was stored in another session is
//! the start. It has no thread: who asks, waits, and may stop it.

use super::batch::Batch;
use super::dependencies;
use super::git::GitRepositories;
use super::roots::Roots;
use super::store::Store;
use super::walk::{self, Found};
use index::Index;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::{Duration, Instant};

/// How often the index is stored at most while files change.
const STORE_AGAIN: Duration = Duration::from_secs(300);

/// The index of one folder.
pub struct FolderIndex {
    roots: Roots,
    git: GitRepositories,
    max_bytes: u64,
    store: Store,
    index: Index,
    is_loaded: bool,
    /// Whether the index differs from what is stored, and when it was stored last.
    is_unstored: bool,
    stored_at: Option<Instant>,
}

impl FolderIndex {
    /// That of a folder, of at most `max_bytes` of text; nothing is read yet.
    pub fn new(root: &Path, max_bytes: u64, store: Store) -> Self {
        let root = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
        Self {
            roots: Roots::single(root),
            git: GitRepositories::default(),
            max_bytes,
            store,
            index: Index::default(),
            is_loaded: false,
            is_unstored: false,
            stored_at: None,
        }
    }

    /// Reads what changed on disk. Whether that is all: `stop`, asked now and then, ends it early.
    pub fn refresh(&mut self, stop: &mut dyn FnMut() -> bool) -> bool {
        if !std::mem::replace(&mut self.is_loaded, true) {
            let bytes = self.store.load(&self.roots);
            let stored = bytes.and_then(|bytes| Index::load(&bytes).ok());
            self.index = stored.unwrap_or_default();
        }
        let mut is_stopped = false;
        let mut stop = || {
            is_stopped = is_stopped || stop();
            is_stopped
        };
        let walked = walk::walk(&self.roots, &self.git, self.max_bytes, &mut stop).files;
        // A walk that was stopped does not tell which files are gone.
        if stop() {
            return false;
        }
        self.is_unstored |= update(&mut self.index, walked, &mut stop);
        self.save();
        !is_stopped
    }

    /// The index as it was read last.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The index as it was read last.
    pub fn into_index(self) -> Index {
        self.index
    }

    /// Stores the index if it changed, but not at each change.
    fn save(&mut self) {
        let is_due = self.stored_at.is_none_or(|at| at.elapsed() > STORE_AGAIN);
        if !self.is_unstored || !is_due {
            return;
        }
        (self.is_unstored, self.stored_at) = (false, Some(Instant::now()));
        let index = &self.index;
        if let Err(error) = self.store.save(&self.roots, |file| index.save(file)) {
            tracing::warn!(%error, "the index was not stored; it is built again the next time");
        }
    }
}

/// Makes an index equal to the files of a walk, until `stop`; whether it was not.
fn update(index: &mut Index, walked: Vec<Found>, stop: &mut dyn FnMut() -> bool) -> bool {
    let known: HashMap<String, u64> = index
        .files()
        .map(|(name, stamp)| (name.to_owned(), stamp))
        .collect();
    let names: HashSet<&str> = walked.iter().map(|file| file.name.as_str()).collect();
    let is_gone = |name: &&str| !names.contains(name) && !name.starts_with(dependencies::PREFIX);
    let gone: Vec<&str> = known.keys().map(String::as_str).filter(is_gone).collect();
    index.remove(&gone);
    let mut changed = !gone.is_empty();
    let mut batch = Batch::large();
    for file in walked
        .into_iter()
        .filter(|file| known.get(&file.name) != Some(&file.stamp))
    {
        if stop() {
            break;
        }
        batch.add(file);
        if batch.is_full() {
            changed |= std::mem::replace(&mut batch, Batch::large())
                .put_into(index)
                .any_indexed;
        }
    }
    batch.put_into(index).any_indexed || changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn names(index: &Index) -> Vec<String> {
        let mut names: Vec<String> = index.files().map(|(name, _)| name.to_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_stored_is_brought_up_to_date() {
        let (tree, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let write = |name: &str, text: &str| fs::write(tree.path().join(name), text).unwrap();
        let open = || {
            let mut folder = FolderIndex::new(tree.path(), u64::MAX, Store::at(cache.path()));
            assert!(folder.refresh(&mut || false));
            folder.into_index()
        };
        write("a.py", "def one(): pass\n");
        write("b.py", "def two(): pass\n");
        write(".env", "def three(): pass\n");
        assert_eq!(names(&open()), ["a.py", "b.py"]);
        fs::remove_file(tree.path().join("a.py")).unwrap();
        write("b.py", "def other(): pass\n\n");
        write("c.py", "def four(): pass\n");
        for _ in 0..2 {
            let index = open();
            assert_eq!(names(&index), ["b.py", "c.py"]);
            let defined = |name: &str| !index.definitions(name, 1).is_empty();
            assert!(
                defined("other")
                    && defined("four")
                    && !defined("one")
                    && !defined("two")
                    && !defined("three")
            );
        }
    }

    #[test]
    fn a_later_look_reads_what_changed_and_a_stopped_one_forgets_nothing() {
        let tree = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(tree.path().join(name), text).unwrap();
        let mut folder = FolderIndex::new(tree.path(), u64::MAX, Store::default());
        write("a.py", "def one(): pass\n");
        assert!(folder.refresh(&mut || false));
        write("b.py", "def two(): pass\n");
        assert!(!folder.refresh(&mut || true));
        assert_eq!(names(folder.index()), ["a.py"]);
        assert!(folder.refresh(&mut || false));
        assert_eq!(names(folder.index()), ["a.py", "b.py"]);
    }
}
