//! An immutable segment of the index: some files with all their lookup structures. `Index` is a
//! list of these.
//!
//! All strings of a segment are ranges of its one text. Of a file with `signatures_only`, the text
//! has just the headers of definitions, one per line. Parsing costs most, so
//! [`IndexSegment::build`] is a plain function that several threads may call; `merge` makes one
//! segment of several without parsing again. Ranges are looked up safely, so a wrong one in a
//! stored index finds nothing.

use crate::SourceFile;
use crate::extract::{ExtractedSymbol, extract};
use crate::inverted_index::InvertedIndex;
use crate::lexemes::hash;
use crate::suffix_array;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// Most bytes of text in a segment: larger ones are not merged, and files are spread over several
/// when built.
pub(crate) const MAX_TEXT: usize = 5 << 20;
/// Largest file that is indexed, in bytes.
pub(crate) const MAX_FILE: usize = 32 << 20;

/// A range of the segment's text or of one of its lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub at: u32,
    pub length: u32,
}

impl Span {
    pub(crate) fn new(range: Range<usize>) -> Self {
        Self {
            at: range.start as u32,
            length: range.len() as u32,
        }
    }

    pub(crate) fn range(self) -> Range<usize> {
        self.at as usize..self.at as usize + self.length as usize
    }

    fn moved(self, by: usize) -> Self {
        Self {
            at: self.at.wrapping_add(by as u32),
            ..self
        }
    }
}

/// One file of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexedFile {
    pub path: Box<str>,
    pub stamp: u64,
    pub signatures_only: bool,
    /// Its part of the text; the next file's begins where it ends.
    pub text: Span,
    /// Its rows of `symbols`.
    pub symbols: Span,
    /// Its entries of `chunks`.
    pub chunks: Span,
}

impl IndexedFile {
    /// Bytes of its text and its path.
    pub(crate) fn bytes(&self) -> usize {
        self.text.length as usize + self.path.len()
    }
}

/// One definition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SymbolRow {
    pub name: Span,
    pub header: Span,
    pub note: Span,
    pub container: Span,
    /// Its line in its file, counted from 0.
    pub line: u32,
    /// How many lines it has.
    pub lines: u32,
    /// An entry of `kinds`.
    pub kind: u32,
}

/// Some files with all their lookup structures; immutable.
#[derive(Default)]
pub struct IndexSegment {
    pub(crate) text: String,
    /// Sorted by path, which is also the order of their texts.
    pub(crate) files: Vec<IndexedFile>,
    pub(crate) symbols: Vec<SymbolRow>,
    pub(crate) kinds: Vec<Box<str>>,
    /// The offsets where chunks begin in the text.
    pub(crate) chunks: Vec<u32>,
    /// The position after every lexeme, sorted by the lexemes before it.
    pub(crate) suffixes: Vec<u32>,
    /// The hash of a definition's name and its row, sorted.
    pub(crate) by_name: Vec<(u32, u32)>,
    /// The hash of the name of a definition's container and its row, sorted.
    pub(crate) by_container: Vec<(u32, u32)>,
    /// The sub-words of the chunks.
    pub(crate) terms: InvertedIndex,
}

impl IndexSegment {
    /// Segments with these files, as many as their size requires. If a path occurs twice, the last
    /// one counts. Files above 32 MiB are skipped.
    pub fn build(sources: &[SourceFile]) -> Vec<Self> {
        let newest: BTreeMap<&str, &SourceFile> =
            sources.iter().map(|source| (source.path, source)).collect();
        let (mut built, mut open) = (Vec::new(), Self::default());
        for source in newest
            .into_values()
            .filter(|source| source.text.len() <= MAX_FILE)
        {
            if !open.files.is_empty() && open.text.len() + source.text.len() > MAX_TEXT {
                built.extend(std::mem::take(&mut open).finish(&mut || false));
            }
            open.push(source);
        }
        if !open.files.is_empty() {
            built.extend(open.finish(&mut || false));
        }
        built
    }

    /// One segment with the live files of several; `None` once `stop` returns true. `is_live` gets
    /// the numbers of segment and file.
    pub(crate) fn merge(
        segments: &[&Self],
        is_live: impl Fn(usize, usize) -> bool,
        stop: &mut dyn FnMut() -> bool,
    ) -> Option<Self> {
        let numbered =
            |number: usize| (0..segments[number].files.len()).map(move |file| (number, file));
        let mut files: Vec<_> = (0..segments.len())
            .flat_map(numbered)
            .filter(|(n, file)| is_live(*n, *file))
            .collect();
        files.sort_by_key(|(number, file)| &segments[*number].files[*file].path);
        let mut merged = Self::default();
        merged.text.reserve_exact(
            files
                .iter()
                .map(|(n, file)| segments[*n].files[*file].text.length as usize)
                .sum(),
        );
        for (number, file) in files {
            merged.copy(segments[number], file);
        }
        merged.finish(stop)
    }

    /// Parses a file and appends it.
    fn push(&mut self, source: &SourceFile) {
        let (found, cuts) = extract(source.text, source.grammar);
        let (symbols, chunks, start) = (self.symbols.len(), self.chunks.len(), self.text.len());
        if source.signatures_only {
            self.push_signatures(source.text, &found);
        } else {
            self.text.push_str(source.text);
            self.chunks
                .extend(cuts.iter().map(|cut| (start + cut) as u32));
            for row in found {
                let span = |range: Range<usize>| Span::new(range).moved(start);
                let (name, header, note) = (span(row.name), span(row.header), span(row.note));
                let kind = self.kind(row.kind);
                self.symbols.push(SymbolRow {
                    name,
                    header,
                    note,
                    container: span(row.container),
                    line: row.line as u32,
                    lines: row.lines as u32,
                    kind,
                });
            }
        }
        self.files.push(IndexedFile {
            path: source.path.into(),
            stamp: source.stamp,
            signatures_only: source.signatures_only,
            text: Span::new(start..self.text.len()),
            symbols: Span::new(symbols..self.symbols.len()),
            chunks: Span::new(chunks..self.chunks.len()),
        });
    }

    /// Appends the headers of definitions, one per line, each followed by its note; containers that
    /// are not defined there get lines of their own.
    fn push_signatures(&mut self, text: &str, found: &[ExtractedSymbol]) {
        let mut names: HashMap<&str, Span> = HashMap::new();
        for row in found {
            let name = &text[row.name.clone()];
            let header = one_line(&text[row.header.clone()]);
            let start = self.text.len();
            let at = start + header.find(name).unwrap_or(0);
            self.text.push_str(&header);
            let header = Span::new(start..self.text.len());
            self.text.push(' ');
            let note = self.append(&text[row.note.clone()]);
            let container = match &text[row.container.clone()] {
                "" => Span::default(),
                container => *names
                    .entry(container)
                    .or_insert_with(|| self.append(container)),
            };
            let name_span = Span::new(at..(at + name.len()).min(start + header.length as usize));
            names.insert(name, name_span);
            let kind = self.kind(row.kind);
            self.symbols.push(SymbolRow {
                name: name_span,
                header,
                note,
                container,
                line: row.line as u32,
                lines: row.lines as u32,
                kind,
            });
        }
    }

    /// Appends the rest of a line.
    fn append(&mut self, rest: &str) -> Span {
        let start = self.text.len();
        self.text.push_str(rest);
        self.text.push('\n');
        Span::new(start..start + rest.len())
    }

    /// Appends a file of another segment.
    fn copy(&mut self, from: &Self, file: usize) {
        let file = &from.files[file];
        let (symbols, chunks, start) = (self.symbols.len(), self.chunks.len(), self.text.len());
        self.text.push_str(from.slice(file.text));
        let by = start.wrapping_sub(file.text.at as usize);
        for row in from.symbols.get(file.symbols.range()).unwrap_or_default() {
            let kind = self.kind(from.kinds.get(row.kind as usize).map_or("", |kind| kind));
            let [name, header, note, container] =
                [row.name, row.header, row.note, row.container].map(|s| s.moved(by));
            self.symbols.push(SymbolRow {
                name,
                header,
                note,
                container,
                line: row.line,
                lines: row.lines,
                kind,
            });
        }
        let cuts = from.chunks.get(file.chunks.range()).unwrap_or_default();
        self.chunks
            .extend(cuts.iter().map(|cut| cut.wrapping_add(by as u32)));
        let (symbols, chunks) = (symbols..self.symbols.len(), chunks..self.chunks.len());
        let text = Span::new(start..self.text.len());
        self.files.push(IndexedFile {
            text,
            symbols: Span::new(symbols),
            chunks: Span::new(chunks),
            ..file.clone()
        });
    }

    fn kind(&mut self, kind: &str) -> u32 {
        let known = self.kinds.iter().position(|known| **known == *kind);
        known.unwrap_or_else(|| {
            self.kinds.push(kind.into());
            self.kinds.len() - 1
        }) as u32
    }

    /// Builds the lookup structures.
    fn finish(mut self, stop: &mut dyn FnMut() -> bool) -> Option<Self> {
        self.text.shrink_to_fit();
        self.suffixes = suffix_array::build(
            &self.text,
            self.files.iter().map(|file| file.text.range()),
            stop,
        )?;
        self.by_name = self.sorted_by(|row| row.name);
        self.by_container = self.sorted_by(|row| row.container);
        self.terms =
            InvertedIndex::build((0..self.chunks.len()).map(|chunk| self.slice(self.chunk(chunk))));
        Some(self)
    }

    fn sorted_by(&self, name: impl Fn(&SymbolRow) -> Span) -> Vec<(u32, u32)> {
        let rows = self
            .symbols
            .iter()
            .enumerate()
            .map(|(at, row)| (self.slice(name(row)), at as u32));
        let mut sorted: Vec<_> = rows
            .filter(|(n, _)| !n.is_empty())
            .map(|(n, at)| (hash(n.as_bytes()), at))
            .collect();
        sorted.sort_unstable();
        sorted
    }

    /// A part of the text; empty for a range outside of it.
    pub(crate) fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The range of a chunk, to the next one or to the end of its file.
    pub(crate) fn chunk(&self, number: usize) -> Span {
        let Some(start) = self.chunks.get(number).map(|start| *start as usize) else {
            return Span::default();
        };
        let next = self
            .chunks
            .get(number + 1)
            .map_or(self.text.len(), |next| *next as usize);
        let end = self
            .file_of(start + 1)
            .map_or(start, |file| self.files[file].text.range().end);
        Span::new(start..next.min(end).max(start))
    }

    /// The number of the file with the byte before `position`.
    pub(crate) fn file_of(&self, position: usize) -> Option<usize> {
        self.files
            .partition_point(|file| (file.text.at as usize) < position)
            .checked_sub(1)
    }

    /// The number of the file with this path.
    pub(crate) fn file_at(&self, path: &str) -> Option<usize> {
        self.files
            .binary_search_by(|file| (*file.path).cmp(path))
            .ok()
    }

    /// The line, counted from 0, of an offset of the text in its file.
    pub(crate) fn line_of(&self, file: usize, offset: usize) -> usize {
        let start = self.files[file].text.at as usize;
        let part = self.text.as_bytes().get(start..offset).unwrap_or_default();
        memchr::memchr_iter(b'\n', part).count()
    }
}

/// Most characters of a header or note.
const MAX_SIGNATURE: usize = 400;

/// A text on one line: runs of whitespace become one space.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(4 * MAX_SIGNATURE));
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() >= MAX_SIGNATURE {
            break;
        }
    }
    line.chars().take(MAX_SIGNATURE).collect()
}
