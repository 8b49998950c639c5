//! What is known about the bugs of open documents: results of searches, what checkers said of
//! fixes, what the model suspects.

use super::DocumentDiagnostics;
use super::document::{Verdicts, edits_key};
use crate::documents::DocumentSnapshot;
use crate::settings::DiagnosticsSettings;
use bugs::Bug;
use bugs::model_checks::unlikely::Suspicion;
use checks::Verdict;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use text::Edit;

/// The most documents whose bugs are kept.
const MAX_DOCUMENTS: usize = 32;
/// The most functions whose suspicions are kept.
const MAX_FUNCTIONS: usize = 4096;

/// Results for the documents that were searched last.
#[derive(Default)]
pub struct DiagnosticsCache(Mutex<State>);

#[derive(Default)]
struct State {
    found: HashMap<String, Arc<DocumentDiagnostics>>,
    /// What checkers said about a revision of a document.
    verdicts: HashMap<String, (u64, Verdicts)>,
    /// What the model suspects in a revision of a document.
    suspected: HashMap<String, (u64, Vec<Bug>)>,
    /// What the model suspects in functions, by a hash of their text.
    functions: HashMap<u64, Vec<Suspicion>>,
}

impl DiagnosticsCache {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of documents for which some pattern gave up, and the names of these patterns.
    pub fn unfinished(&self) -> (usize, Vec<&'static str>) {
        let state = self.state();
        let lists = state.found.values().map(|found| &found.unfinished);
        let lists: Vec<_> = lists.filter(|list| !list.is_empty()).collect();
        let mut codes: Vec<_> = lists.iter().flat_map(|list| list.iter()).collect();
        codes.sort_unstable_by_key(|unfinished| unfinished.code);
        codes.dedup_by_key(|unfinished| unfinished.code);
        let codes = codes.into_iter().map(|unfinished| unfinished.code);
        (lists.len(), codes.collect())
    }

    /// The result for this very state of a document, these settings and this state of names.
    pub fn get(
        &self,
        document: &DocumentSnapshot,
        settings: &DiagnosticsSettings,
        names: u64,
    ) -> Option<Arc<DocumentDiagnostics>> {
        let found = self.state().found.get(&document.uri).cloned()?;
        let is_same = found.document.revision == document.revision
            && found.settings == *settings
            && found.names == names;
        is_same.then_some(found)
    }

    /// Keeps a result.
    pub fn insert(&self, found: &Arc<DocumentDiagnostics>) {
        let mut state = self.state();
        if state.found.len() >= MAX_DOCUMENTS {
            state.found.clear();
            state.verdicts.clear();
            state.suspected.clear();
        }
        let uri = found.document.uri.clone();
        state.found.insert(uri, Arc::clone(found));
    }

    /// Forgets the result for a document.
    pub fn remove(&self, uri: &str) {
        self.state().found.remove(uri);
    }

    /// Keeps what a checker said of these edits of a document.
    pub fn set_verdict(&self, document: &DocumentSnapshot, edits: &[Edit], verdict: Verdict) {
        let mut state = self.state();
        let (revision, verdicts) = state.verdicts.entry(document.uri.clone()).or_default();
        if *revision != document.revision {
            *revision = document.revision;
            verdicts.clear();
        }
        verdicts.insert(edits_key(edits), verdict);
    }

    /// What checkers said about this state of a document.
    pub fn verdicts(&self, document: &DocumentSnapshot) -> Verdicts {
        match self.state().verdicts.get(&document.uri) {
            Some((revision, verdicts)) if *revision == document.revision => verdicts.clone(),
            _ => Verdicts::new(),
        }
    }

    /// Keeps what the model suspects in this state of a document.
    pub fn set_suspected(&self, document: &DocumentSnapshot, bugs: Vec<Bug>) {
        let suspected = (document.revision, bugs);
        let mut state = self.state();
        state.suspected.insert(document.uri.clone(), suspected);
    }

    /// What the model suspects in this state, without what the patterns found at the same place.
    pub fn suspected(&self, found: &DocumentDiagnostics) -> Vec<Bug> {
        let state = self.state();
        let Some((revision, bugs)) = state.suspected.get(&found.document.uri) else {
            return Vec::new();
        };
        if *revision != found.document.revision {
            return Vec::new();
        }
        let is_new = |bug: &&Bug| {
            let mut known = found.bugs.iter();
            known.all(|known| known.finding.range != bug.finding.range)
        };
        bugs.iter().filter(is_new).cloned().collect()
    }

    /// What the model suspects in a function, whose text this hash names.
    pub fn function(&self, key: u64) -> Option<Vec<Suspicion>> {
        self.state().functions.get(&key).cloned()
    }

    /// Keeps what the model suspects in a function.
    pub fn set_function(&self, key: u64, suspicions: Vec<Suspicion>) {
        let functions = &mut self.state().functions;
        if functions.len() >= MAX_FUNCTIONS {
            functions.clear();
        }
        functions.insert(key, suspicions);
    }
}
