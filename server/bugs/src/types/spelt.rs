//! The types that annotations and declarations spell: those that the language is known by, and
//! those that the file itself defines.

use super::Type;
use crate::view::{View, is_among};
use grammars::TypeNames;
use syntax::{Part, Role};

/// The type that a table has under a name.
pub fn named(names: &TypeNames, name: &str) -> Option<Type> {
    let tables = [
        (&names.list, Type::List),
        (&names.text, Type::Text),
        (&names.map, Type::Map),
        (&names.set, Type::Set),
        (&names.truth, Type::Truth),
        (&names.number, Type::Number),
        (&names.tuple, Type::Tuple),
    ];
    let table = tables.into_iter().find(|(names, _)| is_among(names, name));
    table.map(|(_, one)| one)
}

/// The type that an annotation or a declared type says.
pub fn spelt(view: &View, text: &str, depth: usize) -> Type {
    let mut text = text.trim_matches([':', ' ', '"', '\'', '?']);
    if let Some((lifetime, rest)) = text.trim_start_matches('&').split_once(' ') {
        text = if lifetime.starts_with('\'') {
            rest
        } else {
            text
        };
    }
    for word in [
        "&",
        "mut ",
        "const ",
        "readonly ",
        "final ",
        "Optional[",
        "typing.Optional[",
    ] {
        text = text.strip_prefix(word).unwrap_or(text).trim_start();
    }
    let parts: Vec<&str> = text.split('|').map(str::trim).collect();
    let non_null: Vec<&str> = parts
        .iter()
        .copied()
        .filter(|part| !["None", "null", "undefined"].contains(part))
        .collect();
    if let [first, rest @ ..] = non_null.as_slice()
        && parts.len() > 1
        && !text.contains(['<', '['])
    {
        let first = spelt(view, first, depth);
        return if rest.iter().all(|part| spelt(view, part, depth) == first) {
            first
        } else {
            Type::Other
        };
    }
    if text.starts_with("map[") {
        return Type::Map;
    }
    if text.starts_with('[') || text.ends_with("[]") {
        return Type::List;
    }
    let head = text
        .split(['<', '[', '(', ' ', '{'])
        .next()
        .unwrap_or_default();
    let head = head.rsplit(['.', ':']).next().unwrap_or_default();
    if let Some(own) = own_type(view, head, depth) {
        return own;
    }
    named(&view.library().types, head).unwrap_or(Type::Other)
}

/// What a type is that the file defines: what it is for, or something of its own.
fn own_type(view: &View, name: &str, depth: usize) -> Option<Type> {
    let definition = view.code.of(Role::TypeDefinition).find(|node| {
        node.child(Part::Name).is_some_and(|own| own.text() == name)
            && (node.child(Part::Body).is_some()
                || node.child(Part::Type).is_some()
                || node.child(Part::Value).is_some())
    })?;
    let aliased = definition
        .child(Part::Type)
        .or_else(|| definition.child(Part::Value))
        .filter(|_| depth < 3);
    Some(aliased.map_or(Type::Other, |other| spelt(view, other.text(), depth + 1)))
}
