//! A call of an `async` function of the same file whose result nobody awaits: as a statement (Python, where it then never
//! runs), or as a condition (where it is always true).

use super::finding::{Edit, Finding};
use super::view::{View, function_of, only};
use std::collections::HashMap;
use syntax::Node;

/// Whether a function is `async`.
fn is_async(function: Node) -> bool {
    function.tokens().next().is_some_and(|first| first.kind() == "async")
}

/// Calls without `await`.
pub fn missing(view: &View, found: &mut Vec<Finding>) {
    let mut functions: HashMap<&str, bool> = HashMap::new();
    for function in view.code.of_kind(&["function_definition", "function_declaration", "method_definition"]) {
        if let Some(name) = function.child("name") {
            let all = functions.entry(name.text()).or_insert(true);
            *all &= is_async(function) && !function.inside().any(|part| part.is(&["yield", "yield_expression"]));
        }
    }
    let python = view.code.language() == "python";
    for call in view.code.of_kind(&["call", "call_expression"]) {
        let Some(function) = call.child("function") else { continue };
        let name =
            ["self.", "this."].iter().find_map(|own| function.text().strip_prefix(own)).unwrap_or(function.text());
        let in_async = function_of(call).is_some_and(is_async);
        if !in_async || functions.get(name) != Some(&true) || shadowed(view, call, name) {
            continue;
        }
        let parent = call.parent();
        let statement =
            python && parent.is_some_and(|up| up.kind() == "expression_statement" && only(up.children()) == Some(call));
        let asked = call.field() == Some("condition")
            || parent.is_some_and(|up| {
                up.is(&["parenthesized_expression"]) && up.field() == Some("condition") || up.kind() == "not_operator"
            });
        if statement || asked {
            let edit = Edit::insert(call.start(), "await ");
            let message = match statement {
                true => format!("`{name}` is async: without `await` it never runs"),
                false => format!("`{name}` is async: without `await` this is always true"),
            };
            found.push(Finding::new(call.range(), message, "Add `await`", vec![edit]));
        }
    }
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
