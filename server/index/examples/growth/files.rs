//! Source files under some folders, and a small generator of random numbers, for the examples that
//! measure.

use std::io::{Error, Result};
use std::path::{Path, PathBuf};

/// Larger files are generated more often than written.
const MAX_BYTES: u64 = 1 << 20;

/// All files of known languages under these paths, in order.
pub fn walk(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let (mut open, mut found) = (paths.to_vec(), Vec::new());
    while let Some(path) = open.pop() {
        let kept = path.symlink_metadata()?;
        if kept.is_dir() {
            for entry in std::fs::read_dir(&path)? {
                open.push(entry?.path());
            }
        } else if kept.is_file() && kept.len() <= MAX_BYTES && grammars::by_path(&path).is_some() {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() {
        Err(Error::other("no source files under these paths"))
    } else {
        Ok(found)
    }
}

/// The file's text, if it is one.
pub fn read(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// Random numbers that are the same in every run (xorshift).
pub struct Random(pub u64);

impl Random {
    /// A number below `end`, which must not be 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

/// The last character boundary at or before an offset.
pub fn border(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}
