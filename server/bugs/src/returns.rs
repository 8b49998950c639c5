//! Results that a function computes but does not return: a last line that is only a name, a list
//! that is filled and never read, a recursive call whose result is dropped.
//!
//! A line with only a name is no proof: it also marks a variable as used or reads a signal. The
//! value must have been built step by step, in a function that may return something.

use super::finding::Finding;
use super::unreturned;
use super::view::{View, mentions, only, own};
use syntax::{Node, Part, Role, Roles};
use text::Edit;

/// Functions that forget to return what they made.
pub fn missing(view: &View, found: &mut Vec<Finding>) {
    for function in view.code.of([Role::NamedFunction, Role::Method]) {
        let Some(body) = function
            .child(Part::Body)
            .filter(|body| body.is(Role::Block))
        else {
            continue;
        };
        let Some(last) = body.children().last() else {
            continue;
        };
        let gives_many = own(function).any(|part| part.is(Role::Yield));
        if gives_many || function.is_broken() || gives_nothing(function) || view.is_shown(last) {
            continue;
        }
        let returns: Vec<Node> = own(function).filter(|part| part.is(Role::Return)).collect();
        let given = returns.iter().any(|part| part.children().next().is_some());
        let bare = returns.iter().any(|part| part.children().next().is_none());
        found.extend(
            bare_name(view, last)
                .filter(|_| !bare)
                .or_else(|| unreturned::filled(view, function, last).filter(|_| !given))
                .or_else(|| recursion(view, function, last, &returns)),
        );
    }
}

/// A last line that is a name and nothing else.
fn bare_name(view: &View, last: Node) -> Option<Finding> {
    let name = Some(last)
        .filter(|last| last.is(Role::ExpressionStatement))
        .and_then(|last| only(last.children()))?;
    let function = super::view::function_of(last)?;
    let result = name.is(Role::Identifier) && last.previous().is_some();
    let made = own(function)
        .any(|part| part.is(MAKING) && target(part).is_some_and(|left| left.text() == name.text()));
    let grows = own(function).any(|part| grows(view, part, name.text()));
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

const MAKING: Roles = Roles::of(&[Role::VariableDefinition]);
const GROWING: Roles = Roles::of(&[Role::CompoundAssignment]);

/// What an assignment or a declaration gives a value.
fn target(part: Node<'_>) -> Option<Node<'_>> {
    part.child(Part::Left).or_else(|| part.child(Part::Name))
}

/// Whether a node makes what `name` holds a step further: `name += x`, `name = f(name)`, `name[key]
/// = x`, `name.append(x)`.
fn grows(view: &View, node: Node, name: &str) -> bool {
    const FILLING: &[&str] = &[
        "append", "add", "extend", "insert", "update", "push", "unshift", "set",
    ];
    let is = |part: Option<Node>| part.is_some_and(|part| part.text() == name);
    let item = |left: Node| {
        let is_item = !left.is(Role::Member) || view.semantics().members_are_items;
        is_item && is(left.child(Part::Object))
    };
    if node.is(GROWING) {
        return target(node).is_some_and(|left| left.text() == name || item(left));
    }
    if node.is(Role::Assignment) {
        let again = is(node.child(Part::Left))
            && node
                .child(Part::Right)
                .is_some_and(|right| mentions(right, name));
        return again
            || node
                .child(Part::Left)
                .is_some_and(|left| left.is(Role::Index) && item(left));
    }
    let member = node.child(Part::Member);
    is(node.child(Part::Object)) && member.is_some_and(|member| FILLING.contains(&member.text()))
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
    let return_type = function
        .child(Part::ReturnType)
        .map_or("", |kind| kind.text().trim_matches([':', ' ', '"', '\'']));
    let name = function.child(Part::Name).map_or("", |name| name.text());
    let is_setter = |part: Node| part.is(Role::Decorator) && part.text().ends_with(".setter");
    NOTHING.contains(&return_type)
        || MAKERS.contains(&name)
        || function.tokens().any(|part| part.is_token("set"))
        || function
            .parent()
            .is_some_and(|up| up.is(Role::Decorated) && up.children().any(is_setter))
}

/// A last call of the function itself, dropped, where every other way out returns something.
fn recursion<'a>(
    view: &View<'a>,
    function: Node<'a>,
    last: Node<'a>,
    returns: &[Node<'a>],
) -> Option<Finding> {
    let name = function.child(Part::Name)?.text();
    let own_call = |call: &Node<'a>| call.is(Role::Call) && view.own_callee(*call) == Some(name);
    let tails = tails(last);
    let dropped = tails.iter().find_map(|tail| {
        Some(*tail)
            .filter(|t| t.is(Role::ExpressionStatement))
            .and_then(|t| only(t.children()))
            .filter(own_call)
    })?;
    let gives = |part: &Node| {
        part.children().next().is_some_and(|value| {
            !["None", "null", "undefined", "self", "this", "$this"].contains(&value.text())
        })
    };
    let always = returns.len() > 1 && returns.iter().all(gives);
    let others = tails
        .iter()
        .all(|tail| tail.is(Role::Return) || tail.holds(dropped) || tail.is(Role::Throw));
    let elsewhere = own(function).filter(own_call).any(|call| {
        call.parent()
            .is_some_and(|up| up.is(Role::ExpressionStatement))
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
    const BRANCHES: Roles = Roles::of(&[Role::Block, Role::Else, Role::ElseIf, Role::If]);
    let (mut tails, mut open) = (Vec::new(), vec![last]);
    while let Some(node) = open.pop() {
        if node.is(Role::Block) {
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
