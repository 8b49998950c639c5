//! What git knows of a work tree, read from its own files: which files are tracked, and which other
//! file of ignore rules the repository names. No program is run.
//!
//! The index is read as gitformat-index(5) describes it, versions 2 to 4, split indexes included;
//! of the configuration only two values count. What cannot be read is as if it were not there.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// Larger indexes are not read, in bytes.
const MAX_INDEX: u64 = 256 << 20;
/// The most repositories whose files are remembered.
const MAX_REPOSITORIES: usize = 64;

/// A repository's work tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkTree {
    /// The folder that holds its files.
    pub top: PathBuf,
    /// What git keeps for this work tree: its index and `HEAD`.
    pub git: PathBuf,
}

impl WorkTree {
    /// The work tree around a file or folder, the innermost one.
    pub fn around(path: &Path) -> Option<Self> {
        path.ancestors().find_map(Self::at)
    }

    /// The work tree whose top is this folder. In a linked one and in a submodule `.git` is a file
    /// that names another folder.
    pub fn at(top: &Path) -> Option<Self> {
        let git = top.join(".git");
        let kind = git.metadata().ok()?;
        if kind.is_dir() {
            return Some(Self {
                top: top.to_owned(),
                git,
            });
        }
        let text = fs::read_to_string(&git).ok()?;
        Some(Self {
            top: top.to_owned(),
            git: top.join(text.strip_prefix("gitdir:")?.trim()),
        })
    }

    /// The file of ignore rules that the repository's own configuration names instead of the
    /// user's.
    pub fn excludes(&self) -> Option<PathBuf> {
        let value = self.setting("core", "excludesfile")?;
        Some(match value.strip_prefix("~/") {
            Some(inside) => std::env::home_dir()?.join(inside),
            None => self.top.join(value),
        })
    }

    /// The paths of all tracked files, below the top.
    fn tracked(&self) -> HashSet<PathBuf> {
        let is_long = self
            .setting("extensions", "objectformat")
            .is_some_and(|format| format == "sha256");
        let hash = if is_long { 32 } else { 20 };
        let Some(bytes) = read(&self.git.join("index")) else {
            return HashSet::new();
        };
        let Some((mut names, base)) = entries(&bytes, hash) else {
            return HashSet::new();
        };
        let shared = base.and_then(|base| read(&self.git.join(format!("sharedindex.{base}"))));
        names.extend(
            shared
                .and_then(|bytes| Some(entries(&bytes, hash)?.0))
                .unwrap_or_default(),
        );
        names
            .into_iter()
            .filter_map(|name| Some(PathBuf::from(String::from_utf8(name).ok()?)))
            .collect()
    }

    fn setting(&self, section: &str, name: &str) -> Option<String> {
        let common = fs::read_to_string(self.git.join("commondir"));
        let common = common.map_or_else(|_| self.git.clone(), |path| self.git.join(path.trim()));
        value(
            &fs::read_to_string(common.join("config")).ok()?,
            section,
            name,
        )
    }
}

/// When an index was written, and the files it has.
type Known = (Option<SystemTime>, Arc<HashSet<PathBuf>>);

/// The tracked files of repositories, read again when an index changes.
#[derive(Default)]
pub struct GitRepositories {
    known: Mutex<HashMap<PathBuf, Known>>,
}

impl GitRepositories {
    /// The paths of the tracked files of a work tree, below its top.
    pub fn tracked(&self, tree: &WorkTree) -> Arc<HashSet<PathBuf>> {
        let written = fs::metadata(tree.git.join("index"))
            .and_then(|index| index.modified())
            .ok();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, files)) = known.get(&tree.top)
            && *at == written
        {
            return Arc::clone(files);
        }
        let files = Arc::new(tree.tracked());
        if known.len() >= MAX_REPOSITORIES {
            known.clear();
        }
        known.insert(tree.top.clone(), (written, Arc::clone(&files)));
        files
    }

    /// Whether git tracks the file at `path`.
    pub fn tracks(&self, path: &Path) -> bool {
        let Some(tree) = WorkTree::around(path) else {
            return false;
        };
        path.strip_prefix(&tree.top)
            .is_ok_and(|inside| self.tracked(&tree).contains(inside))
    }
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let size = path.metadata().ok()?.len();
    (size <= MAX_INDEX).then(|| fs::read(path).ok())?
}

/// The names of the files in an index, and the hash of the index that it is the difference to.
fn entries(bytes: &[u8], hash: usize) -> Option<(Vec<Vec<u8>>, Option<String>)> {
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let version =
        number(4).filter(|version| bytes.starts_with(b"DIRC") && (2..=4).contains(version))?;
    let (mut names, mut name, mut at): (Vec<Vec<u8>>, Vec<u8>, usize) =
        (Vec::new(), Vec::new(), 12);
    for _ in 0..number(8)? {
        let (start, mode) = (at, number(at + 24)?);
        let is_extended = version > 2 && bytes.get(at + 40 + hash)? & 0x40 != 0;
        at += 40 + hash + if is_extended { 4 } else { 2 };
        if version == 4 {
            let removed = offset(bytes, &mut at)?;
            name.truncate(name.len().checked_sub(removed)?);
        } else {
            name.clear();
        }
        let length = memchr::memchr(0, bytes.get(at..)?)?;
        name.extend_from_slice(&bytes[at..at + length]);
        at += length + 1;
        if version < 4 {
            at = start + (at - start).next_multiple_of(8);
        }
        if mode & 0o170_000 == 0o100_000 {
            names.push(name.clone());
        }
    }
    let mut base = None;
    while let (Some(kind), Some(size)) = (bytes.get(at..at + 4), number(at + 4)) {
        if kind == b"link" {
            let digits = bytes
                .get(at + 8..at + 8 + hash)?
                .iter()
                .map(|byte| format!("{byte:02x}"));
            base = Some(digits.collect());
        }
        at = at.checked_add(8 + size as usize)?;
    }
    Some((names, base))
}

/// A number as packs write offsets: seven bits a byte, the highest first.
fn offset(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let mut next = || {
        let byte = *bytes.get(*at)?;
        *at += 1;
        Some(byte)
    };
    let mut byte = next()?;
    let mut number = usize::from(byte & 127);
    while byte & 128 != 0 {
        byte = next()?;
        number = number.checked_add(1)?.checked_mul(128)? | usize::from(byte & 127);
    }
    Some(number)
}

/// The last value of a name in a section of a configuration file.
fn value(text: &str, section: &str, name: &str) -> Option<String> {
    let (mut inside, mut found) = (false, None);
    for line in text.lines().map(str::trim) {
        if let Some(head) = line.strip_prefix('[') {
            inside = head
                .split(']')
                .next()
                .is_some_and(|head| head.trim().eq_ignore_ascii_case(section));
        } else if let Some((key, value)) = line.split_once('=')
            && inside
            && key.trim().eq_ignore_ascii_case(name)
        {
            let value = value.trim();
            let plain = value.split([';', '#']).next().unwrap_or_default().trim();
            let quoted = value
                .strip_prefix('"')
                .and_then(|value| value.split('"').next());
            found = Some(quoted.unwrap_or(plain).replace("\\\\", "\\"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An index with these files, each with its mode, as version 2 or 4 writes them.
    fn index(version: u32, files: &[(&str, u32)]) -> Vec<u8> {
        let mut bytes = [
            b"DIRC".as_slice(),
            &version.to_be_bytes(),
            &(files.len() as u32).to_be_bytes(),
        ]
        .concat();
        let mut before = "";
        for (name, mode) in files {
            let start = bytes.len();
            bytes.extend([0; 24]);
            bytes.extend(mode.to_be_bytes());
            bytes.extend([0; 12 + 20]);
            bytes.extend((name.len() as u16).to_be_bytes());
            if version == 4 {
                let shared = before
                    .bytes()
                    .zip(name.bytes())
                    .take_while(|(a, b)| a == b)
                    .count();
                bytes.push((before.len() - shared) as u8);
                bytes.extend(name[shared..].bytes().chain([0]));
                before = name;
            } else {
                bytes.extend(name.bytes().chain([0]));
                bytes.resize(start + (bytes.len() - start).next_multiple_of(8), 0);
            }
        }
        bytes
    }

    #[test]
    fn an_index_says_which_files_are_tracked() {
        let files = [
            (".github/a.py", 0o100_644),
            ("link", 0o120_000),
            ("sub", 0o160_000),
            ("src/längst.py", 0o100_755),
        ];
        for version in [2, 4] {
            let bytes = [
                index(version, &files),
                b"TREE\0\0\0\x01x".to_vec(),
                vec![7; 20],
            ]
            .concat();
            let (names, base) = entries(&bytes, 20).unwrap();
            assert_eq!(
                names,
                [".github/a.py".as_bytes(), "src/längst.py".as_bytes()],
                "version {version}"
            );
            assert_eq!(base, None);
            for length in 0..bytes.len() {
                let _ = entries(&bytes[..length], 20);
            }
        }
        let linked = [
            index(2, &[]),
            b"link\0\0\0\x14".to_vec(),
            vec![0xab; 20],
            vec![0; 20],
        ]
        .concat();
        assert_eq!(entries(&linked, 20).unwrap().1, Some("ab".repeat(20)));
        assert!(entries(b"DIRC\0\0\0\x09\0\0\0\0", 20).is_none());
    }

    #[test]
    fn a_configuration_names_a_file_of_rules() {
        let text = "[core]\n\tbare = false ; no\n[Core]\n  excludesFile = \"a b\"\n[remote \"core\"]\n\texcludesfile = c\n";
        assert_eq!(value(text, "core", "excludesfile").as_deref(), Some("a b"));
        assert_eq!(value(text, "core", "bare").as_deref(), Some("false"));
        assert_eq!(value(text, "core", "url"), None);
    }

    #[test]
    fn a_linked_work_tree_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().join("tree");
        fs::create_dir_all(top.join("src")).unwrap();
        fs::create_dir_all(folder.path().join("real")).unwrap();
        fs::write(top.join(".git"), "gitdir: ../real\n").unwrap();
        let tree = WorkTree::around(&top.join("src/a.py")).unwrap();
        assert_eq!(
            (tree.top.as_path(), tree.git),
            (top.as_path(), top.join("../real"))
        );
    }
}
