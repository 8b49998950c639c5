//! Indexes kept on disk between sessions, in the user's cache folder: one file per workspace.
//!
//! A file is a line that names its workspace, followed by the index as the index itself writes it.
//! A new file is written next to the old one and renamed over it; one that cannot be read stays
//! until it is replaced. The folder is private to the user.

use super::roots::Roots;
use crate::stable_hash::stable_hash;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Files that were not used for so long are deleted.
const MAX_AGE: Duration = Duration::from_secs(60 * 24 * 60 * 60);
/// The most bytes of all files; the ones used longest ago go first.
const MAX_BYTES: u64 = 2 << 30;
/// The ending of the files' names.
const ENDING: &str = "idx";

/// The folder of stored indexes, or none, where nothing is stored.
#[derive(Clone, Debug, Default)]
pub struct Store(Option<PathBuf>);

impl Store {
    /// The store in this folder; the folder is made when something is stored.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self(Some(folder.into()))
    }

    /// The store in the user's cache folder.
    pub fn of_user() -> Self {
        Self(cache_folder().map(|folder| folder.join("nigh").join("index")))
    }

    /// Where files are kept.
    pub fn folder(&self) -> Option<&Path> {
        self.0.as_deref()
    }

    /// What was stored for a workspace. The file counts as used now.
    pub fn load(&self, roots: &Roots) -> Option<Vec<u8>> {
        let path = self.path(roots)?;
        self.forget_older(roots);
        let mut bytes = fs::read(&path).ok()?;
        let head = head(roots);
        if !bytes.starts_with(&head) {
            tracing::info!("the stored index is another workspace's or damaged; it is rebuilt");
            return None;
        }
        let used = File::options()
            .append(true)
            .open(&path)
            .and_then(|file| file.set_modified(SystemTime::now()));
        if let Err(error) = used {
            tracing::debug!(%error, "a stored index cannot be marked as used");
        }
        bytes.drain(..head.len());
        Some(bytes)
    }

    /// Stores what `write` writes for a workspace, all or nothing.
    pub fn save(
        &self,
        roots: &Roots,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let (Some(folder), Some(path)) = (&self.0, self.path(roots)) else {
            return Ok(());
        };
        make_private_folder(folder)?;
        let mut file = BufWriter::with_capacity(1 << 18, tempfile::NamedTempFile::new_in(folder)?);
        file.write_all(&head(roots))?;
        write(&mut file)?;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.persist(path)?;
        Ok(())
    }

    /// Deletes files that were not used for long, and the oldest where there are too many bytes.
    pub fn clean(&self) {
        let mut files = self.files();
        files.sort_by_key(|(used, ..)| std::cmp::Reverse(*used));
        let mut kept = 0;
        for (used, bytes, path) in files {
            let age = used.elapsed().unwrap_or_default();
            if age > MAX_AGE || kept + bytes > MAX_BYTES {
                let removed = fs::remove_file(&path);
                tracing::info!(removed = removed.is_ok(), "an old stored index");
            } else {
                kept += bytes;
            }
        }
    }

    /// How many workspaces are stored, and in how many bytes.
    pub fn size(&self) -> (usize, u64) {
        let files = self.files();
        (files.len(), files.iter().map(|(_, bytes, _)| bytes).sum())
    }

    /// Our files: when each was used, its size, its path.
    fn files(&self) -> Vec<(SystemTime, u64, PathBuf)> {
        let entries = self
            .0
            .iter()
            .filter_map(|folder| fs::read_dir(folder).ok())
            .flatten();
        let file = |entry: io::Result<fs::DirEntry>| {
            let (path, metadata) = (entry.as_ref().ok()?.path(), entry.ok()?.metadata().ok()?);
            Some((metadata.modified().ok()?, metadata.len(), path))
        };
        entries
            .filter_map(file)
            .filter(|(_, _, path)| is_ours(path))
            .collect()
    }

    fn path(&self, roots: &Roots) -> Option<PathBuf> {
        (roots.folders().next().is_some()).then_some(())?;
        Some(
            self.0
                .as_ref()?
                .join(format!("{:016x}.{ENDING}", stable_hash(&[&head(roots)]))),
        )
    }

    /// Deletes what an older nigh stored, whose names and states came from a hash that differs
    /// between builds.
    fn forget_older(&self, roots: &Roots) {
        let Some(folder) = &self.0 else { return };
        let mut hasher = DefaultHasher::new();
        format!("nigh index of {}\n", folders(roots))
            .into_bytes()
            .hash(&mut hasher);
        let older = folder.join(format!("{:016x}.{ENDING}", hasher.finish()));
        if fs::remove_file(older).is_ok() {
            tracing::info!("the stored index is an older nigh's; it is rebuilt");
        }
    }
}

/// Names the workspace that a file belongs to, after the version of how files are named and states
/// are computed.
fn head(roots: &Roots) -> Vec<u8> {
    format!("nigh index 2 of {}\n", folders(roots)).into_bytes()
}

fn folders(roots: &Roots) -> String {
    let folders: Vec<_> = roots
        .folders()
        .map(|folder| folder.to_string_lossy().replace(['\n', '\t'], " "))
        .collect();
    folders.join("\t")
}

/// Stored indexes, and what an interrupted write left.
fn is_ours(path: &Path) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    name.starts_with(".tmp") || path.extension().is_some_and(|ending| ending == ENDING)
}

/// Makes a folder, and those around it, that only the user may look into.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The user's folder for what can be made again.
pub fn cache_folder() -> Option<PathBuf> {
    let variable = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let home = |inside: &str| std::env::home_dir().map(|home| home.join(inside));
    if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        home("Library/Caches")
    } else {
        variable("XDG_CACHE_HOME").or_else(|| home(".cache"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(folder: &Path) -> Vec<PathBuf> {
        fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect()
    }

    #[test]
    fn what_is_stored_is_loaded_for_the_same_workspace_only() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path().join("nigh/index"));
        let (roots, others) = (Roots::single("/w/a"), Roots::single("/w/b"));
        assert_eq!(store.load(&roots), None);
        store.save(&roots, |file| file.write_all(b"one")).unwrap();
        store.save(&roots, |file| file.write_all(b"two")).unwrap();
        assert_eq!(
            (store.load(&roots).as_deref(), store.load(&others)),
            (Some(&b"two"[..]), None)
        );
        assert_eq!(stored(store.folder().unwrap()).len(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = store
                .folder()
                .unwrap()
                .metadata()
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o700);
        }
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_rest() {
        let folder = tempfile::tempdir().unwrap();
        let (store, roots) = (Store::at(folder.path()), Roots::single("/w/a"));
        store.save(&roots, |file| file.write_all(b"one")).unwrap();
        let failed = store.save(&roots, |file| {
            file.write_all(b"half")?;
            Err(io::Error::other("no room"))
        });
        assert!(failed.is_err());
        assert_eq!(store.load(&roots).as_deref(), Some(&b"one"[..]));
        assert_eq!(stored(folder.path()).len(), 1);
    }

    #[test]
    fn a_file_with_another_head_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let (store, roots) = (Store::at(folder.path()), Roots::single("/w/a"));
        store.save(&roots, |file| file.write_all(b"one")).unwrap();
        fs::write(&stored(folder.path())[0], b"nigh").unwrap();
        assert_eq!(store.load(&roots), None);
    }

    #[test]
    fn old_files_are_deleted_and_only_ours() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path());
        store.save(&Roots::single("/w/new"), |_| Ok(())).unwrap();
        for name in ["old.idx", ".tmpOld", "other.txt"] {
            let file = File::create(folder.path().join(name)).unwrap();
            file.set_modified(SystemTime::now() - MAX_AGE - Duration::from_secs(60))
                .unwrap();
        }
        store.clean();
        assert!(store.load(&Roots::single("/w/new")).is_some());
        assert!(folder.path().join("other.txt").exists());
        assert_eq!(stored(folder.path()).len(), 2);
    }

    #[test]
    fn nothing_is_stored_without_a_folder_or_a_workspace() {
        assert!(
            Store::default()
                .save(&Roots::single("/w/a"), |_| Ok(()))
                .is_ok()
        );
        let folder = tempfile::tempdir().unwrap();
        Store::at(folder.path())
            .save(&Roots::default(), |_| Ok(()))
            .unwrap();
        assert!(stored(folder.path()).is_empty());
    }
}
