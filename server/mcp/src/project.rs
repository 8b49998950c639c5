//! The folder that agents ask about: which of its files a tool may read, and in which state they
//! are. All rules are those of `workspace`.

use crate::{AllowedActions, McpOptions, OpenModel};
use assistant::asking::AskedFolder;
use assistant::fixing::DiskFile;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use workspace::git::GitRepositories;
use workspace::read::MAX_FILE;
use workspace::walk::{Found, Kinds};
use workspace::{FileRefusal, Unread, bytes_of, named_file};

/// How many hexadecimal digits of a hash are shown.
const HASH_DIGITS: usize = 12;
/// The most bytes of a data file of which the hash is given: it must be read once more for that.
const MAX_HASHED: u64 = 256 << 20;

/// The folder, and what is known of it.
pub(crate) struct Project {
    /// Without links.
    pub root: PathBuf,
    pub allowed: AllowedActions,
    pub asked: AskedFolder,
    pub open_model: OpenModel,
    git: GitRepositories,
}

/// A file of text as it was when it was read.
pub(crate) struct ReadFile {
    /// Relative to the folder.
    pub name: String,
    /// The start of the SHA-256 of its bytes.
    pub hash: String,
    pub file: DiskFile,
}

/// Files that were named, and those of folders that were named.
#[derive(Default)]
pub(crate) struct NamedFiles {
    pub files: Vec<Found>,
    /// Whether each was named by itself.
    pub are_named: bool,
}

impl Project {
    pub fn new(options: McpOptions) -> Self {
        let root = std::fs::canonicalize(&options.root).unwrap_or(options.root);
        Self {
            asked: AskedFolder::new(&root, options.store),
            allowed: options.allowed,
            open_model: options.open_model,
            git: GitRepositories::default(),
            root,
        }
    }

    /// The files of code that these paths mean: files, and all files of folders.
    pub fn code_files(&self, paths: &[String]) -> Result<NamedFiles, String> {
        let mut named = NamedFiles {
            are_named: true,
            ..NamedFiles::default()
        };
        let kinds = Kinds {
            are_wanted: &workspace::read::is_wanted,
            max_file: MAX_FILE,
        };
        for path in paths {
            match named_file(&self.root, &self.git, path, &kinds) {
                Ok(found) => named.files.push(found),
                Err(FileRefusal::Folder) => {
                    named.are_named = false;
                    named.files.extend(self.in_folder(path)?);
                }
                Err(refusal) => return Err(refused(path, &refusal.to_string())),
            }
        }
        let mut seen = std::collections::HashSet::new();
        named
            .files
            .retain(|file: &Found| seen.insert(file.name.clone()));
        Ok(named)
    }

    /// The files of a folder in languages that have a grammar.
    fn in_folder(&self, path: &str) -> Result<Vec<Found>, String> {
        let folder = std::fs::canonicalize(self.root.join(path));
        let folder = folder.ok().filter(|folder| folder.starts_with(&self.root));
        let Some(folder) = folder else {
            return Err(refused(path, &FileRefusal::Outside.to_string()));
        };
        let is_code = |path: &Path| grammars::by_path(path).is_some();
        let mut files = workspace::files_where(&self.root, &is_code, MAX_FILE);
        files.retain(|file| file.path.starts_with(&folder));
        if files.is_empty() {
            return Err(refused(path, "holds no file of code that may be read"));
        }
        Ok(files)
    }

    /// A data file.
    pub fn data_file(&self, path: &str) -> Result<Found, String> {
        let kinds = Kinds {
            are_wanted: &|_| true,
            max_file: u64::MAX,
        };
        let found = named_file(&self.root, &self.git, path, &kinds)
            .map_err(|refusal| refused(path, &refusal.to_string()))?;
        match bytes_of(&found.path, MAX_FILE) {
            Err(why @ Unread::Secret) => Err(unread(&found.name, why)),
            _ => Ok(found),
        }
    }

    /// The text of a file, and its hash.
    pub fn read(&self, found: &Found) -> Result<ReadFile, String> {
        let bytes = bytes_of(&found.path, MAX_FILE).map_err(|why| unread(&found.name, why))?;
        let hash = short_hash(&bytes);
        let text = String::from_utf8(bytes).map_err(|_| unread(&found.name, Unread::Binary))?;
        let file = DiskFile::of(&found.path, &found.name, text)
            .map_err(|error| refused(&found.name, &error.to_string()))?;
        Ok(ReadFile {
            name: found.name.clone(),
            hash,
            file,
        })
    }

    /// The hash of a file as it is now, and its bytes; `None` if it may not or cannot be read.
    pub fn state(&self, name: &str) -> Option<(String, Vec<u8>)> {
        let bytes = bytes_of(&self.root.join(name), MAX_FILE).ok()?;
        Some((short_hash(&bytes), bytes))
    }
}

/// The start of the SHA-256 of bytes; `sha256sum` gives the same.
pub(crate) fn short_hash(bytes: &[u8]) -> String {
    digits(&Sha256::digest(bytes))
}

/// The hash of a file of any size up to [`MAX_HASHED`].
pub(crate) fn hash_of_file(path: &Path) -> Option<String> {
    let mut file = std::fs::File::open(path).ok()?;
    if file.metadata().ok()?.len() > MAX_HASHED {
        return None;
    }
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match std::io::Read::read(&mut file, &mut buffer).ok()? {
            0 => return Some(digits(&hash.finalize())),
            count => hash.update(&buffer[..count]),
        }
    }
}

fn digits(hash: &[u8]) -> String {
    let mut digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.truncate(HASH_DIGITS);
    digits
}

/// A sentence about a path that is not read.
pub(crate) fn refused(path: &str, why: &str) -> String {
    let shown: String = path.chars().take(120).collect();
    format!("`{shown}` {why}")
}

fn unread(name: &str, why: Unread) -> String {
    let why = match why {
        Unread::Unreadable => "cannot be read",
        Unread::Large => "is larger than 1 MiB",
        Unread::Binary => "is no text in UTF-8",
        Unread::Minified => "is not read: a program wrote it",
        Unread::Secret => "is not read: it holds a secret",
    };
    refused(name, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_the_start_of_the_usual_one() {
        assert_eq!(short_hash(b"abc"), "ba7816bf8f01");
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"abc").unwrap();
        assert_eq!(hash_of_file(file.path()).as_deref(), Some("ba7816bf8f01"));
    }
}
