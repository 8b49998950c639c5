//! Expressions whose values nothing takes: statements of their own, in languages whose grammars
//! call them so and in those where a block is a row of expressions.
//!
//! Patterns about values that are lost ask here. Where a block may give the value of its last
//! expression, that one counts as taken unless the block is surely a statement itself.

use super::view::{View, only};
use syntax::{Node, Part, Role, Roles};

/// What gives the value of a block in it where it is an expression itself.
const PASSING: Roles = Roles::of(&[
    Role::Block,
    Role::If,
    Role::ElseIf,
    Role::Else,
    Role::Case,
    Role::Match,
    Role::Switch,
    Role::Try,
    Role::CatchClause,
]);

/// The expressions whose values are lost, each with the statement that it is.
pub fn lost<'a>(view: &View<'a>) -> Vec<(Node<'a>, Node<'a>)> {
    if view.code.knows(Role::ExpressionStatement) {
        let statements = view.code.of(Role::ExpressionStatement);
        return statements
            .filter_map(|statement| Some((statement, only(statement.children())?)))
            .collect();
    }
    let inner = view.code.of(Role::Block).flat_map(Node::children);
    let single = view
        .code
        .of(Role::If)
        .filter_map(|node| node.child(Part::Body));
    let all = inner.chain(single).filter(|node| !node.is(Role::Block));
    all.filter(|node| is_lost(view, *node))
        .map(|node| (node, node))
        .collect()
}

/// Whether nothing takes what an expression in a block gives.
pub fn is_lost(view: &View, node: Node) -> bool {
    let semantics = view.semantics();
    let mut at = node;
    while let Some(up) = at.parent() {
        let follows = at.next().is_some_and(|next| !next.is(Role::CatchClause));
        if up.is(Role::Block) && (follows || !semantics.blocks_give_values) {
            return true;
        }
        let is_body = at.part() == Some(Part::Body) || at.is(Role::Block);
        if up.is(Role::Loop) {
            return is_body;
        }
        if up.is(Role::Function) {
            return is_body && !up.is(Role::Lambda) && !semantics.functions_give_last;
        }
        let wraps = is_body && up.part() == Some(Part::Body);
        if !up.is(PASSING) && !wraps || at.part() == Some(Part::Condition) {
            return false;
        }
        at = up;
    }
    false
}
