//! How often a word stands in a segment: the places behind it stand side by side.

use crate::index::Part;
use crate::places::Context;
use crate::walk::compare;
use std::cmp::Ordering;

/// So many places are looked at one by one where some files are dead; the rest is taken to be like
/// them.
const MOST: usize = 1_000;

/// How often the one word of this context stands in the living files.
pub(crate) fn count(part: &Part, word: &Context) -> u32 {
    let segment = &*part.segment;
    let order = |place: u32| compare(word, segment, place).0;
    let start = segment
        .places
        .partition_point(|place| order(*place) == Ordering::Less);
    let count = segment.places[start..].partition_point(|place| order(*place) == Ordering::Equal);
    if !part.any_dead() {
        return count as u32;
    }
    let step = count.div_ceil(MOST).max(1);
    let lives = |place: &&u32| {
        segment
            .file_of(**place as usize)
            .is_some_and(|file| part.lives(file))
    };
    let looked = segment.places[start..start + count].iter().step_by(step);
    (looked.filter(lives).count() * step).min(count) as u32
}
