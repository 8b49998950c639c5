//! A quotient used as an index or a count: in Python and JavaScript `/` gives fractions.

use super::finding::{Edit, Finding};
use super::operands::parts;
use super::view::{View, function_of, only};
use syntax::Node;

/// `a[n / 2]`, `range(n / 2)`, and `middle = (low + high) / 2` where `a[middle]` is read.
pub fn float_index(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of_kind(&["binary_operator", "binary_expression"]) {
        let Some((_, operator, right)) = parts(node).filter(|(_, operator, _)| *operator == "/") else { continue };
        let whole = right.text().parse::<u32>().is_ok_and(|number| number > 1);
        let Some(sign) = node.tokens().find(|part| part.kind() == operator).filter(|_| whole && !is_rounded(node))
        else {
            continue;
        };
        let is_even = node.ancestors().any(|up| up.child("condition").is_some_and(|asked| asked.text().contains('%')));
        if !is_even && (in_place(view, node) || assigned(view, node)) {
            let (edits, title) = match view.code.language() {
                "python" => (vec![Edit::insert(sign.end(), "/")], "Divide with `//`"),
                _ => (vec![Edit::insert(node.start(), "Math.floor("), Edit::insert(node.end(), ")")], "Round it down"),
            };
            let message = "`/` may give a fraction, and this is used as an index";
            found.push(Finding::new(node.range(), message, title, edits));
        }
    }
}

fn is_rounded(node: Node) -> bool {
    node.ancestors().take(4).any(|up| up.is(&["call", "call_expression"]) && !up.text().starts_with("range"))
}

/// Whether a quotient is itself an index, an end of a slice, or what `range` counts.
fn in_place(view: &View, node: Node) -> bool {
    let indexed = node.parent().and_then(|up| view.indexed(up)).is_some_and(|(_, index)| index == node);
    let list = indexed_list_is_plain(view, node);
    let counted =
        node.parent().filter(|up| up.kind() == "argument_list").and_then(Node::parent).is_some_and(|call| {
            call.child("function").is_some_and(|f| f.kind() == "identifier" && f.text() == "range")
        });
    let sliced = node.parent().is_some_and(|up| up.kind() == "slice") && node.text().contains("len(");
    let has_length = node.inside().any(|part| view.length_of(part).is_some());
    view.code.language() == "python" && counted || sliced || indexed && list && has_length
}

fn indexed_list_is_plain(view: &View, node: Node) -> bool {
    node.parent()
        .and_then(|up| view.indexed(up))
        .is_some_and(|(of, _)| of.is(&["identifier", "attribute", "member_expression"]))
}

/// Whether a quotient is given to a name that is then an index and nothing else changes.
fn assigned(view: &View, node: Node) -> bool {
    let Some(up) = node.parent().filter(|up| up.is(&["assignment", "variable_declarator", "assignment_expression"]))
    else {
        return false;
    };
    let sum = node.child("left").is_some_and(|left| left.kind() == "parenthesized_expression")
        || node.inside().any(|part| view.length_of(part).is_some());
    let Some(name) = up.child("left").or_else(|| up.child("name")).filter(|name| sum && name.kind() == "identifier")
    else {
        return false;
    };
    let Some(function) = function_of(node) else { return false };
    let writes = |part: &Node| {
        part.is(&["assignment", "augmented_assignment", "variable_declarator", "assignment_expression"])
            && part.child("left").or_else(|| part.child("name")).is_some_and(|left| left.text() == name.text())
    };
    let once = only(function.inside().filter(writes)).is_some();
    let reads = |part: Node| {
        view.indexed(part).is_some_and(|(of, index)| index.text() == name.text() && of.kind() == "identifier")
    };
    let rounded = function.inside().any(|part| {
        part.is(&["call", "call_expression"])
            && ["int", "Math.floor", "Math.round", "round"]
                .iter()
                .any(|f| part.text().starts_with(&format!("{f}({})", name.text())))
    });
    once && !rounded && function.inside().any(reads)
}
