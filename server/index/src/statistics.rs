//! How large an index is, for the status page and for measurements.

use crate::Index;
use crate::segment::{IndexSegment, IndexedFile, SymbolRow};

/// Numbers about an index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Live files.
    pub files: usize,
    /// Lines of those whose text is indexed.
    pub lines: usize,
    /// Bytes of their texts.
    pub text_bytes: usize,
    /// Segments.
    pub segments: usize,
    /// Definitions, including those of tombstoned files.
    pub definitions: usize,
    /// Estimated bytes of memory by part, including tombstoned files.
    pub memory: Vec<(&'static str, usize)>,
}

impl Statistics {
    /// The estimated bytes of memory of all parts.
    pub fn memory_bytes(&self) -> usize {
        self.memory.iter().map(|(_, bytes)| bytes).sum()
    }
}

impl Index {
    /// Computes the statistics; reads all texts once (40 MB in some milliseconds).
    pub fn statistics(&self) -> Statistics {
        let mut counted = Statistics {
            segments: self.segments.len(),
            ..Statistics::default()
        };
        let mut memory = [
            ("texts", 0),
            ("places", 0),
            ("definitions", 0),
            ("postings", 0),
            ("files", 0),
        ];
        for part in &self.segments {
            let segment = &*part.segment;
            for (number, file) in segment
                .files
                .iter()
                .enumerate()
                .filter(|(number, _)| part.is_live(*number))
            {
                counted.files += 1;
                if !segment.files[number].signatures_only {
                    counted.lines += segment.slice(file.text).lines().count();
                    counted.text_bytes += file.text.length as usize;
                }
            }
            counted.definitions += segment.symbols.len();
            memory
                .iter_mut()
                .zip(bytes(segment))
                .for_each(|((_, sum), bytes)| *sum += bytes);
        }
        counted.memory = memory.to_vec();
        counted
    }
}

/// Bytes of texts, suffix array, definitions, postings and files.
fn bytes(segment: &IndexSegment) -> [usize; 5] {
    let terms = &segment.terms;
    let names = segment.by_name.capacity() + segment.by_container.capacity();
    let lists = [
        &terms.hashes,
        &terms.starts,
        &terms.postings,
        &terms.lengths,
        &segment.chunks,
    ];
    let paths: usize = segment.files.iter().map(|file| file.path.len()).sum();
    [
        segment.text.capacity(),
        segment.suffixes.capacity() * size_of::<u32>(),
        segment.symbols.capacity() * size_of::<SymbolRow>() + names * size_of::<(u32, u32)>(),
        lists
            .iter()
            .map(|list| list.capacity() * size_of::<u32>())
            .sum(),
        segment.files.capacity() * (size_of::<IndexedFile>() + 1) + paths,
    ]
}
