//! Results that a function makes and does not return: a last line that is only a name, a list that is filled and never
//! read, a call of the function itself whose answer is dropped.

use super::finding::{Edit, Finding};
use super::view::{LOOPS, View, is_name, mentions, only, own};
use syntax::Node;

/// Functions that forget to return what they made.
pub fn missing(view: &View, found: &mut Vec<Finding>) {
    for function in view.code.of_kind(&["function_definition", "function_declaration", "method_definition"]) {
        let Some(body) = function.child("body").filter(|body| body.is(&["block", "statement_block"])) else { continue };
        let Some(last) = body.children().last() else { continue };
        if own(function).any(|part| part.is(&["yield", "yield_expression"])) || function.is_broken() {
            continue;
        }
        let returns: Vec<Node> = own(function).filter(|part| part.kind() == "return_statement").collect();
        let given = returns.iter().any(|part| part.children().next().is_some());
        found.extend(
            bare_name(last)
                .or_else(|| filled(view, function, last, given))
                .or_else(|| recursion(view, function, last, &returns)),
        );
    }
}

/// A last line that is a name and nothing else.
fn bare_name(last: Node) -> Option<Finding> {
    let name =
        Some(last).filter(|last| last.kind() == "expression_statement").and_then(|last| only(last.children()))?;
    let function = super::view::function_of(last)?;
    let result = name.kind() == "identifier" && last.previous().is_some();
    let made = own(function).any(|part| {
        part.is(&["assignment", "augmented_assignment", "variable_declarator", "augmented_assignment_expression"])
            && part.child("left").or_else(|| part.child("name")).is_some_and(|left| left.text() == name.text())
    });
    let message = format!("`{}` is made here and not returned", name.text());
    (result && made).then(|| {
        Finding::new(
            last.range(),
            message,
            format!("Return `{}`", name.text()),
            vec![Edit::insert(last.start(), "return ")],
        )
    })
}

/// A list, dictionary or number that a function fills and never reads.
fn filled<'a>(view: &View<'a>, function: Node<'a>, last: Node<'a>, given: bool) -> Option<Finding> {
    if given
        || view.code.language() != "python"
        || function.inside().any(|part| {
            part.is(&[
                "return_statement",
                "lambda",
                "function_definition",
                "class_definition",
                "global_statement",
                "nonlocal_statement",
            ])
        })
    {
        return None;
    }
    let body = function.child("body")?;
    let named = |statement: Node<'a>| {
        let assignment = only(statement.children()).filter(|a| a.kind() == "assignment")?;
        let (name, value) = (assignment.child("left")?, assignment.child("right")?);
        let empty = ["[]", "{}", "set()", "list()", "dict()"].contains(&value.text());
        (empty && name.kind() == "identifier").then_some(name)
    };
    let name = only(body.children().filter_map(named))?;
    let uses: Vec<Node> =
        own(function).filter(|part| is_name(*part) && part.text() == name.text() && part.id() != name.id()).collect();
    let fills = |part: &Node| {
        let up = part.parent();
        let call = up.filter(|up| up.kind() == "attribute" && up.child("object") == Some(*part)).and_then(|up| {
            let known =
                up.child("attribute").is_some_and(|a| ["append", "add", "extend", "insert"].contains(&a.text()));
            up.parent().filter(|call| {
                known && call.kind() == "call" && call.parent().is_some_and(|s| s.kind() == "expression_statement")
            })
        });
        let item = up.is_some_and(|up| {
            up.kind() == "subscript"
                && up.child("value") == Some(*part)
                && up.field() == Some("left")
                && up.parent().is_some_and(|a| a.kind() == "assignment")
        });
        call.is_some() || item
    };
    let indent = view.indent(last.start());
    let others = own(function).filter(|part| part.kind() == "expression_statement" && part.parent() != Some(body));
    let only_fills =
        others.into_iter().all(|part| mentions(part, name.text()) || part.children().any(|c| c.kind() == "assignment"));
    if !last.is(LOOPS)
        || !only_fills
        || uses.is_empty()
        || !uses.iter().all(fills)
        || !view.begins_line(last)
        || view.is_test()
    {
        return None;
    }
    let edit = Edit::insert(last.end(), format!("{}{indent}return {}", view.line_break(), name.text()));
    let message = format!("`{}` is filled and never used", name.text());
    Some(Finding::new(name.range(), message, format!("Return `{}`", name.text()), vec![edit]))
}

/// A last call of the function itself, dropped, where every other way out returns something.
fn recursion(view: &View, function: Node, last: Node, returns: &[Node]) -> Option<Finding> {
    let name = function.child("name")?.text();
    let own_call = |call: &Node| {
        call.is(&["call", "call_expression"])
            && call.child("function").is_some_and(|f| {
                f.text() == name || f.text() == format!("self.{name}") || f.text() == format!("this.{name}")
            })
    };
    let tails = tails(last);
    let dropped = tails.iter().find_map(|tail| {
        Some(*tail).filter(|t| t.kind() == "expression_statement").and_then(|t| only(t.children())).filter(own_call)
    })?;
    let gives = |part: &Node| {
        part.children()
            .next()
            .is_some_and(|value| !["None", "null", "undefined", "self", "this"].contains(&value.text()))
    };
    let always = returns.len() > 1 && returns.iter().all(gives);
    let others = tails.iter().all(|tail| {
        tail.kind() == "return_statement" || tail.holds(dropped) || tail.is(&["raise_statement", "throw_statement"])
    });
    let elsewhere = own(function)
        .filter(own_call)
        .any(|call| call.parent().is_some_and(|up| up.kind() == "expression_statement") && call != dropped);
    if !always || !others || elsewhere || view.is_test() {
        return None;
    }
    let message = format!("the answer of `{name}` is dropped, and all other ways out return one");
    Some(Finding::new(dropped.range(), message, "Return it", vec![Edit::insert(dropped.start(), "return ")]))
}

/// The last statements of all ways through a statement.
fn tails(last: Node<'_>) -> Vec<Node<'_>> {
    if !last.is(&["if_statement", "else_clause", "elif_clause", "block", "statement_block"]) {
        return vec![last];
    }
    if last.is(&["block", "statement_block"]) {
        return last.children().last().map_or(Vec::new(), tails);
    }
    last.children()
        .filter(|part| part.is(&["block", "statement_block", "else_clause", "elif_clause", "if_statement"]))
        .flat_map(tails)
        .collect()
}
