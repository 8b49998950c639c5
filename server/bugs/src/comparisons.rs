//! Conditions that are always true or mean something else: `x == "a" or "b"`, `if (a = 1)`, `len(a)
//! >= 0`, `if (a.indexOf(b))`.

use super::finding::Finding;
use super::operands::parts;
use super::types::{Type, type_of};
use super::view::{View, bare, is_name, only};
use syntax::Node;
use text::Edit;

/// Literals that are neither empty nor zero, so that they are true.
fn is_true_literal(node: Node) -> bool {
    match node.kind() {
        "string" => {
            node.text()
                .trim_matches(['"', '\''])
                .chars()
                .next()
                .is_some()
                && node.inside().all(|p| p.kind() != "interpolation")
        }
        "integer" | "number" => node.text().parse::<u64>().is_ok_and(|number| number > 1),
        _ => false,
    }
}

/// `x == "a" or "b"`: a literal beside a comparison with one.
pub fn constant_or(view: &View, found: &mut Vec<Finding>) {
    for node in view
        .code
        .of_kind(&["boolean_operator", "binary_expression"])
    {
        let Some((left, operator, right)) = parts(node) else {
            continue;
        };
        if !["or", "||"].contains(&operator) || !is_true_literal(right) || !is_condition(node) {
            continue;
        }
        let last = parts(left)
            .filter(|(_, own, _)| *own == operator)
            .map_or(left, |(_, _, last)| last);
        let Some((subject, comparison, literal)) = parts(last) else {
            continue;
        };
        if ["==", "==="].contains(&comparison) && literal.kind() == right.kind() {
            let edit = Edit::insert(right.start(), format!("{} {comparison} ", subject.text()));
            let message =
                "this condition is always true: the literal is not compared with anything";
            let title = format!("Compare the literal with `{}`", subject.text());
            found.push(Finding::new(right.range(), message, title, vec![edit]));
        }
    }
}

/// Whether a node is what a branch asks.
fn is_condition(node: Node) -> bool {
    let mut inner = node;
    for parent in node.ancestors() {
        if inner.field() == Some("condition") {
            return true;
        }
        if !parent.is(&[
            "parenthesized_expression",
            "boolean_operator",
            "not_operator",
        ]) {
            return false;
        }
        inner = parent;
    }
    false
}

/// `if (a = 1)`.
pub fn assignment(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of_kind(&["if_statement"]) {
        let Some(condition) = node.child("condition") else {
            continue;
        };
        let Some(assignment) = only(condition.children()) else {
            continue;
        };
        let literal = [
            "number",
            "number_literal",
            "decimal_integer_literal",
            "true",
            "false",
            "null",
            "undefined",
            "string",
            "string_literal",
            "char_literal",
            "character_literal",
        ];
        let value = assignment.child("right").filter(|value| value.is(&literal));
        let sign = assignment.tokens().find(|part| part.kind() == "=");
        if let ("assignment_expression", Some(_), Some(sign)) = (assignment.kind(), value, sign) {
            let equal = if view.is(super::languages::JAVASCRIPT) {
                "==="
            } else {
                "=="
            };
            let message = "assignment in a condition; a comparison is probably meant";
            let edit = Edit::replace(sign.range(), equal);
            found.push(Finding::new(
                assignment.range(),
                message,
                "Replace the assignment with a comparison",
                vec![edit],
            ));
        }
    }
}

/// Whether a test or an assertion says so.
fn is_asserted(node: Node) -> bool {
    node.ancestors().take(6).any(|up| {
        let called = up
            .child("function")
            .map_or("", |function| function.text())
            .to_ascii_lowercase();
        up.is(&["assert_statement", "token_tree", "macro_invocation"]) || called.contains("assert")
    })
}

/// Whether a length is that of something that is known to have none below zero: what Python's and
/// Go's own `len` gives, and lists, texts, mappings and sets of the standard libraries. Files,
/// streams and own classes say -1 for an unknown size.
fn never_negative(view: &View, length: Node, of: Node) -> bool {
    const COUNTED: &[Type] = &[Type::List, Type::Text, Type::Tuple, Type::Map, Type::Set];
    if view.is(&["python", "go"]) {
        let own = |part: Node| {
            part.child("name")
                .or_else(|| part.child("left"))
                .is_some_and(|name| name.text() == "len")
        };
        let defined = || {
            view.code
                .of_kind(&["function_definition", "function_declaration", "assignment"])
                .any(own)
        };
        let imported = view
            .code
            .of_kind(&["import_from_statement"])
            .any(|part| part.inside().any(|n| n.text() == "len"));
        return !defined() && !imported;
    }
    let is_array = length.kind() == "field_access";
    type_of(view, of).is_some_and(|kind| {
        if is_array {
            kind == Type::List
        } else {
            COUNTED.contains(&kind)
        }
    })
}

/// `len(a) >= 0`, `a.size() < 0`.
pub fn lengths(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.nodes() {
        let Some((left, operator, right)) = parts(node) else {
            continue;
        };
        let change = match operator {
            ">=" => ">",
            "<" => "==",
            _ => continue,
        };
        let counts = |of: Node| never_negative(view, left, of);
        if right.text() != "0" || is_asserted(node) || !view.length_of(left).is_some_and(counts) {
            continue;
        }
        let Some(sign) = node
            .tokens()
            .find(|part| part.id() > left.id() && part.text() == operator)
        else {
            continue;
        };
        let always = if operator == ">=" { "true" } else { "false" };
        let message = format!("a length is never negative, so this is always {always}");
        let edit = Edit::replace(sign.range(), change);
        found.push(Finding::new(
            node.range(),
            message,
            format!("Change `{operator}` to `{change}`"),
            vec![edit],
        ));
    }
}

/// `if (a.indexOf(b))`: true for -1, false for the first place.
pub fn index_of(view: &View, found: &mut Vec<Finding>) {
    for node in view
        .code
        .of_kind(&["if_statement", "ternary_expression", "while_statement"])
    {
        let Some(call) = node
            .child("condition")
            .map(bare)
            .filter(|call| call.kind() == "call_expression")
        else {
            continue;
        };
        let Some(function) = call
            .child("function")
            .filter(|f| f.kind() == "member_expression")
        else {
            continue;
        };
        let known = function
            .child("property")
            .is_some_and(|name| ["indexOf", "lastIndexOf"].contains(&name.text()));
        if known
            && function
                .child("object")
                .is_some_and(|object| is_name(object) || object.kind() == "member_expression")
        {
            let edit = outside(call).unwrap_or_else(|| Edit::insert(call.end(), " !== -1"));
            let message = "the index is used as a condition, but -1 (not found) is truthy";
            found.push(Finding::new(
                call.range(),
                message,
                "Compare the index with -1",
                vec![edit],
            ));
        }
    }
}

/// Where the comparison stands in the parentheses, as in `a.indexOf(b !== -1)`: what puts it
/// behind them.
fn outside(call: Node) -> Option<Edit> {
    let (sought, operator, end) = parts(only(call.child("arguments")?.children())?)?;
    let end = end.text();
    let compares = ["!==", "!=", ">", ">="].contains(&operator) && ["-1", "0"].contains(&end);
    let behind = sought.end()..call.end();
    compares.then(|| Edit::replace(behind, format!(") {operator} {end}")))
}
