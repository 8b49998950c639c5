//! How often a word occurs in a segment: its occurrences are adjacent in the suffix array.

use crate::live_segment::LiveSegment;
use crate::match_walk::compare;
use crate::suffix_array::PrecedingLexemes;
use std::cmp::Ordering;

/// Most occurrences that are checked one by one where some files are tombstoned; the count is
/// extrapolated from these.
const MAX_SAMPLED: usize = 1_000;

/// How often the only word of this query occurs in the live files.
pub(crate) fn count(part: &LiveSegment, word: &PrecedingLexemes) -> u32 {
    let segment = &*part.segment;
    let order = |position: u32| compare(word, segment, position).0;
    let start = segment
        .suffixes
        .partition_point(|position| order(*position) == Ordering::Less);
    let count =
        segment.suffixes[start..].partition_point(|position| order(*position) == Ordering::Equal);
    if !part.has_tombstones() {
        return count as u32;
    }
    let step = count.div_ceil(MAX_SAMPLED).max(1);
    let is_live = |position: &&u32| {
        segment
            .file_of(**position as usize)
            .is_some_and(|file| part.is_live(file))
    };
    let sampled = segment.suffixes[start..start + count].iter().step_by(step);
    (sampled.filter(is_live).count() * step).min(count) as u32
}
