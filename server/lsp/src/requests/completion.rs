//! `textDocument/completion`: the same completion as a list entry, for editors without inline
//! completion.

use crate::convert;
use crate::editor::{Editor, Indentation};
use crate::requests::inline_completion::complete;
use crate::server::Server;
use text::is_word;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{
    CompletionItem, CompletionItemKind, CompletionList, CompletionParams, CompletionResponse,
    CompletionTextEdit, CompletionTriggerKind, InsertTextFormat, InsertTextMode, Range, TextEdit,
};

/// The longest label, in characters.
const LABEL: usize = 60;

/// Answers with one item or none, and with some more to choose from where someone asked by hand. An
/// item replaces the word before the cursor by that word and the completion, so that editors that
/// filter by the word keep it.
pub async fn answer(server: &Server, params: CompletionParams) -> Result<CompletionResponse> {
    let place = params.text_document_position;
    let uri = place.text_document.uri.as_str();
    let invoked = params
        .context
        .is_some_and(|context| context.trigger_kind == CompletionTriggerKind::INVOKED);
    let taken = if server.editor().inline {
        None
    } else {
        server.documents.take(uri)
    };
    let word = taken.and_then(|taken| {
        let document = taken.snapshot.document;
        let offset =
            document.offset(convert::position(place.position), server.editor().encoding)?;
        let before = document.rope().byte_slice(..offset);
        let word: Vec<char> = before
            .chars_at(before.len_chars())
            .reversed()
            .take_while(|c| is_word(*c))
            .collect();
        let word: String = word.into_iter().rev().collect();
        let start = document.position(offset - word.len(), server.editor().encoding);
        let line = before.line(before.len_lines() - 1).to_string();
        let indent = line[..line.len() - line.trim_start().len()].to_owned();
        Some((
            indent,
            word,
            Range::new(convert::lsp_position(start), place.position),
        ))
    });
    // The protocol's "invoked" is also said of the letters of a word, where menus open by
    // themselves.
    let items = match word {
        Some((indent, word, range)) => {
            let completions =
                complete(server, uri, place.position, invoked && word.is_empty()).await;
            let added = server.editor().indentation == Indentation::IsAdded;
            let written = |text: String| {
                if added {
                    unindented(&text, &indent)
                } else {
                    text
                }
            };
            let texts = completions
                .into_iter()
                .map(|completion| written(completion.text));
            (0..)
                .zip(texts)
                .map(|(rank, text)| entry(server.editor(), &word, range, &text, rank))
                .collect()
        }
        None => Vec::new(),
    };
    Ok(CompletionResponse::List(CompletionList {
        is_incomplete: true,
        items,
    }))
}

/// A text for an editor that puts `indent` in front of each line but the first; it ends before a
/// line that stands further out than that.
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

/// A menu's entry for `text` behind the half-typed `word`, which `range` replaces; `rank` counts
/// from the best one, 0.
fn entry(editor: Editor, word: &str, range: Range, text: &str, rank: usize) -> CompletionItem {
    let text = format!("{word}{text}");
    let says = editor.indentation == Indentation::StaysIfSaid && text.contains('\n');
    CompletionItem {
        insert_text_mode: says.then_some(InsertTextMode::AS_IS),
        label: text
            .lines()
            .next()
            .unwrap_or_default()
            .chars()
            .take(LABEL)
            .collect(),
        kind: Some(CompletionItemKind::TEXT),
        detail: Some("nigh".into()),
        filter_text: Some(text.clone()),
        // Above other sources: these are few lines, and the user can see what they say.
        sort_text: Some(format!(" {rank}")),
        preselect: Some(false),
        insert_text_format: Some(InsertTextFormat::PLAIN_TEXT),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit {
            range,
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
