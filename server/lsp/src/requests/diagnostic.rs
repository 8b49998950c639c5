//! `textDocument/diagnostic`: the bugs of a document, for editors that ask for them.
//!
//! The answer waits until nobody has typed for a while; where somebody does, the request is given
//! up and the editor asks anew. A state that was answered before is only named.

use crate::bugs::diagnostics;
use crate::server::Server;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::ls_types::{
    DiagnosticOptions, DiagnosticServerCapabilities, DocumentDiagnosticParams,
    DocumentDiagnosticReport, DocumentDiagnosticReportResult, FullDocumentDiagnosticReport,
    RelatedFullDocumentDiagnosticReport, RelatedUnchangedDocumentDiagnosticReport,
    UnchangedDocumentDiagnosticReport,
};

/// The protocol's `ServerCancelled`.
pub const SERVER_CANCELLED: i64 = -32802;

/// What the server says it can do. The bugs of a cell depend on the other cells of its notebook.
pub fn capability(notebooks: bool) -> DiagnosticServerCapabilities {
    DiagnosticServerCapabilities::Options(DiagnosticOptions {
        identifier: Some("nigh".to_owned()),
        inter_file_dependencies: notebooks,
        workspace_diagnostics: false,
        ..DiagnosticOptions::default()
    })
}

/// The bugs of an open document.
pub async fn answer(
    server: &Server,
    params: DocumentDiagnosticParams,
) -> Result<DocumentDiagnosticReportResult> {
    let uri = params.text_document.uri.as_str();
    let seeker = server.seeker();
    let Some(found) = seeker.look_in_a_pause(uri).await? else {
        return if server.documents.revision(uri).is_some() {
            Err(typing())
        } else {
            Ok(full(None, Vec::new()))
        };
    };
    let id = found.id();
    if params.previous_result_id.as_ref() == Some(&id) {
        return Ok(unchanged(id));
    }
    Ok(full(Some(id), diagnostics(seeker.editor, &found)))
}

fn typing() -> Error {
    let data = serde_json::json!({"retriggerRequest": false});
    Error {
        code: ErrorCode::ServerError(SERVER_CANCELLED),
        message: "the document has changed".into(),
        data: Some(data),
    }
}

fn full(
    result_id: Option<String>,
    items: Vec<tower_lsp::ls_types::Diagnostic>,
) -> DocumentDiagnosticReportResult {
    let report = FullDocumentDiagnosticReport { result_id, items };
    let report = RelatedFullDocumentDiagnosticReport {
        related_documents: None,
        full_document_diagnostic_report: report,
    };
    DocumentDiagnosticReportResult::Report(DocumentDiagnosticReport::Full(report))
}

fn unchanged(result_id: String) -> DocumentDiagnosticReportResult {
    let report = UnchangedDocumentDiagnosticReport { result_id };
    let report = RelatedUnchangedDocumentDiagnosticReport {
        related_documents: None,
        unchanged_document_diagnostic_report: report,
    };
    DocumentDiagnosticReportResult::Report(DocumentDiagnosticReport::Unchanged(report))
}
