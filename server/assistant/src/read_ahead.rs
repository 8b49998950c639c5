//! Lets the model read what the next completion will ask, before the editor asks: editors pause
//! after a key.
//!
//! It is a guess that the user goes on after the last change, and worth the processor's time only
//! where the editor has asked by itself lately.

use crate::documents::{DocumentEvent, DocumentListener, Documents};
use crate::model::Model;
use crate::settings::SharedSettings;
use crate::worker::{Ticket, Worker};
use context::Snapshot;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// An editor that asked within this time asks again after the next change.
const RECENTLY: Duration = Duration::from_secs(10);

/// Reads ahead for the place of the last change.
pub struct ReadAhead {
    documents: Arc<Documents>,
    settings: Arc<SharedSettings>,
    worker: OnceLock<Worker>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    asked_at: Option<Instant>,
    /// The document and place that is read for. Dropping the ticket stops it.
    reading: Option<(String, usize, Ticket<()>)>,
}

impl ReadAhead {
    /// Reads nothing before it has a worker.
    pub fn new(documents: Arc<Documents>, settings: Arc<SharedSettings>) -> Self {
        Self {
            documents,
            settings,
            worker: OnceLock::new(),
            state: Mutex::default(),
        }
    }

    /// Reads with this worker from now on.
    pub fn use_worker(&self, worker: Worker) {
        let _ = self.worker.set(worker);
    }

    /// The editor asks at this place. What is read for another one stops; what is read for this one
    /// goes on, as the answer needs it.
    pub fn asked(&self, uri: &str, offset: usize) {
        let mut state = self.state();
        state.asked_at = Some(Instant::now());
        let is_here = |of: &str, at: usize| of == uri && at == offset;
        state.reading = state.reading.take().filter(|(of, at, _)| is_here(of, *at));
    }

    /// Starts reading for a place where text has just changed.
    fn start(&self, uri: &str, offset: usize) {
        let mut state = self.state();
        state.reading = None;
        let asked_recently = state.asked_at.is_some_and(|at| at.elapsed() <= RECENTLY);
        // Along the completion that is shown the model is not asked.
        if !asked_recently || self.documents.remaining(uri, offset).is_some() {
            return;
        }
        state.reading = self.submit(uri, offset);
    }

    fn submit(&self, uri: &str, offset: usize) -> Option<(String, usize, Ticket<()>)> {
        let document = self.documents.snapshot(uri)?;
        let language = &document.snapshot.language;
        if document.is_secret || !self.settings.get().completion.is_enabled(language) {
            return None;
        }
        let read = move |snapshot: &Snapshot, model: &mut dyn Model| {
            if let Err(error) = crate::suggest::read_ahead(snapshot, offset, model) {
                tracing::debug!(%error, "nothing was read ahead");
            }
        };
        let ticket = self.worker.get()?.submit("ahead", document, read);
        Some((uri.to_owned(), offset, ticket))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DocumentListener for ReadAhead {
    fn document_changed(&self, uri: &str, event: &DocumentEvent<'_>) {
        if let DocumentEvent::Edited([step]) = event {
            self.start(uri, step.change.new_end_byte);
        }
    }
}
