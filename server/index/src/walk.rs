//! Walks the places of several segments, those with the longest match first.
//!
//! In each segment the matches lie around the point where the cursor's words would be sorted in,
//! and get shorter on both sides. So each step takes the longest of the two next places of all
//! segments. `Index::copies` walks until it has seen enough.

use crate::places::Context;
use crate::segment::Segment;
use std::cmp::{Ordering, Reverse};

/// One side of one segment.
struct Side {
    segment: usize,
    /// The next entry of `places`.
    next: usize,
    forwards: bool,
    /// The number of its file.
    file: usize,
    matched: usize,
    steps: usize,
}

/// A walk over places: segment, number of the file, place in the segment's text, equal lexemes.
pub(crate) struct Walk<'a> {
    context: &'a Context<'a>,
    segments: Vec<&'a Segment>,
    sides: Vec<Side>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(context: &'a Context<'a>, segments: Vec<&'a Segment>) -> Self {
        let mut sides = Vec::new();
        for (number, segment) in segments.iter().enumerate() {
            let middle = segment
                .places
                .partition_point(|place| compare(context, segment, *place).0 == Ordering::Less);
            let side = |next, forwards| Side {
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
        sides
            .iter_mut()
            .for_each(|side| side.look(context, segments[side.segment]));
        Self {
            context,
            segments,
            sides,
        }
    }
}

impl Side {
    /// Measures the next place; 0 at the end.
    fn look(&mut self, context: &Context, segment: &Segment) {
        let place = segment.places.get(self.next).copied();
        let file = place.and_then(|place| segment.file_of(place as usize));
        self.file = file.unwrap_or_default();
        self.matched = match (place, file) {
            (Some(place), Some(file)) => compare_in(context, segment, file, place).1,
            _ => 0,
        };
    }
}

impl Iterator for Walk<'_> {
    type Item = (usize, usize, usize, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let side = self
            .sides
            .iter_mut()
            .max_by_key(|side| (side.matched, Reverse(side.steps)))?;
        let (matched, segment) = (side.matched, self.segments[side.segment]);
        let place = *segment.places.get(side.next).filter(|_| matched > 0)? as usize;
        let found = (side.segment, side.file, place, matched);
        side.steps += 1;
        side.next = if side.forwards {
            side.next + 1
        } else {
            side.next.wrapping_sub(1)
        };
        side.look(self.context, segment);
        Some(found)
    }
}

/// How a place of a segment is ordered to the context, and how many lexemes in front of it are
/// equal.
pub(crate) fn compare(context: &Context, segment: &Segment, place: u32) -> (Ordering, usize) {
    match segment.file_of(place as usize) {
        Some(file) => compare_in(context, segment, file, place),
        None => (Ordering::Less, 0),
    }
}

fn compare_in(context: &Context, segment: &Segment, file: usize, place: u32) -> (Ordering, usize) {
    let file = segment.files[file].text;
    let text = segment.slice(file).as_bytes();
    let at = (place - file.at) as usize;
    if at > text.len() {
        (Ordering::Less, 0)
    } else {
        context.compare(text, at)
    }
}
