//! A whole workspace at once, for commands, which have no thread to wait for.

use super::batch::Batch;
use super::dependencies;
use super::git::GitRepositories;
use super::read::{self, Unread, grammar, is_wanted, refusal};
use super::roots::Roots;
use super::secrets;
use super::store::Store;
use super::walk::{self, Found, Kinds};
use index::{Index, SourceFile};
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// The workspace of one folder, read now; at most `max_bytes` of text.
pub fn read(root: &Path, max_bytes: u64) -> Index {
    open(root, max_bytes, &Store::default())
}

/// The workspace of one folder: what the store has of it, and read now what changed since, which is
/// stored in turn.
pub fn open(root: &Path, max_bytes: u64, store: &Store) -> Index {
    let root = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    let roots = Roots::single(root);
    let stored = store
        .load(&roots)
        .and_then(|bytes| Index::load(&bytes).ok());
    let mut index = stored.unwrap_or_default();
    let walked = walk::walk(&roots, &GitRepositories::default(), max_bytes, &mut || {
        false
    })
    .files;
    if update(&mut index, walked)
        && let Err(error) = store.save(&roots, |file| index.save(file))
    {
        tracing::warn!(%error, "the index was not stored; it is built again the next time");
    }
    index
}

/// The names of the files of a folder that would be read, in their order.
pub fn files(root: &Path) -> Vec<String> {
    let root = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    let walked = walk::walk(
        &Roots::single(root),
        &GitRepositories::default(),
        u64::MAX,
        &mut || false,
    );
    let mut names: Vec<String> = walked.files.into_iter().map(|file| file.name).collect();
    names.sort_unstable();
    names
}

/// The files of a folder that `wanted` names and no rule leaves out, in the order of their names;
/// those of at most `max_file` bytes.
pub fn files_where(root: &Path, wanted: &dyn Fn(&Path) -> bool, max_file: u64) -> Vec<Found> {
    let root = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    let kinds = Kinds {
        are_wanted: wanted,
        max_file,
    };
    let roots = Roots::single(root);
    let mut files = walk::walk_for(&roots, &GitRepositories::default(), &kinds, &mut || false);
    files.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    files
}

/// The bytes of a file, at most so many; none of a text that holds a secret.
pub fn bytes_of(path: &Path, max_file: u64) -> Result<Vec<u8>, Unread> {
    let bytes = read::bytes(path, max_file).map_err(|_| Unread::Unreadable)?;
    if bytes.len() as u64 > max_file {
        return Err(Unread::Large);
    }
    let has_secret = std::str::from_utf8(&bytes).is_ok_and(secrets::in_text);
    if has_secret {
        Err(Unread::Secret)
    } else {
        Ok(bytes)
    }
}

/// Takes in files that are at hand, each a path relative to the workspace and a text: those that
/// would be read from disk.
pub fn put<'a>(index: &mut Index, files: impl Iterator<Item = (&'a str, &'a str)>) {
    let may_be_shown = |path: &str, text: &str| {
        is_wanted(Path::new(path)) && !secrets::in_path(path) && refusal(text).is_none()
    };
    let shown = files.filter(|(path, text)| may_be_shown(path, text));
    let sources = shown.map(|(path, text)| SourceFile {
        path,
        text,
        grammar: grammar(path, text),
        stamp: 0,
        signatures_only: false,
    });
    index.put(&sources.collect::<Vec<_>>());
}

/// Makes an index equal to the files of a walk; whether it was not.
fn update(index: &mut Index, walked: Vec<Found>) -> bool {
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

    #[test]
    fn files_of_other_kinds_follow_the_same_rules() {
        let tree = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(tree.path().join(name), text).unwrap();
        write(".gitignore", "b.db\n");
        for name in ["a.db", "b.db", "secrets.db", "c.py"] {
            write(name, "x");
        }
        write("large.db", &"x".repeat(200));
        let is_base = |path: &Path| path.extension().is_some_and(|extension| extension == "db");
        let found = files_where(tree.path(), &is_base, 100);
        let names: Vec<&str> = found.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["a.db"]);
        assert_eq!(bytes_of(&found[0].path, 100), Ok(b"x".to_vec()));
        assert_eq!(
            bytes_of(&tree.path().join("large.db"), 100),
            Err(Unread::Large)
        );
        let token = format!("ghp_{}", "a1".repeat(20));
        write("a.db", &token);
        assert_eq!(bytes_of(&found[0].path, 100), Err(Unread::Secret));
    }

    #[test]
    fn what_is_stored_is_brought_up_to_date() {
        let (tree, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let store = Store::at(cache.path());
        let write = |name: &str, text: &str| fs::write(tree.path().join(name), text).unwrap();
        let names = |index: &Index| {
            let mut names: Vec<String> = index.files().map(|(name, _)| name.to_owned()).collect();
            names.sort();
            names
        };
        write("a.py", "def one(): pass\n");
        write("b.py", "def two(): pass\n");
        write(".env", "def three(): pass\n");
        assert_eq!(
            names(&open(tree.path(), u64::MAX, &store)),
            ["a.py", "b.py"]
        );
        fs::remove_file(tree.path().join("a.py")).unwrap();
        write("b.py", "def other(): pass\n\n");
        write("c.py", "def four(): pass\n");
        for _ in 0..2 {
            let index = open(tree.path(), u64::MAX, &store);
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
        assert!(read(tree.path(), 0).files().next().is_none());
    }
}
