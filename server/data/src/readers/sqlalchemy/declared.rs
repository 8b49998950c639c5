//! Which lines of a class declare columns.

use crate::readers::python::{Assignment, call};
use crate::tokens::Cursor;

/// Whether an assignment makes a column.
pub(super) fn is_column(found: &Assignment<'_>) -> bool {
    let called = found.value.and_then(call);
    let is_call = called.as_ref().is_some_and(|call| {
        matches!(
            call.name.trim_start_matches('_'),
            "Column" | "mapped_column"
        )
    });
    let is_other = called.as_ref().is_some_and(|call| {
        matches!(
            call.name,
            "relationship"
                | "column_property"
                | "synonym"
                | "association_proxy"
                | "composite"
                | "hybrid_property"
                | "query_expression"
        )
    });
    let is_mapped = found.annotation.is_some_and(|mut annotation| {
        let is = dotted_head(&mut annotation) == Some("Mapped");
        let inner = annotation.group(b'[');
        // A class of the project is a relationship; a list too.
        is && inner.is_some_and(|inner| !is_relation(&inner))
    });
    is_call || is_mapped && !is_other
}

fn dotted_head<'a>(cursor: &mut Cursor<'a>) -> Option<&'a str> {
    let mut name = cursor.word()?;
    while cursor.mark(b'.') {
        name = cursor.word()?;
    }
    Some(name)
}

fn is_relation(inner: &Cursor<'_>) -> bool {
    let first = inner.peek_text();
    matches!(
        first,
        "list" | "List" | "Set" | "set" | "Sequence" | "WriteOnlyMapped" | "DynamicMapped"
    ) || first.starts_with(['"', '\''])
}

/// Whether an annotated name of an SQLModel is a column.
pub(super) fn is_field(found: &Assignment<'_>) -> bool {
    let is_relationship = found
        .value
        .and_then(call)
        .is_some_and(|call| call.name == "Relationship");
    let is_other = found
        .annotation
        .is_none_or(|annotation| is_relation(&annotation) || annotation.is("ClassVar"));
    !is_relationship
        && !is_other
        && !found.name.starts_with("model_config")
        && !found.name.starts_with("__")
}
