//! Conditions that are always true or mean something else: `x == "a" or "b"`, `if (a = 1)`, `len(a)
//! >= 0`, `if (a.indexOf(b))`.

use super::finding::Finding;
use super::operands::parts;
use super::types::{Type, type_of};
use super::view::{View, bare, callee, is_among, is_name, is_plain_text, only};
use grammars::IndexTest;
use syntax::{Node, Part, Role, Roles};
use text::Edit;

/// Literals that are neither empty nor zero, so that they are true.
fn is_true_literal(node: Node) -> bool {
    if is_plain_text(node) {
        return !node.text().trim_matches(['"', '\'']).is_empty();
    }
    node.is(Role::Number) && node.text().parse::<u64>().is_ok_and(|number| number > 1)
}

/// `x == "a" or "b"`: a literal next to a comparison with one.
pub fn constant_or(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of([Role::Logical, Role::Binary]) {
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
        if ["==", "==="].contains(&comparison) && literal.is_like(right) {
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
        if inner.part() == Some(Part::Condition) {
            return true;
        }
        if !parent.is([Role::Parenthesized, Role::Logical, Role::Not]) {
            return false;
        }
        inner = parent;
    }
    false
}

const LITERALS: Roles = Roles::of(&[
    Role::Number,
    Role::Boolean,
    Role::Null,
    Role::Undefined,
    Role::String,
    Role::Char,
]);

/// `if (a = 1)`.
pub fn assignment(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of(Role::If) {
        let Some(condition) = node.child(Part::Condition) else {
            continue;
        };
        let assignment = match condition.is(Role::Assignment) {
            true => Some(condition),
            false => only(condition.children()),
        };
        let Some(assignment) = assignment else {
            continue;
        };
        let value = assignment
            .child(Part::Right)
            .filter(|value| value.is(LITERALS));
        let sign = assignment.tokens().find(|part| part.text() == "=");
        if let (true, Some(_), Some(sign)) = (assignment.is(Role::Assignment), value, sign) {
            let equal = view.semantics().equality.as_deref().unwrap_or("==");
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
            .child(Part::Function)
            .map_or("", |function| function.text())
            .to_ascii_lowercase();
        up.is([Role::Assert, Role::MacroTokens, Role::Macro]) || called.contains("assert")
    })
}

/// Whether a length is that of something that is known to have none below zero: what Python's and
/// Go's own `len` gives, and lists, texts, mappings and sets of the standard libraries. Files,
/// streams and own classes say -1 for an unknown size.
fn never_negative(view: &View, length: Node, of: Node) -> bool {
    const COUNTED: &[Type] = &[Type::List, Type::Text, Type::Tuple, Type::Map, Type::Set];
    let functions = &view.library().length_functions;
    if !functions.is_empty() {
        let counts = |name: Node| is_among(functions, name.text());
        let own = |part: Node| {
            part.child(Part::Name)
                .or_else(|| part.child(Part::Left))
                .is_some_and(counts)
        };
        let defined = || {
            view.code
                .of([Role::NamedFunction, Role::Assignment])
                .any(own)
        };
        let imported = view
            .code
            .of(Role::Import)
            .any(|part| part.inside().any(counts));
        return !defined() && !imported;
    }
    let semantics = view.semantics();
    let is_checked = semantics.static_types && !semantics.brackets_index_arrays;
    let is_array = length.is(Role::Member) && !is_checked;
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
    let Some(test) = &view.semantics().index_test else {
        return;
    };
    if !test.functions.is_empty() {
        return by_function(view, test, found);
    }
    for node in view.code.of([Role::If, Role::Ternary, Role::While]) {
        let Some(call) = node
            .child(Part::Condition)
            .map(bare)
            .filter(|call| call.is(Role::Call))
        else {
            continue;
        };
        let Some(function) = call.child(Part::Function).filter(|f| f.is(Role::Member)) else {
            continue;
        };
        let known = function
            .child(Part::Member)
            .is_some_and(|name| is_among(&test.methods, name.text()));
        if known
            && function
                .child(Part::Object)
                .is_some_and(|object| is_name(object) || object.is(Role::Member))
        {
            let [_, differs] = &test.operators;
            let found_one = format!(" {differs} {}", test.missing);
            let edit = outside(call).unwrap_or_else(|| Edit::insert(call.end(), found_one));
            found.push(index_finding(test, call, vec![edit]));
        }
    }
}

fn index_finding(test: &IndexTest, call: Node, edits: Vec<Edit>) -> Finding {
    let message = format!("the index is used as a condition, but {}", test.about);
    let title = format!("Compare the index with {}", test.missing);
    Finding::new(call.range(), message, title, edits)
}

/// `if (array_search(5, $a))`, `!array_search(5, $a) && ..`.
fn by_function(view: &View, test: &IndexTest, found: &mut Vec<Finding>) {
    for call in view.code.of(Role::Call) {
        if !is_among(&test.functions, callee(call)) || !is_tested(call) {
            continue;
        }
        let negation = call
            .parent()
            .filter(|up| up.is(Role::Unary) && up.text().starts_with('!'));
        let [equals, differs] = &test.operators;
        let edits = match negation {
            Some(not) => vec![
                Edit::delete(not.start()..call.start()),
                Edit::insert(call.end(), format!(" {equals} {}", test.missing)),
            ],
            None => vec![Edit::insert(
                call.end(),
                format!(" {differs} {}", test.missing),
            )],
        };
        found.push(index_finding(test, call, edits));
    }
}

/// Whether only the truth of a node counts: it is a condition or a part of one.
fn is_tested(node: Node) -> bool {
    const JOINS: [&str; 4] = ["&&", "||", "and", "or"];
    let mut inner = node;
    for up in node.ancestors() {
        if inner.part() == Some(Part::Condition) {
            // `a ?: b` gives its condition.
            return !up.is(Role::Ternary) || up.child(Part::Consequence).is_some();
        }
        let joins = parts(up).is_some_and(|(_, sign, _)| JOINS.contains(&sign));
        let negates = up.is(Role::Unary) && up.text().starts_with('!');
        if !joins && !negates && !up.is(Role::Parenthesized) {
            return false;
        }
        inner = up;
    }
    false
}

/// Where the comparison is in the parentheses, as in `a.indexOf(b !== -1)`: what puts it
/// after them.
fn outside(call: Node) -> Option<Edit> {
    let (sought, operator, end) = parts(only(call.child(Part::Arguments)?.children())?)?;
    let end = end.text();
    let compares = ["!==", "!=", ">", ">="].contains(&operator) && ["-1", "0"].contains(&end);
    let misplaced = sought.end()..call.end();
    compares.then(|| Edit::replace(misplaced, format!(") {operator} {end}")))
}
