//! A segment of an index together with the tombstones of its files.

use crate::Symbol;
use crate::segment::{IndexSegment, SymbolRow};
use std::sync::Arc;

/// A segment and which of its files are live.
#[derive(Clone)]
pub(crate) struct LiveSegment {
    pub segment: Arc<IndexSegment>,
    live: Arc<[bool]>,
    /// The bytes of text of its live files.
    pub live_bytes: usize,
}

impl LiveSegment {
    pub(crate) fn new(segment: IndexSegment, live: Vec<bool>) -> Self {
        let files = segment.files.iter().zip(&live);
        let live_bytes = files
            .filter(|(_, is_live)| **is_live)
            .map(|(file, _)| file.bytes())
            .sum();
        Self {
            segment: Arc::new(segment),
            live: live.into(),
            live_bytes,
        }
    }

    pub(crate) fn is_live(&self, file: usize) -> bool {
        self.live.get(file).is_some_and(|is_live| *is_live)
    }

    /// Marks a file as removed.
    pub(crate) fn tombstone(&mut self, path: &str) {
        let Some(file) = self
            .segment
            .file_at(path)
            .filter(|file| self.is_live(*file))
        else {
            return;
        };
        let mut live = self.live.to_vec();
        live[file] = false;
        self.live = live.into();
        let bytes = self.segment.files[file].bytes();
        self.live_bytes = self.live_bytes.saturating_sub(bytes);
    }

    /// A symbol of this segment, if its file is live.
    pub(crate) fn live_symbol(&self, row: &SymbolRow) -> Option<Symbol> {
        let file = self.segment.file_of(row.name.at as usize + 1)?;
        self.is_live(file).then(|| self.segment.symbol(file, row))
    }

    /// Path and stamp of its live files.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, u64)> {
        let files = self.segment.files.iter().zip(&*self.live);
        files
            .filter(|(_, is_live)| **is_live)
            .map(|(file, _)| (&*file.path, file.stamp))
    }

    /// Path and stamp of its live files that are indexed whole.
    pub(crate) fn own_files(&self) -> impl Iterator<Item = (&str, u64)> {
        let files = self.segment.files.iter().zip(&*self.live);
        files
            .filter(|(file, is_live)| **is_live && !file.signatures_only)
            .map(|(file, _)| (&*file.path, file.stamp))
    }

    /// Whether some of its files were replaced or removed.
    pub(crate) fn has_tombstones(&self) -> bool {
        self.live.contains(&false)
    }

    /// Whether at least a third of it is tombstoned.
    pub(crate) fn has_much_waste(&self) -> bool {
        self.live_bytes * 3 < self.segment.text.len() * 2
    }

    /// Whether any of its files is live.
    pub(crate) fn is_any_live(&self) -> bool {
        self.live.contains(&true)
    }
}
