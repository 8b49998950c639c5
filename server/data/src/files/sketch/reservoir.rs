//! A sample of values in which each is equally likely, for quantiles.
//!
//! Algorithm L of Li (1994): after the reservoir is full, the next value that enters is known
//! beforehand, so all others cost one comparison. The numbers that choose are of a fixed seed: the
//! same file gives the same sample.

/// A sample of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Reservoir {
    values: Vec<f64>,
    seen: u64,
    /// The value of `seen` at which the next value enters.
    next: u64,
    weight: f64,
    random: u64,
}

impl Reservoir {
    pub(crate) fn new() -> Self {
        Self {
            values: Vec::new(),
            seen: 0,
            next: 0,
            weight: 1.0,
            random: 0x2545_f491_4f6c_dd1d,
        }
    }

    #[inline]
    pub(crate) fn add(&mut self, value: f64, limit: usize) {
        if self.values.len() < limit {
            self.values.push(value);
            self.seen += 1;
            if self.values.len() == limit {
                self.next = self.seen;
                self.skip();
            }
            return;
        }
        if self.seen == self.next {
            let at = self.below(self.values.len());
            self.values[at] = value;
            self.skip();
        }
        self.seen += 1;
    }

    fn skip(&mut self) {
        let size = self.values.len() as f64;
        self.weight *= (self.uniform().ln() / size).exp();
        let skipped = (self.uniform().ln() / (1.0 - self.weight).ln()).floor();
        self.next = self
            .next
            .saturating_add(skipped.clamp(0.0, 1e18) as u64 + 1);
    }

    fn bits(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    /// A number above 0 and below 1.
    fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.bits()) * count as u128) >> 64) as usize
    }

    pub(crate) fn merge(&mut self, mut other: Self, limit: usize) {
        let seen = self.seen + other.seen;
        if self.is_whole() && other.is_whole() && self.values.len() + other.values.len() <= limit {
            self.values.append(&mut other.values);
        } else if seen > 0 {
            let limit = limit.min(self.values.len() + other.values.len());
            let share = (limit as f64 * self.seen as f64 / seen as f64).round() as usize;
            let least = limit.saturating_sub(other.values.len());
            let share = share.clamp(least, self.values.len().max(least));
            self.shrink(share);
            let rest = limit.saturating_sub(self.values.len());
            other.shrink(rest);
            self.values.append(&mut other.values);
        }
        self.seen = seen;
        // What comes later is not added one by one any more.
        self.next = seen;
    }

    /// Leaves some values, chosen by chance.
    fn shrink(&mut self, count: usize) {
        while self.values.len() > count {
            let at = self.below(self.values.len());
            self.values.swap_remove(at);
        }
    }

    /// Whether no value was left out.
    pub(crate) fn is_whole(&self) -> bool {
        self.values.len() as u64 == self.seen
    }

    /// The values, the smallest first, and whether they are all.
    pub(crate) fn finish(mut self) -> (Vec<f64>, bool) {
        let is_whole = self.is_whole();
        self.values.sort_unstable_by(f64::total_cmp);
        (self.values, is_whole)
    }
}
