//! A call of an `async` function of the same file whose result nobody awaits: as a statement (Python, where it then never
//! runs), or as a condition (where it is always true).

use super::finding::{Edit, Finding};
use super::scopes::scope_of;
use super::view::{View, function_of, only};
use std::collections::HashMap;
use syntax::Node;

/// Whether a function is `async`.
fn is_async(function: Node) -> bool {
    function.tokens().next().is_some_and(|first| first.kind() == "async")
}

/// Whether each function of the file is `async`, by whether it is a method, and its name; all of that name must be.
fn functions<'a>(view: &View<'a>) -> HashMap<(bool, &'a str), bool> {
    let mut functions = HashMap::new();
    for function in view.code.of_kind(&["function_definition", "function_declaration", "method_definition"]) {
        let in_class = scope_of(function).is_some_and(|scope| scope.kind() == "class_definition");
        let gives_many = function.inside().any(|part| part.is(&["yield", "yield_expression"]));
        if let Some(name) = function.child("name") {
            let method = in_class || function.kind() == "method_definition";
            let all = functions.entry((method, name.text())).or_insert(true);
            *all &= is_async(function) && !gives_many;
        }
    }
    functions
}

/// Calls without `await`.
pub fn missing(view: &View, found: &mut Vec<Finding>) {
    let functions = functions(view);
    for call in view.code.of_kind(&["call", "call_expression"]) {
        let Some(function) = call.child("function") else { continue };
        let method = ["self.", "this."].iter().find_map(|own| function.text().strip_prefix(own));
        let name = method.unwrap_or(function.text());
        let known = functions.get(&(method.is_some(), name)) == Some(&true);
        if !known || !function_of(call).is_some_and(is_async) || shadowed(view, call, name) {
            continue;
        }
        let lost = view.code.language() == "python" && is_statement(call);
        if lost || is_asked(call) {
            let so = if lost { "it never runs" } else { "this is always true" };
            let message = format!("`{name}` is async: without `await` {so}");
            let edit = Edit::insert(call.start(), "await ");
            found.push(Finding::new(call.range(), message, "Add `await`", vec![edit]));
        }
    }
}

/// Whether a call is a statement of its own.
fn is_statement(call: Node) -> bool {
    call.parent().is_some_and(|up| up.kind() == "expression_statement" && only(up.children()) == Some(call))
}

/// Whether a call is a whole condition.
fn is_asked(call: Node) -> bool {
    let around = |up: Node| {
        up.kind() == "parenthesized_expression" && up.field() == Some("condition") || up.kind() == "not_operator"
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
                    part.kind() == "function_definition" && part.child("name").is_some_and(|own| own.text() == name)
                })
        })
}
