//! All places of some texts, sorted by what stands in front of them: a suffix array read backwards,
//! over lexemes.
//!
//! Two places stand side by side when the words in front of them are alike, so the longest match
//! with any text is found by one binary search and shorter ones lie around it, further out the
//! shorter they are. It costs four bytes a lexeme and needs no limit on how long or how frequent a
//! match is. The order is that of the lexemes' hashes, last lexeme first, at most [`DEPTH`] of
//! them, then of the places; nothing in front of a file's first lexeme is looked at.

use crate::lexemes::{Lexemes, hash, lexeme_before};
use std::cmp::Ordering;
use std::ops::Range;

/// How many lexemes in front of a place are compared.
pub(crate) const DEPTH: usize = 64;

/// The lexemes of all files in the making: their hashes, a 0 in front of each file, and where each
/// ends.
struct Row {
    hashes: Vec<u32>,
    ends: Vec<u32>,
}

impl Row {
    fn read(text: &str, files: impl Iterator<Item = Range<usize>>) -> Self {
        let guess = text.len() / 3;
        let mut row = Self {
            hashes: Vec::with_capacity(guess),
            ends: Vec::with_capacity(guess),
        };
        for file in files {
            row.hashes.push(0);
            row.ends.push(file.start as u32);
            let Some(part) = text.get(file.clone()) else {
                continue;
            };
            for lexeme in Lexemes::new(part) {
                row.ends.push((file.start + lexeme.end) as u32);
                row.hashes.push(hash(&part.as_bytes()[lexeme]));
            }
        }
        row
    }

    /// The last two lexemes at once.
    fn key(&self, at: u32) -> u64 {
        let at = at as usize;
        u64::from(self.hashes[at]) << 32 | u64::from(self.hashes[at - 1])
    }

    /// Compares what stands in front of two lexemes whose last two are equal.
    fn compare(&self, one: u32, other: u32) -> Ordering {
        let (mut a, mut b) = (one as usize, other as usize);
        for _ in 0..DEPTH {
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

/// The places behind all lexemes of these files of `text`, sorted; `None` when `stop` said so. It
/// is asked about 1,000 times.
pub(crate) fn sorted(
    text: &str,
    files: impl Iterator<Item = Range<usize>>,
    stop: &mut dyn FnMut() -> bool,
) -> Option<Vec<u32>> {
    const BITS: u32 = 10;
    let row = Row::read(text, files);
    let bucket = |at: u32| (row.hashes[at as usize] >> (32 - BITS)) as usize;
    let lexemes = || (0..row.hashes.len() as u32).filter(|at| row.hashes[*at as usize] != 0);
    let mut starts = vec![0usize; (1 << BITS) + 1];
    lexemes().for_each(|at| starts[bucket(at) + 1] += 1);
    (1..starts.len()).for_each(|at| starts[at] += starts[at - 1]);
    let mut places = vec![0u32; starts[1 << BITS]];
    let mut next = starts.clone();
    for at in lexemes() {
        let free = &mut next[bucket(at)];
        places[*free] = at;
        *free += 1;
    }
    let mut keyed: Vec<(u64, u32)> = Vec::new();
    for bounds in starts.windows(2) {
        if stop() {
            return None;
        }
        let part = &mut places[bounds[0]..bounds[1]];
        keyed.clear();
        keyed.extend(part.iter().map(|at| (row.key(*at), *at)));
        keyed.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| row.compare(a.1, b.1)));
        part.iter_mut()
            .zip(&keyed)
            .for_each(|(place, (_, at))| *place = row.ends[*at as usize]);
    }
    Some(places)
}

/// The words in front of a cursor, the last first: what places are compared with.
pub(crate) struct Context<'a> {
    text: &'a [u8],
    lexemes: Vec<(u32, Range<usize>)>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(before: &'a str) -> Self {
        let (text, mut end) = (before.as_bytes(), before.len());
        let earlier = std::iter::from_fn(|| {
            let lexeme = lexeme_before(text, end)?;
            end = lexeme.start;
            Some((hash(&text[lexeme.clone()]), lexeme))
        });
        Self {
            text,
            lexemes: earlier.take(DEPTH).collect(),
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

    /// Whether a line begins behind the last lexeme.
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

    /// How the place is ordered to this context, and how many lexemes in front of it are equal.
    /// `file` is its file's text.
    pub(crate) fn compare(&self, file: &[u8], place: usize) -> (Ordering, usize) {
        let mut end = place;
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
    fn places_are_sorted_by_what_stands_in_front() {
        let text = "a b c\na b d\nx b c\n";
        let places = sorted(text, std::iter::once(0..text.len()), &mut || false).unwrap();
        assert_eq!(places.len(), Lexemes::new(text).count());
        for (at, place) in places.iter().enumerate() {
            let context = Context::new(&text[..*place as usize]);
            for (other, other_place) in places.iter().enumerate() {
                let (order, equal) = context.compare(text.as_bytes(), *other_place as usize);
                match order {
                    Ordering::Equal => assert!(equal == context.len()),
                    Ordering::Less => {
                        assert!(other < at, "{other_place} stands in front of {place}")
                    }
                    Ordering::Greater => assert!(other > at, "{other_place} stands behind {place}"),
                }
            }
        }
    }

    #[test]
    fn sorting_can_be_stopped_and_files_are_apart() {
        assert_eq!(sorted("a b", std::iter::once(0..3), &mut || true), None);
        let places = sorted("a b", [0..2, 2..3].into_iter(), &mut || false).unwrap();
        assert_eq!(places.len(), 2);
        let (order, equal) = Context::new("a b").compare(b"b", 1);
        assert_eq!((order, equal), (Ordering::Less, 1));
    }

    #[test]
    fn bytes_count_lexemes_and_single_blanks() {
        let context = Context::new("x  =   foo(");
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
