//! What the thread "index" does when nothing else is left: making the index smaller, and storing it
//! for the next session.

use super::index_thread::{IndexThread, wait_while};
use index::Index;
use std::sync::atomic::Ordering;
use std::time::Instant;

impl IndexThread {
    /// Takes over what was stored for these folders; what changed since is found by the walk.
    pub(super) fn load(&mut self) {
        let start = Instant::now();
        let Some(bytes) = self.store.load(&self.roots) else {
            return;
        };
        match Index::load(&bytes) {
            Ok(index) => {
                self.states = index
                    .files()
                    .map(|(path, stamp)| (path.to_owned(), stamp))
                    .collect();
                self.index = index;
                (self.unstored, self.stored_at) = (false, Some(Instant::now()));
                let (files, ms) = (self.states.len(), start.elapsed().as_millis());
                tracing::info!(files, ms, "the stored index is used");
            }
            Err(error) => {
                tracing::info!(%error, "the stored index cannot be used; it is rebuilt")
            }
        }
    }

    /// Stores the index if it changed.
    pub(super) fn save(&mut self) {
        if !std::mem::take(&mut self.unstored) {
            return;
        }
        let start = Instant::now();
        self.stored_at = Some(start);
        match self.store.save(&self.roots, |file| self.index.save(file)) {
            Ok(()) => tracing::info!(ms = start.elapsed().as_millis(), "the index is stored"),
            Err(error) => {
                tracing::warn!(%error, "the index was not stored; it is built again the next time")
            }
        }
    }

    /// Makes the index smaller, until something more urgent comes.
    pub(super) fn merge(&mut self) {
        wait_while(&self.busy);
        let (inbox, early, busy) = (&self.inbox, &mut self.early, &self.busy);
        let text_due = self.edited.next();
        let mut stop = || {
            early.extend(inbox.try_recv().ok());
            let is_due = text_due.is_some_and(|due| due <= Instant::now());
            is_due || !early.is_empty() || busy.load(Ordering::Relaxed)
        };
        self.unmerged = self.index.compact(&mut stop);
        self.publish();
    }
}
