//! Which phrases the user takes: for three lexemes in a row, how often they were taken and how
//! often not.
//!
//! Only hashes are kept, salted with a number of this machine, so that the file cannot be read back
//! by hashing known texts elsewhere. Ranking asks [`Phrases::familiarity`].

use index::lexemes;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

/// Phrases that are kept; with more, those seen the least go, some at a time.
const MAX_PHRASES: usize = 4096;
/// Phrases that are left then.
const LEFT: usize = 3840;
/// Phrases of one text that are counted.
const MAX_PER_TEXT: usize = 64;
/// Lexemes of a phrase.
const LENGTH: usize = 3;
/// Observations of a phrase that halve its bonus.
const DOUBT: f32 = 3.0;
/// How much a phrase keeps when it is seen again.
const DECAY: f32 = 0.97;

/// Salted hashes of phrases, with how often each was taken and not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phrases(BTreeMap<u64, (f32, f32)>);

impl Phrases {
    /// Counts the phrases of a text that was taken, or was not.
    pub fn count(&mut self, salt: u64, text: &str, taken: bool) {
        for hash in hashes(salt, text) {
            let seen = self.0.entry(hash).or_default();
            if taken { seen.0 += 1.0 } else { seen.1 += 1.0 }
        }
    }

    /// Adds newer counts; the old ones of the same phrases lose weight.
    pub fn absorb(&mut self, newer: &Self) {
        for (hash, (taken, not)) in &newer.0 {
            let old = self.0.entry(*hash).or_default();
            let kept = DECAY.powf(taken + not);
            *old = (old.0 * kept + taken, old.1 * kept + not);
        }
        if self.0.len() > MAX_PHRASES {
            self.keep(LEFT, |hash| newer.0.contains_key(hash));
        }
    }

    /// Drops half of the phrases, those seen the least; false if there are none.
    pub fn halve(&mut self) -> bool {
        let any = !self.0.is_empty();
        self.keep(self.0.len() / 2, |_| false);
        any
    }

    fn keep(&mut self, most: usize, is_new: impl Fn(&u64) -> bool) {
        if self.0.len() > most {
            let mut seen: Vec<_> = self
                .0
                .iter()
                .map(|(hash, (a, b))| (is_new(hash), a + b, *hash))
                .collect();
            seen.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)));
            for (_, _, hash) in seen.iter().skip(most) {
                self.0.remove(hash);
            }
        }
    }

    /// How much the phrases of a text were liked so far, -1 to 1; 0 for a text of unknown phrases.
    pub fn familiarity(&self, salt: u64, text: &str) -> f32 {
        let hashes = hashes(salt, text);
        let liked = |(taken, not): &(f32, f32)| (taken - not) / (taken + not + DOUBT);
        let sum: f32 = hashes
            .iter()
            .filter_map(|hash| self.0.get(hash))
            .map(liked)
            .sum();
        sum / hashes.len().max(1) as f32
    }

    /// What is wrong with phrases that were read from a file, if anything is.
    pub fn fault(&self) -> Option<&'static str> {
        let wrong = |(taken, not): &(f32, f32)| {
            ![taken, not]
                .iter()
                .all(|count| (0.0..=1e6).contains(*count))
        };
        if self.0.len() > MAX_PHRASES {
            Some("it has too many phrases")
        } else {
            self.0
                .values()
                .any(wrong)
                .then_some("a phrase's count is not a number between 0 and 1000000")
        }
    }
}

/// The phrases of a text, as salted hashes of 48 bits (FNV-1a, mixed).
fn hashes(salt: u64, text: &str) -> HashSet<u64> {
    let words = lexemes(text)
        .map(|range| text[range].trim())
        .filter(|word| !word.is_empty());
    let words: Vec<_> = words.take(MAX_PER_TEXT + LENGTH - 1).collect();
    let hash = |words: &[&str]| {
        let bytes = words.iter().flat_map(|word| word.bytes().chain([0xff]));
        let hash = bytes.fold(salt, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mixed = (hash ^ hash >> 31 ^ salt.rotate_left(17)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed >> 16
    };
    words.windows(LENGTH).map(hash).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_is_familiar_and_what_was_not_is_less_so() {
        let mut phrases = Phrases::default();
        for _ in 0..4 {
            let mut newer = Phrases::default();
            newer.count(1, "return self.value", true);
            newer.count(1, "print(x)", false);
            phrases.absorb(&newer);
        }
        assert!(phrases.familiarity(1, "return self.value + 1") > 0.2);
        assert!(phrases.familiarity(1, "print(x)") < -0.2);
        assert_eq!(phrases.familiarity(1, "if a == b"), 0.0);
        assert_eq!(phrases.familiarity(1, ""), 0.0);
        assert_eq!(
            phrases.familiarity(2, "return self.value"),
            0.0,
            "another machine's salt"
        );
    }

    #[test]
    fn they_are_bounded_and_the_new_ones_stay() {
        let mut phrases = Phrases::default();
        for number in 0..6000 {
            let mut newer = Phrases::default();
            newer.count(1, &format!("a b c{number}"), true);
            phrases.absorb(&newer);
        }
        assert!((LEFT..=MAX_PHRASES).contains(&phrases.0.len()));
        assert!(phrases.familiarity(1, "a b c5999") > 0.0);
    }
}
