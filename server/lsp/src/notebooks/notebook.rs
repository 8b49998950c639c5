//! One notebook: its cells and their texts, kept equal to the editor's, and the script they make.
//!
//! In the script a line `# %%` is above each cell. Cells of another language are comments in it, as
//! the model may learn from them what the code is about.

use super::layout::{Layout, Span};
use super::{Notification, magics};
use crate::convert;
use serde_json::json;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;
use text::{Document, Encoding, Rope};
use tower_lsp::ls_types::{
    DidOpenNotebookDocumentParams, NotebookCell, NotebookCellKind, NotebookDocumentCellChange,
    TextDocumentItem,
};

/// The language of a notebook without code.
const USUAL: &str = "python";

/// A notebook that is open in the editor.
pub struct Notebook {
    uri: String,
    cells: Vec<Cell>,
    texts: HashMap<String, Text>,
    /// The language of the script, as the handlers know it.
    language: String,
    version: i32,
    /// The script as handlers have it.
    script: String,
    /// Which of its lines are whose.
    pub layout: Arc<Layout>,
}

struct Cell {
    uri: String,
    is_code: bool,
}

struct Text {
    language: String,
    document: Document,
    /// What ended its lines when it was opened.
    line_break: &'static str,
}

/// What a cell is in the script.
struct Part {
    text: String,
    hidden: Vec<u32>,
    /// Whether its lines and columns are those of the cell.
    is_code: bool,
}

impl Notebook {
    /// As the editor opens it.
    pub fn new(params: DidOpenNotebookDocumentParams) -> Result<Self, String> {
        let DidOpenNotebookDocumentParams {
            notebook_document: book,
            cell_text_documents,
        } = params;
        let mut texts = HashMap::new();
        for item in cell_text_documents {
            texts.insert(item.uri.as_str().to_owned(), Text::new(&item)?);
        }
        let cells = book.cells.iter().map(Cell::new).collect();
        let uri = book.uri.as_str().to_owned();
        let mut notebook = Self {
            uri,
            cells,
            texts,
            language: String::new(),
            version: 0,
            script: String::new(),
            layout: Arc::default(),
        };
        notebook.language = notebook.main_language();
        Ok(notebook)
    }

    /// The document that handlers open.
    pub fn open(&mut self, encoding: Encoding) -> Notification {
        self.version += 1;
        self.join(encoding);
        let (uri, language, version) = (&self.uri, &self.language, self.version);
        let item =
            json!({"uri": uri, "languageId": language, "version": version, "text": self.script});
        ("textDocument/didOpen", json!({ "textDocument": item }))
    }

    /// That it is closed.
    pub fn close(&self) -> Notification {
        (
            "textDocument/didClose",
            json!({"textDocument": {"uri": self.uri}}),
        )
    }

    /// The notifications for handlers after a change: none if a cell was only run.
    pub fn follow(&mut self, encoding: Encoding) -> Vec<Notification> {
        let language = self.main_language();
        if language != self.language {
            let closed = self.close();
            self.language = language;
            return vec![closed, self.open(encoding)];
        }
        if !self.join(encoding) {
            return Vec::new();
        }
        self.version += 1;
        // The handlers find out what differs.
        let changes = json!([{"text": self.script}]);
        let document = json!({"uri": self.uri, "version": self.version});
        vec![(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": changes}),
        )]
    }

    /// Joins the cells again; returns whether the script is another one now.
    fn join(&mut self, encoding: Encoding) -> bool {
        let (script, layout) = self.joined(encoding);
        self.layout = Arc::new(layout);
        let is_new = script != self.script;
        self.script = script;
        is_new
    }

    /// Follows a change: which cells there are, what they are, what they contain.
    pub fn change(
        &mut self,
        change: NotebookDocumentCellChange,
        encoding: Encoding,
    ) -> Result<(), String> {
        if let Some(structure) = change.structure {
            for item in structure.did_open.iter().flatten() {
                self.texts
                    .insert(item.uri.as_str().to_owned(), Text::new(item)?);
            }
            let (start, count) = (
                structure.array.start as usize,
                structure.array.delete_count as usize,
            );
            let end = start
                .checked_add(count)
                .filter(|&end| end <= self.cells.len());
            let end = end.ok_or("cells that are not there were taken away")?;
            let new = structure.array.cells.iter().flatten().map(Cell::new);
            self.cells.splice(start..end, new);
            for closed in structure.did_close.iter().flatten() {
                self.texts.remove(closed.uri.as_str());
            }
        }
        for data in change.data.iter().flatten() {
            let uri = data.document.as_str();
            if let Some(cell) = self.cells.iter_mut().find(|cell| cell.uri == uri) {
                *cell = Cell::new(data);
            }
        }
        for content in change.text_content.into_iter().flatten() {
            let text = self.texts.get_mut(content.document.uri.as_str());
            let text = text.ok_or("a cell that is not open has changed")?;
            let changes: Vec<_> = content
                .changes
                .into_iter()
                .map(convert::content_change)
                .collect();
            let applied = text
                .document
                .apply(&changes, content.document.version, encoding);
            applied.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// The language of most cells of code, the first of several; one that has a grammar, if any
    /// has.
    fn main_language(&self) -> String {
        let code = self.cells.iter().filter(|cell| cell.is_code);
        let all = || {
            code.clone()
                .filter_map(|cell| Some(&*self.texts.get(&cell.uri)?.language))
        };
        let is_known = |language: &&str| grammars::by_language_id(language).is_some();
        let any_known = all().any(|language| is_known(&language));
        let languages = || all().filter(|language| !any_known || is_known(language));
        let count = |wanted: &str| languages().filter(|language| *language == wanted).count();
        let mut most = None;
        for language in languages() {
            if most.is_none_or(|(_, cells)| count(language) > cells) {
                most = Some((language, count(language)));
            }
        }
        most.map_or(USUAL, |(language, _)| language).to_owned()
    }

    /// What begins a comment.
    fn comment(&self) -> &'static str {
        let grammar = grammars::by_language_id(&self.language);
        grammar
            .and_then(|grammar| grammar.facts.line_comment.as_deref())
            .unwrap_or("#")
    }

    fn part(&self, cell: &Cell) -> Part {
        let Some(Text {
            language, document, ..
        }) = self.texts.get(&cell.uri)
        else {
            return Part {
                text: String::new(),
                hidden: Vec::new(),
                is_code: false,
            };
        };
        let text = with_plain_breaks(document.rope());
        let seen = match language.as_str() {
            _ if !cell.is_code || *language != self.language => None,
            "python" => magics::shown(&text),
            _ => Some(magics::VisibleText {
                text: text.clone(),
                hidden: Vec::new(),
            }),
        };
        match seen {
            Some(magics::VisibleText { text, hidden }) => Part {
                text,
                hidden,
                is_code: true,
            },
            None => {
                let comment = |line: &str| format!("{} {line}", self.comment());
                let text = text.split('\n').map(comment).collect::<Vec<_>>().join("\n");
                Part {
                    text,
                    hidden: Vec::new(),
                    is_code: false,
                }
            }
        }
    }

    /// The text of all cells, and which of its lines are whose.
    fn joined(&self, encoding: Encoding) -> (String, Layout) {
        let (mut script, mut spans, mut first) = (String::new(), Vec::new(), 1);
        for cell in &self.cells {
            let Part {
                text,
                hidden,
                is_code,
            } = self.part(cell);
            let _ = writeln!(script, "{} %%\n{text}", self.comment());
            let rope = Rope::from_str(&text);
            let end = text::position::from_offset(&rope, rope.len_bytes(), encoding);
            let known = self.texts.get(&cell.uri);
            let version = known.map_or(0, |text| text.document.version());
            let line_break = known.map_or("\n", |text| text.line_break);
            spans.push(Span {
                uri: cell.uri.clone(),
                version,
                first,
                end,
                hidden,
                is_code,
                line_break,
            });
            first += end.line + 2;
        }
        (
            script,
            Layout {
                uri: self.uri.clone(),
                spans,
            },
        )
    }
}

impl Cell {
    fn new(cell: &NotebookCell) -> Self {
        let uri = cell.document.as_str().to_owned();
        Self {
            uri,
            is_code: cell.kind == NotebookCellKind::CODE,
        }
    }
}

impl Text {
    fn new(item: &TextDocumentItem) -> Result<Self, String> {
        let document =
            Document::new(&item.text, item.version).map_err(|error| error.to_string())?;
        let line_break = if item.text.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        Ok(Self {
            language: item.language_id.clone(),
            document,
            line_break,
        })
    }
}

/// A text whose lines all end alike: `\n` is all that the script has.
fn with_plain_breaks(rope: &Rope) -> String {
    rope.to_string().replace("\r\n", "\n").replace('\r', "\n")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn a_cell_that_was_only_run_changes_nothing() {
        let cell = json!({"kind": 2, "document": "cell:0"});
        let text = json!({"uri": "cell:0", "languageId": "python", "version": 1, "text": "x = 1"});
        let book = json!({"uri": "untitled:book", "notebookType": "jupyter-notebook", "version": 1, "cells": [cell]});
        let params = json!({"notebookDocument": book, "cellTextDocuments": [text]});
        let mut book = Notebook::new(serde_json::from_value(params).unwrap()).unwrap();
        book.open(Encoding::Utf16);
        let mut change = |change: Value| {
            book.change(serde_json::from_value(change).unwrap(), Encoding::Utf16)
                .unwrap();
            book.follow(Encoding::Utf16).len()
        };
        let ran =
            json!({"kind": 2, "document": "cell:0", "executionSummary": {"executionOrder": 3}});
        assert_eq!(change(json!({"data": [ran]})), 0);
        let edits =
            json!([{"document": {"uri": "cell:0", "version": 2}, "changes": [{"text": "x = 2"}]}]);
        assert_eq!(change(json!({"textContent": edits})), 1);
        assert_eq!(
            change(json!({"data": [{"kind": 1, "document": "cell:0"}]})),
            1
        );
    }
}
