//! How different the values of a column are: which are frequent, how many there are, whether any
//! occurs twice.
//!
//! While there are few different values, one table knows all that exactly, by their bytes. When it
//! is full, a sketch estimates and a set looks for the first duplicate, both by what values mean: a
//! number that is written in two ways is one value to them.

use super::distinct::DistinctSketch;
use super::keys::KeySet;
use super::limits::SketchLimits;
use super::values::{Seen, ValueTable};

/// Counts of different values.
#[derive(Clone)]
pub(crate) struct Variety {
    table: ValueTable,
    estimate: Option<DistinctSketch>,
    keys: KeySet,
    limits: SketchLimits,
    /// The hash of what a value means.
    meaning: fn(&[u8]) -> u64,
}

impl Variety {
    pub(crate) fn new(limits: SketchLimits, meaning: fn(&[u8]) -> u64) -> Self {
        Self {
            meaning,
            table: ValueTable::new(limits.values),
            estimate: None,
            keys: KeySet::new(),
            limits,
        }
    }

    /// Takes a value by the hash of its bytes and that of what it means; the text is kept if it may
    /// be frequent.
    #[inline]
    pub(crate) fn add(&mut self, hash: u64, meaning: u64, text: &[u8]) {
        if let Some(estimate) = &mut self.estimate {
            estimate.add(meaning);
            if self.keys.is_open() {
                self.keys.add(meaning, self.limits.keys);
            }
            self.table.add(hash, text);
            return;
        }
        match self.table.add(hash, text) {
            Seen::Again => self.keys = KeySet::Duplicate,
            Seen::First | Seen::Elsewhere => {}
            Seen::Full => {
                self.spill();
                self.add(hash, meaning, text);
            }
        }
    }

    /// Goes on with estimates.
    fn spill(&mut self) {
        if self.estimate.is_some() {
            return;
        }
        let mut estimate = DistinctSketch::new();
        for (text, _) in self.table.finish() {
            let meaning = (self.meaning)(text);
            estimate.add(meaning);
            self.keys.add(meaning, self.limits.keys);
        }
        self.estimate = Some(estimate);
        self.table.estimate();
    }

    /// Takes the values of later rows.
    pub(crate) fn merge(&mut self, mut other: Self) {
        if self.estimate.is_none() && other.estimate.is_none() {
            let known: std::collections::HashSet<u64> = self.table.hashes().collect();
            let both = other.table.hashes().filter(|hash| known.contains(hash));
            let both = both.count();
            if both > 0 || other.keys == KeySet::Duplicate {
                self.keys = KeySet::Duplicate;
            }
            if self.table.len() + other.table.len() - both <= self.limits.values {
                self.table.merge(&other.table);
                return;
            }
        }
        self.spill();
        other.spill();
        if let (Some(estimate), Some(more)) = (&mut self.estimate, &other.estimate) {
            estimate.merge(more);
        }
        self.keys.merge(other.keys, self.limits.keys);
        self.table.merge(&other.table);
    }

    /// Whether each value was counted.
    pub(crate) fn is_exact(&self) -> bool {
        self.estimate.is_none()
    }

    /// How many different values there are.
    pub(crate) fn count(&self) -> u64 {
        match &self.estimate {
            None => self.table.len() as u64,
            Some(estimate) => estimate.count(),
        }
    }

    /// Whether it is proven that no value occurs twice.
    pub(crate) fn is_unique(&self) -> bool {
        self.keys.is_open()
    }

    /// The values in the table with their counts, in no order.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&[u8], u64)> {
        self.table.finish()
    }
}
