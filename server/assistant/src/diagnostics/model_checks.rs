//! What the model suspects in an open document, function by function: only where the settings give
//! it a margin (`model.bugMargin`).
//!
//! Each function is a job of its own, so that a completion never waits for more than one. Results
//! are kept by the function's text, so that after an edit only what changed is asked about. It ends
//! when the document changes.

use super::{Diagnostics, DocumentDiagnostics};
use crate::model::Model;
use crate::worker::Worker;
use bugs::model_checks::unlikely::suspected;
use bugs::model_checks::unlikely::{Suspicion, suspicions};
use context::Snapshot;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use text::Edit;

/// Longer functions are not asked about, in bytes.
const MAX_FUNCTION_BYTES: usize = 8 << 10;

impl Diagnostics {
    /// Asks the model about the functions of a state of a document.
    pub(super) async fn ask_model(&self, found: &DocumentDiagnostics) {
        let (Some(worker), Some(margin)) = (self.worker.get(), self.margin()) else {
            return;
        };
        let Some(strongest) = self.strongest(worker, margin, found).await else {
            return;
        };
        let is_unlikely = |code: &String| code == "unlikely";
        let bugs = if found.settings.disabled.iter().any(is_unlikely) {
            Vec::new()
        } else {
            let snapshot = found.document.snapshot.clone();
            let verify = move || suspected(&snapshot, &strongest);
            match tokio::task::spawn_blocking(verify).await {
                Ok(bugs) => bugs,
                Err(_) => return,
            }
        };
        self.cache.set_suspected(&found.document, bugs);
    }

    /// The suspicions above the margin; `None` where the model cannot say, or was interrupted.
    async fn strongest(
        &self,
        worker: &Worker,
        margin: f32,
        found: &DocumentDiagnostics,
    ) -> Option<Vec<Suspicion>> {
        let snapshot = &found.document.snapshot;
        let syntax = snapshot.syntax.as_ref()?;
        if !found.settings.enabled {
            return None;
        }
        let mut strongest = Vec::new();
        for function in syntax.functions(snapshot.rope()) {
            if function.len() > MAX_FUNCTION_BYTES {
                continue;
            }
            let all = self.of_function(worker, found, &function).await?;
            let above = all.iter().filter(|one| one.margin > margin);
            strongest.extend(above.map(|one| moved(one, 0, function.start)));
        }
        Some(strongest)
    }

    /// What the model suspects in a function, with places counted from the function's start.
    async fn of_function(
        &self,
        worker: &Worker,
        found: &DocumentDiagnostics,
        function: &Range<usize>,
    ) -> Option<Vec<Suspicion>> {
        let key = function_key(found, function);
        if let Some(known) = self.cache.function(key) {
            return Some(known);
        }
        let range = function.clone();
        let ask = move |snapshot: &Snapshot, model: &mut dyn Model| {
            // The margin belongs to another model where this one runs in its place.
            if model.description().instead.is_some() {
                return None;
            }
            suspicions(snapshot, &range, model).ok()
        };
        let answer = worker.submit("bugs", found.document.clone(), ask).answer();
        let likeliest = answer.await??.into_iter().take(1);
        let all: Vec<_> = likeliest
            .map(|one| moved(&one, function.start, 0))
            .collect();
        self.cache.set_function(key, all.clone());
        Some(all)
    }
}

/// Names a function's text in its file.
fn function_key(found: &DocumentDiagnostics, function: &Range<usize>) -> u64 {
    let snapshot = &found.document.snapshot;
    let mut state = DefaultHasher::new();
    snapshot.path.hash(&mut state);
    snapshot
        .slice(function.start, function.end)
        .hash(&mut state);
    state.finish()
}

/// The same suspicion with its place counted from elsewhere.
fn moved(suspicion: &Suspicion, from: usize, to: usize) -> Suspicion {
    let Range { start, end } = suspicion.edit.range;
    let range = start - from + to..end - from + to;
    Suspicion {
        edit: Edit::replace(range, suspicion.edit.text.clone()),
        ..suspicion.clone()
    }
}
