//! A name assigned to itself where a parameter should go into a field: `name = name`, `self.size =
//! self.size`.

use super::finding::Finding;
use super::view::{View, function_of, is_name};
use syntax::Node;
use text::Edit;

/// Assignments of something to itself.
pub fn itself(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of_kind(&["assignment", "assignment_expression"]) {
        let (Some(left), Some(right)) = (node.child("left"), node.child("right")) else {
            continue;
        };
        let plain = node.tokens().any(|part| part.kind() == "=") && !node.is_broken();
        let Some(function) = function_of(node).filter(|_| plain && left.same(right)) else {
            continue;
        };
        let fix = match left.kind() {
            "identifier" => field(view, function, left),
            _ => parameter(function, left, right),
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
        .child("parameters")
        .into_iter()
        .flat_map(Node::inside)
        .filter(|part| is_name(*part));
    names.map(Node::text).collect()
}

/// `name = name` in a constructor, where `name` is a parameter.
fn field(view: &View, function: Node, left: Node) -> Option<(Edit, String)> {
    let name = function.child("name")?.text();
    let makes =
        function.kind() == "constructor_declaration" || ["__init__", "constructor"].contains(&name);
    let object = if view.code.language() == "python" {
        "self"
    } else {
        "this"
    };
    let field = format!("{object}.{}", left.text());
    let class = function
        .ancestors()
        .find(|up| up.kind().starts_with("class"))?;
    let read = class.inside().any(|part| {
        part.is(&["attribute", "member_expression", "field_access"]) && part.text() == field
    });
    let declared = class.inside().any(|part| {
        part.kind() == "field_declaration" && part.inside().any(|n| n.text() == left.text())
    });
    let uses = function
        .child("body")?
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
fn parameter(function: Node, left: Node, right: Node) -> Option<(Edit, String)> {
    let name = left
        .child("attribute")
        .or_else(|| left.child("property"))
        .or_else(|| left.child("field"))?;
    let object = left
        .child("object")
        .filter(|object| ["self", "this"].contains(&object.text()))?;
    let used = function.child("body")?.inside().any(|part| {
        part.kind() == "identifier"
            && part.text() == name.text()
            && part.field() != Some("attribute")
            && part.field() != Some("field")
    });
    if used || !parameters(function).contains(&name.text()) || object.text().is_empty() {
        return None;
    }
    Some((
        Edit::replace(right.range(), name.text()),
        format!("Assign the parameter `{}`", name.text()),
    ))
}
