//! A call of an `async` function of the same file whose result nobody awaits: as a statement
//! (Python, where it then never runs), or as a condition (where it is always true).
//!
//! A decorator may make anything of a function, such as one that starts a task, and so may what is
//! assigned to its name; a method may be another one in another class. Only what stands as it was
//! written counts.

use super::finding::Finding;
use super::scopes::scope_of;
use super::view::{View, function_of, is_decorated, only};
use std::collections::HashMap;
use syntax::Node;
use text::Edit;

/// Whether a function is `async`.
fn is_async(function: Node) -> bool {
    function
        .tokens()
        .next()
        .is_some_and(|first| first.kind() == "async")
}

/// Whether each function of the file gives a coroutine, by the class it is a method of, and its
/// name; all of that name must.
fn functions<'a>(view: &View<'a>) -> HashMap<(Option<usize>, &'a str), bool> {
    let mut functions = HashMap::new();
    for function in view.code.of_kind(&[
        "function_definition",
        "function_declaration",
        "method_definition",
    ]) {
        let gives_many = function
            .inside()
            .any(|part| part.is(&["yield", "yield_expression"]));
        if let Some(name) = function.child("name") {
            let class = class_of(function).filter(|_| is_method(function));
            let all = functions
                .entry((class.map(Node::id), name.text()))
                .or_insert(true);
            *all &= is_async(function) && !gives_many && !is_changed(function);
        }
    }
    functions
}

/// Whether a function is a method.
fn is_method(function: Node) -> bool {
    let in_class = scope_of(function).is_some_and(|scope| scope.kind() == "class_definition");
    in_class || function.kind() == "method_definition"
}

/// The class around a node.
fn class_of(node: Node<'_>) -> Option<Node<'_>> {
    node.ancestors()
        .find(|up| up.is(&["class_definition", "class_body"]))
}

/// Whether a decorator may change what a function is: one before it, or before the class that it is
/// a method of.
fn is_changed(function: Node) -> bool {
    let class = class_of(function).filter(|_| is_method(function));
    let class = class.and_then(|class| {
        if class.kind() == "class_body" {
            class.parent()
        } else {
            Some(class)
        }
    });
    is_decorated(function) || class.is_some_and(is_decorated)
}

/// Whether anything is assigned to a function's name.
fn is_replaced(view: &View, name: &str) -> bool {
    let replaces = |part: Node| {
        let left = part.child("left").map_or("", |left| left.text());
        left.rsplit('.').next().is_some_and(|last| last == name)
    };
    view.code
        .of_kind(&["assignment", "assignment_expression"])
        .any(replaces)
}

/// Calls without `await`.
pub fn missing(view: &View, found: &mut Vec<Finding>) {
    let functions = functions(view);
    for call in view.code.of_kind(&["call", "call_expression"]) {
        let Some(function) = call.child("function") else {
            continue;
        };
        let method = ["self.", "this."]
            .iter()
            .find_map(|own| function.text().strip_prefix(own));
        let name = method.unwrap_or(function.text());
        let class = class_of(call).filter(|_| method.is_some()).map(Node::id);
        let known =
            method.is_some() == class.is_some() && functions.get(&(class, name)) == Some(&true);
        if !known || !function_of(call).is_some_and(is_async) || shadowed(view, call, name) {
            continue;
        }
        let lost = view.code.language() == "python" && is_statement(call);
        if (lost || is_asked(call)) && !is_replaced(view, name) {
            let so = if lost {
                "it never runs"
            } else {
                "the result is always truthy"
            };
            let message = format!("async call of `{name}` without `await`: {so}");
            let edit = Edit::insert(call.start(), "await ");
            found.push(Finding::new(
                call.range(),
                message,
                "Add `await`",
                vec![edit],
            ));
        }
    }
}

/// Whether a call is a statement of its own.
fn is_statement(call: Node) -> bool {
    call.parent()
        .is_some_and(|up| up.kind() == "expression_statement" && only(up.children()) == Some(call))
}

/// Whether a call is a whole condition.
fn is_asked(call: Node) -> bool {
    let around = |up: Node| {
        up.kind() == "parenthesized_expression" && up.field() == Some("condition")
            || up.kind() == "not_operator"
    };
    call.field() == Some("condition") || call.parent().is_some_and(around)
}

/// Whether the function around has a name of its own like this.
fn shadowed(view: &View, call: Node, name: &str) -> bool {
    let function = function_of(call);
    view.code.language() == "python"
        && function.is_some_and(|function| {
            view.scopes().binds(function, name)
                && !function.inside().any(|part| {
                    part.kind() == "function_definition"
                        && part.child("name").is_some_and(|own| own.text() == name)
                })
        })
}
