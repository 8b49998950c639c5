//! A name assigned to itself where a parameter should go into a field: `name = name`, `self.size =
//! self.size`.

use super::finding::Finding;
use super::view::{View, function_of, is_among, is_name};
use syntax::{Node, Part, Role};
use text::Edit;

/// Assignments of something to itself.
pub fn itself(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of(Role::Assignment) {
        let (Some(left), Some(right)) = (node.child(Part::Left), node.child(Part::Right)) else {
            continue;
        };
        let is_statement = node
            .parent()
            .is_some_and(|up| up.is(Role::ExpressionStatement));
        let plain =
            node.tokens().any(|part| part.text() == "=") && !node.is_broken() && is_statement;
        let Some(function) = function_of(node).filter(|_| plain && left.same(right)) else {
            continue;
        };
        let fix = match left.is(Role::Identifier) {
            true => field(view, function, left),
            false => parameter(view, function, left, right),
        };
        if let Some((edit, title)) = fix {
            let message = format!("`{}` is assigned to itself", left.text());
            found.push(Finding::new(node.range(), message, title, vec![edit]));
        }
    }
}

/// The names of a function's parameters.
fn parameters<'a>(function: Node<'a>) -> Vec<&'a str> {
    let names = function
        .child(Part::Parameters)
        .into_iter()
        .flat_map(Node::inside)
        .filter(|part| is_name(*part));
    names.map(Node::text).collect()
}

/// `name = name` in a constructor, where `name` is a parameter.
fn field(view: &View, function: Node, left: Node) -> Option<(Edit, String)> {
    let name = function.child(Part::Name)?.text();
    let makes = function.is(Role::Constructor) || ["__init__", "constructor"].contains(&name);
    let object = view.receiver()?;
    let field = format!("{object}.{}", left.text());
    let class = function.ancestors().find(|up| up.is(Role::ClassScope))?;
    let read = class
        .inside()
        .any(|part| part.is(Role::Member) && part.text() == field);
    let declared = class
        .inside()
        .any(|part| part.is(Role::Field) && part.inside().any(|n| n.text() == left.text()));
    let uses = function
        .child(Part::Body)?
        .inside()
        .filter(|part| is_name(*part) && part.text() == left.text());
    let goes_on = uses.count() > 2;
    if !makes || goes_on || !parameters(function).contains(&left.text()) || !(read || declared) {
        return None;
    }
    Some((
        Edit::insert(left.start(), format!("{object}.")),
        format!("Assign to `{object}.{}`", left.text()),
    ))
}

/// `self.name = self.name` where `name` is a parameter that nothing else uses.
fn parameter(view: &View, function: Node, left: Node, right: Node) -> Option<(Edit, String)> {
    let name = left.child(Part::Member)?;
    let object = left
        .child(Part::Object)
        .filter(|object| is_among(&view.semantics().receivers, object.text()))?;
    let used = function.child(Part::Body)?.inside().any(|part| {
        part.is(Role::Identifier) && part.text() == name.text() && part.part() != Some(Part::Member)
    });
    if used || !parameters(function).contains(&name.text()) || object.text().is_empty() {
        return None;
    }
    Some((
        Edit::replace(right.range(), name.text()),
        format!("Assign the parameter `{}`", name.text()),
    ))
}
