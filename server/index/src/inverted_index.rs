//! The inverted index of a segment's chunks, and the relevance of a chunk to a set of words (BM25,
//! Robertson and Zaragoza 2009).
//!
//! Terms are sub-words: the parts of an identifier between underscores, digits and changes of case,
//! in lower case. `parseHTTPHeader_line` has `parse`, `http`, `header` and `line`. Built once with
//! its segment; `similar` queries all segments.

use crate::lexemes::{Lexemes, word_hash};

const K1: f32 = 1.2;
const B: f32 = 0.75;

/// The postings of a segment's chunks.
#[derive(Default)]
pub(crate) struct InvertedIndex {
    /// Hashes of the sub-words, ascending.
    pub hashes: Vec<u32>,
    /// The offset of each sub-word's postings, and the end of the last.
    pub starts: Vec<u32>,
    /// The number of a chunk and, in the low 8 bits, the term frequency there.
    pub postings: Vec<u32>,
    /// The number of sub-words of each chunk.
    pub lengths: Vec<u32>,
}

impl InvertedIndex {
    /// Indexes these texts, numbered from 0.
    pub(crate) fn build<'a>(chunks: impl Iterator<Item = &'a str>) -> Self {
        let (mut terms, mut found) = (Self::default(), Vec::new());
        for (number, text) in chunks.enumerate() {
            let before = found.len();
            for word in Lexemes::new(text) {
                sub_words(&text.as_bytes()[word], |term| {
                    found.push(u64::from(term) << 32 | number as u64)
                });
            }
            terms.lengths.push((found.len() - before) as u32);
        }
        found.sort_unstable();
        for same in found.chunk_by(|a, b| a == b) {
            let (term, chunk) = ((same[0] >> 32) as u32, same[0] as u32);
            if terms.hashes.last() != Some(&term) {
                terms.hashes.push(term);
                terms.starts.push(terms.postings.len() as u32);
            }
            terms.postings.push(chunk << 8 | same.len().min(255) as u32);
        }
        terms.starts.push(terms.postings.len() as u32);
        terms
    }

    /// The postings of a sub-word.
    pub(crate) fn postings(&self, term: u32) -> &[u32] {
        let Ok(at) = self.hashes.binary_search(&term) else {
            return &[];
        };
        let bound = |at: usize| self.starts.get(at).map_or(0, |start| *start as usize);
        self.postings
            .get(bound(at)..bound(at + 1))
            .unwrap_or_default()
    }

    /// Calls `each` with every chunk that has a sub-word and the BM25 score that it adds. `average`
    /// is the mean number of sub-words of all chunks.
    pub(crate) fn score(
        &self,
        term: u32,
        weight: f32,
        average: f32,
        mut each: impl FnMut(usize, f32),
    ) {
        for posting in self.postings(term) {
            let (chunk, count) = ((posting >> 8) as usize, (posting & 255) as f32);
            let Some(length) = self.lengths.get(chunk) else {
                continue;
            };
            let norm = K1 * (1.0 - B + B * *length as f32 / average);
            each(chunk, weight * count * (K1 + 1.0) / (count + norm));
        }
    }
}

/// The inverse document frequency of a sub-word that occurs in `frequency` of `all` chunks.
pub(crate) fn inverse_document_frequency(frequency: usize, all: usize) -> f32 {
    let (frequency, all) = (frequency as f32, all as f32);
    (1.0 + (all - frequency + 0.5) / (frequency + 0.5)).ln()
}

/// Calls `each` with the hash of every sub-word of an identifier; single characters and numbers are
/// skipped.
pub(crate) fn sub_words(word: &[u8], mut each: impl FnMut(u32)) {
    let mut start = 0;
    for at in 0..=word.len() {
        let here = word.get(at);
        let last = at.checked_sub(1).map(|last| word[last]);
        let letter = here.is_some_and(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80);
        let hump = letter
            && last.is_some_and(|last| last.is_ascii_lowercase())
            && word[at].is_ascii_uppercase();
        let next_is_lower = word.get(at + 1).is_some_and(u8::is_ascii_lowercase);
        let acronym_ends = letter
            && last.is_some_and(|last| last.is_ascii_uppercase())
            && word[at].is_ascii_uppercase()
            && next_is_lower;
        if !letter || hump || acronym_ends {
            if at >= start + 2 {
                each((word_hash(&word[start..at].to_ascii_lowercase()) >> 32) as u32);
            }
            start = if letter { at } else { at + 1 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(word: &str) -> Vec<u32> {
        let mut found = Vec::new();
        sub_words(word.as_bytes(), |term| found.push(term));
        found
    }

    #[test]
    fn identifiers_are_split_into_words() {
        let parts = |words: &str| words.split(' ').flat_map(terms).collect::<Vec<_>>();
        assert_eq!(
            terms("parseHTTPHeader_line2"),
            parts("parse http header line")
        );
        assert_eq!(terms("MAX_SIZE"), parts("max size"));
        assert_eq!(terms("x1_a"), [0; 0]);
        assert_eq!(parts("parse http").len(), 2);
    }

    #[test]
    fn rare_words_and_short_chunks_weigh_more() {
        let terms = InvertedIndex::build(
            [
                "alpha beta",
                "alpha alpha gamma",
                "alpha delta delta omega omega",
            ]
            .into_iter(),
        );
        let hash = |word: &str| self::terms(word)[0];
        assert_eq!(terms.postings(hash("alpha")), [1, 1 << 8 | 2, 2 << 8 | 1]);
        assert_eq!(terms.postings(hash("none")), [0; 0]);
        assert!(
            inverse_document_frequency(1, 3) > inverse_document_frequency(3, 3)
                && inverse_document_frequency(3, 3) > 0.0
        );
        let mut scores = [0.0; 3];
        terms.score(hash("alpha"), 1.0, 3.0, |chunk, score| {
            scores[chunk] = score
        });
        assert!(scores[1] > scores[0] && scores[0] > scores[2]);
    }
}
