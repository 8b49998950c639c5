//! `textDocument/completion`: names of tables and columns, and for editors without inline
//! completion the same completion as a list entry.

use crate::client_capabilities::{ClientCapabilities, Indentation};
use crate::context::RequestContext;
use assistant::Trigger;
use assistant::documents::DocumentSnapshot;
use assistant::names::{NameItem, NameItemKind};
use text::is_word;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{
    CompletionContext, CompletionItem, CompletionItemKind, CompletionList, CompletionParams,
    CompletionResponse, CompletionTextEdit, CompletionTriggerKind, Documentation, InsertTextFormat,
    InsertTextMode, MarkupContent, MarkupKind, Position, Range, TextEdit,
};

/// The longest label, in characters.
const MAX_LABEL: usize = 60;

/// The half-typed word before the cursor, which an item replaces.
struct Word {
    text: String,
    range: Range,
    /// The indentation of its line.
    indent: String,
}

/// Names that fit, and at most one completion, or some more to choose from where the user invoked
/// completion. A completion replaces the word before the cursor by that word and itself, so that
/// editors that filter by the word keep it.
pub async fn completion(
    context: &RequestContext,
    params: CompletionParams,
) -> Result<CompletionResponse> {
    let mut items = names(context, &params).await.unwrap_or_default();
    if let Some(completions) = completions(context, params).await {
        items.extend(completions);
    }
    // An editor with inline completion need not ask again while a word is typed.
    let is_incomplete = !context.capabilities.inline || !items.is_empty();
    Ok(CompletionResponse::List(CompletionList {
        is_incomplete,
        items,
    }))
}

/// The tables and columns that can be named at a place; `None` if there is no such place.
async fn names(context: &RequestContext, params: &CompletionParams) -> Option<Vec<CompletionItem>> {
    let place = &params.text_document_position;
    let document = context.document(&place.text_document.uri)?;
    let offset = context.offset(&document, place.position)?;
    let found = context.assistant.names(document.clone(), offset).await;
    let item = |name: NameItem| CompletionItem {
        label: name.label.clone(),
        kind: Some(name_kind(name.kind)),
        detail: (!name.detail.is_empty()).then_some(name.detail),
        documentation: name.documentation.map(|text| {
            Documentation::MarkupContent(MarkupContent {
                kind: MarkupKind::Markdown,
                value: text,
            })
        }),
        filter_text: Some(name.filter),
        sort_text: Some(format!("!{:04}", name.rank)),
        insert_text_format: Some(InsertTextFormat::PLAIN_TEXT),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit {
            range: context.range(&document, &name.range),
            new_text: name.text,
        })),
        ..CompletionItem::default()
    };
    Some(found.ok()?.into_iter().map(item).collect())
}

fn name_kind(kind: NameItemKind) -> CompletionItemKind {
    match kind {
        NameItemKind::Table => CompletionItemKind::STRUCT,
        NameItemKind::Column => CompletionItemKind::FIELD,
        NameItemKind::Join => CompletionItemKind::SNIPPET,
        NameItemKind::Alias => CompletionItemKind::VARIABLE,
        NameItemKind::Value => CompletionItemKind::ENUM_MEMBER,
    }
}

/// `None` where the editor shows inline completions instead, or there is no such place.
async fn completions(
    context: &RequestContext,
    params: CompletionParams,
) -> Option<Vec<CompletionItem>> {
    if context.capabilities.inline {
        return None;
    }
    let place = params.text_document_position;
    let document = context.document(&place.text_document.uri)?;
    let word = word_before(context, &document, place.position)?;
    let trigger = trigger(params.context.as_ref(), &word);
    let completions = context.complete(document, place.position, trigger).await;
    let item = |(rank, text): (usize, String)| item(context.capabilities, &word, &text, rank);
    let texts = completions.into_iter().map(|completion| completion.text);
    Some(texts.enumerate().map(item).collect())
}

/// The protocol's "invoked" is also sent for the letters of a word, where menus open by themselves.
fn trigger(context: Option<&CompletionContext>, word: &Word) -> Trigger {
    let kind = context.map(|context| context.trigger_kind);
    if kind == Some(CompletionTriggerKind::INVOKED) && word.text.is_empty() {
        Trigger::Invoked
    } else {
        Trigger::Automatic
    }
}

fn word_before(
    context: &RequestContext,
    document: &DocumentSnapshot,
    position: Position,
) -> Option<Word> {
    let offset = context.offset(document, position)?;
    let before = document.snapshot.rope().byte_slice(..offset);
    let chars = before.chars_at(before.len_chars()).reversed();
    let mut word: Vec<char> = chars.take_while(|c| is_word(*c)).collect();
    word.reverse();
    let text: String = word.into_iter().collect();
    let start = context
        .range(document, &(offset - text.len()..offset))
        .start;
    let line = before.line(before.len_lines() - 1).to_string();
    let indent = line[..line.len() - line.trim_start().len()].to_owned();
    Some(Word {
        text,
        range: Range::new(start, position),
        indent,
    })
}

/// A text for an editor that adds `indent` to each line but the first; it ends before a line that
/// is indented less than that.
fn unindented(text: &str, indent: &str) -> String {
    let mut lines = text.split('\n');
    let first = lines.next().unwrap_or_default().to_owned();
    let inner = lines.map_while(|line| {
        if line.trim().is_empty() {
            Some("")
        } else {
            line.strip_prefix(indent)
        }
    });
    let text = inner.fold(first, |text, line| text + "\n" + line);
    text.trim_end_matches('\n').to_owned()
}

/// The menu's item for a completion of the word; `rank` counts from the best one, 0.
fn item(editor: ClientCapabilities, word: &Word, completion: &str, rank: usize) -> CompletionItem {
    let completion = if editor.indentation == Indentation::IsAdded {
        unindented(completion, &word.indent)
    } else {
        completion.to_owned()
    };
    let text = format!("{}{completion}", word.text);
    let keeps_indentation = editor.indentation == Indentation::StaysIfAsked && text.contains('\n');
    let first_line = text.lines().next().unwrap_or_default();
    CompletionItem {
        insert_text_mode: keeps_indentation.then_some(InsertTextMode::AS_IS),
        label: first_line.chars().take(MAX_LABEL).collect(),
        kind: Some(CompletionItemKind::TEXT),
        detail: Some("nigh".into()),
        filter_text: Some(text.clone()),
        // Above other sources: these are few lines, and the user can see what they are.
        sort_text: Some(format!(" {rank}")),
        preselect: Some(false),
        insert_text_format: Some(InsertTextFormat::PLAIN_TEXT),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit {
            range: word.range,
            new_text: text,
        })),
        ..CompletionItem::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lose_the_indentation_that_the_editor_adds() {
        assert_eq!(
            unindented("if x {\n        y\n\n    }", "    "),
            "if x {\n    y\n\n}"
        );
        assert_eq!(unindented("x\n}\nfn f() {", "    "), "x");
        assert_eq!(unindented("x\n\ty", "\t"), "x\ny");
        assert_eq!(unindented("x", "    "), "x");
    }
}
