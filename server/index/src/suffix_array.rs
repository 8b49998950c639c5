//! A suffix array over lexemes, read backwards: all positions of some texts, sorted by the lexemes
//! before them.
//!
//! Positions with similar lexemes before them are adjacent, so one binary search finds the longest
//! match with any text, and shorter ones are around it, further out the shorter they are. The array
//! takes four bytes per lexeme, and matches may be of any length and frequency. The order is that
//! of the lexemes' hashes, last lexeme first, up to [`MAX_COMPARED`] lexemes, then of the
//! positions; nothing before a file's first lexeme is compared.

use crate::lexemes::{Lexemes, hash, lexeme_before};
use std::cmp::Ordering;
use std::ops::Range;

/// How many lexemes before a position are compared.
pub(crate) const MAX_COMPARED: usize = 64;

/// The lexemes of all files: their hashes, with a 0 before each file, and where each ends.
struct LexemeTable {
    hashes: Vec<u32>,
    ends: Vec<u32>,
}

impl LexemeTable {
    fn read(text: &str, files: impl Iterator<Item = Range<usize>>) -> Self {
        let guess = text.len() / 3;
        let mut table = Self {
            hashes: Vec::with_capacity(guess),
            ends: Vec::with_capacity(guess),
        };
        for file in files {
            table.hashes.push(0);
            table.ends.push(file.start as u32);
            let Some(part) = text.get(file.clone()) else {
                continue;
            };
            for lexeme in Lexemes::new(part) {
                table.ends.push((file.start + lexeme.end) as u32);
                table.hashes.push(hash(&part.as_bytes()[lexeme]));
            }
        }
        table
    }

    /// The hashes of the last two lexemes.
    fn key(&self, at: u32) -> u64 {
        let at = at as usize;
        u64::from(self.hashes[at]) << 32 | u64::from(self.hashes[at - 1])
    }

    /// Compares the lexemes before two positions whose last two are equal.
    fn compare(&self, one: u32, other: u32) -> Ordering {
        let (mut a, mut b) = (one as usize, other as usize);
        for _ in 0..MAX_COMPARED {
            let order = self.hashes[a].cmp(&self.hashes[b]);
            if order.is_ne() {
                return order;
            }
            if self.hashes[a] == 0 {
                break;
            }
            (a, b) = (a - 1, b - 1);
        }
        one.cmp(&other)
    }
}

/// The positions after all lexemes of these files of `text`, sorted; `None` once `stop` returns
/// true. It is called about 1,000 times.
pub(crate) fn build(
    text: &str,
    files: impl Iterator<Item = Range<usize>>,
    stop: &mut dyn FnMut() -> bool,
) -> Option<Vec<u32>> {
    const BITS: u32 = 10;
    let table = LexemeTable::read(text, files);
    let bucket = |at: u32| (table.hashes[at as usize] >> (32 - BITS)) as usize;
    let lexemes = || (0..table.hashes.len() as u32).filter(|at| table.hashes[*at as usize] != 0);
    let mut starts = vec![0usize; (1 << BITS) + 1];
    for at in lexemes() {
        starts[bucket(at) + 1] += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut positions = vec![0u32; starts[1 << BITS]];
    let mut next = starts.clone();
    for at in lexemes() {
        let free = &mut next[bucket(at)];
        positions[*free] = at;
        *free += 1;
    }
    let mut keyed: Vec<(u64, u32)> = Vec::new();
    for bounds in starts.windows(2) {
        if stop() {
            return None;
        }
        let part = &mut positions[bounds[0]..bounds[1]];
        keyed.clear();
        keyed.extend(part.iter().map(|at| (table.key(*at), *at)));
        keyed.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| table.compare(a.1, b.1)));
        for (position, (_, at)) in part.iter_mut().zip(&keyed) {
            *position = table.ends[*at as usize];
        }
    }
    Some(positions)
}

/// The lexemes before a cursor, the last first: the query that positions are compared with.
pub(crate) struct PrecedingLexemes<'a> {
    text: &'a [u8],
    lexemes: Vec<(u32, Range<usize>)>,
}

impl<'a> PrecedingLexemes<'a> {
    pub(crate) fn new(before: &'a str) -> Self {
        let (text, mut end) = (before.as_bytes(), before.len());
        let earlier = std::iter::from_fn(|| {
            let lexeme = lexeme_before(text, end)?;
            end = lexeme.start;
            Some((hash(&text[lexeme.clone()]), lexeme))
        });
        Self {
            text,
            lexemes: earlier.take(MAX_COMPARED).collect(),
        }
    }

    /// How many lexemes there are.
    pub(crate) fn len(&self) -> usize {
        self.lexemes.len()
    }

    /// The hash of the last lexeme.
    pub(crate) fn last_hash(&self) -> Option<u32> {
        self.lexemes.first().map(|(hash, _)| *hash)
    }

    /// Whether a line begins after the last lexeme.
    pub(crate) fn at_line_start(&self) -> bool {
        self.lexemes
            .first()
            .is_none_or(|(_, lexeme)| crate::lexemes::is_blank(self.text[lexeme.start]))
    }

    /// The bytes of the last `count` lexemes and single blanks between them.
    pub(crate) fn bytes(&self, count: usize) -> usize {
        let lexemes = self.lexemes.iter().take(count).map(|(_, lexeme)| lexeme);
        let gaps = self
            .lexemes
            .iter()
            .take(count)
            .zip(self.lexemes.iter().take(count).skip(1));
        let length = |lexeme: &Range<usize>| {
            if crate::lexemes::is_blank(self.text[lexeme.start]) {
                1
            } else {
                lexeme.len()
            }
        };
        lexemes.map(length).sum::<usize>()
            + gaps
                .filter(|((_, last), (_, first))| first.end < last.start)
                .count()
    }

    /// The order of a position relative to this query, and how many lexemes before it are equal.
    /// `file` is the text of its file.
    pub(crate) fn compare(&self, file: &[u8], position: usize) -> (Ordering, usize) {
        let mut end = position;
        for (equal, (wanted, _)) in self.lexemes.iter().enumerate() {
            let Some(lexeme) = lexeme_before(file, end) else {
                return (Ordering::Less, equal);
            };
            let order = hash(&file[lexeme.clone()]).cmp(wanted);
            if order.is_ne() {
                return (order, equal);
            }
            end = lexeme.start;
        }
        (Ordering::Equal, self.lexemes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_sorted_by_the_lexemes_before_them() {
        let text = "a b c\na b d\nx b c\n";
        let positions = build(text, std::iter::once(0..text.len()), &mut || false).unwrap();
        assert_eq!(positions.len(), Lexemes::new(text).count());
        for (at, position) in positions.iter().enumerate() {
            let context = PrecedingLexemes::new(&text[..*position as usize]);
            for (other, other_position) in positions.iter().enumerate() {
                let (order, equal) = context.compare(text.as_bytes(), *other_position as usize);
                match order {
                    Ordering::Equal => assert!(equal == context.len()),
                    Ordering::Less => {
                        assert!(other < at, "{other_position} comes before {position}")
                    }
                    Ordering::Greater => {
                        assert!(other > at, "{other_position} comes after {position}")
                    }
                }
            }
        }
    }

    #[test]
    fn sorting_can_be_stopped_and_files_are_separate() {
        assert_eq!(build("a b", std::iter::once(0..3), &mut || true), None);
        let positions = build("a b", [0..2, 2..3].into_iter(), &mut || false).unwrap();
        assert_eq!(positions.len(), 2);
        let (order, equal) = PrecedingLexemes::new("a b").compare(b"b", 1);
        assert_eq!((order, equal), (Ordering::Less, 1));
    }

    #[test]
    fn bytes_count_lexemes_and_single_blanks() {
        let context = PrecedingLexemes::new("x  =   foo(");
        assert_eq!(
            (
                context.bytes(1),
                context.bytes(2),
                context.bytes(3),
                context.bytes(4)
            ),
            (1, 4, 6, 8)
        );
    }
}
