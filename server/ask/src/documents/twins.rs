//! Equal passages as one: a text that is in the README and in the documents counts once.
//!
//! Compared are runs of three words. Nothing here knows questions or scores.

use super::rank::Hit;
use super::words;
use index::Index;
use std::collections::HashSet;

/// How much of the shorter passage the longer one must have.
const SHARE: f32 = 0.8;
/// Fewest runs of words that can make two passages equal.
const FEWEST: usize = 6;

/// The runs of words of a text.
pub(crate) struct Runs(HashSet<u32>);

impl Runs {
    pub(crate) fn new(text: &str) -> Self {
        let mut hashes: Vec<u32> = Vec::new();
        words::words(text, |word| {
            hashes.push(words::hash(word.to_lowercase().as_bytes()))
        });
        let run = |three: &[u32]| {
            let mixed = |sum: u32, hash: &u32| sum.rotate_left(11).wrapping_mul(31) ^ hash;
            three.iter().fold(0, mixed)
        };
        Self(hashes.windows(3).map(run).collect())
    }

    /// Whether one text has nearly all of the other.
    pub(crate) fn is_twin(&self, other: &Self) -> bool {
        let (small, large) = match self.0.len() <= other.0.len() {
            true => (self, other),
            false => (other, self),
        };
        let shared = small.0.iter().filter(|run| large.0.contains(run)).count();
        let fits = large.0.len() <= small.0.len() * 3;
        small.0.len() >= FEWEST && fits && shared as f32 >= SHARE * small.0.len() as f32
    }
}

/// The text of a passage.
pub(crate) fn text_of<'a>(index: &'a Index, hit: &Hit) -> &'a str {
    let text = index.text(&hit.path).unwrap_or_default();
    let range = super::cut::Lines::new(text).range(hit.passage.lines.clone());
    text.get(range).unwrap_or_default()
}

/// Keeps the first of equal passages and names the places of the others, until there are `most`.
pub(crate) fn merge(index: &Index, hits: &mut Vec<Hit>, most: usize) {
    let mut kept: Vec<(Hit, Runs)> = Vec::new();
    for hit in hits.drain(..) {
        if kept.len() > most {
            break;
        }
        let runs = Runs::new(text_of(index, &hit));
        match kept.iter_mut().find(|(_, other)| other.is_twin(&runs)) {
            Some((first, _)) => first.twins.push((hit.path, hit.passage.lines)),
            None => kept.push((hit, runs)),
        }
    }
    hits.extend(kept.into_iter().map(|(hit, _)| hit));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearly_equal_texts_are_twins() {
        let text = "Run one test by giving its name after two colons, as in a file of tests.";
        let twin = format!("{text} See also the list.");
        assert!(Runs::new(text).is_twin(&Runs::new(&twin)));
        let other = "Run all tests by giving no name at all, and wait for the last one to end.";
        assert!(!Runs::new(text).is_twin(&Runs::new(other)));
        assert!(!Runs::new("a b c d").is_twin(&Runs::new("a b c d")));
    }
}
