//! Whether any value occurs twice: a set of hashes that ends at the first duplicate.
//!
//! Most columns have a duplicate soon, and cost nothing after it. Where the set would grow too
//! large it is given up, and the answer is unknown.

/// What is known of the values so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeySet {
    /// No two are equal; an open table of their hashes, in which 0 is free, and how many there are.
    Unique(Vec<u64>, usize),
    /// Two are equal.
    Duplicate,
    /// There were too many to know.
    Unknown,
}

impl KeySet {
    pub(crate) fn new() -> Self {
        Self::Unique(Vec::new(), 0)
    }

    /// Whether another value may still change what is known.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Unique(..))
    }

    pub(crate) fn add(&mut self, hash: u64, limit: usize) {
        let Self::Unique(table, count) = self else {
            return;
        };
        let hash = hash.max(1);
        if *count * 2 >= table.len() {
            if *count >= limit {
                *self = Self::Unknown;
                return;
            }
            grow(table);
        }
        match place(table, hash) {
            Some(at) => {
                table[at] = hash;
                *count += 1;
            }
            None => *self = Self::Duplicate,
        }
    }

    pub(crate) fn merge(&mut self, other: Self, limit: usize) {
        match (&*self, other) {
            (Self::Duplicate, _) => {}
            (_, Self::Duplicate) => *self = Self::Duplicate,
            (_, Self::Unknown) => *self = Self::Unknown,
            (_, Self::Unique(table, _)) => {
                for hash in table.into_iter().filter(|hash| *hash != 0) {
                    self.add(hash, limit);
                }
            }
        }
    }
}

/// The free place for a hash; none if the table has it.
fn place(table: &[u64], hash: u64) -> Option<usize> {
    let mask = table.len() - 1;
    let mut at = hash as usize & mask;
    while table[at] != 0 {
        if table[at] == hash {
            return None;
        }
        at = (at + 1) & mask;
    }
    Some(at)
}

fn grow(table: &mut Vec<u64>) {
    let wide = vec![0; (table.len() * 2).max(64)];
    for hash in std::mem::replace(table, wide) {
        if hash != 0
            && let Some(at) = place(table, hash)
        {
            table[at] = hash;
        }
    }
}
