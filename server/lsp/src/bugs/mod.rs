//! The bugs of open documents: looked for when nobody types, kept for each state of a document,
//! shown as diagnostics.
//!
//! [`Seeker::look`] finds them on a thread for such work, without a model, for
//! `requests/diagnostic.rs` and `requests/fixes.rs`. `idle.rs` waits for pauses: then they are
//! published to editors that do not ask, and, where the user trusts the workspace, their fixes are
//! checked by programs (`checked.rs`); a model that deserves it is asked too (`weighed.rs`). What a
//! checker finds worse is not shown, nor is what the user said is no bug. `shown.rs` makes
//! diagnostics.

mod checked;
mod idle;
mod shown;
mod weighed;

use crate::checks::{Checks, Verdict};
use crate::dismissed::Dismissed;
use crate::documents::{Documents, Taken};
use crate::editor::Editor;
use crate::requests::code_action::parsed;
use crate::settings::DiagnosticsSettings;
use crate::worker::Worker;
use bugs::model_checks::unlikely::Suspicion;
use bugs::{Bug, Cause, Search, Unfinished, search};
pub use idle::Idle;
pub use shown::{diagnostic, diagnostics, range};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use text::Edit;
use tower_lsp::Client;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::Uri;

/// How long nothing must be typed before bugs are shown.
const PAUSE: Duration = Duration::from_millis(400);
/// The most documents whose bugs are kept.
const KEPT: usize = 32;
/// Larger documents are not looked through.
const MAX_BYTES: usize = 1 << 20;

/// The bugs of one state of a document.
#[derive(Clone)]
pub struct Found {
    /// The document, with its tree.
    pub taken: Taken,
    /// Its bugs, in the order of the text.
    pub bugs: Vec<Bug>,
    settings: DiagnosticsSettings,
    /// The patterns that gave up.
    unfinished: Vec<Unfinished>,
    /// What checkers said of fixes.
    verdicts: Verdicts,
}

/// What checkers said, by the edits they looked at.
type Verdicts = HashMap<u64, Verdict>;

impl Found {
    /// What a checker said of these edits of this state; `None` where none was asked yet.
    pub fn verdict(&self, edits: &[Edit]) -> Option<&Verdict> {
        self.verdicts.get(&key(edits))
    }

    /// Names this answer: the state, and what is shown of it.
    pub fn id(&self) -> String {
        let mut state = DefaultHasher::new();
        self.bugs
            .iter()
            .for_each(|bug| (bug.finding.code, bug.finding.range.start).hash(&mut state));
        format!(
            "{}-{:?}-{:x}",
            self.taken.revision,
            self.settings,
            state.finish()
        )
    }
}

/// Says in the log which patterns gave up.
fn tell(unfinished: &[Unfinished]) {
    for Unfinished { code, cause } in unfinished {
        match cause {
            Cause::Limit => tracing::warn!(
                pattern = code,
                "a file takes this pattern too long; it says nothing of it"
            ),
            Cause::Panic => tracing::error!(
                pattern = code,
                "a pattern failed; it says nothing of this file"
            ),
        }
    }
}

fn key(edits: &[Edit]) -> u64 {
    let mut state = DefaultHasher::new();
    edits
        .iter()
        .for_each(|edit| (edit.range.start, edit.range.end, &edit.text).hash(&mut state));
    state.finish()
}

/// What was found lately, and for which documents something is published.
#[derive(Default)]
pub struct LastBugs {
    state: Mutex<State>,
    /// Held by who runs checkers.
    checking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    found: HashMap<String, Arc<Found>>,
    published: Vec<String>,
    /// What checkers said of a state of a document, which the revision names.
    verdicts: HashMap<String, (u64, Verdicts)>,
    /// What the model suspects in a state of a document.
    suspected: HashMap<String, (u64, Vec<Bug>)>,
    /// What the model suspects in functions, by their text.
    functions: HashMap<u64, Vec<Suspicion>>,
}

impl LastBugs {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many of the documents looked at last have patterns that gave up, and the names of these
    /// patterns.
    pub fn unfinished(&self) -> (usize, Vec<&'static str>) {
        let state = self.state();
        let lists = || {
            state
                .found
                .values()
                .map(|found| &found.unfinished)
                .filter(|list| !list.is_empty())
        };
        let mut codes: Vec<_> = lists()
            .flatten()
            .map(|unfinished| unfinished.code)
            .collect();
        codes.sort_unstable();
        codes.dedup();
        (lists().count(), codes)
    }

    /// What is known of this very state of a document.
    fn known(&self, taken: &Taken, settings: &DiagnosticsSettings) -> Option<Arc<Found>> {
        let found = self.state().found.get(&taken.uri).cloned()?;
        (found.taken.revision == taken.revision && found.settings == *settings).then_some(found)
    }

    /// Says whether something is published for a document from now on; gives back whether something
    /// was.
    fn publishes(&self, uri: &str, now: bool) -> bool {
        let published = &mut self.state().published;
        let before = published.iter().any(|other| other == uri);
        published.retain(|other| other != uri);
        if now {
            published.push(uri.to_owned());
        }
        before
    }

    fn keep(&self, found: &Arc<Found>) {
        let mut state = self.state();
        if state.found.len() >= KEPT {
            state.found.clear();
            state.verdicts.clear();
            state.suspected.clear();
        }
        state
            .found
            .insert(found.taken.uri.clone(), Arc::clone(found));
    }

    fn judge(&self, taken: &Taken, edits: &[Edit], verdict: Verdict) {
        let mut state = self.state();
        let of = state.verdicts.entry(taken.uri.clone()).or_default();
        if of.0 != taken.revision {
            *of = (taken.revision, Verdicts::new());
        }
        of.1.insert(key(edits), verdict);
    }

    fn suspect(&self, taken: &Taken, bugs: Vec<Bug>) {
        self.state()
            .suspected
            .insert(taken.uri.clone(), (taken.revision, bugs));
    }

    /// What the model suspects in this state, apart from the bugs that are known.
    fn suspected(&self, found: &Found) -> Vec<Bug> {
        let state = self.state();
        let of = state
            .suspected
            .get(&found.taken.uri)
            .filter(|(revision, _)| *revision == found.taken.revision);
        let is_new = |bug: &&Bug| {
            found
                .bugs
                .iter()
                .all(|known| known.finding.range != bug.finding.range)
        };
        of.map(|(_, bugs)| bugs.iter().filter(is_new).cloned().collect())
            .unwrap_or_default()
    }

    fn verdicts(&self, taken: &Taken) -> Verdicts {
        let state = self.state();
        let of = state
            .verdicts
            .get(&taken.uri)
            .filter(|(revision, _)| *revision == taken.revision);
        of.map(|(_, verdicts)| verdicts.clone()).unwrap_or_default()
    }
}

/// All that a search needs; cheap to copy.
#[derive(Clone)]
pub struct Seeker {
    /// The open documents.
    pub documents: Arc<Documents>,
    /// What was found before.
    pub last: Arc<LastBugs>,
    /// What to look for.
    pub settings: DiagnosticsSettings,
    /// Who is shown it.
    pub editor: Editor,
    /// The way to it.
    pub client: Client,
    /// What runs checkers, if the user trusts the workspace.
    pub checks: Option<Arc<Checks>>,
    /// What the user said is no bug.
    pub dismissed: Arc<Dismissed>,
    /// The worker, if its model is to look for bugs, and the margin it deserves.
    pub model: Option<(Worker, f32)>,
}

impl Seeker {
    /// The bugs of a document in this state, as far as they are shown; looked for unless they are
    /// known.
    pub async fn look(&self, taken: Taken) -> Result<Found> {
        let found = self.search(taken).await?;
        Ok(self.view(&found))
    }

    async fn search(&self, taken: Taken) -> Result<Arc<Found>> {
        let settings = self.settings.clone();
        if let Some(known) = self.last.known(&taken, &settings) {
            return Ok(known);
        }
        let run = move || {
            let taken = parsed(taken);
            let looks =
                settings.enabled && taken.parsed && taken.snapshot.rope().len_bytes() <= MAX_BYTES;
            let Search { bugs, unfinished } = if looks {
                search(&taken.snapshot, settings.choice())
            } else {
                Search::default()
            };
            tell(&unfinished);
            Arc::new(Found {
                taken,
                bugs,
                settings,
                unfinished,
                verdicts: Verdicts::new(),
            })
        };
        let found = tokio::task::spawn_blocking(run).await.map_err(|error| {
            tracing::error!(%error, "looking for bugs failed");
            Error::internal_error()
        })?;
        // Without its tree nothing was looked for; the worker may have it the next time.
        if found.taken.parsed && self.documents.revision(&found.taken.uri).is_some() {
            self.last.keep(&found);
        }
        Ok(found)
    }

    /// Without what the user said is no bug, and without fixes that a checker finds worse.
    fn view(&self, found: &Found) -> Found {
        let mut view = Found {
            verdicts: self.last.verdicts(&found.taken),
            ..found.clone()
        };
        let root = self.documents.root_of(&found.taken.uri);
        let is_worse =
            |bug: &Bug| matches!(view.verdict(&bug.finding.edits), Some(Verdict::Worse(_)));
        let is_shown = |bug: &Bug| {
            !is_worse(bug)
                && !self
                    .dismissed
                    .holds(root.as_deref(), &found.taken.snapshot, bug)
        };
        let suspected = if self.model.is_some() {
            self.last.suspected(found)
        } else {
            Vec::new()
        };
        let mut bugs: Vec<Bug> = found
            .bugs
            .iter()
            .chain(&suspected)
            .filter(|bug| is_shown(bug))
            .cloned()
            .collect();
        bugs.sort_by_key(|bug| (bug.finding.range.start, bug.finding.range.end));
        view.bugs = bugs;
        view
    }

    /// The bugs of a document once nobody has typed in it for a while; `None` where somebody does,
    /// or it is closed.
    pub async fn look_in_a_pause(&self, uri: &str) -> Result<Option<Found>> {
        let Some(revision) = self.documents.revision(uri) else {
            return Ok(None);
        };
        tokio::time::sleep(PAUSE).await;
        let Some(taken) = self
            .documents
            .take(uri)
            .filter(|taken| taken.revision == revision)
        else {
            return Ok(None);
        };
        let found = self.look(taken).await?;
        Ok((self.documents.revision(uri) == Some(revision)).then_some(found))
    }

    /// Shows what is known of a document now: publishes it, or has the editor ask anew; says
    /// nothing where there is nothing and was nothing.
    async fn show(&self, found: &Found) {
        let found = self.view(found);
        let uri = found.taken.uri.as_str();
        if self.documents.revision(uri) != Some(found.taken.revision) {
            return;
        }
        let shown = diagnostics(self.editor, &found);
        let before = self.last.publishes(uri, !shown.is_empty());
        if let (Ok(place), true) = (uri.parse::<Uri>(), before || !shown.is_empty()) {
            let version = self
                .editor
                .versions
                .then(|| found.taken.snapshot.document.version());
            self.client.publish_diagnostics(place, shown, version).await;
        }
    }

    /// Tells an editor that asks for diagnostics to ask anew, or publishes those of a document
    /// anew.
    pub async fn show_again(&self, found: &Found) {
        if !self.editor.pulls {
            self.show(found).await;
        } else if self.editor.refreshes
            && let Err(error) = self.client.workspace_diagnostic_refresh().await
        {
            tracing::debug!(%error, "the editor does not ask for diagnostics anew");
        }
    }

    /// Takes back what was published for a document that is closed now.
    pub async fn withdraw(self, uri: String) {
        let before = self.last.publishes(&uri, false);
        self.last.state().found.remove(&uri);
        if let (Ok(place), true) = (uri.parse::<Uri>(), before) {
            self.client
                .publish_diagnostics(place, Vec::new(), None)
                .await;
        }
    }
}
