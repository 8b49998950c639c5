//! A list or dictionary that a Python function makes, fills in a loop, and never reads: it was to
//! be returned.
//!
//! Nothing else may happen in the function, so that it does nothing at all as it is.

use super::finding::Finding;
use super::view::{View, is_name, mentions, only, own};
use syntax::{Node, Part, Role, Roles};
use text::Edit;

const EMPTY: &[&str] = &["[]", "{}", "set()", "list()", "dict()"];
/// With any of these a function may do more than it seems to.
const MORE: Roles = Roles::of(&[
    Role::Return,
    Role::Lambda,
    Role::NamedFunction,
    Role::Class,
    Role::GlobalNames,
    Role::OuterNames,
]);

/// What a function fills and does not return, if its last statement is the loop that fills it.
pub fn filled(view: &View, function: Node, last: Node) -> Option<Finding> {
    let does_more = function.inside().any(|part| part.is(MORE));
    if !view.has_closed_scopes()
        || does_more
        || !last.is(Role::Loop)
        || !view.begins_line(last)
        || view.is_test()
    {
        return None;
    }
    let body = function.child(Part::Body)?;
    let name = only(body.children().filter_map(made))?;
    let is_use = |part: &Node| is_name(*part) && part.text() == name.text() && *part != name;
    let uses: Vec<Node> = own(function).filter(is_use).collect();
    let mut statements = own(function).filter(|part| part.is(Role::ExpressionStatement));
    let harmless = |part: Node| {
        mentions(part, name.text())
            || part
                .children()
                .all(|child| child.is([Role::Assignment, Role::String]))
    };
    if uses.is_empty() || !uses.iter().all(fills) || !statements.all(harmless) {
        return None;
    }
    let indent = view.indent(last.start());
    let edit = Edit::insert(
        last.end(),
        format!("{}{indent}return {}", view.line_break(), name.text()),
    );
    let message = format!("`{}` is filled but never used", name.text());
    Some(Finding::new(
        name.range(),
        message,
        format!("Return `{}`", name.text()),
        vec![edit],
    ))
}

/// The name that a statement gives something empty.
fn made(statement: Node<'_>) -> Option<Node<'_>> {
    let assignment = only(statement.children()).filter(|part| part.is(Role::Assignment))?;
    let (name, value) = (
        assignment.child(Part::Left)?,
        assignment.child(Part::Right)?,
    );
    (EMPTY.contains(&value.text()) && name.is(Role::Identifier)).then_some(name)
}

/// Whether a use only puts something in: `name.append(x)`, `name[key] = x`.
fn fills(name: &Node) -> bool {
    let Some(up) = name.parent() else {
        return false;
    };
    let grows = up
        .child(Part::Member)
        .is_some_and(|own| ["append", "add", "extend", "insert"].contains(&own.text()));
    let call = up
        .parent()
        .filter(|call| call.is(Role::Call) && grows && up.child(Part::Object) == Some(*name));
    let statement = call
        .and_then(Node::parent)
        .is_some_and(|parent| parent.is(Role::ExpressionStatement));
    let item = up.is(Role::Index)
        && up.child(Part::Object) == Some(*name)
        && up.part() == Some(Part::Left);
    statement
        || item
            && up
                .parent()
                .is_some_and(|assignment| assignment.is(Role::Assignment))
}
