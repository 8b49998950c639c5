//! What happens when nobody types: one task waits for the pause of each document, however many keys
//! are pressed.
//!
//! A key only moves the time at which its document is due; nothing is started for it. Then the
//! document's bugs are looked for and published to an editor that does not ask for them, and their
//! fixes are checked.

use super::{Found, PAUSE, Seeker};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::time::Instant;

/// Which documents are looked at when.
#[derive(Default)]
pub struct Idle {
    due: Mutex<HashMap<String, (Instant, Seeker)>>,
    wake: Notify,
}

impl Idle {
    /// A document has changed: it is due after a pause from now.
    pub fn touched(&self, uri: &str, seeker: Seeker) {
        let mut due = self.due();
        // Who waits for an earlier document looks for this one when that is over.
        if due.is_empty() {
            self.wake.notify_one();
        }
        due.insert(uri.to_owned(), (Instant::now() + PAUSE, seeker));
    }

    /// Looks at each document that is due, for as long as the server lives.
    pub async fn follow(self: Arc<Self>) {
        loop {
            let (uri, seeker) = self.next().await;
            // A task of its own: whatever happens there, other documents are looked at too.
            if let Err(error) = tokio::spawn(seeker.look_idly(uri)).await {
                tracing::error!(%error, "looking at a document failed");
            }
        }
    }

    /// The next document that was left alone for long enough.
    async fn next(&self) -> (String, Seeker) {
        loop {
            let earliest = self
                .due()
                .iter()
                .min_by_key(|(_, (at, _))| *at)
                .map(|(uri, (at, _))| (uri.clone(), *at));
            match earliest {
                None => self.wake.notified().await,
                Some((_, at)) if at > Instant::now() => tokio::time::sleep_until(at).await,
                Some((uri, _)) => {
                    if let Some((_, seeker)) = self.due().remove(&uri) {
                        return (uri, seeker);
                    }
                }
            }
        }
    }

    fn due(&self) -> MutexGuard<'_, HashMap<String, (Instant, Seeker)>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seeker {
    /// Looks for the bugs of a document that was left alone, and shows them.
    async fn look_idly(self, uri: String) {
        let Some(taken) = self.documents.take(&uri) else {
            return;
        };
        let Ok(found) = self.search(taken).await else {
            return;
        };
        if !self.editor.pulls {
            self.show(&found).await;
        }
        if self.model.is_some() || self.checks.is_some() && !found.bugs.is_empty() {
            tokio::spawn(self.look_closer(found));
        }
    }

    /// What takes longer: the model, then checkers. Whatever comes out of it is shown, unless the
    /// document has changed.
    async fn look_closer(self, found: Arc<Found>) {
        let before = self.view(&found).id();
        self.weigh(&found).await;
        self.check_fixes(Arc::new(self.view(&found))).await;
        if self.view(&found).id() != before {
            self.show_again(&found).await;
        }
    }
}
