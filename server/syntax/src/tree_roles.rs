//! Roles and parts of tree-sitter's own nodes, for questions about a few nodes of a tree. Code that
//! looks at all nodes uses [`Code`](crate::Code).

use grammars::{Child, Grammar, Part, Roles};
use tree_sitter::{Node, TreeCursor};

/// What a node is.
pub(crate) fn roles(grammar: &Grammar, node: Node) -> Roles {
    let (tables, kind) = (grammar.tables(), node.kind_id());
    if !tables.is_conditional(kind) {
        return tables.roles(kind);
    }
    let children: Vec<Child> = children(node).into_iter().map(|(_, child)| child).collect();
    tables.roles_with(kind, &children)
}

/// Whether a node is one of these.
pub(crate) fn is(grammar: &Grammar, node: Node, wanted: impl Into<Roles>) -> bool {
    roles(grammar, node).meets(wanted.into())
}

/// A node as its parent has it; the cursor is on the node. Its place among its siblings is left out
/// where no rule about children of `parent` asks for it: to find it, tree-sitter visits all nodes
/// that come before.
pub(crate) fn child(grammar: &Grammar, parent: Option<u16>, cursor: &TreeCursor) -> Child {
    let child = without_place(cursor);
    if !parent.is_some_and(|parent| grammar.tables().asks_for_position(parent)) {
        return child;
    }
    let node = cursor.node();
    let named = is_named(node);
    let after = sibling(node, Node::prev_sibling);
    Child {
        after: after.map_or(0, |node| node.kind_id()),
        first: named && sibling(node, Node::prev_named_sibling).is_none(),
        last: named && sibling(node, Node::next_named_sibling).is_none(),
        ..child
    }
}

/// All children of a node as it has them.
fn children(parent: Node<'_>) -> Vec<(Node<'_>, Child)> {
    let mut cursor = parent.walk();
    let mut all: Vec<(Node, Child)> = Vec::new();
    let (mut after, mut last_named) = (0, None);
    let mut more = cursor.goto_first_child();
    while more {
        let node = cursor.node();
        let mut child = without_place(&cursor);
        child.after = after;
        if is_named(node) {
            child.first = last_named.is_none();
            last_named = Some(all.len());
        }
        if !node.is_extra() {
            after = child.kind;
        }
        all.push((node, child));
        more = cursor.goto_next_sibling();
    }
    if let Some(last) = last_named {
        all[last].1.last = true;
    }
    all
}

/// The cursor's node as its parent has it, without its place among its siblings.
fn without_place(cursor: &TreeCursor) -> Child {
    Child {
        kind: cursor.node().kind_id(),
        field: cursor.field_id().map_or(0, std::num::NonZero::get),
        after: 0,
        first: false,
        last: false,
    }
}

/// Whether a node counts among the named children of its parent.
fn is_named(node: Node) -> bool {
    node.is_named() && !node.is_extra()
}

/// The nearest node in one direction that is no comment.
fn sibling<'tree>(
    node: Node<'tree>,
    next: fn(&Node<'tree>) -> Option<Node<'tree>>,
) -> Option<Node<'tree>> {
    std::iter::successors(next(&node), next).find(|node| !node.is_extra())
}

/// What `child` is to `parent`, which is its parent.
pub(crate) fn part(grammar: &Grammar, parent: Node, wanted: Node) -> Option<Part> {
    let parts = grammar.tables().parts();
    let mut all = children(parent).into_iter();
    let (_, child) = all.find(|(node, _)| *node == wanted)?;
    parts.get(parent.kind_id(), child)
}

/// The first child that is this part of a node.
pub(crate) fn child_by_part<'tree>(
    grammar: &Grammar,
    parent: Node<'tree>,
    wanted: Part,
) -> Option<Node<'tree>> {
    let parts = grammar.tables().parts();
    let mut all = children(parent).into_iter();
    let is_wanted = |child| parts.get(parent.kind_id(), child) == Some(wanted);
    all.find(|(_, child)| is_wanted(*child))
        .map(|(node, _)| node)
}
