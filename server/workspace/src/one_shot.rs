//! A whole workspace at once, for commands, which have no thread to wait for.

use super::folder_index::FolderIndex;
use super::git::GitRepositories;
use super::read::{self, Unread, grammar, is_wanted, refusal};
use super::roots::Roots;
use super::secrets;
use super::store::Store;
use super::walk::{self, Found, Kinds};
use index::{Index, SourceFile};
use std::path::Path;

/// The workspace of one folder, read now; at most `max_bytes` of text.
pub fn read(root: &Path, max_bytes: u64) -> Index {
    open(root, max_bytes, &Store::default())
}

/// The workspace of one folder: what the store has of it, and read now what changed since, which is
/// stored in turn.
pub fn open(root: &Path, max_bytes: u64, store: &Store) -> Index {
    let mut folder = FolderIndex::new(root, max_bytes, store.clone());
    folder.refresh(&mut || false);
    folder.into_index()
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
}
