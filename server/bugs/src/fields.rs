//! A name assigned to itself where a parameter should go into a field: `name = name`, `self.size =
//! self.size`.

use super::finding::Finding;
use super::view::{View, function_of, is_among, is_name, plain_name};
use syntax::{Node, Part, Role};
use text::Edit;

/// Assignments of something to itself.
pub fn itself(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of(Role::Assignment) {
        let (Some(left), Some(right)) = (node.child(Part::Left), node.child(Part::Right)) else {
            continue;
        };
        let statement = match view.code.knows(Role::ExpressionStatement) {
            true => Role::ExpressionStatement,
            false => Role::Block,
        };
        let is_statement = node.parent().is_some_and(|up| up.is(statement));
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
    let makes = function.is(Role::Constructor) || is_among(&view.semantics().constructors, name);
    let field = view.own_field(left.text())?;
    let class = function.ancestors().find(|up| up.is(Role::ClassScope))?;
    let read = class
        .inside()
        .any(|part| (part.is(Role::Member) || is_name(part)) && part.text() == field);
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
    let title = format!("Assign to `{field}`");
    Some((Edit::replace(left.range(), field), title))
}

/// `self.name = self.name` where `name` is a parameter that nothing else uses.
fn parameter(view: &View, function: Node, left: Node, right: Node) -> Option<(Edit, String)> {
    let field = own_field(view, left)?;
    let names = parameters(function);
    let name = names.into_iter().find(|name| plain_name(name) == field)?;
    let used = function.child(Part::Body)?.inside().any(|part| {
        part.is(Role::Identifier) && part.text() == name && part.part() != Some(Part::Member)
    });
    (!used).then(|| {
        let title = format!("Assign the parameter `{name}`");
        (Edit::replace(right.range(), name), title)
    })
}

/// The name of a field of the object that a method is called on.
fn own_field<'a>(view: &View<'a>, node: Node<'a>) -> Option<&'a str> {
    if let (Some(object), Some(member)) = (node.child(Part::Object), node.child(Part::Member)) {
        let is_own = is_among(&view.semantics().receivers, object.text());
        return is_own.then(|| member.text());
    }
    let (sign, _) = view.semantics().own_field.as_ref()?.split_once("{}")?;
    is_name(node).then(|| node.text().strip_prefix(sign))?
}
