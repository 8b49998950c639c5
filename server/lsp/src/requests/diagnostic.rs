//! `textDocument/diagnostic`: the bugs of a document, for editors that ask for them.
//!
//! The answer waits for a pause in typing; if typing goes on, the request is cancelled and the
//! editor asks again. A state that was answered before is only named.

use crate::context::{RequestContext, work_failed};
use crate::convert;
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
pub async fn diagnostic(
    context: &RequestContext,
    params: DocumentDiagnosticParams,
) -> Result<DocumentDiagnosticReportResult> {
    let uri = params.text_document.uri.as_str();
    let diagnostics = &context.assistant.diagnostics;
    let found = diagnostics
        .diagnose_when_idle(uri)
        .await
        .map_err(work_failed)?;
    match found {
        Some(found) if params.previous_result_id == Some(found.id()) => Ok(unchanged(found.id())),
        Some(found) => {
            let items = convert::diagnostics(context.capabilities, &found);
            Ok(full(Some(found.id()), items))
        }
        None if context.assistant.documents.revision(uri).is_some() => Err(typing()),
        None => Ok(full(None, Vec::new())),
    }
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
