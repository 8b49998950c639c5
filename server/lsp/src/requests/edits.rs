//! The edits of a code action in the form the editor understands: with versions and an annotation where it knows them.
//!
//! All actions make theirs here, so that none forgets the version: an editor refuses an edit of an older one.

use crate::bugs::range;
use crate::documents::Taken;
use crate::editor::Editor;
use std::collections::HashMap;
use std::ops::Range;
use tower_lsp::ls_types::{
    AnnotatedTextEdit, ChangeAnnotation, DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier,
    TextDocumentEdit, TextEdit, Uri, WorkspaceEdit,
};

/// The name of the one annotation that all edits of an action share.
const ANNOTATION: &str = "nigh";

/// The edits of some documents, each with the version they are for. `confirm` asks the editor to show them first.
pub fn workspace_edit(
    editor: Editor,
    documents: Vec<(Uri, i32, Vec<TextEdit>)>,
    title: &str,
    confirm: bool,
) -> WorkspaceEdit {
    if !editor.document_changes {
        let changes: HashMap<Uri, Vec<TextEdit>> = documents.into_iter().map(|(uri, _, edits)| (uri, edits)).collect();
        return WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() };
    }
    let annotated = |text_edit| match editor.annotations {
        true => OneOf::Right(AnnotatedTextEdit { text_edit, annotation_id: ANNOTATION.into() }),
        false => OneOf::Left(text_edit),
    };
    let documents = documents.into_iter().map(|(uri, version, edits)| TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier { uri, version: Some(version) },
        edits: edits.into_iter().map(annotated).collect(),
    });
    let annotation = ChangeAnnotation { label: title.to_owned(), needs_confirmation: Some(confirm), description: None };
    WorkspaceEdit {
        document_changes: Some(DocumentChanges::Edits(documents.collect())),
        change_annotations: editor.annotations.then(|| HashMap::from([(ANNOTATION.to_owned(), annotation)])),
        ..WorkspaceEdit::default()
    }
}

/// One edit of a document.
pub fn text_edit(editor: Editor, taken: &Taken, bytes: &Range<usize>, text: &str) -> TextEdit {
    TextEdit::new(range(editor, taken, bytes), text.to_owned())
}
