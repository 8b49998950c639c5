//! The bugs of open documents: looked for when nobody types, kept for each state of a document, shown as diagnostics.
//!
//! Editors that ask get them from `requests/diagnostic.rs`; to others they are published here, after a pause, with the
//! version they belong to, and taken back when the document is closed. The search needs no model and runs on a thread for
//! such work. `requests/fixes.rs` offers the edits.

use crate::convert;
use crate::documents::{Documents, Taken};
use crate::editor::Editor;
use crate::requests::code_action::parsed;
use crate::settings::{DiagnosticsSettings, Severity};
use features::bugs::{Bug, Related, find};
use std::collections::HashMap;
use std::ops::Range as Bytes;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tower_lsp::Client;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, Range, Uri,
};

/// How long nothing must be typed before bugs are shown.
const PAUSE: Duration = Duration::from_millis(400);
/// The most bugs that are shown in a file.
const MOST: usize = 8;
/// The most documents whose bugs are kept.
const KEPT: usize = 32;
/// Larger documents are not looked through.
const MAX_BYTES: usize = 1 << 20;

/// The bugs of one state of a document.
pub struct Found {
    /// The document, with its tree.
    pub taken: Taken,
    /// Its bugs, in the order of the text.
    pub bugs: Vec<Bug>,
    settings: DiagnosticsSettings,
}

/// What was found lately, and for which documents something is published.
#[derive(Default)]
pub struct LastBugs(Mutex<State>);

#[derive(Default)]
struct State {
    found: HashMap<String, Arc<Found>>,
    published: Vec<String>,
}

impl LastBugs {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of this very state of a document.
    fn known(&self, taken: &Taken, settings: &DiagnosticsSettings) -> Option<Arc<Found>> {
        let found = self.state().found.get(&taken.uri).cloned()?;
        (found.taken.revision == taken.revision && found.settings == *settings).then_some(found)
    }

    /// Says whether something is published for a document from now on; gives back whether something was.
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
        }
        state.found.insert(found.taken.uri.clone(), Arc::clone(found));
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
}

impl Seeker {
    /// The bugs of a document in this state; looked for unless they are known.
    pub async fn look(&self, taken: Taken) -> Result<Arc<Found>> {
        let settings = self.settings.clone();
        if let Some(known) = self.last.known(&taken, &settings) {
            return Ok(known);
        }
        let run = move || {
            let taken = parsed(taken);
            let looks = settings.enabled && taken.parsed && taken.snapshot.rope().len_bytes() <= MAX_BYTES;
            let bugs = if looks { find(&taken.snapshot, &settings.disabled) } else { Vec::new() };
            Arc::new(Found { taken, bugs, settings })
        };
        let found = tokio::task::spawn_blocking(run).await.map_err(|_| Error::internal_error())?;
        // Without its tree nothing was looked for; the worker may have it the next time.
        if found.taken.parsed {
            self.last.keep(&found);
        }
        Ok(found)
    }

    /// The bugs of a document once nobody has typed in it for a while; `None` where somebody does, or it is closed.
    pub async fn look_in_a_pause(&self, uri: &str) -> Result<Option<Arc<Found>>> {
        let Some(revision) = self.documents.revision(uri) else { return Ok(None) };
        let still = || self.documents.revision(uri) == Some(revision);
        tokio::time::sleep(PAUSE).await;
        let Some(taken) = self.documents.take(uri).filter(|taken| taken.revision == revision) else { return Ok(None) };
        let found = self.look(taken).await?;
        Ok(still().then_some(found))
    }

    /// Publishes the bugs of a document when there is a pause; says nothing where there are none and were none.
    pub async fn publish(self, client: Client, uri: String) {
        let Ok(Some(found)) = self.look_in_a_pause(&uri).await else { return };
        let shown = diagnostics(self.editor, &found);
        let before = self.last.publishes(&uri, !shown.is_empty());
        if let (Ok(place), true) = (uri.parse::<Uri>(), before || !shown.is_empty()) {
            client.publish_diagnostics(place, shown, Some(found.taken.snapshot.document.version())).await;
        }
    }

    /// Takes back what was published for a document that is closed now.
    pub async fn withdraw(self, client: Client, uri: String) {
        let before = self.last.publishes(&uri, false);
        self.last.state().found.remove(&uri);
        if let (Ok(place), true) = (uri.parse::<Uri>(), before) {
            client.publish_diagnostics(place, Vec::new(), None).await;
        }
    }
}

/// The bugs that are shown, as diagnostics, in the order of the bugs.
pub fn diagnostics(editor: Editor, found: &Found) -> Vec<Diagnostic> {
    found.bugs.iter().take(MOST).map(|bug| diagnostic(editor, found, bug)).collect()
}

/// One bug as a diagnostic.
pub fn diagnostic(editor: Editor, found: &Found, bug: &Bug) -> Diagnostic {
    let uri = found.taken.uri.parse::<Uri>().ok().filter(|_| editor.related);
    let related = |related: &Related| {
        let location = Location { uri: uri.clone()?, range: range(editor, &found.taken, &related.range) };
        Some(DiagnosticRelatedInformation { location, message: related.message.clone() })
    };
    let related: Vec<_> = bug.finding.related.iter().filter_map(related).collect();
    Diagnostic {
        range: range(editor, &found.taken, &bug.finding.range),
        severity: Some(severity(found.settings.severity)),
        code: Some(NumberOrString::String(bug.finding.code.to_owned())),
        source: Some("nigh".to_owned()),
        message: bug.finding.message.clone(),
        related_information: (!related.is_empty()).then_some(related),
        ..Diagnostic::default()
    }
}

/// A range of bytes as the editor counts.
pub fn range(editor: Editor, taken: &Taken, bytes: &Bytes<usize>) -> Range {
    let position = |offset| convert::lsp_position(taken.snapshot.document.position(offset, editor.encoding));
    Range::new(position(bytes.start), position(bytes.end))
}

fn severity(severity: Severity) -> DiagnosticSeverity {
    match severity {
        Severity::Hint => DiagnosticSeverity::HINT,
        Severity::Information => DiagnosticSeverity::INFORMATION,
        Severity::Warning => DiagnosticSeverity::WARNING,
        Severity::Error => DiagnosticSeverity::ERROR,
    }
}
