//! A copy of a workspace in the room of its checks, brought up to date before each run: only what
//! changed is copied.
//!
//! What git ignores and what is secret stays out, as it does everywhere; folders of installed
//! packages are reached by links, through which nothing can be written. A lock keeps two servers
//! from one copy. Too large a workspace is refused.

use crate::sandbox::Workdir;
use anyhow::{Context, bail};
use ignore::WalkBuilder;
use std::collections::HashSet;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};
use workspace::{is_project, secrets};

/// The folder of the copy in its room.
pub const TREE: &str = "tree";
/// The most files and bytes that are copied.
const MAX_FILES: usize = 20_000;
const MAX_BYTES: u64 = 256 << 20;
/// Larger files are left out.
const MAX_FILE: u64 = 16 << 20;
/// Folders of installed packages at the root of a workspace, which checkers look into.
const PACKAGES: &[&str] = &["node_modules", ".venv", "venv"];
/// Files that matter to checkers even where git ignores them.
const LOCKS: &[&str] = &["Cargo.lock"];
/// How long another server may hold the lock, and how often it is tried.
const LOCK_WAIT: Duration = Duration::from_secs(2);
const LOCK_TRY: Duration = Duration::from_millis(20);
/// Copies that were not used for so long are deleted.
const UNUSED: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// A copy that no other process uses while this lives.
pub struct Overlay {
    /// Names the state of the files.
    pub stamp: u64,
    _lock: File,
}

impl Overlay {
    /// Makes the copy in `room` equal to the workspace at `root`.
    pub fn of(room: &Workdir, root: &Path) -> anyhow::Result<Self> {
        if !is_project(root) {
            bail!(
                "{} is a whole disk or a home folder, which is never copied",
                root.display()
            );
        }
        let lock = lock(&room.path().join("lock"))?;
        // The folder counts as used.
        lock.set_modified(SystemTime::now())?;
        let files = files(root)?;
        let mut state = DefaultHasher::new();
        let tree = room.path().join(TREE);
        room.make(&tree)?;
        for file in &files {
            (&file.inside, file.bytes, file.modified).hash(&mut state);
            file.copy(room, root, &tree.join(&file.inside))?;
        }
        let kept: HashSet<PathBuf> = files.into_iter().map(|file| file.inside).collect();
        forget(&tree, &tree, &kept)?;
        for name in PACKAGES.iter().filter(|name| root.join(name).is_dir()) {
            link(&root.join(name), &tree.join(name))?;
        }
        Ok(Self {
            stamp: state.finish(),
            _lock: lock,
        })
    }

    /// Puts a text in the place of a file; the next copy takes it back.
    pub fn put(&self, room: &Workdir, inside: &Path, text: &str) -> anyhow::Result<()> {
        let name = Path::new(TREE).join(inside);
        let there = fs::read(room.path().join(&name)).is_ok_and(|old| old == text.as_bytes());
        if there {
            Ok(())
        } else {
            room.write(name, text)
        }
    }
}

/// Opens the lock of a copy and takes it; the error says that another server has it.
fn lock(path: &Path) -> anyhow::Result<File> {
    let file = File::create(path)?;
    let start = Instant::now();
    while let Err(error) = file.try_lock() {
        if start.elapsed() > LOCK_WAIT {
            return Err(error).context("another nigh process is checking this workspace");
        }
        std::thread::sleep(LOCK_TRY);
    }
    Ok(file)
}

/// A file of the workspace.
struct Original {
    inside: PathBuf,
    bytes: u64,
    modified: SystemTime,
}

impl Original {
    /// Copies it unless the copy is as new and as long.
    fn copy(&self, room: &Workdir, root: &Path, to: &Path) -> anyhow::Result<()> {
        let same = |data: &fs::Metadata| {
            data.len() == self.bytes
                && data
                    .modified()
                    .is_ok_and(|modified| modified == self.modified)
        };
        if fs::symlink_metadata(to).is_ok_and(|data| data.is_file() && same(&data)) {
            return Ok(());
        }
        let from = root.join(&self.inside);
        let copy = || {
            room.make(to.parent().unwrap_or(to))?;
            if to.exists() {
                fs::remove_file(to)?;
            }
            fs::copy(&from, to)?;
            File::options()
                .append(true)
                .open(to)?
                .set_modified(self.modified)
        };
        // A file that vanished meanwhile is none of the workspace any more.
        match copy() {
            Err(_) if !from.exists() => Ok(()),
            result => result.with_context(|| format!("cannot copy {}", from.display())),
        }
    }
}

/// The files of a workspace that are copied. The error says that there are too many.
fn files(root: &Path) -> anyhow::Result<Vec<Original>> {
    let mut builder = WalkBuilder::new(root);
    builder
        .require_git(false)
        .follow_links(false)
        .hidden(false)
        .filter_entry(|entry| entry.file_name() != ".git");
    let walked = builder
        .build()
        .filter_map(Result::ok)
        .map(ignore::DirEntry::into_path);
    let mut paths: Vec<PathBuf> = walked.collect();
    let locks: Vec<PathBuf> = LOCKS
        .iter()
        .map(|name| root.join(name))
        .filter(|path| path.is_file() && !paths.contains(path))
        .collect();
    paths.extend(locks);
    let (mut files, mut bytes) = (Vec::new(), 0);
    for path in paths {
        let Ok(data) = fs::symlink_metadata(&path) else {
            continue;
        };
        let inside = path.strip_prefix(root).unwrap_or(&path).to_owned();
        if !data.is_file() || data.len() > MAX_FILE || secrets::in_path(&inside.to_string_lossy()) {
            continue;
        }
        bytes += data.len();
        files.push(Original {
            inside,
            bytes: data.len(),
            modified: data.modified()?,
        });
        if files.len() > MAX_FILES || bytes > MAX_BYTES {
            let megabytes = MAX_BYTES >> 20;
            bail!(
                "the workspace is too large to copy: more than {MAX_FILES} files or {megabytes} MB"
            );
        }
    }
    Ok(files)
}

/// Removes from the copy what is not among `kept`.
fn forget(tree: &Path, folder: &Path, kept: &HashSet<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let (path, kind) = entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)))?;
        if kind.is_dir() {
            forget(tree, &path, kept)?;
        } else if !path
            .strip_prefix(tree)
            .is_ok_and(|inside| kept.contains(inside))
        {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

/// Programs run on Linux only.
#[cfg(not(unix))]
fn link(_from: &Path, _to: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Deletes the copies in `folder` that were not used for long.
pub fn clean(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let used = fs::metadata(entry.path().join("lock")).and_then(|data| data.modified());
        if used.is_ok_and(|used| used.elapsed().unwrap_or_default() > UNUSED) {
            let removed = fs::remove_dir_all(entry.path());
            tracing::info!(removed = removed.is_ok(), "an old copy of a workspace");
        }
    }
}
