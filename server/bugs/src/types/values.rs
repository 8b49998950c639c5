//! What expressions give: literals, operations, constructors, and the functions of which everybody
//! knows it.

use super::spelt::spelt;
use super::{Type, agreed};
use crate::operands::parts;
use crate::view::{View, callee, only};
use syntax::Node;

/// Functions of which it is known what they give.
const GIVING: &[(&str, Type)] = &[
    ("list", Type::List),
    ("sorted", Type::List),
    ("deque", Type::List),
    ("collections.deque", Type::List),
    ("range", Type::List),
    ("Array", Type::List),
    ("Array.from", Type::List),
    ("Array.of", Type::List),
    ("Object.keys", Type::List),
    ("Object.values", Type::List),
    ("Object.entries", Type::List),
    ("List.of", Type::List),
    ("Arrays.asList", Type::List),
    ("tuple", Type::Tuple),
    ("str", Type::Text),
    ("repr", Type::Text),
    ("String", Type::Text),
    ("String.valueOf", Type::Text),
    ("input", Type::Text),
    ("dict", Type::Map),
    ("Map.of", Type::Map),
    ("defaultdict", Type::Map),
    ("collections.defaultdict", Type::Map),
    ("Counter", Type::Map),
    ("collections.Counter", Type::Map),
    ("OrderedDict", Type::Map),
    ("set", Type::Set),
    ("bool", Type::Truth),
    ("isinstance", Type::Truth),
    ("len", Type::Number),
    ("int", Type::Number),
    ("float", Type::Number),
    ("sum", Type::Number),
    ("round", Type::Number),
];
/// Methods of which it is known what they give.
const METHODS: &[(&str, Type)] = &[
    ("split", Type::List),
    ("splitlines", Type::List),
    ("rsplit", Type::List),
    ("readlines", Type::List),
    ("partition", Type::Tuple),
    ("strip", Type::Text),
    ("lower", Type::Text),
    ("upper", Type::Text),
    ("join", Type::Text),
    ("format", Type::Text),
    ("toString", Type::Text),
    ("toLowerCase", Type::Text),
    ("toUpperCase", Type::Text),
    ("trim", Type::Text),
    ("substring", Type::Text),
    ("items", Type::Set),
    ("divmod", Type::Tuple),
];

/// What an expression gives; `None` where that cannot be told.
pub fn value_type(view: &View, value: Node, depth: usize) -> Option<Type> {
    match value.kind() {
        "list"
        | "list_comprehension"
        | "array"
        | "array_expression"
        | "array_creation_expression" => Some(Type::List),
        "tuple" | "expression_list" => Some(Type::Tuple),
        "string" | "concatenated_string" | "template_string" | "string_literal" => Some(Type::Text),
        "interpreted_string_literal" | "raw_string_literal" => Some(Type::Text),
        "dictionary" | "dictionary_comprehension" | "object" => Some(Type::Map),
        "set" | "set_comprehension" => Some(Type::Set),
        "true" | "false" | "comparison_operator" | "not_operator" | "boolean_literal" => {
            Some(Type::Truth)
        }
        "integer"
        | "float"
        | "number"
        | "number_literal"
        | "int_literal"
        | "decimal_integer_literal" => Some(Type::Number),
        "parenthesized_expression" | "expression_statement" => {
            value_type(view, only(value.children())?, depth)
        }
        "binary_operator" | "binary_expression" => operation(view, value, depth),
        "unary_expression" => value.text().starts_with('!').then_some(Type::Truth),
        "composite_literal" | "compound_literal_expression" | "object_creation_expression" => {
            Some(spelt(view, value.child("type")?.text(), depth))
        }
        "new_expression" => Some(spelt(
            view,
            value
                .child("constructor")
                .or_else(|| value.child("type"))?
                .text(),
            depth,
        )),
        "macro_invocation" => (callee(value).starts_with("vec!")).then_some(Type::List),
        "call" | "call_expression" | "method_invocation" => called(view, value, depth),
        "identifier"
        | "attribute"
        | "member_expression"
        | "field_access"
        | "selector_expression"
        | "field_expression" => agreed(view, value, depth + 1),
        _ => None,
    }
}

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
        && !(["&&", "||"].contains(&sign) && view.is(crate::languages::JAVASCRIPT))
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
            call.child("arguments")?.children().next()?.text(),
            depth,
        ));
    }
    if let Some((_, given)) = GIVING.iter().find(|(known, _)| *known == name) {
        return Some(*given);
    }
    if let Some(class) = ["::new", "::with_capacity", "::from"]
        .iter()
        .find_map(|new| name.strip_suffix(new))
    {
        return Some(spelt(view, class, depth));
    }
    let (_, method) = name.rsplit_once('.').unwrap_or(("", ""));
    if let Some((_, given)) = METHODS.iter().find(|(known, _)| *known == method) {
        return Some(*given);
    }
    let is_class =
        name.starts_with(char::is_uppercase) && !name.contains('.') || name.starts_with("std::");
    is_class.then(|| spelt(view, name, depth))
}
