//! The chunks of all segments that are most relevant to some words (BM25; see `inverted_index`).
//!
//! `Index::similar` calls it with the identifiers around the cursor. Rare sub-words are processed
//! first, and no more postings than take a few milliseconds.

use crate::Chunk;
use crate::inverted_index::{inverse_document_frequency, sub_words};
use crate::live_segment::LiveSegment;
use std::collections::BTreeSet;

/// Most postings that one query processes.
const MAX_POSTINGS: usize = 150_000;

/// The best `most` chunks of live files other than `without`.
pub(crate) fn similar(
    segments: &[LiveSegment],
    words: &[&str],
    without: &str,
    most: usize,
) -> Vec<Chunk> {
    let mut terms = BTreeSet::new();
    for word in words {
        sub_words(word.as_bytes(), |term| {
            terms.insert(term);
        });
    }
    let document_frequency = |term: u32| {
        segments
            .iter()
            .map(|part| part.segment.terms.postings(term).len())
            .sum::<usize>()
    };
    let mut terms: Vec<(usize, u32)> = terms
        .into_iter()
        .map(|term| (document_frequency(term), term))
        .collect();
    terms.sort_unstable();
    let all: usize = segments
        .iter()
        .map(|part| part.segment.terms.lengths.len())
        .sum();
    let lengths = segments
        .iter()
        .flat_map(|part| &part.segment.terms.lengths)
        .map(|length| u64::from(*length));
    let average = (lengths.sum::<u64>() as f32 / all.max(1) as f32).max(1.0);
    let mut scores: Vec<Vec<f32>> = segments
        .iter()
        .map(|part| vec![0.0; part.segment.terms.lengths.len()])
        .collect();
    let mut added = 0;
    for (count, term) in terms.into_iter().filter(|(count, _)| *count > 0) {
        added += count;
        if added > MAX_POSTINGS && added > count {
            break;
        }
        for (part, scores) in segments.iter().zip(&mut scores) {
            part.segment.terms.score(
                term,
                inverse_document_frequency(count, all),
                average,
                |chunk, score| scores[chunk] += score,
            );
        }
    }
    best(segments, &scores, without, most)
}

/// The live chunks with the highest scores, without those of the file `without`.
fn best(segments: &[LiveSegment], scores: &[Vec<f32>], without: &str, most: usize) -> Vec<Chunk> {
    let numbered = |(part, scores): (usize, &Vec<f32>)| {
        let scored = scores.iter().enumerate().filter(|(_, score)| **score > 0.0);
        scored
            .map(|(number, score)| ((part, number), *score))
            .collect::<Vec<_>>()
    };
    let mut ranked: Vec<_> = scores.iter().enumerate().flat_map(numbered).collect();
    let order = |a: &((usize, usize), f32), b: &((usize, usize), f32)| {
        b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))
    };
    ranked.sort_unstable_by(order);
    let chunk = |((part, number), score): ((usize, usize), f32)| {
        let part = &segments[part];
        let span = part.segment.chunk(number);
        let number = part
            .segment
            .file_of(span.at as usize + 1)
            .filter(|file| part.is_live(*file))?;
        let file = &part.segment.files[number];
        let text = part.segment.slice(span);
        let usable = *file.path != *without && !text.trim().is_empty();
        let line = part.segment.line_of(number, span.at as usize);
        usable.then(|| Chunk {
            text: text.to_owned(),
            score,
            path: file.path.to_string(),
            line,
        })
    };
    ranked.into_iter().filter_map(chunk).take(most).collect()
}
