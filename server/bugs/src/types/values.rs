//! What expressions give: literals, operations, constructors, and the functions of which everybody
//! knows it.

use super::spelt::{named, spelt};
use super::{Type, agreed};
use crate::operands::parts;
use crate::view::{View, callee, only};
use syntax::{Node, Part, Role, Roles};

/// What an expression gives; `None` where that is not known.
pub fn value_type(view: &View, value: Node, depth: usize) -> Option<Type> {
    let table = LITERALS.iter().find(|(roles, _)| value.is(*roles));
    if let Some((_, one)) = table {
        return Some(*one);
    }
    if value.is([Role::Parenthesized, Role::ExpressionStatement]) {
        return value_type(view, only(value.children())?, depth);
    }
    if value.is(Role::Binary) {
        return operation(view, value, depth);
    }
    if value.is(Role::Unary) {
        return value.text().starts_with('!').then_some(Type::Truth);
    }
    if value.is([Role::TypedLiteral, Role::New]) {
        let class = value
            .child(Part::Constructor)
            .or_else(|| value.child(Part::Type))?;
        return Some(spelt(view, class.text(), depth));
    }
    if value.is(Role::Macro) {
        return callee(value).starts_with("vec!").then_some(Type::List);
    }
    if value.is(Role::Call) {
        return called(view, value, depth);
    }
    let is_named = value.is([Role::Identifier, Role::Member]);
    is_named.then(|| agreed(view, value, depth + 1))?
}

/// What literals give.
const LITERALS: &[(Roles, Type)] = &[
    (
        Roles::of(&[Role::List, Role::ListComprehension]),
        Type::List,
    ),
    (Roles::of(&[Role::Tuple, Role::ExpressionList]), Type::Tuple),
    (
        Roles::of(&[
            Role::String,
            Role::RawString,
            Role::Template,
            Role::Concatenated,
        ]),
        Type::Text,
    ),
    (Roles::of(&[Role::Map, Role::MapComprehension]), Type::Map),
    (Roles::of(&[Role::Set, Role::SetComprehension]), Type::Set),
    (
        Roles::of(&[Role::Boolean, Role::Comparison, Role::Not]),
        Type::Truth,
    ),
    (Roles::of(&[Role::Number, Role::Float]), Type::Number),
];

/// What an operation gives: comparisons truths, `[0] * n` a list, all others numbers or what their
/// sides are.
fn operation(view: &View, value: Node, depth: usize) -> Option<Type> {
    let (left, sign, right) = parts(value)?;
    let compares = [
        "==",
        "!=",
        "===",
        "!==",
        "<",
        ">",
        "<=",
        ">=",
        "&&",
        "||",
        "instanceof",
        "in",
    ];
    if compares.contains(&sign)
        && !(["&&", "||"].contains(&sign) && view.semantics().logical_gives_operand)
    {
        return Some(Type::Truth);
    }
    match (
        sign,
        value_type(view, left, depth + 1),
        value_type(view, right, depth + 1),
    ) {
        ("%", Some(Type::Text), _) => Some(Type::Text),
        ("+", one, other) if one == other => one,
        ("+", Some(Type::Text), _) | ("+", _, Some(Type::Text)) => Some(Type::Text),
        ("*", Some(kind @ (Type::List | Type::Text | Type::Tuple)), _) => Some(kind),
        ("+" | "-" | "*" | "/" | "//" | "%", Some(Type::Number), Some(Type::Number)) => {
            Some(Type::Number)
        }
        _ => None,
    }
}

/// What a call gives.
fn called(view: &View, call: Node, depth: usize) -> Option<Type> {
    let name = callee(call);
    if name == "make" {
        return Some(spelt(
            view,
            call.child(Part::Arguments)?.children().next()?.text(),
            depth,
        ));
    }
    if let Some(given) = named(&view.library().functions, name) {
        return Some(given);
    }
    if let Some(class) = ["::new", "::with_capacity", "::from"]
        .iter()
        .find_map(|new| name.strip_suffix(new))
    {
        return Some(spelt(view, class, depth));
    }
    let (_, method) = name.rsplit_once('.').unwrap_or(("", ""));
    if let Some(given) = named(&view.library().methods, method) {
        return Some(given);
    }
    let is_class =
        name.starts_with(char::is_uppercase) && !name.contains('.') || name.starts_with("std::");
    is_class.then(|| spelt(view, name, depth))
}
