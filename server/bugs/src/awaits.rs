//! A call of an `async` function of the same file whose result no one awaits: as a statement
//! (Python, where it then never runs), or as a condition (where it is always true).
//!
//! A decorator may make anything of a function, such as one that starts a task, and so may what is
//! assigned to its name; a method may be another one in another class. Only what is as it was
//! written counts.

use super::finding::Finding;
use super::scopes::scope_of;
use super::view::{View, function_of, is_decorated, only};
use std::collections::HashMap;
use syntax::{Node, Part, Role};
use text::Edit;

/// Whether a function is `async`.
fn is_async(function: Node) -> bool {
    function
        .tokens()
        .next()
        .is_some_and(|first| first.is_token("async"))
}

/// Whether each function of the file gives a coroutine, by the class it is a method of, and its
/// name; all of that name must.
fn functions<'a>(view: &View<'a>) -> HashMap<(Option<usize>, &'a str), bool> {
    let mut functions = HashMap::new();
    for function in view.code.of([Role::NamedFunction, Role::Method]) {
        let gives_many = function.inside().any(|part| part.is(Role::Yield));
        if let Some(name) = function.child(Part::Name) {
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
    let in_class = scope_of(function).is_some_and(|scope| scope.is(Role::Class));
    in_class || function.is(Role::Method)
}

/// The class around a node.
fn class_of(node: Node<'_>) -> Option<Node<'_>> {
    node.ancestors()
        .find(|up| up.is([Role::Class, Role::ClassScope]))
}

/// Whether a decorator may change what a function is: one before it, or before the class that it is
/// a method of.
fn is_changed(function: Node) -> bool {
    let class = class_of(function).filter(|_| is_method(function));
    let class = class.and_then(|class| {
        if class.is(Role::ClassScope) {
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
        let left = part.child(Part::Left).map_or("", |left| left.text());
        left.rsplit('.').next().is_some_and(|last| last == name)
    };
    view.code.of(Role::Assignment).any(replaces)
}

/// Calls without `await`.
pub fn missing(view: &View, found: &mut Vec<Finding>) {
    let functions = functions(view);
    for call in view.code.of(Role::Call) {
        let Some(function) = call.child(Part::Function) else {
            continue;
        };
        let method = view
            .semantics()
            .own_calls
            .iter()
            .find_map(|own| function.text().strip_prefix(own.as_str()));
        let name = method.unwrap_or(function.text());
        let class = class_of(call).filter(|_| method.is_some()).map(Node::id);
        let known =
            method.is_some() == class.is_some() && functions.get(&(class, name)) == Some(&true);
        if !known || !function_of(call).is_some_and(is_async) || shadowed(view, call, name) {
            continue;
        }
        let lost = view.semantics().lazy_coroutines && is_statement(call);
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
        .is_some_and(|up| up.is(Role::ExpressionStatement) && only(up.children()) == Some(call))
}

/// Whether a call is a whole condition.
fn is_asked(call: Node) -> bool {
    let around = |up: Node| {
        up.is(Role::Parenthesized) && up.part() == Some(Part::Condition) || up.is(Role::Not)
    };
    call.part() == Some(Part::Condition) || call.parent().is_some_and(around)
}

/// Whether the function around has a name of its own like this.
fn shadowed(view: &View, call: Node, name: &str) -> bool {
    let function = function_of(call);
    view.has_closed_scopes()
        && function.is_some_and(|function| {
            view.scopes().binds(function, name)
                && !function.inside().any(|part| {
                    part.is(Role::NamedFunction)
                        && part.child(Part::Name).is_some_and(|own| own.text() == name)
                })
        })
}
