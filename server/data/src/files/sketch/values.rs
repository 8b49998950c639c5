//! The most frequent values, and all values with their counts while there are few.
//!
//! A table counts each value exactly until it is full. After that, the counts of all are lowered by
//! the smallest half's greatest, which frees places (the algorithm of Misra and Gries, in batches):
//! what stays is a lower bound. In a column of mostly different values ever fewer newcomers enter,
//! and at last only some values are looked up, so that it costs little. Values are known by their
//! hash; the text of the first is kept.

/// The bytes that are kept of a value.
pub(crate) const TEXT: usize = 200;
/// The most places in a row that newcomers wait for.
const MOST_SKIPPED: u32 = 63;

/// A column is dull if fewer than one of so many values is in the table; then so many are passed
/// over for each that is looked up.
const DULL_SHARE: u64 = 16;
const DULL_PASSED: u32 = 7;

/// Counts of values.
#[derive(Clone, Debug)]
pub(crate) struct ValueTable {
    /// An open table of hashes, in which 0 is free.
    hashes: Vec<u64>,
    entries: Vec<Entry>,
    count: usize,
    texts: Vec<u8>,
    limit: usize,
    is_exact: bool,
    skipped: u32,
    skip: u32,
    /// Values that were there, and that were not, since the last purge.
    hits: u64,
    misses: u64,
    /// Whether hardly any value occurs again, so that only some are looked up; and how many were
    /// not, since the last that was.
    is_dull: bool,
    passed: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    count: u64,
    start: u32,
    length: u32,
}

/// What happened to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// It was there.
    Again,
    /// It is new.
    First,
    /// It did not enter a table that is not exact any more.
    Elsewhere,
    /// It did not enter: the table is full, and all its counts are still exact.
    Full,
}

impl ValueTable {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            hashes: vec![0; 16],
            entries: vec![Entry::default(); 16],
            count: 0,
            texts: Vec::new(),
            limit,
            is_exact: true,
            skipped: 0,
            skip: 0,
            hits: 0,
            misses: 0,
            is_dull: false,
            passed: 0,
        }
    }

    /// The hashes in the table.
    pub(crate) fn hashes(&self) -> impl Iterator<Item = u64> {
        self.hashes.iter().copied().filter(|hash| *hash != 0)
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// The place of a hash, or the free place for it.
    #[inline]
    fn place(&self, hash: u64) -> usize {
        let mask = self.hashes.len() - 1;
        let mut at = hash as usize & mask;
        while self.hashes[at] != hash && self.hashes[at] != 0 {
            at = (at + 1) & mask;
        }
        at
    }

    /// From now on, counts are lower bounds.
    pub(crate) fn estimate(&mut self) {
        self.is_exact = false;
    }

    /// Counts a value.
    #[inline]
    pub(crate) fn add(&mut self, hash: u64, text: &[u8]) -> Seen {
        if self.is_dull && self.passed < DULL_PASSED {
            self.passed += 1;
            return Seen::Elsewhere;
        }
        self.passed = 0;
        let hash = hash.max(1);
        let at = self.place(hash);
        if self.hashes[at] == hash {
            self.hits += 1;
            self.entries[at].count += 1;
            return Seen::Again;
        }
        self.misses += 1;
        self.newcomer(at, hash, text, 1)
    }

    fn newcomer(&mut self, at: usize, hash: u64, text: &[u8], count: u64) -> Seen {
        if !self.is_exact && self.skipped < self.skip {
            self.skipped += 1;
            return Seen::Elsewhere;
        }
        self.skipped = 0;
        let mut at = at;
        if self.count >= self.limit {
            if self.is_exact {
                return Seen::Full;
            }
            self.purge();
            at = self.place(hash);
        } else if (self.count + 1) * 2 > self.hashes.len() {
            self.rebuild(self.hashes.len() * 2, 0);
            at = self.place(hash);
        }
        let length = text.len().min(TEXT);
        self.hashes[at] = hash;
        self.entries[at] = Entry {
            count,
            start: self.texts.len() as u32,
            length: length as u32,
        };
        self.texts.extend_from_slice(&text[..length]);
        self.count += 1;
        Seen::First
    }

    /// Makes room: lowers all counts so far that at least half are gone.
    fn purge(&mut self) {
        let mut counts: Vec<u64> = self.live().map(|(_, entry)| entry.count).collect();
        let middle = counts.len() / 2;
        let (_, median, _) = counts.select_nth_unstable(middle);
        let least = *median;
        self.rebuild(self.hashes.len(), least);
        self.is_dull = self.skip == MOST_SKIPPED && self.hits * DULL_SHARE < self.misses;
        (self.hits, self.misses) = (0, 0);
        self.skip = (self.skip * 2 + 1).min(MOST_SKIPPED);
    }

    fn live(&self) -> impl Iterator<Item = (u64, Entry)> {
        let both = self
            .hashes
            .iter()
            .copied()
            .zip(self.entries.iter().copied());
        both.filter(|(hash, _)| *hash != 0)
    }

    /// Moves all entries with a higher count than `least` into a table of so many places.
    fn rebuild(&mut self, places: usize, least: u64) {
        let old: Vec<(u64, Entry)> = self.live().filter(|(_, e)| e.count > least).collect();
        let texts = std::mem::take(&mut self.texts);
        self.hashes = vec![0; places];
        self.entries = vec![Entry::default(); places];
        self.count = old.len();
        for (hash, entry) in old {
            let at = self.place(hash);
            let start = entry.start as usize;
            self.hashes[at] = hash;
            self.entries[at] = Entry {
                count: entry.count - least,
                start: self.texts.len() as u32,
                length: entry.length,
            };
            let text = &texts[start..start + entry.length as usize];
            self.texts.extend_from_slice(text);
        }
    }

    /// Takes the counts of later rows; an exact table must have room.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.is_exact &= other.is_exact;
        for (hash, entry) in other.live() {
            let start = entry.start as usize;
            let text = &other.texts[start..start + entry.length as usize];
            let at = self.place(hash);
            if self.hashes[at] == hash {
                self.entries[at].count += entry.count;
            } else {
                self.skip = 0;
                self.newcomer(at, hash, text, entry.count);
            }
        }
    }

    /// All values in the table with their counts, in no order.
    pub(crate) fn finish(&self) -> impl Iterator<Item = (&[u8], u64)> {
        self.live().map(|(_, entry)| {
            let start = entry.start as usize;
            let text = &self.texts[start..start + entry.length as usize];
            (text, entry.count)
        })
    }
}
