//! Serialization of the index, to keep it between sessions.
//!
//! All numbers are little-endian, lists are preceded by their length: magic bytes, the version of
//! this format, the segments, and a CRC-32 of everything before it. A checksum does not stop a
//! forger, so the data is also checked where an answer relies on it, and all other lookups are
//! safe: a forged file may give wrong answers, never a panic. Any change of what is stored, or of
//! how lexemes are split, hashed or sorted, must increment [`VERSION`].

use crate::Index;
use crate::inverted_index::InvertedIndex;
use crate::live_segment::LiveSegment;
use crate::segment::{IndexSegment, IndexedFile, Span, SymbolRow};
use std::io::{self, Write};

const MAGIC: &[u8; 8] = b"nigh-idx";
const VERSION: u32 = 2;

/// Why a stored index cannot be used; it is then rebuilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored index is {0}")]
pub struct StoredIndexError(&'static str);

const INCOMPLETE: StoredIndexError = StoredIndexError("incomplete");
const DAMAGED: StoredIndexError = StoredIndexError("damaged");

impl Index {
    /// Writes the index; nothing is buffered here.
    pub fn save(&self, to: &mut dyn Write) -> io::Result<()> {
        let mut out = IndexWriter {
            to,
            sum: crc32fast::Hasher::new(),
        };
        out.bytes(MAGIC)?;
        out.number(VERSION)?;
        out.number(self.segments.len() as u32)?;
        for part in &self.segments {
            let live = (0..part.segment.files.len()).map(|file| u32::from(part.is_live(file)));
            out.list(live)?;
            out.segment(&part.segment)?;
        }
        let sum = out.sum.finalize();
        to.write_all(&sum.to_le_bytes())
    }

    /// Reads what [`save`](Self::save) wrote.
    pub fn load(bytes: &[u8]) -> Result<Self, StoredIndexError> {
        let (body, sum) = bytes.split_last_chunk::<4>().ok_or(INCOMPLETE)?;
        let body = body
            .strip_prefix(MAGIC)
            .ok_or(StoredIndexError("no index"))?;
        let mut from = IndexReader(body);
        if from.number()? != VERSION {
            return Err(StoredIndexError("of another version of nigh"));
        }
        if crc32fast::hash(&bytes[..bytes.len() - 4]) != u32::from_le_bytes(*sum) {
            return Err(DAMAGED);
        }
        let segments = from.number()?;
        let part = |from: &mut IndexReader| {
            let live: Vec<bool> = from.list()?.into_iter().map(|live| live == 1).collect();
            let segment = from.segment()?;
            if live.len() == segment.files.len() {
                Ok(LiveSegment::new(segment, live))
            } else {
                Err(DAMAGED)
            }
        };
        let segments = (0..segments)
            .map(|_| part(&mut from))
            .collect::<Result<_, _>>()?;
        if from.0.is_empty() {
            Ok(Self { segments })
        } else {
            Err(DAMAGED)
        }
    }
}

/// Writes, and computes the checksum.
struct IndexWriter<'a> {
    to: &'a mut dyn Write,
    sum: crc32fast::Hasher,
}

impl IndexWriter<'_> {
    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sum.update(bytes);
        self.to.write_all(bytes)
    }

    fn number(&mut self, number: u32) -> io::Result<()> {
        self.bytes(&number.to_le_bytes())
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        self.number(text.len() as u32)?;
        self.bytes(text.as_bytes())
    }

    /// A list, in pieces, so that it is never in memory twice.
    fn list(&mut self, numbers: impl ExactSizeIterator<Item = u32>) -> io::Result<()> {
        self.number(numbers.len() as u32)?;
        let mut piece = Vec::with_capacity(1 << 14);
        for number in numbers {
            piece.extend(number.to_le_bytes());
            if piece.len() == piece.capacity() {
                self.bytes(&piece)?;
                piece.clear();
            }
        }
        self.bytes(&piece)
    }

    fn spans<const N: usize>(&mut self, spans: [Span; N]) -> io::Result<()> {
        spans
            .iter()
            .try_for_each(|span| self.number(span.at).and_then(|()| self.number(span.length)))
    }

    fn pairs(&mut self, pairs: &[(u32, u32)]) -> io::Result<()> {
        self.list(pairs.iter().map(|pair| pair.0))?;
        self.list(pairs.iter().map(|pair| pair.1))
    }

    fn segment(&mut self, segment: &IndexSegment) -> io::Result<()> {
        self.text(&segment.text)?;
        self.number(segment.files.len() as u32)?;
        for file in &segment.files {
            self.text(&file.path)?;
            self.bytes(&file.stamp.to_le_bytes())?;
            self.number(u32::from(file.signatures_only))?;
            self.spans([file.text, file.symbols, file.chunks])?;
        }
        self.number(segment.symbols.len() as u32)?;
        for row in &segment.symbols {
            self.spans([row.name, row.header, row.note, row.container])?;
            self.number(row.line)?;
            self.number(row.lines)?;
            self.number(row.kind)?;
        }
        self.number(segment.kinds.len() as u32)?;
        segment.kinds.iter().try_for_each(|kind| self.text(kind))?;
        self.pairs(&segment.by_name)?;
        self.pairs(&segment.by_container)?;
        let InvertedIndex {
            hashes,
            starts,
            postings,
            lengths,
        } = &segment.terms;
        let mut lists = [
            &segment.chunks,
            &segment.suffixes,
            hashes,
            starts,
            postings,
            lengths,
        ]
        .into_iter();
        lists.try_for_each(|list| self.list(list.iter().copied()))
    }
}

/// The bytes that are not read yet.
struct IndexReader<'a>(&'a [u8]);

impl<'a> IndexReader<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], StoredIndexError> {
        let (bytes, rest) = self.0.split_at_checked(count).ok_or(INCOMPLETE)?;
        self.0 = rest;
        Ok(bytes)
    }

    fn number(&mut self) -> Result<u32, StoredIndexError> {
        let (number, rest) = self.0.split_first_chunk::<4>().ok_or(INCOMPLETE)?;
        self.0 = rest;
        Ok(u32::from_le_bytes(*number))
    }

    fn text(&mut self) -> Result<&'a str, StoredIndexError> {
        let length = self.number()? as usize;
        std::str::from_utf8(self.bytes(length)?).map_err(|_| DAMAGED)
    }

    fn list(&mut self) -> Result<Vec<u32>, StoredIndexError> {
        let count = self.number()? as usize;
        let (numbers, _) = self
            .bytes(count.checked_mul(4).ok_or(INCOMPLETE)?)?
            .as_chunks::<4>();
        Ok(numbers
            .iter()
            .map(|number| u32::from_le_bytes(*number))
            .collect())
    }

    /// As many items as the next number says; with a forged number, reading ends with the bytes.
    fn items<T>(
        &mut self,
        item: impl Fn(&mut Self) -> Result<T, StoredIndexError>,
    ) -> Result<Vec<T>, StoredIndexError> {
        let count = self.number()?;
        (0..count).map(|_| item(self)).collect()
    }

    fn span(&mut self) -> Result<Span, StoredIndexError> {
        Ok(Span {
            at: self.number()?,
            length: self.number()?,
        })
    }

    fn pairs(&mut self) -> Result<Vec<(u32, u32)>, StoredIndexError> {
        let (first, second) = (self.list()?, self.list()?);
        if first.len() == second.len() {
            Ok(first.into_iter().zip(second).collect())
        } else {
            Err(DAMAGED)
        }
    }

    fn file(&mut self) -> Result<IndexedFile, StoredIndexError> {
        let path = self.text()?.into();
        let (low, high) = (self.number()?, self.number()?);
        let signatures_only = self.number()? == 1;
        let [text, symbols, chunks] = [self.span()?, self.span()?, self.span()?];
        Ok(IndexedFile {
            path,
            stamp: u64::from(high) << 32 | u64::from(low),
            signatures_only,
            text,
            symbols,
            chunks,
        })
    }

    fn row(&mut self) -> Result<SymbolRow, StoredIndexError> {
        let [name, header, note, container] =
            [self.span()?, self.span()?, self.span()?, self.span()?];
        Ok(SymbolRow {
            name,
            header,
            note,
            container,
            line: self.number()?,
            lines: self.number()?,
            kind: self.number()?,
        })
    }

    fn segment(&mut self) -> Result<IndexSegment, StoredIndexError> {
        let text = self.text()?.to_owned();
        let (files, symbols) = (self.items(Self::file)?, self.items(Self::row)?);
        let kinds = self.items(|from| Ok(from.text()?.into()))?;
        let (by_name, by_container) = (self.pairs()?, self.pairs()?);
        let (chunks, suffixes) = (self.list()?, self.list()?);
        let terms = InvertedIndex {
            hashes: self.list()?,
            starts: self.list()?,
            postings: self.list()?,
            lengths: self.list()?,
        };
        let segment = IndexSegment {
            text,
            files,
            symbols,
            kinds,
            chunks,
            suffixes,
            by_name,
            by_container,
            terms,
        };
        if is_consistent(&segment) {
            Ok(segment)
        } else {
            Err(DAMAGED)
        }
    }
}

/// Whether the files divide the text in order; all other numbers are looked up safely.
fn is_consistent(segment: &IndexSegment) -> bool {
    let mut end = 0;
    let follows = |file: &IndexedFile| {
        let fits =
            file.text.at as usize == end && segment.text.is_char_boundary(file.text.range().end);
        end = file.text.range().end;
        fits
    };
    segment.files.iter().all(follows) && end == segment.text.len()
}
