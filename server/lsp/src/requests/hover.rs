//! `textDocument/hover`: what a table or a column is, where the document names one.

use crate::context::{RequestContext, work_failed};
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{Hover, HoverContents, HoverParams, MarkupContent, MarkupKind};

/// What there is to say at a place; `None` where it names nothing that is known.
pub async fn hover(context: &RequestContext, params: HoverParams) -> Result<Option<Hover>> {
    let place = params.text_document_position_params;
    let document = context.document(&place.text_document.uri);
    let Some(document) = document else {
        return Ok(None);
    };
    let Some(offset) = context.offset(&document, place.position) else {
        return Ok(None);
    };
    let found = context.assistant.name_hover(document.clone(), offset).await;
    let found = found.map_err(work_failed)?;
    Ok(found.map(|found| Hover {
        contents: HoverContents::Markup(MarkupContent {
            kind: MarkupKind::Markdown,
            value: found.markdown,
        }),
        range: Some(context.range(&document, &found.range)),
    }))
}
