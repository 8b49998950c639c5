//! Small files that nigh keeps for its user between sessions: where they are, and how several
//! servers share one.
//!
//! `learning/` and `dismissed.rs` use it. A change is made under a lock next to the file: the file
//! is read, a changed one is written and renamed over it. So no server loses what another one
//! wrote, and no crash leaves half a file. Only the user may read these files.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long another server may hold the lock.
const LOCK_WAIT: Duration = Duration::from_secs(2);
/// How often the lock is tried.
const LOCK_TRY: Duration = Duration::from_millis(10);

/// The folder of such files on this system; `None` if the system does not say where they go.
pub fn folder() -> Option<PathBuf> {
    let folder = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let state = if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        folder("HOME").map(|home| home.join("AskIndex/Application Support"))
    } else {
        folder("XDG_STATE_HOME").or_else(|| folder("HOME").map(|home| home.join(".local/state")))
    };
    Some(state?.join("nigh"))
}

/// The path of a file next to another one, with a longer name.
pub fn sibling_path(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}

/// Takes the lock of a file, whose folder is made if it is not there; it is given back when the
/// answer is dropped.
pub fn lock(path: &Path) -> io::Result<File> {
    workspace::make_private_folder(
        path.parent()
            .ok_or_else(|| io::Error::other("the file is in no folder"))?,
    )?;
    let path = sibling_path(path, "lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)?;
    let start = Instant::now();
    while let Err(error) = file.try_lock() {
        if start.elapsed() > LOCK_WAIT {
            return Err(io::Error::other(format!(
                "{} is locked by another program: {error}",
                path.display()
            )));
        }
        std::thread::sleep(LOCK_TRY);
    }
    Ok(file)
}

/// Replaces a file in one step.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path
        .parent()
        .ok_or_else(|| io::Error::other("the file is in no folder"))?;
    let mut file = tempfile::Builder::new()
        .prefix(".nigh")
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
