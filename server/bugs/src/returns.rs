//! Results that a function makes and does not return: a last line that is only a name, a list that
//! is filled and never read, a call of the function itself whose answer is dropped.
//!
//! A name alone is no proof: it also marks a variable as used or reads a signal. It must have been
//! made step by step, in a function that may give something.

use super::finding::Finding;
use super::unreturned;
use super::view::{View, mentions, only, own};
use syntax::Node;
use text::Edit;

/// Functions that forget to return what they made.
pub fn missing(view: &View, found: &mut Vec<Finding>) {
    for function in view.code.of_kind(&[
        "function_definition",
        "function_declaration",
        "method_definition",
    ]) {
        let Some(body) = function
            .child("body")
            .filter(|body| body.is(&["block", "statement_block"]))
        else {
            continue;
        };
        let Some(last) = body.children().last() else {
            continue;
        };
        let gives_many = own(function).any(|part| part.is(&["yield", "yield_expression"]));
        if gives_many || function.is_broken() || gives_nothing(function) || view.is_shown(last) {
            continue;
        }
        let returns: Vec<Node> = own(function)
            .filter(|part| part.kind() == "return_statement")
            .collect();
        let given = returns.iter().any(|part| part.children().next().is_some());
        let bare = returns.iter().any(|part| part.children().next().is_none());
        found.extend(
            bare_name(last)
                .filter(|_| !bare)
                .or_else(|| unreturned::filled(view, function, last).filter(|_| !given))
                .or_else(|| recursion(view, function, last, &returns)),
        );
    }
}

/// A last line that is a name and nothing else.
fn bare_name(last: Node) -> Option<Finding> {
    let name = Some(last)
        .filter(|last| last.kind() == "expression_statement")
        .and_then(|last| only(last.children()))?;
    let function = super::view::function_of(last)?;
    let result = name.kind() == "identifier" && last.previous().is_some();
    let made = own(function)
        .any(|part| part.is(MAKING) && target(part).is_some_and(|left| left.text() == name.text()));
    let grows = own(function).any(|part| grows(part, name.text()));
    let message = format!("`{}` is created here but not returned", name.text());
    (result && made && grows).then(|| {
        Finding::new(
            last.range(),
            message,
            format!("Return `{}`", name.text()),
            vec![Edit::insert(last.start(), "return ")],
        )
    })
}

const MAKING: &[&str] = &["assignment", "variable_declarator"];
const GROWING: &[&str] = &["augmented_assignment", "augmented_assignment_expression"];

/// What an assignment or a declaration gives a value.
fn target(part: Node<'_>) -> Option<Node<'_>> {
    part.child("left").or_else(|| part.child("name"))
}

/// Whether a node makes what `name` holds a step further: `name += x`, `name = f(name)`, `name[key]
/// = x`, `name.append(x)`.
fn grows(node: Node, name: &str) -> bool {
    const FILLING: &[&str] = &[
        "append", "add", "extend", "insert", "update", "push", "unshift", "set",
    ];
    let is = |part: Option<Node>| part.is_some_and(|part| part.text() == name);
    let item = |left: Node| {
        is(left.child("value")) || is(left.child("object")) && left.kind() != "attribute"
    };
    if node.is(GROWING) {
        return target(node).is_some_and(|left| left.text() == name || item(left));
    }
    if node.is(&["assignment", "assignment_expression"]) {
        let again = is(node.child("left"))
            && node
                .child("right")
                .is_some_and(|right| mentions(right, name));
        return again
            || node
                .child("left")
                .is_some_and(|left| left.kind().starts_with("subscript") && item(left));
    }
    let member = node.child("attribute").or_else(|| node.child("property"));
    is(node.child("object")) && member.is_some_and(|member| FILLING.contains(&member.text()))
}

/// Whether a function says that it gives nothing: by its type, as a constructor or as a setter.
fn gives_nothing(function: Node) -> bool {
    const NOTHING: &[&str] = &[
        "None",
        "NoReturn",
        "Never",
        "void",
        "never",
        "undefined",
        "Promise<void>",
    ];
    const MAKERS: &[&str] = &[
        "constructor",
        "__init__",
        "__post_init__",
        "__new__",
        "__setattr__",
        "__setitem__",
    ];
    let said = function
        .child("return_type")
        .map_or("", |kind| kind.text().trim_matches([':', ' ', '"', '\'']));
    let name = function.child("name").map_or("", |name| name.text());
    let is_setter = |part: Node| part.kind() == "decorator" && part.text().ends_with(".setter");
    NOTHING.contains(&said)
        || MAKERS.contains(&name)
        || function.tokens().any(|part| part.kind() == "set")
        || function
            .parent()
            .is_some_and(|up| up.kind() == "decorated_definition" && up.children().any(is_setter))
}

/// A last call of the function itself, dropped, where every other way out returns something.
fn recursion(view: &View, function: Node, last: Node, returns: &[Node]) -> Option<Finding> {
    let name = function.child("name")?.text();
    let own_call = |call: &Node| {
        call.is(&["call", "call_expression"])
            && call.child("function").is_some_and(|f| {
                f.text() == name
                    || f.text() == format!("self.{name}")
                    || f.text() == format!("this.{name}")
            })
    };
    let tails = tails(last);
    let dropped = tails.iter().find_map(|tail| {
        Some(*tail)
            .filter(|t| t.kind() == "expression_statement")
            .and_then(|t| only(t.children()))
            .filter(own_call)
    })?;
    let gives = |part: &Node| {
        part.children().next().is_some_and(|value| {
            !["None", "null", "undefined", "self", "this"].contains(&value.text())
        })
    };
    let always = returns.len() > 1 && returns.iter().all(gives);
    let others = tails.iter().all(|tail| {
        tail.kind() == "return_statement"
            || tail.holds(dropped)
            || tail.is(&["raise_statement", "throw_statement"])
    });
    let elsewhere = own(function).filter(own_call).any(|call| {
        call.parent()
            .is_some_and(|up| up.kind() == "expression_statement")
            && call != dropped
    });
    if !always || !others || elsewhere || view.is_test() {
        return None;
    }
    let message = format!("the result of `{name}` is not returned, unlike in all other branches");
    Some(Finding::new(
        dropped.range(),
        message,
        "Return the result",
        vec![Edit::insert(dropped.start(), "return ")],
    ))
}

/// The last statements of all ways through a statement, in the order of the text. A chain of
/// branches may be as long as a file.
fn tails(last: Node<'_>) -> Vec<Node<'_>> {
    const BRANCHES: &[&str] = &[
        "block",
        "statement_block",
        "else_clause",
        "elif_clause",
        "if_statement",
    ];
    let (mut tails, mut open) = (Vec::new(), vec![last]);
    while let Some(node) = open.pop() {
        if node.is(&BRANCHES[..2]) {
            open.extend(node.children().last());
        } else if node.is(BRANCHES) {
            let branches: Vec<Node> = node.children().filter(|part| part.is(BRANCHES)).collect();
            open.extend(branches.into_iter().rev());
        } else {
            tails.push(node);
        }
    }
    tails
}
