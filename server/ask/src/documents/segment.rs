//! The passages of some files and the terms in them, compact and immutable.
//!
//! A posting is the distance to the passage before it and one byte: how much of the term the
//! passage has, summed over its fields with their weights and normalised by their lengths (BM25F,
//! Robertson, Zaragoza and Taylor 2004). The mean lengths are constants, so that a segment does not
//! depend on the others. Segments are merged without the texts.

use super::cut::{FIELDS, Field, Passage, PassageKind};
use super::{Switches, words};
use std::ops::Range;

/// A weight of 1 as a byte.
const UNIT: f32 = 16.0;

/// How a field counts: its weight, its usual length, and how much the length matters.
struct FieldWeight(f32, f32, f32);

/// In the order of [`Field`].
const PROSE: [FieldWeight; FIELDS] = [
    FieldWeight(3.0, 4.0, 0.3),
    FieldWeight(1.0, 8.0, 0.5),
    FieldWeight(1.0, 10.0, 0.5),
    FieldWeight(1.5, 20.0, 0.5),
    FieldWeight(1.0, 100.0, 0.6),
    FieldWeight(0.8, 5.0, 0.3),
];
const CODE: [FieldWeight; FIELDS] = [
    FieldWeight(3.5, 3.0, 0.3),
    FieldWeight(2.5, 3.0, 0.3),
    FieldWeight(1.5, 12.0, 0.5),
    FieldWeight(2.0, 20.0, 0.5),
    FieldWeight(1.0, 60.0, 0.6),
    FieldWeight(0.8, 5.0, 0.3),
];

/// Where a passage is.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub line: u32,
    pub kind: PassageKind,
}

/// A file of a segment.
#[derive(Clone)]
pub(crate) struct ReadFile {
    pub path: Box<str>,
    pub stamp: u64,
    /// The number of its first passage; the next file's begins where its own end.
    pub first: u32,
    pub is_live: bool,
}

/// Passages that are searched together.
#[derive(Default)]
pub(crate) struct Segment {
    /// Sorted by path.
    pub files: Vec<ReadFile>,
    pub rows: Vec<Row>,
    /// Hashes of terms, ascending.
    hashes: Vec<u32>,
    /// Where the postings of each term begin, and the end of the last.
    starts: Vec<u32>,
    postings: Vec<u8>,
}

/// A term in a passage, ordered by term: the term's hash, the number of the passage and its weight.
type Found = (u32, u32, u8);

/// Collects the passages of files, in the order of their paths.
#[derive(Default)]
pub(crate) struct SegmentBuilder {
    segment: Segment,
    found: Vec<Found>,
    switches: Switches,
}

impl SegmentBuilder {
    pub(crate) fn new(switches: Switches) -> Self {
        Self {
            switches,
            ..Self::default()
        }
    }

    /// Adds the passages of a file.
    pub(crate) fn push(&mut self, path: &str, stamp: u64, text: &str, passages: &[Passage]) {
        let first = self.segment.rows.len() as u32;
        for passage in passages {
            self.push_terms(path, text, passage);
            self.segment.rows.push(Row {
                line: passage.lines.start as u32,
                kind: passage.kind,
            });
        }
        self.segment.files.push(ReadFile {
            path: path.into(),
            stamp,
            first,
            is_live: true,
        });
    }

    fn push_terms(&mut self, path: &str, text: &str, passage: &Passage) {
        let mut counts: Vec<(u32, usize)> = Vec::new();
        let mut lengths = [0_usize; FIELDS];
        let mut add = |field: Field, part: &str| {
            let field = match self.switches.fields {
                true => field as usize,
                false => Field::Body as usize,
            };
            words::terms(part, self.switches, |term| {
                counts.push((term, field));
                lengths[field] += 1;
            });
        };
        let slice = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default();
        add(Field::Name, slice(&passage.name));
        if self.switches.parents {
            passage
                .parents
                .iter()
                .for_each(|one| add(Field::Parents, slice(one)));
            add(Field::Path, path);
        }
        passage
            .fields
            .iter()
            .for_each(|(field, range)| add(*field, slice(range)));
        counts.sort_unstable();
        let weights = match passage.kind {
            PassageKind::Section => &PROSE,
            _ => &CODE,
        };
        let number = self.segment.rows.len() as u32;
        let weight = |field: usize, count: usize| {
            let FieldWeight(weight, usual, slope) = weights[field];
            let length = lengths[field] as f32 / usual;
            weight * count as f32 / (1.0 - slope + slope * length)
        };
        for same in counts.chunk_by(|a, b| a.0 == b.0) {
            let fields = same.chunk_by(|a, b| a.1 == b.1);
            let sum: f32 = fields.map(|field| weight(field[0].1, field.len())).sum();
            let byte = (sum * UNIT).round().clamp(1.0, 255.0) as u8;
            self.found.push((same[0].0, number, byte));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.segment.files.is_empty()
    }

    /// How many terms were collected.
    pub(crate) fn size(&self) -> usize {
        self.found.len()
    }

    pub(crate) fn finish(mut self) -> Segment {
        self.found.sort_unstable();
        let mut segment = self.segment;
        segment.encode(self.found.into_iter());
        segment
    }
}

impl Segment {
    /// Stores postings that come in the order of their terms and passages.
    fn encode(&mut self, found: impl Iterator<Item = Found>) {
        let mut last = 0;
        for (term, passage, weight) in found {
            if self.hashes.last() != Some(&term) {
                self.hashes.push(term);
                self.starts.push(self.postings.len() as u32);
                last = 0;
            }
            let mut distance = passage - last;
            last = passage;
            while distance >= 0x80 {
                self.postings.push(distance as u8 | 0x80);
                distance >>= 7;
            }
            self.postings.extend([distance as u8, weight]);
        }
        self.starts.push(self.postings.len() as u32);
        self.hashes.shrink_to_fit();
        self.starts.shrink_to_fit();
        self.postings.shrink_to_fit();
        self.rows.shrink_to_fit();
    }

    /// The passages with a term and how much they have of it.
    pub(crate) fn postings(&self, term: u32) -> impl Iterator<Item = (u32, f32)> {
        let at = self.hashes.binary_search(&term).ok();
        self.postings_at(at.unwrap_or(self.hashes.len()))
            .map(|(passage, weight)| (passage, f32::from(weight) / UNIT))
    }

    fn postings_at(&self, term: usize) -> impl Iterator<Item = (u32, u8)> {
        let bound = |at: usize| self.starts.get(at).map_or(0, |start| *start as usize);
        let range = bound(term)..bound(term + 1).max(bound(term));
        let mut bytes = self.postings[range].iter();
        let mut passage = 0;
        std::iter::from_fn(move || {
            let mut shift = 0;
            loop {
                let byte = *bytes.next()?;
                passage += u32::from(byte & 0x7f) << shift;
                if byte < 0x80 {
                    return Some((passage, *bytes.next()?));
                }
                shift += 7;
            }
        })
    }

    /// The file of a passage.
    pub(crate) fn file_of(&self, passage: u32) -> Option<&ReadFile> {
        let after = self.files.partition_point(|file| file.first <= passage);
        self.files.get(after.checked_sub(1)?)
    }

    /// The number of a passage within its file.
    pub(crate) fn number_in_file(&self, passage: u32) -> usize {
        let file = self.file_of(passage);
        file.map_or(0, |file| (passage - file.first) as usize)
    }

    /// The live file at a path.
    pub(crate) fn live_file(&self, path: &str) -> Option<usize> {
        let found = self.files.binary_search_by(|file| (*file.path).cmp(path));
        found.ok().filter(|at| self.files[*at].is_live)
    }

    fn passages_of(&self, file: usize) -> Range<u32> {
        let end = self.files.get(file + 1).map(|next| next.first);
        self.files[file].first..end.unwrap_or(self.rows.len() as u32)
    }

    /// How many passages its live files have.
    pub(crate) fn live_passages(&self) -> usize {
        let live = (0..self.files.len()).filter(|file| self.files[*file].is_live);
        live.map(|file| self.passages_of(file).len()).sum()
    }

    /// One segment with the live files of several.
    pub(crate) fn merge(parts: &[Self]) -> Self {
        let numbered = |part: usize| (0..parts[part].files.len()).map(move |file| (part, file));
        let mut files: Vec<(usize, usize)> = (0..parts.len()).flat_map(numbered).collect();
        files.retain(|(part, file)| parts[*part].files[*file].is_live);
        files.sort_by_key(|(part, file)| &parts[*part].files[*file].path);
        let mut merged = Self::default();
        let rows = |part: &Self| vec![u32::MAX; part.rows.len()];
        let mut moved: Vec<Vec<u32>> = parts.iter().map(rows).collect();
        for (part, file) in files {
            let first = merged.rows.len() as u32;
            for passage in parts[part].passages_of(file) {
                moved[part][passage as usize] = merged.rows.len() as u32;
                merged.rows.push(parts[part].rows[passage as usize]);
            }
            let file = parts[part].files[file].clone();
            merged.files.push(ReadFile { first, ..file });
        }
        merged.encode_merged(parts, &moved);
        merged
    }

    fn encode_merged(&mut self, parts: &[Self], moved: &[Vec<u32>]) {
        let mut at = vec![0; parts.len()];
        let mut same: Vec<Found> = Vec::new();
        let terms = std::iter::from_fn(|| {
            let next = |part: usize, at: &[usize]| parts[part].hashes.get(at[part]).copied();
            let term = (0..parts.len()).filter_map(|part| next(part, &at)).min()?;
            same.clear();
            for part in 0..parts.len() {
                if next(part, &at) != Some(term) {
                    continue;
                }
                for (passage, weight) in parts[part].postings_at(at[part]) {
                    let passage = moved[part][passage as usize];
                    same.extend((passage != u32::MAX).then_some((term, passage, weight)));
                }
                at[part] += 1;
            }
            same.sort_unstable();
            Some(same.clone())
        });
        self.encode(terms.flatten());
    }

    /// The bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        let paths: usize = self.files.iter().map(|file| file.path.len()).sum();
        paths
            + self.files.len() * size_of::<ReadFile>()
            + self.rows.len() * size_of::<Row>()
            + (self.hashes.len() + self.starts.len()) * 4
            + self.postings.len()
    }
}
