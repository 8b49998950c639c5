//! The edits of a code action in the form the editor understands: with versions where it knows
//! them.
//!
//! All actions make theirs here, so that none forgets the version: an editor refuses an edit of an
//! older one. None asks to be confirmed: the user chose it by a title that tells what changes
//! where, and VS Code would show such edits with no box ticked.

use crate::bugs::range;
use crate::documents::Taken;
use crate::editor::Editor;
use std::collections::HashMap;
use std::ops::Range;
use tower_lsp::ls_types::{
    DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier, TextDocumentEdit, TextEdit,
    Uri, WorkspaceEdit,
};

/// The edits of some documents, each with the version they are for.
pub fn workspace_edit(editor: Editor, documents: Vec<(Uri, i32, Vec<TextEdit>)>) -> WorkspaceEdit {
    if !editor.document_changes {
        let changes: HashMap<Uri, Vec<TextEdit>> = documents
            .into_iter()
            .map(|(uri, _, edits)| (uri, edits))
            .collect();
        return WorkspaceEdit {
            changes: Some(changes),
            ..WorkspaceEdit::default()
        };
    }
    let documents = documents
        .into_iter()
        .map(|(uri, version, edits)| TextDocumentEdit {
            text_document: OptionalVersionedTextDocumentIdentifier {
                uri,
                version: Some(version),
            },
            edits: edits.into_iter().map(OneOf::Left).collect(),
        });
    WorkspaceEdit {
        document_changes: Some(DocumentChanges::Edits(documents.collect())),
        ..WorkspaceEdit::default()
    }
}

/// One edit of a document.
pub fn text_edit(editor: Editor, taken: &Taken, bytes: &Range<usize>, text: &str) -> TextEdit {
    TextEdit::new(range(editor, taken, bytes), text.to_owned())
}
