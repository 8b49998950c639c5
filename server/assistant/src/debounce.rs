//! Waiting for a pause: which keys were touched, and when the last touch is long enough ago.
//!
//! Plain data. The index thread and the diagnostics task each sleep until [`Debounce::next`] in
//! their own way.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// Keys that were touched and are not due yet.
pub struct Debounce<K> {
    delay: Duration,
    max_wait: Option<Duration>,
    /// The times of the first and the last touch.
    touched: HashMap<K, (Instant, Instant)>,
}

impl<K: Eq + Hash> Debounce<K> {
    /// A key is due once it was not touched for `delay`, and at the latest `max_wait` after the
    /// first touch, if there is such a limit.
    pub fn new(delay: Duration, max_wait: Option<Duration>) -> Self {
        Self {
            delay,
            max_wait,
            touched: HashMap::new(),
        }
    }

    /// Notes that a key was touched.
    pub fn touch(&mut self, key: K, now: Instant) {
        self.touched.entry(key).or_insert((now, now)).1 = now;
    }

    /// Forgets a key.
    pub fn forget<Q: Eq + Hash + ?Sized>(&mut self, key: &Q)
    where
        K: std::borrow::Borrow<Q>,
    {
        self.touched.remove(key);
    }

    /// Whether no key waits.
    pub fn is_empty(&self) -> bool {
        self.touched.is_empty()
    }

    /// When the next key is due.
    pub fn next(&self) -> Option<Instant> {
        self.touched.values().map(|times| self.due(times)).min()
    }

    /// Removes and returns the keys that are due.
    pub fn take_due(&mut self, now: Instant) -> Vec<K> {
        let (delay, max_wait) = (self.delay, self.max_wait);
        let is_due = |times: &(Instant, Instant)| due_at(*times, delay, max_wait) <= now;
        let due = self.touched.extract_if(|_, times| is_due(times));
        due.map(|(key, _)| key).collect()
    }

    fn due(&self, times: &(Instant, Instant)) -> Instant {
        due_at(*times, self.delay, self.max_wait)
    }
}

fn due_at(
    (first, last): (Instant, Instant),
    delay: Duration,
    max_wait: Option<Duration>,
) -> Instant {
    let due = last + delay;
    max_wait.map_or(due, |max_wait| due.min(first + max_wait))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAY: Duration = Duration::from_millis(300);
    const MAX_WAIT: Duration = Duration::from_secs(2);

    #[test]
    fn a_key_is_due_after_a_pause_and_in_the_end_without_one() {
        let (mut debounce, start) = (Debounce::new(DELAY, Some(MAX_WAIT)), Instant::now());
        assert_eq!(debounce.next(), None);
        debounce.touch("a".to_owned(), start);
        assert_eq!(debounce.next(), Some(start + DELAY));
        for tenth in 1..30 {
            debounce.touch("a".into(), start + Duration::from_millis(100 * tenth));
        }
        assert_eq!(debounce.next(), Some(start + MAX_WAIT));
        assert!(debounce.take_due(start + DELAY).is_empty());
        assert_eq!(debounce.take_due(start + MAX_WAIT), ["a"]);
        assert_eq!(debounce.next(), None);
        debounce.touch("b".into(), start);
        debounce.forget("b");
        assert_eq!(debounce.next(), None);
    }
}
