//! A few sessions of one engine, so that nothing is read twice when the user goes back and forth
//! between files, or between two places of one.
//!
//! Each keeps the keys and values of the last prompt that it read. A prompt goes to the session
//! that holds most of it; if none holds enough, it replaces the session that was used longest ago.
//! Memory decides how many there are.

use engine::{Engine, Session};
use std::sync::Arc;

/// Bytes that the keys and values of all sessions may take.
const MEMORY: usize = 48 << 20;
/// Most sessions: rarely does anybody work on more files at once.
const MAX_SESSIONS: usize = 4;
/// A session knows a prompt if it holds this part of it. Prompts of the same file begin alike.
const KNOWN: usize = 4;

/// The sessions of an engine.
pub struct Sessions {
    engine: Arc<Engine>,
    /// The one used last comes last.
    all: Vec<Session>,
    most: usize,
}

impl Sessions {
    /// None yet; there will be as many as memory allows for prompts of so many tokens, and at least
    /// one.
    pub fn new(engine: Arc<Engine>, tokens: usize) -> Self {
        let one = engine.cache_bytes(tokens).max(1);
        Self {
            engine,
            all: Vec::new(),
            most: (MEMORY / one).clamp(1, MAX_SESSIONS),
        }
    }

    /// Lets there be so many, whatever memory they take.
    pub fn keep_at_least(&mut self, count: usize) {
        self.most = self.most.max(count);
    }

    /// The engine of all sessions.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// The session to ask about a prompt.
    pub fn of(&mut self, prompt: &[u32]) -> &mut Session {
        let known = self
            .all
            .iter()
            .map(|session| session.cached_prefix_len(prompt))
            .enumerate();
        let best = known.max_by_key(|(at, tokens)| (*tokens, *at));
        let taken = match best {
            Some((at, tokens)) if tokens * KNOWN >= prompt.len() => Some(at),
            _ if self.all.len() < self.most => None,
            // The one that was used least lately.
            best => best.map(|_| 0),
        };
        let was_last = taken.is_some_and(|at| at + 1 == self.all.len());
        let mut session = match taken {
            Some(at) => self.all.remove(at),
            None => Session::new(Arc::clone(&self.engine)),
        };
        if let Some(resting) = self.all.last_mut().filter(|_| !was_last) {
            session.swap_buffers(resting);
        }
        self.all.push(session);
        let last = self.all.len() - 1;
        &mut self.all[last]
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use engine::Cancel;
    use std::path::Path;

    const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/model/tiny.gguf");

    /// Tokens that no other number's prompt begins with.
    fn prompt(number: u32) -> Vec<u32> {
        (0..60).map(|at| 300 + (number * 7 + at) % 40).collect()
    }

    fn sessions(most: usize) -> Sessions {
        let engine =
            Arc::new(Engine::open(Path::new(TINY), &engine::LoadOptions::default()).unwrap());
        let tokens = MEMORY / most / engine.cache_bytes(1);
        Sessions::new(engine, tokens)
    }

    fn read(sessions: &mut Sessions, prompt: &[u32]) {
        sessions
            .of(prompt)
            .prefill_ahead(prompt, &Cancel::new())
            .unwrap();
    }

    #[test]
    fn going_back_to_another_file_computes_nothing() {
        let mut sessions = sessions(2);
        let (one, other) = (prompt(1), prompt(2));
        for _ in 0..3 {
            read(&mut sessions, &one);
            read(&mut sessions, &other);
        }
        assert_eq!(
            (
                sessions.of(&one).cached_prefix_len(&one),
                sessions.of(&other).cached_prefix_len(&other)
            ),
            (60, 60)
        );
        // A prompt that continues a known one needs no session of its own.
        let longer = [&one[..], &[300, 301]].concat();
        assert_eq!(sessions.of(&longer).cached_prefix_len(&longer), 60);
        assert_eq!(sessions.all.len(), 2);
    }

    #[test]
    fn what_was_used_least_lately_makes_room() {
        let mut sessions = sessions(2);
        for number in [1, 2, 1, 3] {
            read(&mut sessions, &prompt(number));
        }
        let known = |number| {
            sessions
                .all
                .iter()
                .map(|one| one.cached_prefix_len(&prompt(number)))
                .max()
        };
        assert_eq!(([1, 3].map(known), sessions.all.len()), ([Some(60); 2], 2));
        assert!(known(2) < Some(60));
    }

    #[test]
    fn memory_decides_how_many_there_are() {
        assert_eq!(
            [1, 3, 100].map(|wanted| sessions(wanted).most),
            [1, 3, MAX_SESSIONS]
        );
        let engine = Arc::clone(sessions(1).engine());
        assert_eq!(Sessions::new(engine, 1 << 40).most, 1);
    }
}
