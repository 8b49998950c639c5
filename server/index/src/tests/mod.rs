//! The index as its callers see it: texts in, answers out.

mod copies;
mod serialization;
mod updates;

use crate::{Index, SourceFile};

/// A file of a language, known by its path's ending.
pub(crate) fn source<'a>(path: &'a str, text: &'a str) -> SourceFile<'a> {
    let grammar = grammars::by_path(std::path::Path::new(path));
    SourceFile {
        path,
        text,
        grammar,
        stamp: text.len() as u64,
        signatures_only: false,
    }
}

/// An index of these files, each added by itself.
pub(crate) fn index(files: &[(&str, &str)]) -> Index {
    let mut index = Index::default();
    files
        .iter()
        .for_each(|(path, text)| index.put(&[source(path, text)]));
    index
}
