//! Loops that wait for something nothing changes: `while i < len(items):` with `i` as it was at the
//! start.
//!
//! Only a counter that begins at 0 and indexes in the loop is reported; a loop with any other way
//! out, or one that may shorten the list, is not.

use super::finding::Finding;
use super::operands::parts;
use super::view::{View, bare, function_of, is_name, mentions, own};
use syntax::{Node, Part, Role, Roles};
use text::Edit;

/// Ways out of a loop, and what may change anything.
const WAYS_OUT: Roles = Roles::of(&[
    Role::Break,
    Role::Return,
    Role::Throw,
    Role::Yield,
    Role::Await,
    Role::Continue,
    Role::OuterNames,
    Role::GlobalNames,
]);
const WRITES: Roles = Roles::of(&[
    Role::Assignment,
    Role::CompoundAssignment,
    Role::Update,
    Role::NamedExpression,
    Role::Delete,
]);

/// `while i < n:` that never changes `i` or `n`.
pub fn unchanging(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of(Role::While) {
        found.extend(endless(view, node));
    }
}

fn endless(view: &View, node: Node) -> Option<Finding> {
    let (condition, body) = (bare(node.child(Part::Condition)?), node.child(Part::Body)?);
    let (index, operator, end) = parts(condition)?;
    let plain = is_name(end) || end.text().parse::<i64>().is_ok() || view.length_of(end).is_some();
    let indexes = |part: Node| {
        view.indexed(part)
            .is_some_and(|(_, at)| at.text() == index.text())
    };
    let counts =
        ["<", "<="].contains(&operator) && is_name(index) && plain && body.inside().any(indexes);
    if !counts || !starts_at_zero(node, index.text()) || may_end(view, body, index, end) {
        return None;
    }
    let last = body.children().last()?;
    let step = view
        .semantics()
        .increment
        .as_ref()?
        .replace("{}", index.text());
    let edit = Edit::insert(
        last.end(),
        format!("{}{}{step}", view.line_break(), view.indent(last.start())),
    );
    let message = format!("infinite loop: nothing in it changes `{}`", index.text());
    Some(Finding::new(
        condition.range(),
        message,
        format!("Add `{step}` at the end of the loop"),
        vec![edit],
    ))
}

/// Whether the function around gives 0 to a name.
fn starts_at_zero(node: Node, name: &str) -> bool {
    let starts = |part: Node| {
        let target = part.child(Part::Left).or_else(|| part.child(Part::Name));
        part.is(Role::VariableDefinition)
            && part.text().ends_with("= 0")
            && target.is_some_and(|target| target.text() == name)
    };
    function_of(node).is_some_and(|function| own(function).any(starts))
}

/// Whether the body has a way out, or may change the index or its end.
fn may_end(view: &View, body: Node, index: Node, end: Node) -> bool {
    let list = view.length_of(end).map_or("", |list| list.text());
    let writes = |part: Node| {
        let target = part.child(Part::Left).or_else(|| part.child(Part::Name));
        let written = target.unwrap_or(part);
        part.is(WRITES) && (mentions(written, index.text()) || mentions(end, written.text()))
    };
    let shortens = |part: Node| {
        let method = part
            .child(Part::Function)
            .is_some_and(|function| !function.is(Role::Identifier));
        part.is(Role::Call) && method && mentions(part, list)
    };
    let passes = |part: Node| {
        let given = part.text().rsplit(' ').next();
        let of_call = part
            .parent()
            .is_some_and(|up| up.part() != Some(Part::Indices));
        let is_argument = part.is(Role::Argument) && of_call;
        view.semantics().arguments_change && is_argument && given == Some(index.text())
    };
    let leaves = |part: Node| part.is(WAYS_OUT) || view.leaves_by_word(part);
    body.inside().any(|part| {
        leaves(part) || part.is(Role::Loop) || writes(part) || shortens(part) || passes(part)
    })
}
