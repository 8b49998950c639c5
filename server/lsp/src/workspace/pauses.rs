//! Waiting for a pause in typing: which documents were edited, and when the last edit is old enough
//! to be taken in.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long nothing must be typed in a document before its text is taken in.
const PAUSE: Duration = Duration::from_millis(300);
/// How long a document's text waits at most while typing goes on.
const PATIENCE: Duration = Duration::from_secs(2);

/// Documents with edits that were not taken in yet, with the times of the first and the last of
/// them.
#[derive(Default)]
pub struct Pauses(HashMap<String, (Instant, Instant)>);

impl Pauses {
    /// Notes an edit.
    pub fn edited(&mut self, uri: String, now: Instant) {
        self.0.entry(uri).or_insert((now, now)).1 = now;
    }

    /// Forgets a document.
    pub fn forget(&mut self, uri: &str) {
        self.0.remove(uri);
    }

    /// When the next document is due.
    pub fn next(&self) -> Option<Instant> {
        self.0.values().map(due).min()
    }

    /// The documents that are due, which are forgotten.
    pub fn take_due(&mut self, now: Instant) -> Vec<String> {
        self.0
            .extract_if(|_, times| due(times) <= now)
            .map(|(uri, _)| uri)
            .collect()
    }
}

fn due((first, last): &(Instant, Instant)) -> Instant {
    (*last + PAUSE).min(*first + PATIENCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_due_after_a_pause_and_in_the_end_without_one() {
        let (mut pauses, start) = (Pauses::default(), Instant::now());
        assert_eq!(pauses.next(), None);
        pauses.edited("a".into(), start);
        assert_eq!(pauses.next(), Some(start + PAUSE));
        for tenth in 1..30 {
            pauses.edited("a".into(), start + Duration::from_millis(100 * tenth));
        }
        assert_eq!(pauses.next(), Some(start + PATIENCE));
        assert!(pauses.take_due(start + PAUSE).is_empty());
        assert_eq!(pauses.take_due(start + PATIENCE), ["a"]);
        assert_eq!(pauses.next(), None);
        pauses.edited("b".into(), start);
        pauses.forget("b");
        assert_eq!(pauses.next(), None);
    }
}
