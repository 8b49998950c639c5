//! The protocol's types to ours and back, in one place.

use crate::client_capabilities::ClientCapabilities;
use assistant::diagnostics::DocumentDiagnostics;
use assistant::documents::DocumentSnapshot;
use assistant::settings::Severity;
use bugs::{Bug, Related};
use std::collections::HashMap;
use std::ops::Range as Bytes;
use text::{ContentChange, Document, Encoding, Position};
use tower_lsp::ls_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DocumentChanges, Location,
    NumberOrString, OneOf, OptionalVersionedTextDocumentIdentifier, Position as LspPosition,
    PositionEncodingKind, Range, TextDocumentContentChangeEvent, TextDocumentEdit, TextEdit, Uri,
    WorkspaceEdit,
};

/// The most bugs that are shown in a file.
const MAX_DIAGNOSTICS: usize = 8;
/// The most names that the schema does not have which are shown in a file.
const MAX_NAMES: usize = 100;

/// The code of the diagnostic that a comment names a pattern that does not exist.
const UNKNOWN_CODE: &str = "unknown-code";

/// An encoding by its protocol name.
pub fn encoding_kind(encoding: Encoding) -> PositionEncodingKind {
    match encoding {
        Encoding::Utf8 => PositionEncodingKind::UTF8,
        Encoding::Utf16 => PositionEncodingKind::UTF16,
        Encoding::Utf32 => PositionEncodingKind::UTF32,
    }
}

/// The encoding of a protocol name.
pub fn encoding_named(name: &str) -> Result<Encoding, String> {
    let mut all = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32].into_iter();
    let found = all.find(|encoding| encoding_kind(*encoding).as_str() == name);
    found.ok_or_else(|| "must be utf-8, utf-16 or utf-32".into())
}

/// A position from the client.
pub fn position(position: LspPosition) -> Position {
    Position::new(position.line, position.character)
}

/// A position for the client.
pub fn lsp_position(position: Position) -> LspPosition {
    LspPosition::new(position.line, position.character)
}

/// The empty range at a position.
pub fn empty_range(position: LspPosition) -> Range {
    Range::new(position, position)
}

/// One entry of `contentChanges`.
pub fn content_change(event: TextDocumentContentChangeEvent) -> ContentChange {
    let range = event
        .range
        .map(|range| (position(range.start), position(range.end)));
    ContentChange {
        range,
        text: event.text,
    }
}

/// A range of bytes, as a client counts that uses `encoding`.
pub fn range(document: &Document, bytes: &Bytes<usize>, encoding: Encoding) -> Range {
    let position = |offset| lsp_position(document.position(offset, encoding));
    Range::new(position(bytes.start), position(bytes.end))
}

/// One edit of a document.
pub fn text_edit(
    client: ClientCapabilities,
    document: &DocumentSnapshot,
    bytes: &Bytes<usize>,
    text: &str,
) -> TextEdit {
    let range = range(&document.snapshot.document, bytes, client.encoding);
    TextEdit::new(range, text.to_owned())
}

/// The edits of some documents, each with the version it is for where the client knows versions: it
/// then refuses an edit of an older one. None asks to be confirmed: the user chose it by a title
/// that says what changes where, and VS Code would show such edits with no box ticked.
pub fn workspace_edit(
    client: ClientCapabilities,
    documents: Vec<(Uri, i32, Vec<TextEdit>)>,
) -> WorkspaceEdit {
    if client.document_changes {
        let documents = documents.into_iter().map(versioned_edit).collect();
        return WorkspaceEdit {
            document_changes: Some(DocumentChanges::Edits(documents)),
            ..WorkspaceEdit::default()
        };
    }
    let changes = documents.into_iter().map(|(uri, _, edits)| (uri, edits));
    WorkspaceEdit {
        changes: Some(HashMap::from_iter(changes)),
        ..WorkspaceEdit::default()
    }
}

fn versioned_edit((uri, version, edits): (Uri, i32, Vec<TextEdit>)) -> TextDocumentEdit {
    TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier {
            uri,
            version: Some(version),
        },
        edits: edits.into_iter().map(OneOf::Left).collect(),
    }
}

/// The bugs that are shown, those of names last, and what comments fail to silence.
pub fn diagnostics(client: ClientCapabilities, found: &DocumentDiagnostics) -> Vec<Diagnostic> {
    let of_code = found.bugs.iter().filter(|bug| !bug.is_of_schema());
    let names = found.bugs.iter().filter(|bug| bug.is_of_schema());
    let bugs = of_code.take(MAX_DIAGNOSTICS).chain(names.take(MAX_NAMES));
    let unknown = found.unknown_codes.iter().take(MAX_DIAGNOSTICS);
    let bugs = bugs.map(|bug| diagnostic(client, found, bug));
    let document = &found.document.snapshot.document;
    let unknown = unknown.map(|unknown| Diagnostic {
        range: range(document, &unknown.range, client.encoding),
        severity: Some(DiagnosticSeverity::INFORMATION),
        code: Some(NumberOrString::String(UNKNOWN_CODE.to_owned())),
        source: Some("nigh".to_owned()),
        message: unknown.message(),
        ..Diagnostic::default()
    });
    bugs.chain(unknown).collect()
}

/// One bug.
pub fn diagnostic(
    client: ClientCapabilities,
    found: &DocumentDiagnostics,
    bug: &Bug,
) -> Diagnostic {
    let document = &found.document.snapshot.document;
    Diagnostic {
        range: range(document, &bug.finding.range, client.encoding),
        severity: Some(severity(found.settings.severity)),
        code: Some(NumberOrString::String(bug.finding.code.to_owned())),
        source: Some("nigh".to_owned()),
        message: bug.finding.message.clone(),
        related_information: related_information(client, found, &bug.finding.related),
        ..Diagnostic::default()
    }
}

/// The other places of a bug, if the client shows them.
fn related_information(
    client: ClientCapabilities,
    found: &DocumentDiagnostics,
    places: &[Related],
) -> Option<Vec<DiagnosticRelatedInformation>> {
    if !client.related_information || places.is_empty() {
        return None;
    }
    let uri: Uri = found.document.uri.parse().ok()?;
    let document = &found.document.snapshot.document;
    let related = |place: &Related| DiagnosticRelatedInformation {
        location: Location {
            uri: uri.clone(),
            range: range(document, &place.range, client.encoding),
        },
        message: place.message.clone(),
    };
    Some(places.iter().map(related).collect())
}

fn severity(severity: Severity) -> DiagnosticSeverity {
    match severity {
        Severity::Hint => DiagnosticSeverity::HINT,
        Severity::Information => DiagnosticSeverity::INFORMATION,
        Severity::Warning => DiagnosticSeverity::WARNING,
        Severity::Error => DiagnosticSeverity::ERROR,
    }
}
