//! Fixes of an open document, checked by programs while nobody types: each alone, those of a
//! function, those of the file.
//!
//! What comes out stands in the titles of code actions, and a bug whose fix brings errors is no
//! longer shown. It ends when the document changes. One document at a time; the programs run with
//! little priority beside completions.

use super::{Found, Seeker};
use crate::checks::{Place, Verdict};
use crate::workspace::secrets;
use bugs::{Bug, fix_all};
use std::sync::Arc;
use text::apply;

/// The most fixes of a document that are checked.
const MOST: usize = 8;
/// So many other open files count as they are in the editor.
const OTHER_FILES: usize = 16;

impl Seeker {
    /// Checks the fixes of a state of a document.
    pub(super) async fn check_fixes(&self, found: Arc<Found>) {
        let (Some(checks), Some(place)) = (self.checks.clone(), self.place(&found)) else {
            return;
        };
        let _turn = self.last.checking.lock().await;
        let text: Arc<str> = found.taken.snapshot.rope().to_string().into();
        for set in sets(&found.bugs) {
            if self.documents.revision(&found.taken.uri) != Some(found.taken.revision) {
                return;
            }
            let (checks, place, text) = (Arc::clone(&checks), place.clone(), Arc::clone(&text));
            let own = Arc::clone(&found);
            let run = move || {
                let bugs: Vec<&Bug> = set.iter().filter_map(|at| own.bugs.get(*at)).collect();
                let (edits, _) = fix_all(&own.taken.snapshot, &bugs)?;
                let verdict = checks.check(&place, &text, &apply(&text, &edits));
                Some((edits, verdict))
            };
            let Ok(Some((edits, verdict))) = tokio::task::spawn_blocking(run).await else {
                continue;
            };
            if let Verdict::Undecided(why) = &verdict {
                tracing::debug!(why, "a fix was not checked by a program");
            }
            self.last.judge(&found.taken, &edits, verdict);
        }
    }

    /// The document as checkers name it; `None` where it is no file of the workspace.
    fn place(&self, found: &Found) -> Option<Place> {
        let path = self.documents.file_of(&found.taken.uri)?;
        let root = self.documents.root_of(&found.taken.uri)?;
        let language = found.taken.grammar?.id.to_owned();
        let others = self
            .documents
            .others(&found.taken.uri, OTHER_FILES)
            .into_iter()
            .filter_map(|other| {
                let path = self
                    .documents
                    .file_of(&other.uri)
                    .filter(|path| path.starts_with(&root))?;
                let is_plain = !secrets::in_path(&path.to_string_lossy());
                is_plain.then(|| (path, other.snapshot.rope().to_string()))
            });
        Some(Place {
            others: others.collect(),
            path,
            root,
            language,
        })
    }
}

/// Which bugs are mended together in some action, by their places in the list.
fn sets(bugs: &[Bug]) -> Vec<Vec<usize>> {
    let count = bugs.len().min(MOST);
    let mut sets: Vec<Vec<usize>> = (0..count).map(|at| vec![at]).collect();
    let of = |bug: &Bug| {
        (0..bugs.len())
            .filter(|at| bugs[*at].is_in_same_function(bug))
            .collect::<Vec<_>>()
    };
    let mut functions: Vec<Vec<usize>> = bugs[..count]
        .iter()
        .map(of)
        .filter(|set| set.len() > 1)
        .collect();
    functions.dedup();
    sets.extend(functions);
    if bugs.len() > 1 {
        sets.push((0..bugs.len()).collect());
    }
    sets.dedup();
    sets
}
