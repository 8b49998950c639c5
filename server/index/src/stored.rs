//! The index as bytes, to be kept between sessions.
//!
//! All numbers are little-endian, lists are preceded by their length: a mark, the version of this
//! form, the segments, and a CRC-32 of everything before it. A checksum does not stop a forger, so
//! what is read is also checked where an answer would rely on it, and everything else is looked up
//! with care: a wrong file may give wrong answers, never a panic. Whoever changes what is stored,
//! or how lexemes are cut, hashed or sorted, raises [`VERSION`].

use crate::Index;
use crate::index::Part;
use crate::segment::{File, Row, Segment, Span};
use crate::terms::Terms;
use std::io::{self, Write};

const MARK: &[u8; 8] = b"nigh-idx";
const VERSION: u32 = 1;

/// Why stored bytes cannot be used; the index is then built anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored index is {0}")]
pub struct Damaged(&'static str);

const CUT: Damaged = Damaged("incomplete");
const WRONG: Damaged = Damaged("damaged");

impl Index {
    /// Writes everything that lives; nothing is buffered here.
    pub fn save(&self, to: &mut dyn Write) -> io::Result<()> {
        let mut out = Out {
            to,
            sum: crc32fast::Hasher::new(),
        };
        out.bytes(MARK)?;
        out.number(VERSION)?;
        out.number(self.parts.len() as u32)?;
        for part in &self.parts {
            let lives = (0..part.segment.files.len()).map(|file| u32::from(part.lives(file)));
            out.list(lives)?;
            out.segment(&part.segment)?;
        }
        let sum = out.sum.finalize();
        to.write_all(&sum.to_le_bytes())
    }

    /// What [`save`](Self::save) wrote.
    pub fn load(bytes: &[u8]) -> Result<Self, Damaged> {
        let (body, sum) = bytes.split_last_chunk::<4>().ok_or(CUT)?;
        let body = body.strip_prefix(MARK).ok_or(Damaged("no index"))?;
        let mut from = In(body);
        if from.number()? != VERSION {
            return Err(Damaged("of another version of nigh"));
        }
        if crc32fast::hash(&bytes[..bytes.len() - 4]) != u32::from_le_bytes(*sum) {
            return Err(WRONG);
        }
        let parts = from.number()?;
        let part = |from: &mut In| {
            let lives: Vec<bool> = from.list()?.into_iter().map(|lives| lives == 1).collect();
            let segment = from.segment()?;
            if lives.len() == segment.files.len() {
                Ok(Part::new(segment, lives))
            } else {
                Err(WRONG)
            }
        };
        let parts = (0..parts)
            .map(|_| part(&mut from))
            .collect::<Result<_, _>>()?;
        if from.0.is_empty() {
            Ok(Self { parts })
        } else {
            Err(WRONG)
        }
    }
}

/// Writes and sums up.
struct Out<'a> {
    to: &'a mut dyn Write,
    sum: crc32fast::Hasher,
}

impl Out<'_> {
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

    /// A list in pieces, so that it never stands in memory twice.
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

    fn segment(&mut self, segment: &Segment) -> io::Result<()> {
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
            self.number(row.kind)?;
        }
        self.number(segment.kinds.len() as u32)?;
        segment.kinds.iter().try_for_each(|kind| self.text(kind))?;
        self.pairs(&segment.by_name)?;
        self.pairs(&segment.by_container)?;
        let Terms {
            hashes,
            starts,
            postings,
            lengths,
        } = &segment.terms;
        let mut lists = [
            &segment.chunks,
            &segment.places,
            hashes,
            starts,
            postings,
            lengths,
        ]
        .into_iter();
        lists.try_for_each(|list| self.list(list.iter().copied()))
    }
}

/// What is still to be read.
struct In<'a>(&'a [u8]);

impl<'a> In<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], Damaged> {
        let (bytes, rest) = self.0.split_at_checked(count).ok_or(CUT)?;
        self.0 = rest;
        Ok(bytes)
    }

    fn number(&mut self) -> Result<u32, Damaged> {
        let (number, rest) = self.0.split_first_chunk::<4>().ok_or(CUT)?;
        self.0 = rest;
        Ok(u32::from_le_bytes(*number))
    }

    fn text(&mut self) -> Result<&'a str, Damaged> {
        let length = self.number()? as usize;
        std::str::from_utf8(self.bytes(length)?).map_err(|_| WRONG)
    }

    fn list(&mut self) -> Result<Vec<u32>, Damaged> {
        let count = self.number()? as usize;
        let (numbers, _) = self
            .bytes(count.checked_mul(4).ok_or(CUT)?)?
            .as_chunks::<4>();
        Ok(numbers
            .iter()
            .map(|number| u32::from_le_bytes(*number))
            .collect())
    }

    /// As many items as the next number says; a forged number ends at the end of the bytes.
    fn items<T>(
        &mut self,
        item: impl Fn(&mut Self) -> Result<T, Damaged>,
    ) -> Result<Vec<T>, Damaged> {
        let count = self.number()?;
        (0..count).map(|_| item(self)).collect()
    }

    fn span(&mut self) -> Result<Span, Damaged> {
        Ok(Span {
            at: self.number()?,
            length: self.number()?,
        })
    }

    fn pairs(&mut self) -> Result<Vec<(u32, u32)>, Damaged> {
        let (first, second) = (self.list()?, self.list()?);
        if first.len() == second.len() {
            Ok(first.into_iter().zip(second).collect())
        } else {
            Err(WRONG)
        }
    }

    fn file(&mut self) -> Result<File, Damaged> {
        let path = self.text()?.into();
        let (low, high) = (self.number()?, self.number()?);
        let signatures_only = self.number()? == 1;
        let [text, symbols, chunks] = [self.span()?, self.span()?, self.span()?];
        Ok(File {
            path,
            stamp: u64::from(high) << 32 | u64::from(low),
            signatures_only,
            text,
            symbols,
            chunks,
        })
    }

    fn row(&mut self) -> Result<Row, Damaged> {
        let [name, header, note, container] =
            [self.span()?, self.span()?, self.span()?, self.span()?];
        Ok(Row {
            name,
            header,
            note,
            container,
            line: self.number()?,
            kind: self.number()?,
        })
    }

    fn segment(&mut self) -> Result<Segment, Damaged> {
        let text = self.text()?.to_owned();
        let (files, symbols) = (self.items(Self::file)?, self.items(Self::row)?);
        let kinds = self.items(|from| Ok(from.text()?.into()))?;
        let (by_name, by_container) = (self.pairs()?, self.pairs()?);
        let (chunks, places) = (self.list()?, self.list()?);
        let terms = Terms {
            hashes: self.list()?,
            starts: self.list()?,
            postings: self.list()?,
            lengths: self.list()?,
        };
        let segment = Segment {
            text,
            files,
            symbols,
            kinds,
            chunks,
            places,
            by_name,
            by_container,
            terms,
        };
        if fits(&segment) {
            Ok(segment)
        } else {
            Err(WRONG)
        }
    }
}

/// Whether the files share out the text in order; every other number is looked up with care.
fn fits(segment: &Segment) -> bool {
    let mut end = 0;
    let follows = |file: &File| {
        let fits =
            file.text.at as usize == end && segment.text.is_char_boundary(file.text.range().end);
        end = file.text.range().end;
        fits
    };
    segment.files.iter().all(follows) && end == segment.text.len()
}
