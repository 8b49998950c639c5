//! `textDocument/inlineCompletion`: ghost text at the cursor.

use crate::context::RequestContext;
use crate::convert;
use assistant::Trigger;
use completion::Completion;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{
    InlineCompletionItem, InlineCompletionList, InlineCompletionParams,
    InlineCompletionTriggerKind, Position,
};

/// At most one completion, unless the user invoked completion.
pub async fn inline_completion(
    context: &RequestContext,
    params: InlineCompletionParams,
) -> Result<InlineCompletionList> {
    let place = params.text_document_position;
    let trigger = trigger(params.context.trigger_kind);
    let Some(document) = context.document(&place.text_document.uri) else {
        return Ok(InlineCompletionList { items: Vec::new() });
    };
    let completions = context.complete(document, place.position, trigger).await;
    let items = completions
        .into_iter()
        .map(|completion| item(completion, place.position));
    Ok(InlineCompletionList {
        items: items.collect(),
    })
}

fn trigger(kind: InlineCompletionTriggerKind) -> Trigger {
    if kind == InlineCompletionTriggerKind::INVOKED {
        Trigger::Invoked
    } else {
        Trigger::Automatic
    }
}

fn item(completion: Completion, position: Position) -> InlineCompletionItem {
    InlineCompletionItem {
        insert_text: completion.text,
        filter_text: None,
        range: Some(convert::empty_range(position)),
        command: None,
        insert_text_format: None,
    }
}
