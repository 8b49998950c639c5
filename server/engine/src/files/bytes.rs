//! The bytes of a model file, mapped from disk.

use std::fs::File;
use std::ops::Deref;
use std::path::Path;

use crate::LoadError;

/// Read-only bytes of a whole file; pages are read when they are looked at.
pub struct Bytes(memmap2::Mmap);

impl Bytes {
    /// Maps a regular file; anything else (a folder, a pipe, a device) is refused.
    pub fn map(path: &Path) -> Result<Bytes, LoadError> {
        let io = |reason| LoadError::Io {
            path: path.to_path_buf(),
            reason,
        };
        // Looked at before it is opened: opening a pipe would wait for a writer.
        let kind = std::fs::metadata(path).map_err(io)?;
        if !kind.is_file() {
            return Err(LoadError::Damaged(format!(
                "{} is not a regular file",
                path.display()
            )));
        }
        if kind.len() == 0 {
            return Err(LoadError::Damaged(format!("{} is empty", path.display())));
        }
        let file = File::open(path).map_err(io)?;
        // SAFETY: the map is read-only and lives only while the model is loaded. A file that
        // another process cuts short meanwhile ends this process, as with every program that maps
        // files; weights are copied out of it.
        let map = unsafe { memmap2::Mmap::map(&file) }.map_err(io)?;
        Ok(Bytes(map))
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
