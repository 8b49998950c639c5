//! `textDocument/definition`: where the table or the column is defined that the document names.

use crate::context::{RequestContext, work_failed};
use assistant::uri::file_uri;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{
    GotoDefinitionParams, GotoDefinitionResponse, Location, Position, Range,
};

/// The place of the definition, its line; `None` where the document names nothing that is known.
pub async fn definition(
    context: &RequestContext,
    params: GotoDefinitionParams,
) -> Result<Option<GotoDefinitionResponse>> {
    let place = params.text_document_position_params;
    let document = context.document(&place.text_document.uri);
    let Some(document) = document else {
        return Ok(None);
    };
    let Some(offset) = context.offset(&document, place.position) else {
        return Ok(None);
    };
    let found = context.assistant.name_definition(document, offset).await;
    let Some(found) = found.map_err(work_failed)? else {
        return Ok(None);
    };
    let line = Position::new(found.line, 0);
    let location = file_uri(&found.file).parse().ok().map(|uri| Location {
        uri,
        range: Range::new(line, line),
    });
    Ok(location.map(GotoDefinitionResponse::Scalar))
}
