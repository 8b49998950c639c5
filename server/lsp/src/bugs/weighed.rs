//! What the model suspects in an open document, function by function: only where it is given a
//! margin (`model.bugMargin`).
//!
//! Each function is a job of its own, so that a completion never waits for more than one; it is
//! kept by its text, so that an edit has only what changed weighed again. It ends when the document
//! changes.

use super::{Found, Seeker};
use bugs::model_checks::unlikely::{Suspicion, suspected, suspicions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use text::Edit;

/// The most functions that are kept.
const KEPT: usize = 4096;
/// Longer functions are not weighed, in bytes.
const LONGEST: usize = 8 << 10;

impl Seeker {
    /// Weighs the functions of a state of a document.
    pub(super) async fn weigh(&self, found: &Found) {
        let Some((worker, margin)) = &self.model else {
            return;
        };
        let (taken, margin) = (&found.taken, *margin);
        let Some(syntax) = taken
            .snapshot
            .syntax
            .as_ref()
            .filter(|_| found.settings.enabled)
        else {
            return;
        };
        let mut strongest = Vec::new();
        for function in syntax
            .functions(taken.snapshot.rope())
            .into_iter()
            .filter(|range| range.len() <= LONGEST)
        {
            let key = self.key(found, &function);
            let known = self.last.state().functions.get(&key).cloned();
            let all = match known {
                Some(known) => known,
                None => {
                    let range = function.clone();
                    let weighed = worker.submit("bugs", taken.clone(), move |snapshot, model| {
                        // The margin is another model's where this one runs in its place.
                        if model.description().instead.is_some() {
                            return None;
                        }
                        suspicions(snapshot, &range, model)
                            .ok()
                            .map(|all| all.into_iter().take(1).collect::<Vec<_>>())
                    });
                    let Some(Some(all)) = weighed.answer().await else {
                        return;
                    };
                    let all: Vec<Suspicion> = all
                        .iter()
                        .map(|one| moved(one, function.start, 0))
                        .collect();
                    self.last.state().keep_function(key, all.clone());
                    all
                }
            };
            strongest.extend(
                all.iter()
                    .filter(|one| one.margin > margin)
                    .map(|one| moved(one, 0, function.start)),
            );
        }
        let snapshot = taken.snapshot.clone();
        let disabled = found
            .settings
            .disabled
            .iter()
            .any(|code| code == "unlikely");
        let verify = move || {
            if disabled {
                Vec::new()
            } else {
                suspected(&snapshot, &strongest)
            }
        };
        if let Ok(bugs) = tokio::task::spawn_blocking(verify).await {
            self.last.suspect(taken, bugs);
        }
    }

    /// Names a function's text in its file.
    fn key(&self, found: &Found, function: &Range<usize>) -> u64 {
        let mut state = DefaultHasher::new();
        (
            &*found.taken.snapshot.path,
            found.taken.snapshot.slice(function.start, function.end),
        )
            .hash(&mut state);
        state.finish()
    }
}

impl super::State {
    fn keep_function(&mut self, key: u64, suspicions: Vec<Suspicion>) {
        if self.functions.len() >= KEPT {
            self.functions.clear();
        }
        self.functions.insert(key, suspicions);
    }
}

/// The same with its place counted from elsewhere.
fn moved(suspicion: &Suspicion, from: usize, to: usize) -> Suspicion {
    let Range { start, end } = suspicion.edit.range;
    let edit = Edit::replace(
        start - from + to..end - from + to,
        suspicion.edit.text.clone(),
    );
    Suspicion {
        edit,
        ..suspicion.clone()
    }
}
