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
    let mut cursor = node.walk();
    let mut children = Vec::new();
    let mut more = cursor.goto_first_child();
    while more {
        children.push(child(&cursor));
        more = cursor.goto_next_sibling();
    }
    tables.roles_with(kind, &children)
}

/// Whether a node is one of these.
pub(crate) fn is(grammar: &Grammar, node: Node, wanted: impl Into<Roles>) -> bool {
    roles(grammar, node).meets(wanted.into())
}

/// A node as its parent has it; the cursor is on the node.
pub(crate) fn child(cursor: &TreeCursor) -> Child {
    let node = cursor.node();
    let named = node.is_named() && !node.is_extra();
    let before = std::iter::successors(node.prev_sibling(), Node::prev_sibling);
    let after = before.into_iter().find(|node| !node.is_extra());
    Child {
        kind: node.kind_id(),
        field: cursor.field_id().map_or(0, std::num::NonZero::get),
        after: after.map_or(0, |node| node.kind_id()),
        first: named && sibling(node, Node::prev_named_sibling).is_none(),
        last: named && sibling(node, Node::next_named_sibling).is_none(),
    }
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
    let mut cursor = parent.walk();
    let mut more = cursor.goto_first_child();
    while more {
        if cursor.node() == wanted {
            return grammar
                .tables()
                .parts()
                .get(parent.kind_id(), child(&cursor));
        }
        more = cursor.goto_next_sibling();
    }
    None
}

/// The first child that is this part of a node.
pub(crate) fn child_by_part<'tree>(
    grammar: &Grammar,
    parent: Node<'tree>,
    wanted: Part,
) -> Option<Node<'tree>> {
    let mut cursor = parent.walk();
    let mut more = cursor.goto_first_child();
    while more {
        if grammar
            .tables()
            .parts()
            .get(parent.kind_id(), child(&cursor))
            == Some(wanted)
        {
            return Some(cursor.node());
        }
        more = cursor.goto_next_sibling();
    }
    None
}
