//! What happens when the user pauses: one task waits for the pause of each document, however many
//! keys are pressed. A key only moves the time at which its document is due.

use super::{Diagnostics, DiagnosticsUpdate, DocumentDiagnostics};
use std::sync::{Arc, PoisonError};
use std::time::Instant;

impl Diagnostics {
    /// Has a document searched after a pause from now on.
    pub fn touch(&self, uri: &str) {
        let mut edited = self.edited.lock().unwrap_or_else(PoisonError::into_inner);
        // A task that sleeps until an earlier document is due sees this one afterwards.
        if edited.is_empty() {
            self.wake.notify_one();
        }
        edited.touch(uri.to_owned(), Instant::now());
    }

    /// Has all open documents searched again after a pause.
    pub fn touch_all(&self) {
        for uri in self.documents.uris() {
            self.touch(&uri);
        }
    }

    /// Searches each document that is due, for as long as the server lives.
    pub async fn follow(self: Arc<Self>) {
        loop {
            for uri in self.next_due().await {
                // A task of its own: a failure costs one document.
                if let Err(error) = tokio::spawn(Arc::clone(&self).search_idle(uri)).await {
                    tracing::error!(%error, "searching a document failed");
                }
            }
        }
    }

    /// Waits until some documents are due.
    async fn next_due(&self) -> Vec<String> {
        loop {
            let next = self.edited_documents(|edited| edited.next());
            match next {
                None => self.wake.notified().await,
                Some(at) if at > Instant::now() => tokio::time::sleep_until(at.into()).await,
                Some(_) => return self.edited_documents(|edited| edited.take_due(Instant::now())),
            }
        }
    }

    fn edited_documents<T>(&self, of: impl FnOnce(&mut super::Debounce<String>) -> T) -> T {
        of(&mut self.edited.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Searches a document and announces its bugs; what takes longer follows.
    async fn search_idle(self: Arc<Self>, uri: String) {
        let Some(document) = self.documents.snapshot(&uri) else {
            return;
        };
        let Ok(found) = self.search(document).await else {
            return;
        };
        self.announce(DiagnosticsUpdate::Found(self.view(&found)));
        let has_checks = self.has_checks() && !found.bugs.is_empty();
        if self.margin().is_some() || has_checks {
            tokio::spawn(self.check_further(found));
        }
    }

    /// Asks the model, then checkers, and announces whatever that changed.
    async fn check_further(self: Arc<Self>, found: Arc<DocumentDiagnostics>) {
        let before = self.view(&found).id();
        self.ask_model(&found).await;
        self.check_fixes(Arc::new(self.view(&found))).await;
        let view = self.view(&found);
        if view.id() != before {
            self.announce(DiagnosticsUpdate::Revised(view));
        }
    }
}
