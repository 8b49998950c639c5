//! Types and defaults, as properties and their annotations write them.

use crate::readers::classes::{Annotation, Member, text_of, texts_of};
use crate::schema::{DataType, TypeKind};
use crate::tokens::{Cursor, Kind};

pub(super) const TYPES: &[(&str, &str)] = &[
    ("string", "varchar"),
    ("number", "integer"),
    ("boolean", "boolean"),
    ("Date", "timestamp"),
    ("Buffer", "blob"),
    ("String", "varchar"),
    ("Number", "integer"),
    ("Boolean", "boolean"),
    ("bigint", "bigint"),
];

/// The type that a property is declared with.
pub(super) fn declared_type(member: &Member<'_>) -> Option<DataType> {
    let mut rest = member.declared;
    while !rest.is_empty() && !rest.mark(b':') {
        rest.next();
    }
    let word = rest.word()?;
    let known = TYPES.iter().find(|(name, _)| *name == word);
    Some(match known {
        Some((_, written)) => DataType::of(written),
        None => DataType::meaning(TypeKind::Other, word),
    })
}

/// A type with its length or precision.
pub(super) fn sized(written: &str, found: &Annotation<'_>) -> String {
    let number = |name: &str| {
        let value = found.entry(name)?;
        Some(text_of(&value).unwrap_or_else(|| value.written()))
    };
    match (number("length"), number("precision"), number("scale")) {
        (Some(length), _, _) => format!("{written}({length})"),
        (_, Some(precision), Some(scale)) => format!("{written}({precision}, {scale})"),
        _ => written.to_owned(),
    }
}

pub(super) fn default(value: Cursor<'_>) -> Option<String> {
    let token = value.peek()?;
    match token.kind {
        Kind::Text => text_of(&value).map(|text| format!("'{}'", text.replace('\'', "''"))),
        Kind::Number => Some(value.written()),
        Kind::Word if value.is_any(&["true", "false"]) => Some(value.written()),
        // `() => "now()"`
        Kind::Mark(b'(') => texts_of(&value).into_iter().next(),
        _ => None,
    }
}

/// `authorId` of `author` and `id`.
pub(super) fn camel(name: &str, column: &str) -> String {
    let joined = format!("{name}_{column}");
    let mut out = String::new();
    let mut is_upper = false;
    for c in joined.chars() {
        match c {
            '_' | ' ' | '-' => is_upper = !out.is_empty(),
            c if is_upper => {
                out.extend(c.to_uppercase());
                is_upper = false;
            }
            c => out.push(c),
        }
    }
    out
}
