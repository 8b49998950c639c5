//! Lets the model read what the next completion will ask, while nobody waits: editors pause after a
//! key before they ask.
//!
//! It is a guess that the user goes on behind the last change. Only where an editor has asked by
//! itself lately is it worth the processor's time. Nothing here answers anyone.

use crate::model::Model;
use crate::requests::inline_completion::is_enabled;
use crate::server::Server;
use crate::suggest::read_ahead;
use crate::worker::Ticket;
use crate::workspace::secrets;
use context::Snapshot;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// An editor that asked so lately asks again behind the next change.
const LATELY: Duration = Duration::from_secs(10);

/// What is being read ahead.
#[derive(Default)]
pub struct ReadAhead(Mutex<State>);

#[derive(Default)]
struct State {
    asked: Option<Instant>,
    /// For which place of which document. Dropped, it stops.
    reading: Option<(String, usize, Ticket<()>)>,
}

impl ReadAhead {
    /// Someone asks at this place. What is read for another one stops; what is read for this one
    /// goes on, as the answer needs it.
    pub fn asked(&self, uri: &str, offset: usize) {
        let mut state = self.state();
        state.asked = Some(Instant::now());
        state.reading = state
            .reading
            .take()
            .filter(|(of, at, _)| of == uri && *at == offset);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts reading for a place where text has just changed.
pub fn start(server: &Server, uri: &str, offset: usize) {
    let mut state = server.ahead.state();
    state.reading = None;
    if state.asked.is_none_or(|asked| asked.elapsed() > LATELY) {
        return;
    }
    // Along what is shown, the model is not asked.
    if server.documents.remaining(uri, offset).is_some() {
        return;
    }
    let Some(taken) = server.documents.take(uri) else {
        return;
    };
    let Snapshot { language, path, .. } = &taken.snapshot;
    if !is_enabled(&server.settings().completion, language) || secrets::in_path(path) {
        return;
    }
    let read = move |snapshot: &Snapshot, model: &mut dyn Model| {
        if let Err(error) = read_ahead(snapshot, offset, model) {
            tracing::debug!(%error, "nothing was read ahead");
        }
    };
    let ticket = server
        .worker()
        .map(|worker| worker.submit("ahead", taken, read));
    state.reading = ticket.map(|ticket| (uri.to_owned(), offset, ticket));
}
