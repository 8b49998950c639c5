//! Walks the matches in several segments, the longest first.
//!
//! In each suffix array the matches are around the point where the query would be inserted, and get
//! shorter on both sides. So each step takes the longest of the next matches on all sides of all
//! segments. `Index::copies` walks until it has enough.

use crate::segment::IndexSegment;
use crate::suffix_array::PrecedingLexemes;
use std::cmp::{Ordering, Reverse};

/// One side of the insertion point in one segment.
struct WalkSide {
    segment: usize,
    /// The next entry of the suffix array.
    next: usize,
    forwards: bool,
    /// The number of its file.
    file: usize,
    matched: usize,
    steps: usize,
}

/// A match in a segment.
pub(crate) struct SuffixMatch {
    pub segment: usize,
    /// The number of its file.
    pub file: usize,
    /// The position in the text of the segment.
    pub position: usize,
    /// How many lexemes before it are equal.
    pub matched: usize,
}

/// A walk over matches.
pub(crate) struct MatchWalk<'a> {
    query: &'a PrecedingLexemes<'a>,
    segments: Vec<&'a IndexSegment>,
    sides: Vec<WalkSide>,
}

impl<'a> MatchWalk<'a> {
    pub(crate) fn new(query: &'a PrecedingLexemes<'a>, segments: Vec<&'a IndexSegment>) -> Self {
        let mut sides = Vec::new();
        for (number, segment) in segments.iter().enumerate() {
            let middle = segment
                .suffixes
                .partition_point(|position| compare(query, segment, *position).0 == Ordering::Less);
            let side = |next, forwards| WalkSide {
                segment: number,
                next,
                forwards,
                file: 0,
                matched: 0,
                steps: 0,
            };
            sides.push(side(middle, true));
            sides.extend(middle.checked_sub(1).map(|last| side(last, false)));
        }
        for side in &mut sides {
            side.measure(query, segments[side.segment]);
        }
        Self {
            query,
            segments,
            sides,
        }
    }
}

impl WalkSide {
    /// Measures the next match; 0 at the end.
    fn measure(&mut self, query: &PrecedingLexemes, segment: &IndexSegment) {
        let position = segment.suffixes.get(self.next).copied();
        let file = position.and_then(|position| segment.file_of(position as usize));
        self.file = file.unwrap_or_default();
        self.matched = match (position, file) {
            (Some(position), Some(file)) => compare_in(query, segment, file, position).1,
            _ => 0,
        };
    }
}

impl Iterator for MatchWalk<'_> {
    type Item = SuffixMatch;

    fn next(&mut self) -> Option<Self::Item> {
        let side = self
            .sides
            .iter_mut()
            .max_by_key(|side| (side.matched, Reverse(side.steps)))?;
        let (matched, segment) = (side.matched, self.segments[side.segment]);
        let position = *segment.suffixes.get(side.next).filter(|_| matched > 0)? as usize;
        let found = SuffixMatch {
            segment: side.segment,
            file: side.file,
            position,
            matched,
        };
        side.steps += 1;
        side.next = if side.forwards {
            side.next + 1
        } else {
            side.next.wrapping_sub(1)
        };
        side.measure(self.query, segment);
        Some(found)
    }
}

/// The order of a position relative to the query, and how many lexemes before it are equal.
pub(crate) fn compare(
    query: &PrecedingLexemes,
    segment: &IndexSegment,
    position: u32,
) -> (Ordering, usize) {
    match segment.file_of(position as usize) {
        Some(file) => compare_in(query, segment, file, position),
        None => (Ordering::Less, 0),
    }
}

fn compare_in(
    query: &PrecedingLexemes,
    segment: &IndexSegment,
    file: usize,
    position: u32,
) -> (Ordering, usize) {
    let file = segment.files[file].text;
    let text = segment.slice(file).as_bytes();
    let at = (position - file.at) as usize;
    if at > text.len() {
        (Ordering::Less, 0)
    } else {
        query.compare(text, at)
    }
}
