//! How large an index is, for the status page and for measurements.

use crate::Index;
use crate::segment::{File, Row, Segment};

/// Numbers about an index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// How many files live.
    pub files: usize,
    /// The lines of those whose text is kept.
    pub lines: usize,
    /// The bytes of their texts.
    pub text_bytes: usize,
    /// How many segments there are.
    pub segments: usize,
    /// How many definitions there are, with those of dead files.
    pub definitions: usize,
    /// Estimated bytes of memory by part, with dead files.
    pub memory: Vec<(&'static str, usize)>,
}

impl Statistics {
    /// The estimated bytes of memory of all parts.
    pub fn memory_bytes(&self) -> usize {
        self.memory.iter().map(|(_, bytes)| bytes).sum()
    }
}

impl Index {
    /// Counts; reads all texts once (40 MB in some milliseconds).
    pub fn statistics(&self) -> Statistics {
        let mut counted = Statistics {
            segments: self.parts.len(),
            ..Statistics::default()
        };
        let mut memory = [
            ("texts", 0),
            ("places", 0),
            ("definitions", 0),
            ("postings", 0),
            ("files", 0),
        ];
        for part in &self.parts {
            let segment = &*part.segment;
            for (number, file) in segment
                .files
                .iter()
                .enumerate()
                .filter(|(number, _)| part.lives(*number))
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

/// Bytes of texts, places, definitions, postings and files.
fn bytes(segment: &Segment) -> [usize; 5] {
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
        segment.places.capacity() * size_of::<u32>(),
        segment.symbols.capacity() * size_of::<Row>() + names * size_of::<(u32, u32)>(),
        lists
            .iter()
            .map(|list| list.capacity() * size_of::<u32>())
            .sum(),
        segment.files.capacity() * (size_of::<File>() + 1) + paths,
    ]
}
