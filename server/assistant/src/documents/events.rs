//! What happens to open documents, announced to everyone who must know: the worker, the index, the
//! diagnostics, learning. A new listener subscribes where the application starts.

use crate::history::Step;
use std::sync::{PoisonError, RwLock, Weak};

/// One thing that happened to a document.
pub enum DocumentEvent<'a> {
    /// It was opened, or opened again with a new text.
    Opened,
    /// Its text changed in these steps; none if the change was refused.
    Edited(&'a [Step]),
    /// A change could not be read, so its text may differ from the editor's.
    OutOfSync,
    /// It was closed.
    Closed,
}

/// Hears of every change, on the thread that made it, in the order of the changes. Must be quick.
pub trait DocumentListener: Send + Sync {
    /// The document `uri` changed; the documents already hold its new state.
    fn document_changed(&self, uri: &str, event: &DocumentEvent<'_>);
}

/// The listeners, in the order in which they are notified. Those that are gone are skipped.
#[derive(Default)]
pub struct Listeners(RwLock<Vec<Weak<dyn DocumentListener>>>);

impl Listeners {
    /// Adds a listener after the others.
    pub fn add(&self, listener: Weak<dyn DocumentListener>) {
        let mut listeners = self.0.write().unwrap_or_else(PoisonError::into_inner);
        listeners.push(listener);
    }

    /// Announces an event to all.
    pub fn tell(&self, uri: &str, event: &DocumentEvent<'_>) {
        let listeners = self.0.read().unwrap_or_else(PoisonError::into_inner);
        for listener in listeners.iter().filter_map(Weak::upgrade) {
            listener.document_changed(uri, event);
        }
    }
}
