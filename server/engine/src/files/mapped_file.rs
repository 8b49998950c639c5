//! A model file, mapped into memory.

use std::fs::File;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use memmap2::{Advice, UncheckedAdvice};

use crate::LoadError;

/// The read-only bytes of a whole file; pages are read on access.
pub struct MappedFile(memmap2::Mmap);

impl MappedFile {
    /// Maps several files.
    pub fn map_all(paths: &[PathBuf]) -> Result<Vec<MappedFile>, LoadError> {
        paths.iter().map(|path| MappedFile::map(path)).collect()
    }

    /// Maps a regular file; anything else (a folder, a pipe, a device) is refused.
    pub fn map(path: &Path) -> Result<MappedFile, LoadError> {
        let io = |reason| LoadError::Io {
            path: path.to_path_buf(),
            reason,
        };
        // Checked before it is opened: opening a pipe would wait for a writer.
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
        // SAFETY: the map is read-only and lives only while the model is loaded. If another process
        // truncates the file meanwhile, this process ends, as every program that maps files does;
        // weights are copied out of it.
        let map = unsafe { memmap2::Mmap::map(&file) }.map_err(io)?;
        Ok(MappedFile(map))
    }

    /// Announces that the file is read from the beginning to the end of each tensor, and not again:
    /// the system reads further ahead, and keeps other pages for longer than these.
    pub fn read_once(&self) {
        // If the system does not know this, it reads as always.
        let _ = self.0.advise(Advice::Sequential);
    }

    /// Takes a part that was read out of this process's memory; it comes back from the file if it
    /// is read again. Bytes of other files are left as they are.
    pub fn release(&self, part: &[u8]) {
        let from = part.as_ptr().addr().wrapping_sub(self.0.as_ptr().addr());
        if from
            .checked_add(part.len())
            .is_some_and(|end| end <= self.0.len())
        {
            // SAFETY: no one writes to the map, so its pages are as in the file.
            let _ = unsafe {
                self.0
                    .unchecked_advise_range(UncheckedAdvice::DontNeed, from, part.len())
            };
        }
    }
}

impl Deref for MappedFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
