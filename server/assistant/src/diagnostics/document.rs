//! The bugs of one state of one document.

use crate::documents::DocumentSnapshot;
use crate::settings::DiagnosticsSettings;
use bugs::{Bug, Search, Unfinished, UnknownCode};
use checks::Verdict;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use text::Edit;

/// The bugs of one state of a document.
#[derive(Clone)]
pub struct DocumentDiagnostics {
    /// The document, with its tree.
    pub document: DocumentSnapshot,
    /// Its bugs, in the order of the text.
    pub bugs: Vec<Bug>,
    /// Words in its `nigh: ignore` comments that no pattern has as its code.
    pub unknown_codes: Vec<UnknownCode>,
    /// The settings they were found with.
    pub settings: DiagnosticsSettings,
    /// Names the schema that names were looked up in.
    pub(super) names: u64,
    /// The patterns that gave up.
    pub(super) unfinished: Vec<Unfinished>,
    verdicts: Verdicts,
}

/// What checkers said of fixes, by the edits they looked at.
pub(super) type Verdicts = HashMap<u64, Verdict>;

impl DocumentDiagnostics {
    pub(super) fn new(
        document: DocumentSnapshot,
        result: Search,
        settings: DiagnosticsSettings,
        names: u64,
    ) -> Self {
        Self {
            document,
            bugs: result.bugs,
            unknown_codes: result.unknown_codes,
            settings,
            names,
            unfinished: result.unfinished,
            verdicts: Verdicts::new(),
        }
    }

    /// What a checker said of these edits; `None` if none was asked yet.
    pub fn verdict(&self, edits: &[Edit]) -> Option<&Verdict> {
        self.verdicts.get(&edits_key(edits))
    }

    pub(super) fn set_verdicts(&mut self, verdicts: Verdicts) {
        self.verdicts = verdicts;
    }

    /// Names this answer: the state of the document, the settings and what is shown.
    pub fn id(&self) -> String {
        let mut state = DefaultHasher::new();
        self.settings.hash(&mut state);
        for bug in &self.bugs {
            (bug.finding.code, bug.finding.range.start).hash(&mut state);
        }
        format!("{}-{:x}", self.document.revision, state.finish())
    }
}

/// Names a set of edits for as long as the program runs.
pub(super) fn edits_key(edits: &[Edit]) -> u64 {
    let mut state = DefaultHasher::new();
    for edit in edits {
        (edit.range.start, edit.range.end, &edit.text).hash(&mut state);
    }
    state.finish()
}
