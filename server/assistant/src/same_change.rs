//! The change of the last edits, and the other places where it could be made: in its document and
//! in other open ones.
//!
//! The search needs no model and runs on a thread for blocking work, so that it answers while the
//! model is busy or still loading. The last one is kept: editors ask for actions, and for their
//! edits, many times in one state of a document.

use crate::assistant::Assistant;
use crate::blocking::{WorkFailed, blocking};
use crate::documents::DocumentSnapshot;
use next_edit::{RepeatedEdit, learn};
use std::sync::{Arc, Mutex, PoisonError};
use text::Edit;

/// The most other open files that are searched.
const MAX_OTHER_FILES: usize = 16;

/// A document and the places in it.
pub type Places = (DocumentSnapshot, Vec<Edit>);

/// What was found for one state of a document.
pub struct SameChange {
    /// The document.
    pub document: DocumentSnapshot,
    /// The change that the last edits show, and the other places in the document; `None` if they
    /// show none.
    pub found: Option<(RepeatedEdit, Vec<Edit>)>,
}

/// The last search.
#[derive(Default)]
pub struct LastSearch(Mutex<Option<Arc<SameChange>>>);

impl LastSearch {
    fn get(&self, document: &DocumentSnapshot) -> Option<Arc<SameChange>> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = |last: &&Arc<SameChange>| {
            last.document.revision == document.revision && last.document.uri == document.uri
        };
        last.as_ref().filter(is_same).cloned()
    }

    fn set(&self, search: &Arc<SameChange>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(search));
    }
}

impl Assistant {
    /// The change of the last edits of a document, with its other places there and, if wanted, in
    /// other open documents.
    pub async fn same_change(
        &self,
        document: DocumentSnapshot,
        in_other_files: bool,
    ) -> Result<(Arc<SameChange>, Vec<Places>), WorkFailed> {
        let others = if in_other_files {
            self.documents.others(&document.uri, MAX_OTHER_FILES)
        } else {
            Vec::new()
        };
        let search = match self.last_search.get(&document) {
            Some(last) => last,
            None => Arc::new(blocking(move || search(document)).await?),
        };
        self.last_search.set(&search);
        let own = Arc::clone(&search);
        let elsewhere = blocking(move || places_in(&own, others)).await?;
        Ok((search, elsewhere))
    }
}

fn search(document: DocumentSnapshot) -> SameChange {
    let document = document.parsed();
    let found = learn(&document.snapshot).map(|change| {
        let places = change.edits(&document.snapshot);
        (change, places)
    });
    SameChange { document, found }
}

/// The places in those of the other documents that have any.
fn places_in(search: &SameChange, others: Vec<DocumentSnapshot>) -> Vec<Places> {
    let Some((change, _)) = &search.found else {
        return Vec::new();
    };
    if change.is_local() {
        return Vec::new();
    }
    let language = |document: &DocumentSnapshot| document.grammar.map(|grammar| grammar.id);
    let mut all = Vec::new();
    for other in others {
        if language(&other) != language(&search.document) {
            continue;
        }
        let other = other.parsed();
        let places = change.edits_elsewhere(&other.snapshot);
        if !places.is_empty() {
            all.push((other, places));
        }
    }
    all
}
