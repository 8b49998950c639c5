//! Fixes of an open document, checked by programs while the user pauses: each one separately, those
//! of a function together, those of the file together.
//!
//! The results appear in the titles of code actions, and a bug whose fix adds errors is no longer
//! shown. The checks end when the document changes. One document at a time; the programs run at low
//! priority.

use super::{Diagnostics, DocumentDiagnostics};
use bugs::{Bug, fix_all};
use checks::{CheckTarget, Checks, Verdict};
use std::sync::Arc;
use text::{Edit, apply};
use workspace::secrets;

/// The most fixes of a document that are checked.
const MAX_FIXES: usize = 8;
/// The most other open files whose text in the editor counts.
const MAX_OTHER_FILES: usize = 16;

impl Diagnostics {
    /// Checks the fixes of a state of a document.
    pub(super) async fn check_fixes(&self, found: Arc<DocumentDiagnostics>) {
        let Some(checks) = self.checks.get() else {
            return;
        };
        let Some(target) = self.check_target(&found) else {
            return;
        };
        let _turn = self.checking.lock().await;
        let text: Arc<str> = found.document.snapshot.rope().to_string().into();
        // No checker knows the schema.
        let mut found = (*found).clone();
        found.bugs.retain(|bug| !bug.is_of_schema());
        let found = Arc::new(found);
        for set in fix_sets(&found.bugs) {
            let document = &found.document;
            if self.documents.revision(&document.uri) != Some(document.revision) {
                return;
            }
            let (checks, found) = (Arc::clone(checks), Arc::clone(&found));
            let (target, text) = (target.clone(), Arc::clone(&text));
            let check = move || check_set(&checks, &found, &set, &target, &text);
            if let Ok(Some((edits, verdict))) = tokio::task::spawn_blocking(check).await {
                self.cache.set_verdict(document, &edits, verdict);
            }
        }
    }

    /// The document as checkers name it; `None` where it is no file of the workspace.
    fn check_target(&self, found: &DocumentDiagnostics) -> Option<CheckTarget> {
        let uri = &found.document.uri;
        let path = self.documents.file_of(uri)?;
        let root = self.documents.root_of(uri)?;
        let language = found.document.grammar?.id.to_owned();
        let mut others = Vec::new();
        for other in self.documents.others(uri, MAX_OTHER_FILES) {
            let Some(path) = self.documents.file_of(&other.uri) else {
                continue;
            };
            if path.starts_with(&root) && !secrets::in_path(&path.to_string_lossy()) {
                others.push((path, other.snapshot.rope().to_string()));
            }
        }
        Some(CheckTarget {
            path,
            root,
            language,
            others,
        })
    }
}

/// Checks one set of fixes together; `None` if they cannot be made together.
fn check_set(
    checks: &Checks,
    found: &DocumentDiagnostics,
    set: &[usize],
    target: &CheckTarget,
    text: &str,
) -> Option<(Vec<Edit>, Verdict)> {
    let bugs: Vec<&Bug> = set.iter().filter_map(|at| found.bugs.get(*at)).collect();
    let (edits, _) = fix_all(&found.document.snapshot, &bugs)?;
    let verdict = checks.check(target, text, &apply(text, &edits));
    if let Verdict::Inconclusive(why) = &verdict {
        tracing::debug!(why, "a fix was not checked by a program");
    }
    Some((edits, verdict))
}

/// The sets of bugs that some action fixes together, as places in the list.
fn fix_sets(bugs: &[Bug]) -> Vec<Vec<usize>> {
    let count = bugs.len().min(MAX_FIXES);
    let mut sets: Vec<Vec<usize>> = (0..count).map(|at| vec![at]).collect();
    let mut functions = Vec::new();
    for bug in &bugs[..count] {
        let of_function = (0..bugs.len()).filter(|at| bugs[*at].is_in_same_function(bug));
        let of_function: Vec<usize> = of_function.collect();
        if of_function.len() > 1 {
            functions.push(of_function);
        }
    }
    functions.dedup();
    sets.extend(functions);
    if bugs.len() > 1 {
        sets.push((0..bugs.len()).collect());
    }
    sets.dedup();
    sets
}
