//! Bugs as the editor is told them: diagnostics, with ranges as it counts.

use super::Found;
use crate::convert;
use crate::documents::Taken;
use crate::editor::Editor;
use crate::settings::Severity;
use bugs::{Bug, Related};
use std::ops::Range as Bytes;
use tower_lsp::ls_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, Range,
    Uri,
};

/// The most bugs that are shown in a file.
const MOST: usize = 8;

/// The bugs that are shown, as diagnostics, in the order of the bugs.
pub fn diagnostics(editor: Editor, found: &Found) -> Vec<Diagnostic> {
    found
        .bugs
        .iter()
        .take(MOST)
        .map(|bug| diagnostic(editor, found, bug))
        .collect()
}

/// One bug as a diagnostic.
pub fn diagnostic(editor: Editor, found: &Found, bug: &Bug) -> Diagnostic {
    let uri = found
        .taken
        .uri
        .parse::<Uri>()
        .ok()
        .filter(|_| editor.related);
    let related = |related: &Related| {
        let location = Location {
            uri: uri.clone()?,
            range: range(editor, &found.taken, &related.range),
        };
        Some(DiagnosticRelatedInformation {
            location,
            message: related.message.clone(),
        })
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
    let position =
        |offset| convert::lsp_position(taken.snapshot.document.position(offset, editor.encoding));
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
